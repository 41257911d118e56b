"""Start-up time is a feature: what is heavy is imported where it is used."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = str(Path(__file__).parents[1] / "src")
HEAVY = {
    "duckdb",
    "_duckdb",
    "sqlglot",
    "pyarrow",
    "botocore",
    "boto3",
    "moto",
    "werkzeug",
    "cfnlint",
    "pandas",
    "numpy",
    "rich",
    "asyncio",
}


def modules_after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has imported after running some code."""
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    environment = {**os.environ, "PYTHONPATH": SOURCES}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def run_quietly(*arguments: str) -> str:
    """Code that runs the `cirql` command and goes on when it exits."""
    return f"sys.argv = {['cirql', *arguments]!r}\nfrom cirql.cli.main import run\nrun()"


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("query", "--help"), ("query",), ("query", "SELECT 1", "-o", "nope")])
def test_help_and_usage_errors_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert modules_after(run_quietly(*arguments)) & HEAVY == set()


@pytest.mark.parametrize("module", ["cirql", "cirql.errors", "cirql.names", "cirql.result", "cirql.settings", "cirql.catalog.lookup"])
def test_importing_a_light_module_imports_nothing_heavy(module: str) -> None:
    assert modules_after(f"import {module}") & HEAVY == set()


def test_help_takes_less_than_150_ms(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": SOURCES, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    times = []
    for _ in range(8):  # The first one writes the bytecode. The machine may be busy: the best of them counts, in processor time.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "cirql", "--help"], capture_output=True, env=environment, timeout=60, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(times) < 0.150


def test_a_remembered_answer_never_loads_what_reaches_aws(tmp_path: Path) -> None:
    (tmp_path / "vpcs.json").write_text('{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}')
    store = str(tmp_path / "store")
    place = ("--account", "111111111111", "--region", "us-east-1", "--store", store)
    modules_after(run_quietly("import", str(tmp_path / "vpcs.json"), "--table", "aws.ec2_vpc", *place))
    ask = run_quietly("query", "SELECT vpc_id FROM aws.ec2_vpc", "--store", store, "--max-age", "unlimited")
    assert modules_after(ask) & {"botocore", "boto3", "moto", "pandas", "httptools"} == set()
