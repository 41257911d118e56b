"""The order in which changes must happen: what a change refers to comes before it, and goes after it.

A change refers to another where a value in it is a name of the other: its identifier, an additional identifier, or a property that its type
is named by (`ImageName` of an Image). Order between unrelated changes is free; a circle is cut in the order of the statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cirql.catalog.rules import Rules
from cirql.changes.model import Change, ChangeKind, values_at
from cirql.startup.records import replace


def with_dependencies(changes: Sequence[Change], rules: Mapping[str, Rules]) -> tuple[Change, ...]:
    """The changes with `depends` filled, sorted so that each comes after what it depends on; `rules` by type name."""
    names = [_names(c, rules.get(c.type_name)) for c in changes]
    mentions = [_mentions(c) for c in changes]
    needs: dict[str, set[str]] = {c.id: set(c.depends) for c in changes}
    for later, earlier in _related(changes, names, mentions):
        for one, other in ((later, earlier), (earlier, later)):
            if changes[one].target.account == changes[other].target.account and _must_wait(
                changes[one], changes[other], names[other], mentions[one], names[one], mentions[other], other < one
            ):
                needs[changes[one].id].add(changes[other].id)
    return _sorted(changes, needs)


def _related(changes: Sequence[Change], names: Sequence[set[str]], mentions: Sequence[set[str]]) -> Iterator[tuple[int, int]]:
    """Pairs that may have to do with one another: the same subject, or a name that the other mentions."""
    last: dict[tuple[str, str, str, str], int] = {}
    owners: dict[str, list[int]] = {}
    for at, change in enumerate(changes):
        if change.subject in last:
            yield at, last[change.subject]
        last[change.subject] = at
        for name in names[at]:
            owners.setdefault(name, []).append(at)
    for at, texts in enumerate(mentions):
        for text in texts:
            yield from ((at, owner) for owner in owners.get(text, ()) if owner != at)


def _must_wait(
    change: Change,
    other: Change,
    others_names: set[str],
    mentions: set[str],
    own_names: set[str],
    others_mentions: set[str],
    is_later: bool,
) -> bool:
    """Whether `change` must wait for `other`."""
    if change.subject == other.subject:
        return is_later
    destroys, destroyed = change.operation is ChangeKind.DELETE, other.operation is ChangeKind.DELETE
    if destroys and (own_names & others_mentions):
        return True  # what refers to it goes, or lets go of it, first
    if destroyed:
        return False
    return not destroys and bool(others_names & mentions) and not (own_names & others_mentions and not is_later)


def _names(change: Change, rules: Rules | None) -> set[str]:
    """What other resources call it by."""
    model = change.before if change.operation is ChangeKind.DELETE else change.after
    found = {change.identifier} if change.identifier else set()
    if change.operation not in (ChangeKind.CREATE, ChangeKind.DELETE) or rules is None:
        return found if change.operation is not ChangeKind.UPDATE else set()
    paths = {*rules.names, (f"{change.type_name.rpartition('::')[2]}Name",), ("Name",)}
    found |= {v for path in paths for v in values_at(model or {}, path) if isinstance(v, str) and len(v) > 2}
    return found


def _mentions(change: Change) -> set[str]:
    return {text for model in (change.before, change.after) for text in _texts(model or {})}


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _sorted(changes: Sequence[Change], needs: Mapping[str, set[str]]) -> tuple[Change, ...]:
    """Depth first, in the order given; an edge that would close a circle is dropped."""
    by_id = {c.id: c for c in changes}
    position = {c.id: at for at, c in enumerate(changes)}
    done: dict[str, Change] = {}
    under_way: set[str] = set()

    def visit(change: Change) -> None:
        under_way.add(change.id)
        kept = []
        for need in sorted(needs[change.id], key=position.__getitem__):
            if need in under_way:
                continue
            if need not in done:
                visit(by_id[need])
            kept.append(need)
        under_way.discard(change.id)
        done[change.id] = replace(change, depends=tuple(kept))

    for change in changes:
        if change.id not in done:
            visit(change)
    return tuple(done.values())
