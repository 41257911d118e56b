"""Queries in the style of compliance controls: run over a world of resources, and answered as PostgreSQL answers over the same rows.

`controls.sql` has them, and `further.sql` those that only `make sweep` runs, over sixty tables more.
Each table that they name is read once, with the columns that they name, and put into a PostgreSQL under the types
that the view has; then the same text is run there and here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from cirql.catalog.views import SchemaView
from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.session import Session
from cirql.settings import Settings
from tests.checks import worlds
from tests.sql.translate.differential import Document

HERE = Path(__file__).parent
WORLDS = ("s3", "iam", "ec2", "rds", "storage", "logs", "builders", "compute", "elb")
FILES = ("controls.sql", "further.sql") if os.environ.get("CIRQL_SWEEP") else ("controls.sql",)
CONTROLS: Mapping[str, str] = {
    name: sql for file in FILES for name, sql in re.findall(r"-- name: (\w+)\n(.*?);\n", (HERE / file).read_text(), re.DOTALL)
}
WORD = re.compile(r"[a-z_][a-z0-9_]*")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with LocalCloud() as cloud:
        for name in WORLDS:
            worlds.make("aws_security", name, cloud.endpoint_url)
        with Session(Settings(**settings_for(cloud.endpoint_url), search_path=("steampipe", "aws"))) as opened:
            yield opened


@pytest.fixture(scope="module")
def beside(session: Session, postgres: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A PostgreSQL with every table that the controls name, and the rows that the views have."""
    words = {name: set(WORD.findall(sql)) for name, sql in CONTROLS.items()}
    views = {v.name.partition(".")[2]: v for v in session.catalog.views() if v.columns}
    postgres.execute("DROP SCHEMA IF EXISTS steampipe CASCADE")
    postgres.execute("CREATE SCHEMA steampipe")
    for table in sorted(set().union(*words.values()) & views.keys()):
        used = set().union(*(found for found in words.values() if table in found))
        _copy(session, postgres, views[table], used)
    postgres.execute("SET search_path = steampipe, public")
    return postgres


def _copy(session: Session, postgres: psycopg.Connection[Any], view: SchemaView, used: set[str]) -> None:
    columns = [c for c in view.columns if c.name in used] or list(view.columns[:1])
    listed = ", ".join(f'"{c.name}"' for c in columns)
    declared = ", ".join(f'"{c.name}" {c.type}' for c in columns)
    postgres.execute(f"CREATE TABLE {view.name} ({declared})".encode())
    marks = ", ".join(["%s"] * len(columns))
    rows = session.execute(f"SELECT {listed} FROM {view.name}")
    with postgres.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {view.name} VALUES ({marks})".encode(),
            [[_given(value, c.type) for value, c in zip(row, columns, strict=True)] for row in rows.fetchall()],
        )
    assert not rows.failures, rows.failures


def _given(value: Any, kind: str) -> Any:
    if kind == "jsonb":
        return None if value is None else Jsonb(value)
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _plain(value: Any) -> Any:
    """A value without what only the driver decides."""
    match value:
        case Document():
            return _plain(value.value)
        case Decimal() | float():
            return round(float(value), 6)
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case list() | tuple():
            return [_plain(v) for v in value]
        case dict():
            return {k: _plain(v) for k, v in sorted(value.items())}
        case None | bool() | int() | str():
            return value
    return str(value).removesuffix("/32")


def _rows(found: list[tuple[Any, ...]]) -> list[str]:
    return sorted(repr([_plain(v) for v in row]) for row in found)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_answers_as_postgresql_does_over_the_same_rows(name: str, session: Session, beside: psycopg.Connection[Any]) -> None:
    result = session.execute(CONTROLS[name])
    mine = _rows(result.fetchall())
    assert not result.failures
    cursor = beside.execute(CONTROLS[name].encode())
    assert mine == _rows(cursor.fetchall())
    assert [c.name for c in result.columns] == [c.name for c in cursor.description or ()]


def test_most_controls_find_something(session: Session) -> None:
    found = sum(bool(session.execute(sql).fetchmany(1)) for sql in CONTROLS.values())
    assert found > len(CONTROLS) * (0.6 if len(FILES) > 1 else 0.8), f"{found} of {len(CONTROLS)}"
