"""Lists that answer alike in several regions of an account: each of their rows is one, in one region of those that are asked.

A row that says in which regions it is (a bucket its own, a global cluster those of its members) is of the first of them that is in scope,
so that every target decides alike without hearing of the others. Of one that says none, or none that is in scope, it is whoever gives it
first, but where the list is the account's whole one: then it is somewhere that nobody asked about, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cirql.catalog.model import Spread, Table
from cirql.cloud.target import EVERYWHERE, Target
from cirql.startup.records import dataclass, field

Row = dict[str, Any]
PLACES = "_places"
"""Where a row of such a list holds what names it and the regions that it says it is in."""
_ARN_PARTS, _ARN_REGION = 6, 3
_SHOWN = 3


def note_places(spread: Spread, item: Any, row: Row) -> None:
    """Keep beside a row what its item says of where it is."""
    regions = sorted({_region(text) for path in spread.homes for text in _texts(item, path)} - {""})
    row[PLACES] = (next(_texts(item, spread.id), ""), tuple(regions))


def _texts(node: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, list):
        for element in node:
            yield from _texts(element, path)
    elif not path:
        if isinstance(node, str):
            yield node
    elif isinstance(node, dict):
        yield from _texts(node.get(path[0]), path[1:])


def _region(text: str) -> str:
    parts = text.split(":")
    return text if parts[0] != "arn" else parts[_ARN_REGION] if len(parts) >= _ARN_PARTS else ""


def tells_places(rows: list[Row]) -> bool:
    """Whether each of the rows says where it is."""
    return all(row[PLACES][1] for row in rows)


def without_places(row: Row) -> Row:
    """A row that is where it was asked for."""
    del row[PLACES]
    return row


@dataclass(slots=True)
class Spreading:
    """Which target gives which row, over all targets of a scan."""

    given: dict[tuple[object, ...], Target] = field(default_factory=dict)

    def here(
        self, spread: Spread, table: Table, target: Target, targets: tuple[Target, ...], rows: list[Row]
    ) -> tuple[list[Row], list[str]]:
        """The rows that are this target's to give, and the regions, not in scope, of those that are nobody's: a region for each of them."""
        mine = frozenset(t.region for t in targets if t.account == target.account) or {target.region}
        first, kept, elsewhere = min(mine), [], []
        for row in rows:
            name, regions = row.pop(PLACES)
            found = next((r for r in regions if r in mine), None)
            if target.region == EVERYWHERE or target.region == found:
                kept.append(row)
            elif found is None and regions and spread.whole:
                elsewhere += [regions[0]] if target.region == first else []
            elif found is None and self._is_first(spread, (str(table.name), target.account, name, regions), target, first):
                kept.append(row)
        return kept, elsewhere

    def _is_first(self, spread: Spread, key: tuple[object, ...], target: Target, first: str) -> bool:
        if spread.whole:
            return target.region == first
        return not spread.id or self.given.setdefault(key, target) == target


def said(table: Table, account: str, elsewhere: list[str]) -> str:
    """What to tell of rows in regions that are not in scope."""
    regions = sorted(set(elsewhere))
    more = f" and {len(regions) - _SHOWN} more regions" if len(regions) > _SHOWN else ""
    where, verb = ", ".join(regions[:_SHOWN]) + more, "is" if len(elsewhere) == 1 else "are"
    which = "which is" if len(regions) == 1 else "which are"
    return f"{table.name}: {len(elsewhere)} of account {account or 'asked'} {verb} in {where}, {which} not in scope"
