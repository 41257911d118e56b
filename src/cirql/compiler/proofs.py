"""What names one row of a list, as the calls say that describe, end or change one thing of its noun.

`DeleteWorkspaceImage` takes an `ImageId`: then that names a workspace image, and not its `Name`. Such a call proves a key where all that it
requires is either what the list call was asked with or a member of the row.
"""

from __future__ import annotations

from collections.abc import Iterator

from cirql.compiler.identities import is_identity, match_row, plain
from cirql.compiler.operations import Listing, is_scalar, required_members
from cirql.compiler.services import Service
from cirql.startup.regexes import regex

# The surest first: what ends or describes a thing takes its name and little else.
_SURE = ("Describe", "Get", "Delete", "Cancel", "Stop", "Terminate", "Deregister", "Accept", "Reject")
# What changes a thing takes values too.
_CHANGING = ("Update", "Modify")
_VERSION = regex(r".*(version|revision)")


def proven_members(service: Service, listing: Listing) -> tuple[str, ...]:
    """The members of a list's rows that name one for other calls; empty where no call says."""
    names = set(service.model.operation_names) - {listing.operation.name}
    for verb in _SURE:
        if f"{verb}{listing.noun}" in names and (found := _asked(service, listing, f"{verb}{listing.noun}")):
            return found
    for verb in _CHANGING:
        found = _asked(service, listing, f"{verb}{listing.noun}") if f"{verb}{listing.noun}" in names else ()
        if len(found) == 1 and is_identity(found[0], (listing.noun,)):
            return found
    return ()


def _asked(service: Service, listing: Listing, name: str) -> tuple[str, ...]:
    """The members of a row that a call requires beside the list call's own keys; empty where it requires what no row has."""
    operation = service.operation(name)
    found: dict[str, None] = {}
    for param in required_members(operation):
        shape = operation.input_shape.members[param]
        if plain(param) in {plain(k) for k in listing.required} or (
            service.is_own_account and plain(param) in ("accountid", "awsaccountid")
        ):
            continue
        path = match_row(param, shape, (listing.noun,), listing.members) if is_scalar(shape) else None
        if path is None or len(path) > 1:
            return ()
        found[path[0]] = None
    return tuple(found)


def version_members(noun: str, listing: Listing) -> Iterator[str]:
    """The members that say which version a row is, where the noun is a version or a revision; the surest first."""
    match = _VERSION.fullmatch(plain(noun))
    if match is None:
        return
    known = {plain(m): m for m, s in listing.members.items() if is_scalar(s)}
    about = plain(noun)
    ends = [m for m in known if m.endswith(match[1]) and about.endswith(m)]
    for name in (about, f"{about}id", f"{about}number", *ends, f"{match[1]}number", f"{match[1]}id", f"{match[1]}identifier", match[1]):
        if name in known:
            yield known[name]
    sole = [m for m in known if m.endswith(match[1])]
    if len(sole) == 1 and listing.required:
        yield known[sole[0]]


def is_shaped_like_versioned(listing: Listing) -> bool:
    """Whether rows have the shape of what they are versions of: a `ResourceSharePermissionSummary` says nothing of versions."""
    return _VERSION.match(plain(listing.element.name)) is None
