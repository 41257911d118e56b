"""Five questions, one of them of the past, asked of one inventory's Iceberg tables by other engines: `python -m benchmarks.engines`.

Each must give the rows that cirql gives. Engines whose packages are not installed are left out, and that is said: duckdb reads what
pyiceberg plans; daft is `daft`; spark wants `pyspark` and the path of Iceberg's runtime for it (`--spark-runtime FILE`, from Maven:
`org.apache.iceberg:iceberg-spark-runtime-4.0_2.13`), and reads the table by its metadata file; trino wants the package `trino`, and a
server that runs (`--trino http://127.0.0.1:8080/CATALOG`) over the same catalog as `--store`, which is then in a PostgreSQL. Questions
are asked twice: of what three scans left, and of what compacting made of it.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa
from pyiceberg.table import Table

from cirql.inventory.iceberg.catalogs import open_catalog
from cirql.inventory.model import Observation, Partition, Request, ScanRecord
from cirql.inventory.store import Store, open_store
from cirql.types import ColumnType

TABLE = "aws.ec2_instance"
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNTS = [f"{n:012d}" for n in range(1, 41)]
ROWS = 250
DOCUMENT = Path(__file__).parents[1] / "docs" / "iceberg.md"
Rows = list[tuple[Any, ...]]


def fill(store: Store) -> None:
    """Three generations: a tenth of the rows changes, and a tenth goes, in each."""
    for turn in range(3):
        seen = []
        for account in ACCOUNTS:
            numbers = [n for n in range(ROWS) if turn == 0 or n % 10 >= turn]
            sizes = [n + (turn if n % 10 == 5 else 0) for n in numbers]
            rows = pa.table({"_key": [f"i-{n}" for n in numbers], "size": sizes, "state": ["up" if n % 3 else "down" for n in numbers]})
            start = BEGIN + timedelta(minutes=turn)
            columns = frozenset({"size", "state"})
            scan = ScanRecord(Partition(TABLE, account, "us-east-1"), start, start, "bench", True, columns, rows=len(numbers))
            seen.append(Observation(scan, rows))
        store.write_all(seen)


def documented() -> tuple[str, str]:
    """The SQL of the page: what is so now, and what was so after the first minute; over `rows`."""
    now, then = [s for s in re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(), re.DOTALL) if "_kind" in s]
    moment = (BEGIN + timedelta(seconds=90)).strftime("TIMESTAMP '%Y-%m-%d %H:%M:%S'")
    return tuple(s.replace("aws.ec2_instance", "rows").strip() for s in (now, then.replace(":at", moment)))  # type: ignore[return-value]


def questions() -> dict[str, str]:
    now, then = documented()
    fields = "_account_id, _key, size, state"
    return {
        "all that is so now": f"SELECT {fields} FROM ({now}) AS c",
        "one account": f"SELECT {fields} FROM ({now}) AS c WHERE _account_id = '{ACCOUNTS[3]}'",
        "one row": f"SELECT {fields} FROM ({now}) AS c WHERE _account_id = '{ACCOUNTS[3]}' AND _key = 'i-5'",
        "count by state": f"SELECT state, count(*) FROM ({now}) AS c GROUP BY state",
        "all that was so": f"SELECT {fields} FROM ({then}) AS c",
    }


def ours(store: Store) -> dict[str, Rows]:
    def read(as_of: datetime | None = None) -> Rows:
        kinds = {"account_id": ColumnType.VARCHAR, "_key": ColumnType.VARCHAR, "size": ColumnType.BIGINT, "state": ColumnType.VARCHAR}
        rows = store.read(Request(TABLE, kinds, as_of=as_of)).read_all().to_pylist()
        return sorted((r["account_id"], r["_key"], r["size"], r["state"]) for r in rows)

    now = read()
    one = [r for r in now if r[0] == ACCOUNTS[3]]
    states = sorted((s, sum(r[3] == s for r in now)) for s in {r[3] for r in now})
    then = read(BEGIN + timedelta(seconds=90))
    return dict(zip(questions(), [now, one, [r for r in one if r[1] == "i-5"], states, then], strict=True))


def duckdb_over_pyiceberg(table: Table, told: argparse.Namespace) -> Callable[[str], Rows]:
    import duckdb

    con = duckdb.connect()
    con.register("rows", table.scan().to_arrow())
    return lambda sql: con.sql(sql).fetchall()


def daft(table: Table, told: argparse.Namespace) -> Callable[[str], Rows]:
    import daft as engine

    frame = engine.read_iceberg(table)

    def ask(sql: str) -> Rows:
        if "_valid_to" in sql:
            raise NotImplementedError("it does not compare a column that some files lack with a moment")
        found = engine.sql(sql, rows=frame).to_pydict()
        return list(zip(*found.values(), strict=True))

    return ask


def spark(table: Table, told: argparse.Namespace) -> Callable[[str], Rows]:
    if told.spark_runtime is None:
        raise ImportError("no --spark-runtime")
    from pyspark.sql import SparkSession

    builder = (
        SparkSession.builder.master("local[1]").config("spark.jars", str(told.spark_runtime)).config("spark.sql.session.timeZone", "UTC")
    )
    loopback = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}
    for name, value in loopback.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.read.format("iceberg").load(table.metadata_location).createOrReplaceTempView("rows")
    return lambda sql: [tuple(row) for row in session.sql(sql).collect()]


def trino(table: Table, told: argparse.Namespace) -> Callable[[str], Rows]:
    if told.trino is None:
        raise ImportError("no --trino")
    from trino.dbapi import connect

    address = urlsplit(told.trino)
    catalog = address.path.strip("/")
    cursor = connect(host=address.hostname, port=address.port, http_scheme=address.scheme, user="bench", catalog=catalog).cursor()
    name = ".".join(table.name())
    return lambda sql: [tuple(row) for row in cursor.execute(re.sub(r"\brows\b", name, sql)).fetchall()]


def asked(table: Table, told: argparse.Namespace, wanted: dict[str, Rows]) -> Iterator[str]:
    for engine in (duckdb_over_pyiceberg, spark, daft, trino):
        try:
            ask = engine(table, told)
        except ImportError as missing:
            yield f"{engine.__name__}: left out: {missing}"
            continue
        for name, sql in questions().items():
            began = time.perf_counter()
            try:
                found = sorted(tuple(row) for row in ask(sql))
            except NotImplementedError as why:
                yield f"{engine.__name__}: {name}: left out: {why}"
                continue
            verdict = "the same" if found == wanted[name] else f"DIFFERENT: {len(found)} rows"
            yield f"{engine.__name__}: {name}: {len(wanted[name])} rows, {verdict} ({time.perf_counter() - began:.2f} s)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spark-runtime", type=Path)
    parser.add_argument("--trino", metavar="URL")
    parser.add_argument("--store", help="an empty inventory to fill, as in `store = …`; one of its own by default")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cirql-engines-") as folder:
        address = told.store or f"iceberg:{folder}/store"
        root, _, options = address.removeprefix("iceberg:").partition("?")
        with open_store(address) as store:
            fill(store)
            catalog = open_catalog(Path(root), None, dict(parse_qsl(options)))
            for state in ("as scanned", "compacted"):
                print(state, flush=True)
                for line in asked(catalog.load_table(TABLE), told, ours(store)):
                    print("  " + line, flush=True)
                store.compact()


if __name__ == "__main__":
    main()
