"""Values that no column expects: kept where the type can hold them, else NULL with a notice, and never at the cost of another row."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Column, Fetch, Output, Role, Table
from cirql.cloud.target import Target
from cirql.fetch.batches import record_batch
from cirql.fetch.calls import Calls
from cirql.fetch.rows import Row, rows_of
from cirql.fetch.runner import run_scan
from cirql.fetch.surroundings import Surroundings
from cirql.names import TableName
from cirql.plan.model import Scan
from cirql.types import ColumnType
from tests.clouds import SilentCloud

TYPES = [t for t in ColumnType if t.name in ("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "JSON", "HSTORE", "VARCHAR_LIST")]
COLUMNS = (Column("name", ColumnType.VARCHAR, "string"), *(Column(f"c_{t.name.lower()}", t, "any") for t in TYPES))
FETCH = Fetch("list", Role.LIST, "x", "ListThings", outputs=tuple(Output(c.name, (c.name,)) for c in COLUMNS), rows=("Things",))
TABLE = Table(TableName.parse("aws.x_thing"), "x", "", "", COLUMNS, (FETCH,), key=("name",))
NAMES = tuple(c.name for c in COLUMNS)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(st.characters(categories=["Cs", "L"])) | st.binary()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6
)


@given(st.lists(st.dictionaries(st.sampled_from(NAMES[1:]), values), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_no_value_costs_a_row_or_another_value(odd: list[Row]) -> None:
    plain: Row = {"name": "plain", "c_bigint": 7, "c_varchar": "seven", "c_json": {"a": [1]}, "c_timestamp": datetime(2026, 1, 1)}
    told: set[tuple[int, str]] = set()
    batch = record_batch(TABLE, NAMES, [*odd, plain], lambda at, column, *_: told.add((at, column)))
    assert batch.num_rows == len(odd) + 1
    last = {name: batch.column(batch.schema.get_field_index(name))[-1].as_py() for name in NAMES}
    assert (last["name"], last["c_bigint"], last["c_varchar"]) == ("plain", 7, "seven")
    for at, row in enumerate(odd):
        for name, value in row.items():
            is_null = not batch.column(batch.schema.get_field_index(name))[at].is_valid
            assert is_null is (value is None or (at, name) in told)


class Answering(SilentCloud):
    """A cloud that gives these things in one region and a plain one in every other."""

    def __init__(self, things: list[Row]) -> None:
        self.things = things
        self.calls = 0

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        return {"Things": self.things if target.region == "eu-west-1" else [{"name": "elsewhere", "c_bigint": 1}]}


def read(things: list[Row]) -> tuple[dict[str, Row], list[str], int]:
    cloud = Answering(things)
    scan = Scan("scan_0", TABLE, NAMES, FETCH)
    around = Surroundings(Calls(cloud, [scan], 8), lambda *_: [], lambda: datetime(2026, 1, 1))
    batches: list[pa.RecordBatch] = []

    async def keep(batch: pa.RecordBatch) -> None:
        batches.append(batch)

    targets = [Target("111111111111", region) for region in ("eu-west-1", "us-east-1")]
    outcome = asyncio.run(run_scan(scan, targets, around, keep))
    assert outcome.failures == ()
    found = {row["name"]: row for batch in batches for row in batch.to_pylist()}
    return found, around.notices, cloud.calls


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("c_bigint", 2**63, "9223372036854775808"),
        ("c_bigint", 7.5, "7.5"),
        ("c_bigint", "many", "'many'"),
        ("c_varchar", "half \ud83d", r"'half \ud83d'"),
        ("c_timestamp", 1_700_000_000_000, "1700000000000"),
        ("c_timestamp", "yesterday", "'yesterday'"),
        ("c_boolean", "perhaps", "'perhaps'"),
        ("c_hstore", "x" * 500, "'xxx"),
        ("c_varchar", {"a": 1}, "{'a': 1}"),
        ("c_varchar", ["a", "b"], "['a', 'b']"),
        ("c_varchar_list", ["a", {"b": 1}], "['a', {'b': 1}]"),
        ("c_bigint", True, "True"),
        ("c_bigint", 3.7, "3.7"),
        ("c_double", False, "False"),
        ("c_timestamp", True, "True"),
        ("c_boolean", 7, "7"),
        ("c_boolean", {"a": 1}, "{'a': 1}"),
    ],
)
def test_a_value_that_a_column_cannot_hold_is_null_and_told(column: str, value: Any, words: str) -> None:
    found, notices, calls = read([{"name": "odd", "c_json": 1.5, column: value}, {"name": "good", "c_json": 2.5, column: None}])
    assert {n: r["c_json"] for n, r in found.items()} == {"odd": "1.5", "good": "2.5", "elsewhere": None}
    assert found["odd"][column] is None
    (notice,) = notices
    assert notice.startswith(f"aws.x_thing.{column} is NULL for odd in 111111111111/eu-west-1: AWS gave {words}")
    assert len(notice) < 300
    assert calls == 2


def test_half_a_character_in_json_is_kept_as_an_escape() -> None:
    found, notices, _ = read([{"name": "odd", "c_json": {"a": "half \ud83d"}}])
    assert json.loads(found["odd"]["c_json"]) == {"a": "half \ud83d"}
    assert notices == []


def test_many_odd_values_are_counted() -> None:
    _, (notice,), _ = read([{"name": f"n{i}", "c_bigint": 2**63 + i} for i in range(50)])
    assert notice.endswith("and 47 more")


def test_properties_that_are_no_json_are_null_and_told() -> None:
    from cirql.fetch.rows import ODD, UNREAD

    with Catalog.open() as catalog:
        get = next(f for f in catalog.find("aws.sagemaker.images").table.fetches if f.role is Role.GET)
    good, bad = (
        rows_of(get, {"ResourceDescription": {"Identifier": "a", "Properties": text}})[0] for text in ('{"ImageName": "a"}', '{"ImageNa')
    )
    assert good["image_name"] == "a"
    assert ODD not in good
    assert bad["data__identifier"] == "a"
    assert bad["image_name"] is None
    assert bad[ODD] == {"Properties": '{"ImageNa'}
    assert "image_name" in bad[UNREAD]
