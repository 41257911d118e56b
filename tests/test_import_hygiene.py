"""Start-up time is a feature: what is heavy is imported where it is used."""

from __future__ import annotations

import importlib
import json
import os
import re
import resource
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from cirql.cli.main import COMMANDS
from cirql.inventory.store import open_store

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
    "pydantic",
    "rich",
    "asyncio",
    "prompt_toolkit",
}
# What no statement here has a use for: pyarrow imports the first two where it can, and does without.
NEVER = {"numpy", "pandas", "pydantic", "typer"}


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


def all_modules_after(code: str, **environment: str) -> set[str]:
    """The modules, by their full names, that a fresh interpreter has imported after running some code."""
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    surroundings = {**os.environ, "PYTHONPATH": SOURCES, **environment}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=surroundings, timeout=60, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_list_of_commands_imports_none_of_them() -> None:
    loaded = {m for m in all_modules_after(run_quietly("--help")) if m.startswith("cirql.")}
    places = {place.rpartition(".")[0] for place, _ in COMMANDS.values()}
    assert loaded & {*places, "cirql.result", "cirql.settings"} == set()


def test_what_the_list_says_of_a_command_is_a_sentence_and_the_command_is_there() -> None:
    for name, (place, purpose) in COMMANDS.items():
        module, _, attribute = place.rpartition(".")
        assert getattr(importlib.import_module(module), attribute).name == name
        assert purpose.endswith(".") and len(purpose) < 65


def test_libraries_do_no_work_at_import_that_a_statement_does_not_need() -> None:
    script = (
        run_quietly("query", "SELECT 1")
        + """
import sys
from sqlglot.generators.duckdb import DuckDBGenerator
import duckdb._relation as relations
templates = [v for n, v in vars(DuckDBGenerator).items() if n.endswith("_TEMPLATE")]
assert len(templates) > 15 and not any("transform" in vars(t) for t in templates), "a template was parsed"
made = [c for c in vars(relations).values() if hasattr(c, "__dataclass_fields__")]
assert len(made) > 20 and sum(callable(vars(c).get("__init__")) for c in made) < 8, "methods were made that nothing calls"
print()
"""
    )
    modules_after(script)


def test_no_statement_imports_what_reads_files_of_settings_or_compiles_the_catalog() -> None:
    loaded = all_modules_after(run_quietly("query", "SELECT 1"))
    assert loaded & {"tomllib", "cirql.compiler.central"} == set()


def test_a_template_that_is_parsed_later_is_what_sqlglot_would_have_made() -> None:
    script = """
from cirql.startup.imports import import_duckdb_generator
import_duckdb_generator()
from sqlglot import exp
from sqlglot.generators.duckdb import DuckDBGenerator
later = {n: v for n, v in vars(DuckDBGenerator).items() if n.endswith("_TEMPLATE")}
import sys
del sys.modules["sqlglot.generators.duckdb"]
import sqlglot.generators.duckdb
at_once = vars(sqlglot.generators.duckdb.DuckDBGenerator)
assert all(later[n].copy() == at_once[n] and isinstance(at_once[n], exp.Expr) for n in later), "another tree"
"""
    modules_after(script)


def test_only_the_command_that_is_run_is_imported() -> None:
    loaded = {m for m in all_modules_after(run_quietly("query", "--help")) if m.startswith("cirql.cli.")}
    assert "cirql.cli.query" in loaded
    assert not loaded & {
        f"cirql.cli.{name}" for name in ("sync", "ingest", "plans", "store", "changes", "docs", "catalog", "doctor", "search")
    }


def test_a_statement_without_tables_loads_nothing_of_aws_or_the_inventory() -> None:
    loaded = all_modules_after(run_quietly("query", "SELECT 1"))
    assert not {m.partition(".")[0] for m in loaded} & {*NEVER, "asyncio", "ssl", "botocore", "httptools", "rich"}
    assert not loaded & {"cirql.cloud.client", "cirql.inventory.store", "cirql.inventory.model", "cirql.changes.model", "urllib.request"}


def modules_of(*arguments: str) -> int:
    return len(all_modules_after(run_quietly(*arguments)))


def test_each_command_imports_no_more_modules_than_it_needs() -> None:
    # A start is imports: who makes one of these numbers larger makes every start of that command slower.
    assert modules_of("--help") <= 140
    assert modules_of("search", "instances") <= 175
    assert modules_of("docs", "show", "aws.ec2_instance") <= 350
    assert modules_of("query", "SELECT 1") <= 450


def test_a_remembered_answer_never_loads_what_reaches_aws(tmp_path: Path) -> None:
    (tmp_path / "vpcs.json").write_text('{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}')
    store = str(tmp_path / "store")
    place = ("--account", "111111111111", "--region", "us-east-1", "--store", store)
    modules_after(run_quietly("import", str(tmp_path / "vpcs.json"), "--table", "aws.ec2_vpc", *place))
    ask = run_quietly("query", "SELECT vpc_id FROM aws.ec2_vpc", "--store", store, "--max-age", "unlimited")
    loaded = all_modules_after(ask)
    assert not {m.partition(".")[0] for m in loaded} & {*NEVER, "botocore", "boto3", "moto", "httptools"}
    assert not loaded & {"cirql.cloud.client", "pyarrow.compute", "urllib.request"}


def test_proxies_are_found_where_the_environment_names_them() -> None:
    ask = "from cirql.settings import Settings\nassert Settings.load().proxies == {'https': 'http://127.0.0.1:9'}, Settings.load().proxies"
    assert "urllib.request" in all_modules_after(ask, HTTPS_PROXY="http://127.0.0.1:9")


def needed_by(requirements: list[str]) -> set[str]:
    """The distributions that an installation without extras has, by their normal names."""
    found: set[str] = set()
    waiting = list(filter(is_for_here, requirements))
    while waiting:
        name = re.split(r"[^A-Za-z0-9._-]", waiting.pop(), maxsplit=1)[0].lower().replace("_", "-")
        if name not in found:
            found.add(name)
            waiting += filter(is_for_here, metadata.requires(name) or [])
    return found


def is_for_here(requirement: str) -> bool:
    """Whether it is meant for this Python, and is of no extra: what another version of Python needs may not be here."""
    version = re.search(r'python_version\s*<\s*"3\.(\d+)"', requirement)
    return "extra ==" not in requirement and not (version and sys.version_info >= (3, int(version[1])))


STATEMENTS = (
    "SELECT inet '10.1.2.3/24' << inet '10.0.0.0/8', '{\"a\": 1}'::jsonb @> '{\"a\": 1}'::jsonb, 'ab' ~ 'a.'",
    "SHOW RESOURCES IN aws.ec2",
    "SELECT count(*) FROM cirql.tables",
)


def test_what_is_declared_is_enough() -> None:
    declared = needed_by(tomllib.loads((Path(SOURCES).parent / "pyproject.toml").read_text())["project"]["dependencies"])
    packages = metadata.packages_distributions()
    others = sorted(p for p, owners in packages.items() if not {o.lower().replace("_", "-") for o in owners} & {*declared, "cirql"})
    assert {"moto", "boto3", "pandas", "pytest"} <= set(others)
    code = f"""
class Undeclared:
    def find_spec(self, name, path, target=None):
        if name.partition('.')[0] in {others!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Undeclared())
import cirql
from cirql.errors import InterfaceError
with cirql.connect() as session:
    for sql in {STATEMENTS!r}:
        assert session.execute(sql).to_arrow().num_rows
    try:
        session.execute("SELECT 1").to_pandas()
    except InterfaceError as error:
        assert "pip install pandas" in str(error.hint)
    else:
        raise AssertionError("pandas was found")
    try:
        session.execute("SELECT 1").to_polars()
    except InterfaceError as error:
        assert "pip install polars" in str(error.hint)
    else:
        raise AssertionError("polars was found")
"""
    assert "duckdb" in modules_after(code)


def test_a_crawl_by_processes_imports_nothing_of_the_extra_for_scale(tmp_path: Path) -> None:
    code = run_quietly("sync", "aws.sagemaker_image", "--local", "--workers", "2", "--store", str(tmp_path / "store"), "--json")
    assert modules_after(code) & {"ray", "pyiceberg", "sqlalchemy"} == set()
    with open_store(tmp_path / "store") as store:
        assert any(scan.complete for scan in store.scans())
