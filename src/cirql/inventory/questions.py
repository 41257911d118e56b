"""What one scan asks of one target, in the store's words: the partitions that would answer it, and whether it reads them whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cirql.cloud.target import Target
from cirql.fetch.keys import TargetKeys
from cirql.inventory.model import Partition
from cirql.inventory.stored import StoredTable
from cirql.plan.model import Scan

MOST_PARTITIONS = 64
"""A scan that asks for more keys than this is looked up as the whole table, and remembered as incomplete."""


def named_values(stored: StoredTable, scan: Scan, target: Target) -> list[Mapping[str, Any]] | None:
    """The combinations of naming values that a scan asks of a target; None where none of its rows can be there.

    One empty combination is the whole table.
    """
    keys = TargetKeys(stored.table, scan.keys, target)
    if keys.empty:
        return None
    columns = sorted(c for c in stored.naming if keys.covers([c]))
    combinations = keys.combinations(columns)
    if len(combinations) > MOST_PARTITIONS:
        return [{}]
    return [{c: v for c, v in values.items() if v is not None} for values in combinations]


def partitions(stored: StoredTable, scan: Scan, target: Target) -> list[Partition] | None:
    """The partitions that together answer a scan in a target; None where there is nothing to ask."""
    values = named_values(stored, scan, target)
    return None if values is None else list(dict.fromkeys(stored.partition(target, v) for v in values))


def shortfall(stored: StoredTable, scan: Scan, target: Target) -> str:
    """Why a scan does not read all rows of its partitions; empty where it does."""
    if scan.limit is not None:
        return "a LIMIT ended it"
    if scan.conditions:
        return "only rows were wanted where " + " and ".join(scan.conditions)
    place = {"region", stored.table.account_column}
    others = sorted({c for g in scan.keys for c in g.columns} - stored.naming - place - {stored.key})
    if others:
        return "only rows with certain values of " + ", ".join(others) + " were wanted"
    keys = TargetKeys(stored.table, scan.keys, target)
    columns = sorted(c for c in stored.naming if keys.covers([c]))
    if columns and len(keys.combinations(columns)) > MOST_PARTITIONS:
        return f"only rows with certain values of {', '.join(columns)} were wanted"
    return ""
