"""AWS's own models as the measure reads them, independently of the compiler: nouns, lists of rows, tokens, what tells rows apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from moto.core.model import ServiceModel

from cirql.localcloud.operations import service_model
from cirql.names import singular

_VERB = re.compile(r"(BatchGet|BatchDescribe|List|Describe|Get|Search)([A-Z].*)")
_OTHER_VERB = re.compile(r"(Describe|Get|Delete|Stop|Cancel|Terminate)([A-Z].*)")
# Nouns of which there are many for whatever their rows name.
_MANY = re.compile(r".*(schedule|histor(y|ies)|events?|rates?|counts?|messages?|errors?|metrics?|trends?)")
_TOKEN = re.compile(
    r".*(token|marker|cursor)|next(page|key|id|recordname|recordtype|recordidentifier)?|lastevaluated.*|exclusivestart.*|startingposition|position"
)
_NO_TOKEN = re.compile(
    r".*(client|idempot|request|session|access|auth|csrf|secret|lock|sync|change|upload|task|version|bearer|refresh|id)token"
)
_BESIDE_ROWS = re.compile(r".*(errors?|failures?|failed|unprocessed|warning|notfound|missing|invalid|skipped).*|responsemetadata")
_NARROWED = re.compile(r"(.+?)(?:For|By|With|In|Using|Granting|Of)[A-Z].*")
_NAMING = re.compile(r"(.*?)(arn|identifier|id|name|url|number|key|code|handle)")
# Ends of nouns that are what a row says, and no name of it: the status in a restore's status.
_SAYS = re.compile(
    r".*(status|state|count|scores?|value|vote|record|action|reason|result|type|limit|price|statistics|details?|description|usage|error|option"
    r"|status.*|summary|statement|policy|spend|forecast|quota|capacity|progress|location|owner|enabled)"
)
_SUMMARY = re.compile(
    r"(.+?)(?:Summary|Summaries|ListItem|ListEntry|Item|Entry|Info|Information|Details?|Description|Metadata|Overview|Configuration)"
)
# A page of a list operation tells more than these on the way to its rows.
_DEPTH = 2


@cache
def model(service: str) -> Any:
    """The model of a service, as moto's readers and writers of the wire take it."""
    return ServiceModel(service_model(service), service)


@cache
def operation(service: str, name: str) -> Any:
    """The model of one operation."""
    return model(service).operation_model(name)


@cache
def paginator(service: str, name: str) -> dict[str, Any]:
    """What botocore says of how an operation pages; empty where it says nothing."""
    found: dict[str, Any] = service_model(service, "paginators-1").get("pagination", {}).get(name, {})
    return found


def plain(name: str) -> str:
    """A name without its style."""
    return name.replace("_", "").replace("-", "").lower()


def is_beside_rows(name: str) -> bool:
    """Whether a member says of what an answer does not hold: errors, and names that are not there."""
    return _BESIDE_ROWS.fullmatch(plain(name)) is not None


@cache
def shortest(service: str, name: str) -> int:
    """How long the values of a member must be, by its plain name: some request takes no shorter ones."""
    found = 0
    for op in model(service).operation_names:
        shape = operation(service, op).input_shape
        for member, inner in shape.members.items() if shape is not None else ():
            if plain(member) == name and inner.type_name == "string":
                found = max(found, int(inner.metadata.get("min", 0)))
    return found


def noun_of(operation_name: str) -> str:
    """What an operation is about, in the singular."""
    match = _VERB.fullmatch(operation_name)
    return singular(match[2]) if match else operation_name


def element_noun(shape: Any) -> str:
    """What a row is, by the name of its shape: an `ImageSummary` is an `Image`."""
    name = shape.name[:1].upper() + shape.name[1:]
    match = _SUMMARY.fullmatch(name)
    return match[1] if match else name


def is_narrowed(noun: str) -> bool:
    """Whether a noun is that of another list, chosen by something: `VersionsByFunction`."""
    return _NARROWED.fullmatch(noun) is not None


def is_structure(shape: Any) -> bool:
    """Whether a shape has members."""
    return bool(shape.type_name == "structure")


@cache
def row_lists(service: str, name: str) -> tuple[tuple[str, ...], ...]:
    """The paths to the lists of an answer that may be rows: of structures or texts, at its top or in a structure there."""
    output = operation(service, name).output_shape
    return tuple(_lists(output, (), _DEPTH)) if output is not None else ()


def _lists(shape: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, ...]]:
    for member, inner in shape.members.items():
        if _BESIDE_ROWS.fullmatch(plain(member)):
            continue
        if inner.type_name == "list" and inner.member.type_name in ("structure", "string"):
            yield (*path, member)
        elif inner.type_name == "structure" and depth > 1:
            yield from _lists(inner, (*path, member), depth - 1)


@cache
def tokens(service: str, name: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The request members that continue a list, and the paths in the answer to what they take; both empty where there are none."""
    op = operation(service, name)
    if op.input_shape is None or op.output_shape is None:
        return (), ()
    known = paginator(service, name)
    if known:
        taken, given = known["input_token"], known["output_token"]
        taken, given = ([taken] if isinstance(taken, str) else taken), ([given] if isinstance(given, str) else given)
        return tuple(taken), tuple(tuple(g.split(" || ")[0].split(".")) for g in given)
    inputs = tuple(m for m, s in op.input_shape.members.items() if is_token(m, s))
    outputs = tuple(path for path in _scalars(op.output_shape, (), _DEPTH) if is_token(path[-1], None))
    return (inputs, outputs) if inputs and outputs else ((), ())


def is_token(name: str, shape: Any) -> bool:
    """Whether a member looks like what continues a list."""
    if shape is not None and shape.type_name != "string":
        return False
    return _TOKEN.fullmatch(plain(name)) is not None and _NO_TOKEN.fullmatch(plain(name)) is None


def _scalars(shape: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, ...]]:
    for member, inner in shape.members.items():
        if inner.type_name == "string":
            yield (*path, member)
        elif inner.type_name == "structure" and depth > 1:
            yield from _scalars(inner, (*path, member), depth - 1)


@cache
def proven(service: str, noun: str) -> frozenset[str]:
    """The request members, plain, with which Describe, Delete, Update and the like name one thing of a noun."""
    found: set[str] = set()
    for name in model(service).operation_names:
        match = _OTHER_VERB.fullmatch(name)
        if match is None or match[2] != noun:
            continue
        shape = operation(service, name).input_shape
        for member in shape.required_members if shape is not None else ():
            if shape.members[member].type_name in ("string", "integer", "long"):
                found.add(plain(member))
    return frozenset(found)


def identities(service: str, nouns: tuple[str, ...], element: Any, asked: frozenset[str] = frozenset()) -> frozenset[str]:
    """The members of a row, plain, whose values no other row has: named like the noun or its end, or proven by other operations.

    A bare name is not among them where an ARN or an id is, nor is what the list call was `asked` with. Where nothing names a row,
    everything plain that it says does.
    """
    if not is_structure(element):
        return frozenset()
    members = {plain(m) for m, s in element.members.items() if s.type_name in ("string", "integer", "long")}
    nouns = tuple(re.sub(r"s?V\d$", "", n) for n in nouns)
    nouns = tuple(dict.fromkeys([*nouns, *(singular(m[1]) for n in nouns if (m := _NARROWED.fullmatch(n)) is not None)]))
    found = {m for m in members if m in ("arn", "id") or any(_names(m, plain(n)) for n in nouns)}
    for noun in nouns:
        for named in proven(service, noun):
            about = named.removeprefix(plain(noun))
            found |= {m for m in (named, about or "name") if _SAYS.fullmatch(m) is None} & members
    if not found and not _MANY.fullmatch(plain(nouns[0])):
        found = {m for m in members if m in ("name", "identifier", "key", "value")}
    # A bare `arn` that is asked for is of what the rows are of.
    asked -= {"arn", "id"}
    found -= asked
    times = {plain(m) for m, s in element.members.items() if s.type_name == "timestamp"}
    return frozenset(found or (members | times) - asked or members)


def _names(member: str, noun: str) -> bool:
    """Whether a member is called like a thing or the end of its name: `bundleid` of a `workspacebundle`, `version` of an `imageversion`."""
    if noun.endswith(member) and len(member) > 2:
        return _SAYS.fullmatch(member) is None
    match = _NAMING.fullmatch(member)
    return match is not None and len(match[1]) > 2 and noun.rstrip("s").endswith(match[1].rstrip("s"))


def describing(service: str, noun: str) -> Iterator[str]:
    """The operations that describe a thing of a noun."""
    for name in model(service).operation_names:
        match = _VERB.fullmatch(name)
        if match is None or match[1] in ("List", "Search"):
            continue
        op = operation(service, name)
        if op.deprecated or op.output_shape is None or op.has_event_stream_output or op.has_streaming_output:
            continue
        if match[2] == noun or (match[1].startswith("Batch") and singular(match[2]) == noun):
            yield name
