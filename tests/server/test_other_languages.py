"""Clients in other languages, as `make test` installs them: pgjdbc, which DBeaver and Metabase ask through, and node-postgres.

Each lists and describes, gives parameters of its types, reads in parts, fails, hears what could not be read, and one cancels. Where the
machine has no Java or no Node there is nothing to test, and `make test` says so.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
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
SEEN_BY_NODE = ["schemas true", "columns true", f"values {VALUES}", "fetched 1000", "error 42703", "images 4", "notice true"]


def said(cloud: LocalCloud, *command: str | Path) -> list[str]:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    environment = {**os.environ, "NODE_PATH": str(INSTALLED / "node_modules")}
    answer = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=110, check=False, env=environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


if DRIVER.exists():

    def test_pgjdbc_lists_describes_asks_fails_and_cancels(server: Server, cloud: LocalCloud) -> None:
        address = f"jdbc:postgresql://127.0.0.1:{server.port}/aws"
        assert said(cloud, "java", "-cp", DRIVER, HERE / "Ask.java", address) == SEEN_BY_JDBC


if (INSTALLED / "node_modules" / "pg").exists():

    def test_node_postgres_lists_describes_asks_and_fails(server: Server, cloud: LocalCloud) -> None:
        assert said(cloud, "node", HERE / "ask.js", f"postgresql://aws@127.0.0.1:{server.port}/aws") == SEEN_BY_NODE
