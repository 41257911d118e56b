"""What other engines read in the tables of a store on Iceberg, by the SQL that docs/iceberg.md gives them, is what the store answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from cirql.inventory.model import Request
from cirql.inventory.store import Store, open_store
from tests.inventory.conftest import TABLE, TYPES, Shelf, minute

DOCUMENT = Path(__file__).parents[2] / "docs" / "iceberg.md"
Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def planner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polars plans with pyiceberg, not with a package of its own that is not here."""
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")


@pytest.fixture(scope="module", params=["added to", "compacted", "added to afterwards"])
def lake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Table]]:
    """Rows of two accounts that came, changed and went."""
    root = tmp_path_factory.mktemp("lake")
    with open_store(f"iceberg:{root}") as store:
        shelf = Shelf(store)
        for account in ("111122223333", "444455556666"):
            rows = [{"_key": f"k{n}", "size": n, "state": "up", "tags": {"n": str(n)}} for n in range(5)]
            shelf.scan(0, rows, ["size", "state", "tags"], place=(account, "us-east-1"))
            shelf.scan(1, [rows[0] | {"size": 9}, *rows[1:4]], ["size", "state", "tags"], place=(account, "us-east-1"))
        if request.param != "added to":
            store.compact()
        if request.param == "added to afterwards":
            shelf.scan(2, [{"_key": "k1", "size": 1, "state": "down"}], ["size", "state"], place=("111122223333", "us-east-1"))
        catalog = SqlCatalog("cirql", uri=f"sqlite:///{root / 'catalog.sqlite'}")
        yield store, catalog.load_table(TABLE)
        catalog.engine.dispose()


def documented(moment: str | None) -> str:
    """The SQL of the page: what is so now, or what was so at a moment; over a relation `rows`."""
    now, then = [s for s in re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(), re.DOTALL) if "_kind" in s]
    sql = now if moment is None else then.replace(":at", f"TIMESTAMP '{moment}'")
    return str(sql.replace("aws.ec2_instance", "rows"))


def by_pyiceberg(table: Table, sql: str) -> Rows:
    with duckdb.connect() as con:
        con.register("rows", table.scan().to_arrow())
        return list(con.sql(sql).to_arrow_table().to_pylist())


def by_files(table: Table, sql: str) -> Rows:
    with duckdb.connect() as con:
        files = [task.file.file_path.removeprefix("file://") for task in table.scan().plan_files()]
        con.sql("SELECT * FROM read_parquet($1, union_by_name = true)", params=[files]).create("rows")
        return list(con.sql(sql).to_arrow_table().to_pylist())


def by_polars(table: Table, sql: str) -> Rows:
    return polars.SQLContext(rows=polars.scan_iceberg(table)).execute(sql, eager=True).to_dicts()


def ours(store: Store, at: float | None, **where: Any) -> list[tuple[Any, ...]]:
    wanted = {c: TYPES.get(c, TYPES["state"]) for c in ("account_id", "_key", "size", "state")}
    rows = store.read(Request(TABLE, wanted, as_of=None if at is None else minute(at), **where)).read_all().to_pylist()
    return sorted((r["account_id"], r["_key"], r["size"], r["state"]) for r in rows)


def theirs(rows: Rows) -> list[tuple[Any, ...]]:
    return sorted((r["_account_id"], r["_key"], r["size"], r["state"]) for r in rows)


@pytest.mark.parametrize("engine", [by_pyiceberg, by_files, by_polars])
def test_another_engine_gives_the_same_rows_now_and_in_the_past(lake: tuple[Store, Table], engine: Callable[[Table, str], Rows]) -> None:
    store, table = lake
    now, then = documented(None), documented("2026-03-01 00:00:30")
    assert theirs(engine(table, now)) == ours(store, None)
    assert theirs(engine(table, then)) == ours(store, 0.5)
    one = engine(table, f"{now} AND _account_id = '111122223333'")
    assert theirs(one) == ours(store, None, accounts=("111122223333",))
    assert theirs([r for r in one if r["_key"] == "k0"]) == ours(store, None, accounts=("111122223333",), keys=("k0",))
    assert len(engine(table, then)) == 10
