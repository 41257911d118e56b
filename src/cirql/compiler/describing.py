"""Finds the call that completes a list's rows: a Describe or Get of one, or one that takes many at once.

Describers about the list's own noun come first, then those about what its rows are called (`ListModelBiasJobDefinitions` gives
`MonitoringJobDefinitionSummary`). A call is used where rows and the list call's keys fill all that it requires.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.model import OperationModel, Shape

from cirql.compiler.identities import Path, is_identity, match_member, match_row, plain, same_name
from cirql.compiler.operations import Getting, Listing, batch_member, is_scalar, read_getting, required_members
from cirql.compiler.overlay import Hint
from cirql.compiler.services import Service
from cirql.names import singular
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

# What an element's shape is called beside the noun that it is of.
_ELEMENT = regex(
    r"(.+?)(?:Summary|Summaries|SummaryV2|ListItem|ListEntry|Item|Entry|Info|Information|Details?|Description|Metadata|Overview|Response)"
)
# What names a thing, the surest first.
_IDENTITIES = ("arn", "id", "identifier", "name")
_OF_ACCOUNT = ("accountid", "awsaccountid")


@dataclass(frozen=True, slots=True)
class Filler:
    """What fills one input of a describe call: a path in the list's rows, or one of the list call's own keys."""

    path: Path
    is_key: bool = False


Sources = Mapping[str, Filler]


@dataclass(frozen=True, slots=True)
class Described:
    """A call that completes rows, and what fills its inputs. `is_own`: it is about the list's own noun, so that it gives no other rows."""

    getting: Getting
    sources: Sources
    is_own: bool


@dataclass(frozen=True, slots=True)
class Describers:
    """The calls of a service that describe, by noun: those for one thing, and those for many."""

    single: Mapping[str, Sequence[OperationModel]]
    many: Mapping[str, Sequence[Listing]]


def describe(service: Service, hint: Hint, listing: Listing, calls: Describers) -> Described | None:
    """The call that completes the rows of a list; None where there is none."""
    if listing.is_one:
        return None
    if hint.get is not None:
        found = _hinted(service, hint, listing) if hint.get else None
    else:
        found = next((d for noun in _nouns(listing) if (d := _of_noun(service, hint, listing, calls, noun)) is not None), None)
    return found


def _nouns(listing: Listing) -> Iterator[str]:
    """What a list's rows may be called by calls: its noun, and the noun of its element's shape."""
    yield listing.noun
    element = listing.element.name[:1].upper() + listing.element.name[1:]
    match = _ELEMENT.fullmatch(element)
    for noun in (element, match[1] if match is not None else element):
        if noun != listing.noun and not listing.is_bare:
            yield noun


def _hinted(service: Service, hint: Hint, listing: Listing) -> Described | None:
    assert hint.get is not None
    operation = service.operation(hint.get)
    return _single(service, hint, listing, operation, listing.noun)


def _of_noun(service: Service, hint: Hint, listing: Listing, calls: Describers, noun: str) -> Described | None:
    """The call about one noun: one for many rows where it tells as much as the one for one."""
    singles = (_single(service, hint, listing, operation, noun) for operation in calls.single.get(noun, ()))
    single = next((s for s in singles if s is not None), None)
    many = _many(service, listing, calls.many.get(noun, ()), noun)
    found = many if many is not None and (single is None or _tells_as_much(many.getting, single.getting)) else single
    if found is None or noun == listing.noun:
        return found
    is_more = {plain(path[-1]) for path in found.getting.members} - {plain(m) for m in listing.members}
    return found if is_more else None


def _tells_as_much(many: Getting, single: Getting) -> bool:
    """Whether a call for many rows gives every member that a call for one gives: then the calls for one are not needed."""
    return {path[-1] for path in single.members} <= {path[-1] for path in many.members}


def _single(service: Service, hint: Hint, listing: Listing, operation: OperationModel, noun: str) -> Described | None:
    if operation.name == listing.operation.name:
        return None
    if hint.attributes:
        getting: Getting | None = Getting(operation, hint.get_rows or (), {})
    else:
        getting = read_getting(operation, noun, listing.element, hint.get_rows)
    sources = _sources(service, operation, listing, noun, hint.get_constants)
    if getting is None or not sources or not any(_is_of_row(s, listing) for s in sources.values()):
        return None
    return Described(getting, sources, noun == listing.noun)


def row_sources(service: Service, operation: OperationModel, listing: Listing) -> Sources:
    """What fills the inputs of a call that tells more of a list's rows; nothing where they do not fill all that it requires."""
    found = _sources(service, operation, listing, listing.noun, {}) or {}
    return found if any(_is_of_row(s, listing) for s in found.values()) else {}


def _is_of_row(source: Filler, listing: Listing) -> bool:
    """Whether what fills an input tells rows apart, and is not what the list call was asked with."""
    return not source.is_key and (source.path[0] not in listing.required or is_anothers(listing, source.path[0]))


def is_anothers(listing: Listing, param: str) -> bool:
    """Whether a list call's key has a name that its rows have for themselves: `arn` in Device Farm's `ListRuns` is the project's."""
    own = {plain(m) for m in listing.members}
    return listing.operation.name.startswith("List") and plain(param) in own and (plain(param) in ("arn", "id") or listing.is_bare)


def _many(service: Service, listing: Listing, batches: Sequence[Listing], noun: str) -> Described | None:
    """The describe call that takes many rows at once, its batch filled by what the list's rows say of themselves."""
    members = {m: s for m, s in listing.members.items() if is_scalar(s)}
    for candidate in batches:
        batch = batch_member(service, candidate)
        if batch is None or candidate.operation.name == listing.operation.name:
            continue
        known = candidate.operation.input_shape.members
        one = singular(batch.removesuffix("List"))
        path = match_row(one, known[batch].member, (listing.noun, noun), members)
        if path is None and listing.is_bare and _may_be(batch, next(iter(members)), listing.noun):
            path = (next(iter(members)),)
        if path is None or not _is_answered(path, one, candidate, listing):
            continue
        sources = {batch: Filler(path), **{param: Filler((param,), is_key=True) for param in listing.required if param in known}}
        if set(required_members(candidate.operation)) <= sources.keys():
            getting = Getting(candidate.operation, candidate.rows, {(m,): s for m, s in candidate.members.items()}, batch)
            return Described(getting, sources, noun == listing.noun)
    return None


def _is_answered(path: Path, batch: str, candidate: Listing, listing: Listing) -> bool:
    """Whether the answer says which row each of its own belongs to, as the row or as the request calls it."""
    return listing.is_bare or bool({plain(path[-1]), plain(batch)} & {plain(m) for m in candidate.members})


def _may_be(batch: str, member: str, noun: str) -> bool:
    """Whether a list of bare strings may hold what a batch asks for: both are ARNs or neither is, or nothing says what the strings are."""
    return plain(batch).rstrip("s").endswith("arn") == plain(member).endswith("arn") or plain(member) == plain(noun)


def _sources(
    service: Service, operation: OperationModel, listing: Listing, noun: str, known: Mapping[str, Any]
) -> dict[str, Filler] | None:
    """What fills each input of a describe call; None where a required one cannot be filled.

    Where what is required says only whose the row is (`ImageName` of an image version), the optional inputs that rows
    name too (`Version`) say which. `known` are the inputs whose values are.
    """
    nouns = tuple(dict.fromkeys((listing.noun, noun, *_nouns(listing))))
    shapes = operation.input_shape.members if operation.input_shape is not None else {}
    required = tuple(p for p in required_members(operation) if p not in known)
    found: dict[str, Filler] = {}
    for param in required:
        source = _source(service, listing, param, shapes[param], nouns)
        if source is None and listing.is_bare and is_scalar(shapes[param]) and len(required) == 1 + len(found):
            source = Filler((next(iter(listing.members)),))
        if source is None:
            return None
        found[param] = source
    found |= _optional(listing, shapes, found, nouns, noun)
    rest = plain(listing.noun).removeprefix(plain(noun)) if noun != listing.noun else ""
    if rest and rest != plain(listing.noun) and not any(rest in plain(p) for p in found):
        # Versions and the like of what the call describes: without being told which, it describes another.
        return None
    return found or None


def _source(service: Service, listing: Listing, param: str, shape: Shape, nouns: Sequence[str]) -> Filler | None:
    scalars = {m: s for m, s in listing.members.items() if is_scalar(s)}
    if is_scalar(shape) and (outright := match_member(param, shape, listing.noun, scalars)) is not None:
        return Filler((outright,))
    key = next((k for k in listing.required if plain(k) == plain(param)), None)
    if key is not None:
        return Filler((key,), is_key=True)
    if service.is_own_account and plain(param) in _OF_ACCOUNT:
        return Filler((param,), is_key=True)
    path = match_row(param, shape, nouns, listing.members)
    if path is not None:
        return Filler(path)
    key = same_name(param, listing.required) if is_scalar(shape) else None
    return Filler((key,), is_key=True) if key is not None else None


def _optional(
    listing: Listing, shapes: Mapping[str, Shape], found: Mapping[str, Filler], nouns: Sequence[str], noun: str
) -> dict[str, Filler]:
    """The optional inputs that say which row is meant, or of what it is a part."""
    optional = {m: s for m, s in shapes.items() if m not in found}
    keys = {m: Filler((m,), is_key=True) for m in optional if m in listing.required}
    scalars = {m: s for m, s in listing.members.items() if is_scalar(s)}
    if found:
        # What a list call cannot do without, the describe call of its rows is told too: a rule's name is unique on its event bus.
        if any(_is_of_row(s, listing) for s in found.values()) and noun == listing.noun:
            return keys
        used = {s.path for s in found.values()}
        return keys | {m: Filler((m,)) for m in optional if m in scalars and m not in listing.required and (m,) not in used}
    own = [m for m in optional if m in scalars and plain(m).removeprefix(plain(nouns[0])) in _IDENTITIES]
    if own:
        first = min(own, key=lambda m: _IDENTITIES.index(plain(m).removeprefix(plain(nouns[0]))))
        return {first: Filler((first,))}
    for param, shape in optional.items():
        if (
            is_scalar(shape)
            and param not in keys
            and is_identity(param, nouns)
            and (path := match_row(param, shape, nouns, listing.members)) is not None
        ):
            return {**keys, param: Filler(path)}
    return {}
