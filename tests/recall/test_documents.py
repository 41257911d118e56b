"""Conditions on members of JSON documents answer the same whether the inventory reads the members alone or the whole documents."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from cirql.inventory.embedded.segments import MEMBERS_ROWS
from cirql.inventory.embedded.store import DuckDBStore
from cirql.inventory.model import Condition, Partition, Request, ScanRecord
from cirql.session import Session
from cirql.settings import Settings
from cirql.types import ColumnType

TABLE = "aws.ec2_instance"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ("on", "off", "a.b", 'say "hi"', "é\\", "tab\there", "[1, 2]", '{"k": 1}', "1.10", "3", "true", "null", "", "x'y")
ODD = (
    '{"State": {"Name": 1.10, "Code": 1e5}, "VpcId": 123456789012345678901234567890}',
    '{"State": {"Name": true, "Code": null}, "VpcId": null}',
    '{"State": {"Name": null}, "VpcId": ""}',
    '{"State": {"Name": {"k": 1}, "Code": [1, 2]}, "VpcId": ["v"]}',
    '{"State": "on", "VpcId": {"a": {"b": "deep"}}}',
    '{"State": [{"Name": "on"}], "Odd key": "x"}',
    '{"State": {"Name": "\\u006fn", "Code": 3, "Code": 4}}',
    '{"State": {}, "State.Name": "on"}',
    '["on", {"VpcId": "vpc-1"}]',
    '"on"',
    "null",
    "{}",
    None,
)
CONDITIONS = (
    "placement -> 'State' ->> 'Name' = 'on'",
    *(f"placement -> 'State' ->> 'Name' = '{n.replace(chr(39), chr(39) * 2)}'" for n in NAMES[2:]),
    "'off' = (placement -> 'State') ->> 'Name'",
    "placement #>> '{State,Name}' IN ('on', 'true', '1.1')",
    "placement #>> ARRAY['State', 'Name'] = 'off'",
    "json_extract_path_text(placement, 'State', 'Code') = '3'",
    "placement -> 'State' ->> 'Code' IN ('100000.0', '4')",
    "(placement -> 'State' ->> 'Code')::text > '5' AND placement ->> 'VpcId' = 'vpc-1'",
    "placement ->> 'VpcId' = 'vpc-1' AND instance_type = 't3.micro'",
    "placement ->> 'VpcId' = '[\"v\"]'",
    "placement ->> 'State' LIKE '%on%'",
    "placement -> 'State' ->> 'Name' IS NULL",
    "NOT (placement -> 'State' ->> 'Name' = 'on')",
    "placement -> 'State' ->> 'Name' = 'on' OR placement ->> 'VpcId' = ''",
    "placement -> 'State' = '{}'::jsonb",
    "placement #>> '{VpcId,a,b}' = 'deep'",
    "placement -> 1 ->> 'VpcId' = 'vpc-1'",
    "placement -> 'State' -> 0 ->> 'Name' = 'on'",
    "placement ->> 'State.Name' = 'on'",
    "placement ->> 'Odd key' = 'x'",
    "placement IS NULL",
    "instance_type IN ('t3.micro', 'none')",
    "ami_launch_index = 7",
    "ebs_optimized",
)


def document(n: int) -> str | None:
    if n % 400 < len(ODD):
        return ODD[n % 400]
    return json.dumps({"State": {"Name": NAMES[n % len(NAMES)], "Code": n % 9}, "VpcId": f"vpc-{n % 50}", "Filler": "x" * (n % 40)})


def kept(at: datetime, numbers: range) -> tuple[ScanRecord, pa.Table]:
    rows = pa.table(
        {
            "_key": [f"arn:aws:ec2:us-east-1:111122223333:instance/i-{n:08d}" for n in numbers],
            "instance_id": [f"i-{n:08d}" for n in numbers],
            "instance_type": [("t3.micro", "m5.large", None)[n % 3] for n in numbers],
            "ami_launch_index": [n % 11 for n in numbers],
            "ebs_optimized": [n % 2 == 0 for n in numbers],
            "placement": pa.ExtensionArray.from_storage(pa.json_(pa.string()), pa.array([document(n) for n in numbers], pa.string())),
        }
    )
    columns = frozenset(rows.column_names) - {"_key"}
    return ScanRecord(Partition(TABLE, "111122223333", "us-east-1"), at, at, "test", True, columns), rows


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a segment that has members of its own, and a small one that has none."""
    found = tmp_path_factory.mktemp("documents") / "store"
    with DuckDBStore(found) as store:
        store.write(*kept(NOW, range(MEMBERS_ROWS)))
        store.write(*kept(NOW.replace(hour=1), range(40, MEMBERS_ROWS + 800)))
    return found


@pytest.fixture(scope="module")
def session(path: Path) -> Iterator[Session]:
    with Session(Settings(store=str(path), max_age=math.inf)) as opened:
        yield opened


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_keeps_the_same_rows_with_members_as_without(session: Session, condition: str) -> None:
    statements = (
        f"SELECT instance_id FROM {TABLE} WHERE {condition} ORDER BY 1",
        f"SELECT instance_id, placement FROM {TABLE} AS OF TIMESTAMP '{NOW}' WHERE {condition} ORDER BY 1",
    )
    for sql in statements:
        assert session.execute(sql).fetchall() == session.execute(sql, pushdown=False).fetchall(), sql


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT placement -> 'State' ->> 'Name' AS n, count(*) FROM {TABLE} GROUP BY 1 ORDER BY 2, 1",
        f"SELECT placement -> 'State' AS s, placement #> '{{State,Name}}' AS n FROM {TABLE} ORDER BY instance_id",
        f"SELECT a.placement ->> 'VpcId' AS v, b.placement -> 'State' ->> 'Code' AS c"
        f" FROM {TABLE} a JOIN {TABLE} b USING (instance_id) ORDER BY 1, 2",
        f"SELECT s.d ->> 'VpcId' AS v FROM (SELECT placement AS d FROM {TABLE} WHERE placement ->> 'VpcId' = 'vpc-9') s ORDER BY 1",
    ],
)
def test_what_is_read_of_documents_is_the_same(session: Session, sql: str) -> None:
    assert session.execute(sql).fetchall() == session.execute(sql, pushdown=False).fetchall()


def test_only_the_members_that_matter_are_read(path: Path) -> None:
    with DuckDBStore(path) as store:
        hint = Condition("placement", ColumnType.JSON, ("vpc-17",), ("VpcId",))
        types = {"_key": ColumnType.VARCHAR, "placement": ColumnType.JSON}
        abridged = {"placement": frozenset([("VpcId",), ("State", "Name")])}
        found = store.read(Request(TABLE, types, as_of=NOW, where=((hint,),), abridged=abridged)).read_all().to_pylist()
    assert found
    assert {json.dumps(sorted(json.loads(row["placement"]))) for row in found} == {'["State", "VpcId"]'}
