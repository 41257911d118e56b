"""Tag sweeps: the tags of many rows by one call, and by the service's own call for each row where that is refused or saves nothing.

The sweep knows what is in one account and region, by ARN. A row of elsewhere (shared by another account, a trail of another region)
is asked for by its service's own call, and so is everything that the answer leaves in doubt: a row is untagged only where the answer
was whole and spoke of the ARNs that it was asked about.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

from cirql.catalog.model import Fetch, Scope, Table
from cirql.cloud.target import Target
from cirql.fetch.hydrate import hydrated
from cirql.fetch.refusals import REFUSALS
from cirql.fetch.requests import request
from cirql.fetch.rows import Row, rows_of
from cirql.fetch.surroundings import Surroundings
from cirql.startup.records import replace

_PARTITION = "aws"
"""The partition whose documentation the overlay's kinds are from; China and the others know fewer."""
_GLOBAL_REGION = "us-east-1"
"""Where it keeps the tags of global services (AWS Resource Groups User Guide)."""


async def swept(rows: list[Row], sweep: Fetch, own: Fetch, table: Table, target: Target, around: Surroundings) -> list[Row | None]:
    """What a sweep adds to each row, in their order; None for a row that is gone."""
    place = _place(table, target)
    column = next(i.column for i in sweep.inputs)
    arns = [_own_arn(row.get(column), place) for row in rows]
    wanted = list(dict.fromkeys(a for a in arns if a is not None))
    known: dict[str, Row] = {}
    if place is not None and math.ceil(len(wanted) / sweep.batch) < math.ceil(len(wanted) / own.batch):
        chunks = [wanted[i : i + sweep.batch] for i in range(0, len(wanted), sweep.batch)]
        for found in await asyncio.gather(*(_Sweep(sweep, column, table, place, around).tags(chunk) for chunk in chunks)):
            known |= found
    left = [at for at, arn in enumerate(arns) if arn not in known]
    parts: list[Row | None] = [known.get(arn) if arn is not None else None for arn in arns]
    if left:
        for at, part in zip(left, await hydrated([rows[at] for at in left], own, table, target, around), strict=True):
            parts[at] = part
    return parts


def _place(table: Table, target: Target) -> Target | None:
    """Where the sweep of a target's rows is asked for; None where nobody says that it knows them."""
    if target.partition != _PARTITION:
        return None
    return replace(target, region=_GLOBAL_REGION) if table.scope is Scope.GLOBAL else target


def _own_arn(value: Any, place: Target | None) -> str | None:
    """The ARN of a row, where it is one of this very place."""
    parts = str(value).split(":", 5) if value is not None else []
    if place is None or len(parts) < 6 or parts[0] != "arn" or parts[1] != place.partition:
        return None
    return str(value) if parts[3] in ("", place.region) and parts[4] in ("", place.account) else None


class _Sweep:
    """One request for the tags of up to as many ARNs as it takes."""

    def __init__(self, fetch: Fetch, column: str, table: Table, place: Target, around: Surroundings) -> None:
        self._fetch = fetch
        self._column = column
        self._table = table
        self._place = place
        self._around = around

    async def tags(self, arns: list[str]) -> dict[str, Row]:
        """The tags by ARN, as far as they are known for sure. Says so once where the call is refused."""
        try:
            answer = await self._around.refusals.ask((self._place, self._fetch.operation), lambda: self._answer(arns))
        except REFUSALS as error:
            self._around.notice(f"tags of {self._table.name} are asked for row by row in {self._place}: {error.message}")
            return {}
        return answer if answer is not None else {}

    async def _answer(self, arns: list[str]) -> dict[str, Row]:
        (answer,) = await self._around.calls.answers(self._place, self._fetch, request(self._fetch, {self._column: arns}))
        found = {str(row[self._column]): row for row in rows_of(self._fetch, answer)}
        asked = set(arns)
        tagged = {arn: {"tags": row["tags"] or {}} for arn, row in found.items() if arn in asked}
        # A second page, which there is not for a list of ARNs, or an ARN spelled otherwise: what is missing may be tagged all the same.
        is_whole = not answer.get("PaginationToken") and found.keys() <= asked
        return {arn: {"tags": {}} for arn in arns} | tagged if is_whole else tagged
