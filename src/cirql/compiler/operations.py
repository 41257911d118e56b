"""Reads a service's operations: which list things, which describe one thing, and what a row of their answers is.

Pure rules over botocore's shapes. A *noun* is what a table is about, singular and in AWS's own case: `ListImageVersions`,
`DescribeImageVersion` and `GetImageVersion` are about `ImageVersion`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from botocore.model import OperationModel, Shape

from cirql.catalog.model import Paging
from cirql.compiler.services import Service
from cirql.names import singular
from cirql.startup.records import dataclass, replace
from cirql.startup.regexes import regex

_VERB = regex(r"(List|Describe|Get)([A-Z].*)")
# What searches without a condition lists, where nothing else does.
_SEARCH = regex(r"(?:Search|Lookup)([A-Z].*)")
_BATCH_VERB = regex(r"Batch(?:Get|Describe)([A-Z].*)")
_SCALARS = frozenset({"string", "integer", "long", "float", "double", "boolean", "timestamp"})
# Lists that accompany the rows.
_NOT_ROWS = frozenset(
    {"errors", "failures", "warnings", "failed", "unprocesseditems", "unprocessedkeys", "invalidparameters", "responsemetadata"}
)
# Members that accompany one row.
_NOT_DATA = frozenset(
    {"responsemetadata", "nexttoken", "marker", "nextmarker", "nextpagetoken", "istruncated", "requestid", "etag", "tagserror"}
)


# As many members may stand beside a wrapped row.
_BESIDE = 3


@dataclass(frozen=True, slots=True)
class Listing:
    """A list operation: where its rows are, and what one is (a structure, or a bare value: a string, or a document of any form).

    `also_required` are request members that it shows a part without; `given` those whose values are known. `lifted` are the members beside
    a row that is wrapped in a structure of its own. `is_one`: it gives one structure for an account, and no list.
    `beside` are further lists of its answer that are rows too, and `others` what one of those is.
    """

    operation: OperationModel
    noun: str
    rows: tuple[str, ...]
    element: Shape
    paging: Paging | None
    outer: Shape | None = None
    also_required: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()
    lifted: tuple[str, ...] = ()
    is_one: bool = False
    beside: tuple[tuple[str, ...], ...] = ()
    others: tuple[Shape, ...] = ()

    @property
    def members(self) -> Mapping[str, Shape]:
        """The members of a row; a bare value has one, named after the list: `clusterArns` holds `clusterArn`."""
        if not self.is_bare:
            return {m: s for shape in (*self.others, self.element) for m, s in shape.members.items()}
        return {singular(self.rows[-1]): self.element}

    @property
    def is_bare(self) -> bool:
        """Whether a row is one value: the model names no members of it."""
        return bool(self.element.type_name != "structure" or self.element.is_document_type)

    @property
    def required(self) -> tuple[str, ...]:
        """The request members that it cannot do without, and that say more than how many rows a page has."""
        page_size = self.paging.limit if self.paging is not None else None
        return tuple(m for m in (*required_members(self.operation), *self.also_required) if m != page_size and m not in self.given)


@dataclass(frozen=True, slots=True)
class Getting:
    """An operation that describes one thing. `rows` leads to it; `members` maps each path from there to its shape.

    `batch` is the request member that takes a list of what to describe, where it describes several.
    """

    operation: OperationModel
    rows: tuple[str, ...]
    members: Mapping[tuple[str, ...], Shape]
    batch: str | None = None


def is_data(name: str, shape: Shape) -> bool:
    """Whether a member of an answer says something of what it is about."""
    return name.lower() not in _NOT_DATA and shape.serialization.get("location") != "statusCode"


def required_members(operation: OperationModel) -> tuple[str, ...]:
    """The required members of a request, in the model's order; those that the client fills itself are not counted."""
    shape = operation.input_shape
    if shape is None:
        return ()
    return tuple(m for m in shape.members if m in shape.required_members and not shape.members[m].metadata.get("idempotencyToken"))


def is_scalar(shape: Shape) -> bool:
    """Whether a shape holds one plain value."""
    return str(shape.type_name) in _SCALARS


def _nouns(service: Service) -> Iterator[tuple[str, str, OperationModel]]:
    for name in service.model.operation_names:
        if (match := _VERB.fullmatch(name)) is None:
            continue
        operation = service.operation(name)
        if operation.deprecated or operation.has_event_stream_input or operation.has_event_stream_output or operation.output_shape is None:
            continue
        yield match[1], match[2], operation


def listings(service: Service) -> dict[str, list[Listing]]:
    """The list operations of each noun, the best first: the one that needs least and tells most."""
    found: dict[str, list[Listing]] = {}
    for verb, rest, operation in _nouns(service):
        noun = singular(rest)
        listing = read_listing(service, operation, noun)
        if listing is not None and (noun != rest or verb == "List" or _is_nothing_else(service, listing)):
            found.setdefault(noun, []).append(listing)
    for name in service.model.operation_names:
        if (match := _SEARCH.fullmatch(name)) is not None and (noun := singular(match[1])) not in found:
            operation = service.operation(name)
            searched = read_listing(service, operation, noun) if not operation.deprecated and operation.output_shape is not None else None
            found.update({noun: [searched]} if searched is not None else {})
    for noun, candidates in found.items():
        candidates.sort(key=lambda c: (len(c.required), c.is_bare, -len(c.members), c.operation.name))
        found[noun] = candidates
    return found


def _is_nothing_else(service: Service, listing: Listing) -> bool:
    """Whether an answer that is not named in the plural is a list all the same: pages of rows, and no more beside than what was asked."""
    operation = listing.operation
    asked = {_plain(m) for m in operation.input_shape.members} if operation.input_shape is not None else set()
    members = {_plain(m) for m in operation.output_shape.members if m.lower() not in _NOT_DATA} - {_plain(listing.rows[0])}
    return (
        service.paging(operation.name) is not None
        and listing.element.type_name == "structure"
        and len(listing.rows) == 1
        and members <= asked
    )


def batches(service: Service) -> dict[str, list[Listing]]:
    """The operations that describe those of many things that they are told, by noun; those that tell most first."""
    found: dict[str, list[Listing]] = {}
    for name in service.model.operation_names:
        match = _VERB.fullmatch(name) or _BATCH_VERB.fullmatch(name)
        if match is None or name.startswith("List"):
            continue
        operation, noun = service.operation(name), singular(match[match.lastindex or 1])
        listing = read_listing(service, operation, noun) if operation.output_shape is not None else None
        if listing is not None and batch_member(service, listing) is not None:
            found.setdefault(noun, []).append(listing)
    for candidates in found.values():
        candidates.sort(key=lambda c: (-len(c.members), c.operation.name))
    return found


def gettings(service: Service) -> dict[str, list[OperationModel]]:
    """The operations that describe one thing, by noun; Describe before Get. What hands over the thing itself, a file, describes nothing."""
    found: dict[str, list[OperationModel]] = {}
    for verb, rest, operation in _nouns(service):
        if verb != "List" and not operation.has_streaming_output:
            found.setdefault(rest, []).append(operation)
    for candidates in found.values():
        candidates.sort(key=lambda o: o.name)
    return found


def batch_member(service: Service, listing: Listing) -> str | None:
    """The request member that takes what to describe, where this describes what it is told and does not page through all."""
    operation = listing.operation
    if operation.input_shape is None or operation.name.startswith("List") or service.paging(operation.name) is not None:
        return None
    about = _plain(listing.noun)
    for name, shape in operation.input_shape.members.items():
        if shape.type_name == "list" and shape.member.type_name == "string":
            plain = _plain(singular(name.removesuffix("List")))
            if plain.removeprefix(about) in ("", "arn", "id", "name", "identifier"):
                return str(name)
    return None


def read_listing(service: Service, operation: OperationModel, noun: str, rows: tuple[str, ...] | None = None) -> Listing | None:
    """How an operation lists; None where its answer holds no list of structures or strings. `rows` overrides the search."""
    output, is_searched = operation.output_shape, rows is None
    if rows is None:
        rows = _rows(service, operation, noun)
    if output is None or rows is None:
        return None
    shape, outer = output, None
    for name in rows:
        if shape.type_name == "list":
            shape = outer = shape.member
        if name not in getattr(shape, "members", {}):
            return None
        shape = shape.members[name]
    if shape.type_name != "list" or shape.member.type_name not in ("structure", "string"):
        return None
    paging, element = service.paging(operation.name), shape.member
    wrapped = _wrapped(element, noun) if is_searched else None
    if wrapped is None:
        return Listing(operation, noun, rows, element, paging, outer)
    beside = tuple(m for m, s in element.members.items() if is_scalar(s) and m not in element.members[wrapped].members)
    return Listing(operation, noun, (*rows, wrapped), element.members[wrapped], paging, element, lifted=beside)


# What a call may be told that reads what an account is set to: nothing but whose it is.
_OF_ACCOUNT = frozenset({"accountid", "awsaccountid", "dryrun"})
# What is made for whoever asks, or says where to ask.
_NO_SETTING = regex(
    r".*(Token|Password|Credentials?|Secret.*|Url|URL|Code|Endpoint|CallerIdentity|Report|Statistics|SnapshotBlock.*Template)"
)


def settings(service: Service) -> dict[str, Listing]:
    """The calls that read what an account, or an account in a region, is set to, by noun: without an argument, one answer, no pages."""
    found: dict[str, Listing] = {}
    for verb, noun, operation in _nouns(service):
        inputs = operation.input_shape.members if operation.input_shape is not None else {}
        if (
            verb == "List"
            or _NO_SETTING.fullmatch(noun)
            or operation.has_streaming_output
            or not {_plain(m) for m in inputs} <= _OF_ACCOUNT
        ):
            continue
        if required_members(operation) and not service.is_own_account:
            continue
        members = {m: s for m, s in operation.output_shape.members.items() if is_data(m, s)}
        if not members or all(s.type_name in ("list", "blob") for s in members.values()) or service.paging(operation.name) is not None:
            continue
        (first, shape), *more = members.items()
        is_wrapped = not more and shape.type_name == "structure" and bool(shape.members)
        found[noun] = read_setting(operation, noun, (first,) if is_wrapped else ())
    return found


def with_lists(listing: Listing, beside: tuple[tuple[str, ...], ...]) -> Listing:
    """A list operation whose answer has rows in other lists too."""
    others = []
    for path in beside:
        shape = listing.operation.output_shape
        for name in path:
            shape = (shape.member if shape.type_name == "list" else shape).members[name]
        others.append(shape.member)
    return replace(listing, beside=beside, others=tuple(others))


def read_setting(operation: OperationModel, noun: str, rows: tuple[str, ...]) -> Listing:
    """How an operation without an argument gives the one row of what an account is set to."""
    shape = operation.output_shape
    for name in rows:
        shape = shape.members[name]
    return Listing(operation, noun, rows, shape, paging=None, is_one=True)


def _wrapped(element: Shape, noun: str) -> str | None:
    """The member that is the row proper, where an element says little else (a `CachePolicySummary` is a `CachePolicy` and its type)."""
    members = element.members if element.type_name == "structure" else {}
    own = [m for m, s in members.items() if s.type_name == "structure" and _plain(m) == _plain(noun)]
    return own[0] if own and all(m in own or is_scalar(s) for m, s in members.items()) and len(members) <= _BESIDE + 1 else None


def _rows(service: Service, operation: OperationModel, noun: str) -> tuple[str, ...] | None:
    output = operation.output_shape
    keys = service.paginators.get(operation.name, {}).get("result_key", [])
    paths = [tuple(k.split(".")) for k in ([keys] if isinstance(keys, str) else keys) if k.replace(".", "").isalnum()]
    paths = [p for p in paths if p[0] in output.members] or [(m,) for m, s in output.members.items() if s.type_name == "list"]
    if not paths:
        wrappers = [(m, s) for m, s in output.members.items() if s.type_name == "structure" and m.lower() not in _NOT_DATA]
        paths = [(m, n) for m, s in wrappers for n, t in s.members.items() if t.type_name == "list"] if len(wrappers) == 1 else []
    paths = [p for p in paths if p[-1].lower() not in _NOT_ROWS]
    if len(paths) <= 1:
        return paths[0] if paths else None
    named = [p for p in paths if _plain(singular(p[-1])) in _plain(noun) or _plain(noun) in _plain(p[-1])]
    return (named or paths)[0]


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def read_getting(operation: OperationModel, noun: str, element: Shape | None, rows: tuple[str, ...] | None = None) -> Getting | None:
    """What one answer of a describe operation holds; None where it is a list.

    The answer itself is the row, unless it wraps one: in a structure of the same shape as the list's rows, or named after the noun,
    or the only one there is. What stands beside the wrapper belongs to the row too.
    """
    output = operation.output_shape
    if rows is not None:
        shape = output
        for name in rows:
            shape = shape.members[name]
        return Getting(operation, rows, {(m,): s for m, s in shape.members.items()})
    members = {m: s for m, s in output.members.items() if is_data(m, s)}
    wrapper = _wrapper(members, noun, element)
    if wrapper is None:
        if not members or (len(members) == 1 and next(iter(members.values())).type_name == "list"):
            return None
        return Getting(operation, (), {(m,): s for m, s in members.items()})
    inner: dict[str, Shape] = dict(members[wrapper].members)
    beside = {m: s for m, s in members.items() if m != wrapper and m not in inner}
    if not beside:
        return Getting(operation, (wrapper,), {(m,): s for m, s in inner.items()})
    return Getting(operation, (), {**{(wrapper, m): s for m, s in inner.items()}, **{(m,): s for m, s in beside.items()}})


def _wrapper(members: Mapping[str, Shape], noun: str, element: Shape | None) -> str | None:
    structures = {m: s for m, s in members.items() if s.type_name == "structure"}
    if element is not None and element.type_name == "structure":
        for member, shape in structures.items():
            if shape.name == element.name:
                return member
    # What is said about a thing goes before the thing's own document, where an answer has both.
    for member in structures:
        if _plain(member) == f"{_plain(noun)}response":
            return member
    for member in structures:
        if _plain(member) in (_plain(noun), f"{_plain(noun)}description", f"{_plain(noun)}detail", f"{_plain(noun)}details"):
            return member
    if len(members) == 1 and structures:
        return next(iter(structures))
    return None


# An ARN as long as most, to see whether a request member's pattern lets one through.
_SPECIMEN = "arn:aws:service:us-east-1:123456789012:thing/abc-123"


def takes_arn(shape: Shape) -> bool:
    """Whether a request member that names a thing may be told the thing's ARN: its pattern or its documentation says so."""
    if "arn" in str(shape.metadata.get("pattern", "")).lower():
        return True
    documentation = str(shape.documentation)
    return may_be_arn(shape) and ("ARN" in documentation or "Amazon Resource Name" in documentation)


def may_be_arn(shape: Shape) -> bool:
    """Whether a request member's length and pattern let an ARN through."""
    pattern = str(shape.metadata.get("pattern", ""))
    if "arn" in pattern.lower():
        return True
    return int(shape.metadata.get("max", len(_SPECIMEN))) >= len(_SPECIMEN) and (not pattern or _lets_through(pattern))


def _lets_through(pattern: str) -> bool:
    try:
        return re.fullmatch(pattern, _SPECIMEN) is not None
    except re.error:
        return True  # Patterns are Java's; what Python cannot read forbids nothing.
