"""Clients in other languages, as `make test` installs them: pgjdbc, which DBeaver and Metabase ask through, node-postgres and Go's pgx.

Each lists and describes, gives parameters of its types, asks the demo's queries, fails, hears what could not be read, and cancels.
Where the machine has no Java, no Node or no Go there is nothing to test, and `make test` says so.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from cirql.cli.demo import DATASET, FIND_ARN, JOIN, RESOURCE
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.runtime import Runtime
from cirql.server.listening import Server

HERE = Path(__file__).parent / "clients"
INSTALLED = Path(__file__).parents[2] / ".venv" / "clients"
DRIVER = INSTALLED / "postgresql-42.7.14.jar"
SEEN_BY_JDBC = [
    "schemas true",
    "tables true",
    "column timestamp",
    "key [_key]",
    "parent [amplify_app]",
    "values 7 1099511627776 it's 1.5 t 1.50 2024-02-29 01:02:03 2024-02-29",
    "fetched 1000",
    "error 42703",
    "images 4",
    "warning true",
    "cancelled 57014",
]
VALUES = """{"a":7,"b":"1099511627776","c":"it's","d":1.5,"e":true,"f":{"x":[1]},"g":["p","q"],"h":"1970-01-01T00:00:00.000Z"}"""
SEEN_BY_PGX = [
    "schemas true",
    "tables true",
    "column name 25",
    "column creation_date 1114",
    "column tags 16400",
    "values 7 1099511627776 it's 1.5 true 2024-02-29T01:02:03Z [0 255] [p q] map[x:1] true",
]
SEEN_BY_NODE = [
    *("schemas true", "tables true", "columns true", f"values {VALUES}", "fetched 1000", "error 42703", "images 4", "notice true"),
    "cancelled 57014",
]


def said(cloud: LocalCloud, *command: str | Path) -> list[str]:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    environment = {**os.environ, "NODE_PATH": str(INSTALLED / "node_modules")}
    answer = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=110, check=False, env=environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


@pytest.fixture
def demo(runtime: Runtime, cloud: LocalCloud) -> dict[str, str]:
    """The demo's three statements, each with how many rows and columns it has while a region cannot be read."""
    with runtime.session() as session:
        (arn,) = session.execute(FIND_ARN).fetchone() or ("",)
        cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
        asked = [(sql, session.execute(sql).to_arrow()) for sql in (RESOURCE.format(arn=arn), DATASET, JOIN)]
    assert [rows.num_rows > 0 for _, rows in asked] == [True] * 3
    return {sql: f"demo {rows.num_rows} {rows.num_columns}" for sql, rows in asked}


if DRIVER.exists():

    def test_pgjdbc_lists_describes_asks_fails_and_cancels(server: Server, cloud: LocalCloud, demo: dict[str, str]) -> None:
        address = f"jdbc:postgresql://127.0.0.1:{server.port}/aws"
        assert said(cloud, "java", "-cp", DRIVER, HERE / "Ask.java", address, *demo) == [
            *SEEN_BY_JDBC[:-1],
            *demo.values(),
            SEEN_BY_JDBC[-1],
        ]


if (INSTALLED / "node_modules" / "pg").exists():

    def test_node_postgres_lists_describes_asks_fails_and_cancels(server: Server, cloud: LocalCloud, demo: dict[str, str]) -> None:
        assert said(cloud, "node", HERE / "ask.js", f"postgresql://aws@127.0.0.1:{server.port}/aws", *demo) == [
            *SEEN_BY_NODE[:-1],
            *demo.values(),
            SEEN_BY_NODE[-1],
        ]


if (INSTALLED / "pgx").exists():

    def test_pgx_lists_describes_asks_fails_and_cancels(server: Server, cloud: LocalCloud, demo: dict[str, str]) -> None:
        asked = said(cloud, INSTALLED / "pgx", f"postgresql://aws@127.0.0.1:{server.port}/aws", *demo)
        assert asked == [*SEEN_BY_PGX, *demo.values(), "warned true", "error 42703", "cancelled 57014"]
