"""Conditions on account and region alone: they say which places need not be asked at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cirql.catalog.model import Table
from cirql.plan.model import RowFilter, Scan

RowTest = Callable[[RowFilter, Table, Sequence[Mapping[str, Any]]], list[bool]]


def possible(scan: Scan, places: Sequence[tuple[str, str]], passes: RowTest) -> list[bool]:
    """For each (account, region), whether a row of the scan may be there. One that is not known, an empty text, may be any."""
    columns = {"region", scan.table.account_column}
    rows = [{"region": region, scan.table.account_column: account} for account, region in places]
    kept = [True] * len(rows)
    for test in scan.filters:
        if test.columns <= columns:
            knows = [all(row[c] for c in test.columns) for row in rows]
            kept = [k and (p or not n) for k, p, n in zip(kept, passes(test, scan.table, rows), knows, strict=True)]
    return kept
