"""Bulk calls: one that tells of all that a target has, in place of a call for each row.

It stands for the rows' own calls where it takes fewer. Rows that it leaves out, or of which it leaves out something that is wanted, take
their own; so do all where it is refused.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from cirql.catalog.model import Fetch, Table
from cirql.cloud.target import Target
from cirql.fetch.hydrate import hydrated
from cirql.fetch.refusals import REFUSALS
from cirql.fetch.requests import request
from cirql.fetch.rows import UNREAD, UNTOLD, Row, given, rows_of
from cirql.fetch.surroundings import Surroundings

_PAGE = 100
"""Rows that a page surely has: what IAM gives unless it is asked for more, of which it may then give less."""
_WORTH = 2
"""So many calls for single rows cost what a page of a bulk call does, which tells of every row and much of each."""

Key = tuple[Any, ...]


async def in_bulk(
    rows: list[Row], bulk: Fetch, own: Sequence[Fetch], table: Table, target: Target, around: Surroundings, *, listed: int
) -> list[Row | None]:
    """What a bulk call adds to each row, in their order; None for a row that is gone. `listed`: of how many rows it tells, at least."""
    known = await _known(bulk, table, target, around, len(rows) * len(own) > _WORTH * math.ceil(max(listed, 1) / _PAGE))
    told = [known.get(tuple(row.get(c) for c in bulk.match), {}) for row in rows]
    every = await asyncio.gather(*(_left(rows, told, bulk, fetch, table, target, around) for fetch in own))
    return [_together(parts) for parts in zip(told, *every, strict=True)]


async def _left(
    rows: list[Row], told: list[Row], bulk: Fetch, own: Fetch, table: Table, target: Target, around: Surroundings
) -> list[Row | None]:
    """What the rows' own call adds to those of which the bulk call left out what it gives."""
    columns = bulk.gives & own.gives
    left = [at for at, known in enumerate(told) if not columns <= known.keys()]
    parts: list[Row | None] = [{} for _ in rows]
    for at, part in zip(left, await hydrated([rows[at] for at in left], own, table, target, around), strict=True):
        parts[at] = part
    return parts


async def _known(bulk: Fetch, table: Table, target: Target, around: Surroundings, is_worth: bool) -> Mapping[Key, Row]:
    """What is known of every row by its key: nothing where asking is not worth it, or was refused, which is said once."""
    params = request(bulk, {})
    columns = sorted(o.column for o in (*bulk.outputs, *bulk.lifted))
    place = json.dumps([str(target), bulk.service, bulk.operation, str(table.name), columns, params])
    if place in around.bulk:
        return around.bulk[place]
    if not is_worth:
        return {}
    try:
        answers = await around.refusals.ask((target, bulk.operation), lambda: around.calls.kept(target, bulk, params))
    except REFUSALS as error:
        around.notice(f"{_named(bulk)} of {table.name} are asked for row by row in {target}: {error.message}")
        return {}
    if answers is not None and place not in around.bulk:
        every = (given(row) for answer in answers for row in rows_of(bulk, answer))
        around.bulk[place] = {tuple(row.get(c) for c in bulk.match): row for row in every}
    return around.bulk.get(place, {})


def _named(bulk: Fetch) -> str:
    """The columns that it gives, besides those that rows are found by."""
    return " and ".join(o.column for o in (*bulk.outputs, *bulk.lifted) if o.column not in bulk.match)


def _together(parts: Sequence[Row | None]) -> Row | None:
    """What several calls add to one row; None where one of them says that it is gone."""
    row: Row = {}
    for part in parts:
        if part is None:
            return None
        marks = {mark: row.get(mark, frozenset()) | part[mark] for mark in (UNREAD, UNTOLD) if mark in part}
        row |= part | marks
    return row
