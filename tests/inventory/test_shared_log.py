"""An inventory that several machines share: a directory of its own each, and the log in one PostgreSQL."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from cirql.errors import SettingsError, StoreBusy, StoreDamaged, StoreUnwritable
from cirql.inventory.iceberg.store import IcebergStore
from cirql.inventory.store import open_store
from tests.inventory.conformance.kinds import shared
from tests.inventory.conftest import Shelf

A = {"_key": "a", "size": 1, "state": "up"}
B = {"_key": "b", "size": 2, "state": "up"}


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Shelf, Shelf]]:
    """The same inventory, as it is opened on two machines."""
    one, other = (Shelf(shared(tmp_path / name, tmp_path / "tables").__enter__()) for name in ("one", "other"))
    with closing(one.store), closing(other.store):
        yield one, other


def end_connections(address: str) -> None:
    """As a restart of the server does."""
    with psycopg.connect(address.replace("+psycopg2", ""), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL")


def test_what_one_machine_keeps_the_other_reads_and_goes_on_from(machines: tuple[Shelf, Shelf]) -> None:
    one, other = machines
    assert one.scan(0, [A, B]).created == 2
    assert other.fresh("size", now=1) is not None
    assert other.scan(1, [A | {"size": 5}]).changed == 1
    assert one.keys() == ["a"]
    assert one.keys(as_of=0.5) == ["a", "b"]
    assert [s.id for s in one.store.scans()] == [1, 2]
    assert one.store.swap_note("run", None, "one")
    assert not other.store.swap_note("run", None, "other")
    other.store.compact()
    assert [(row["_key"], row["size"]) for row in one.read("size")] == [("a", 5)]
    assert one.store.verify() == other.store.verify() == []


def test_writers_of_two_machines_take_turns(machines: tuple[Shelf, Shelf]) -> None:
    def fill(shelf: Shelf, region: str) -> None:
        for at in range(8):
            shelf.scan(at, [A | {"size": at}], place=("111122223333", region))

    threads = [threading.Thread(target=fill, args=(machines[n % 2], f"region-{n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(machines[0].store.scans())) == 32
    assert len({s.id for s in machines[1].store.scans()}) == 32
    assert [row["size"] for row in machines[0].read("size")] == [7] * 4
    assert machines[0].store.verify() == []


def test_who_cannot_write_in_time_says_so(tmp_path: Path, machines: tuple[Shelf, Shelf], postgresql: str) -> None:
    one, _ = machines
    one.scan(0, [A])
    with psycopg.connect(postgresql.replace("+psycopg2", ""), autocommit=True) as connection:
        name = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t[0-9a-f]{16}$' ORDER BY oid DESC LIMIT 1").fetchone()
        assert name is not None
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (f"cirql {name[0]}",))
        options = {"uri": postgresql, "warehouse": f"file://{tmp_path / 'tables'}", "log": "catalog", "log.schema": name[0]}

        with IcebergStore(tmp_path / "third", options, patience=timedelta(seconds=0.2)) as store, pytest.raises(StoreBusy, match=name[0]):
            Shelf(store).scan(1, [B])


def test_connections_that_are_lost_are_made_anew(machines: tuple[Shelf, Shelf], postgresql: str) -> None:
    one, other = machines
    one.scan(0, [A])
    end_connections(postgresql)
    assert other.keys() == ["a"]
    assert one.scan(1, [A, B]).created == 1


def test_who_loses_the_lock_in_the_midst_of_a_write_keeps_nothing(
    machines: tuple[Shelf, Shelf], postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cirql.inventory.iceberg.heads import Heads

    one, other = machines
    one.scan(0, [A])
    put = Heads.put_head

    def lost(log: Heads, table: str, snapshot: int) -> None:
        monkeypatch.setattr(Heads, "put_head", put)
        end_connections(postgresql)
        assert other.scan(1, [A, B]).created == 1
        put(log, table, snapshot)

    monkeypatch.setattr(Heads, "put_head", lost)
    with pytest.raises(StoreUnwritable, match="does not do what it is asked"):
        one.scan(2, [A, B, {"_key": "c", "size": 3, "state": "up"}])
    assert one.keys() == other.keys() == ["a", "b"]
    assert one.scan(3, [A]).closed == 1
    assert one.store.verify() == other.store.verify() == []


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ("uri=postgresql%2Bpsycopg2://127.0.0.1:1/x&log=catalog", SettingsError, "place for its tables"),
        ("warehouse=file:///tmp/x&log=postgresql%2Bpsycopg2://127.0.0.1:1/x", SettingsError, "a catalog that all of them reach"),
        ("type=rest&uri=http://127.0.0.1:1&log=sqlite:///x.db", SettingsError, "in PostgreSQL, not sqlite"),
        ("type=rest&uri=http://127.0.0.1:1&log=nonsense", SettingsError, "address cannot be used"),
        ("type=rest&uri=http://127.0.0.1:1&log=postgresql%2Bpsycopg2://h/x&log.schema=A-b", SettingsError, "no name for the log's schema"),
        ("type=rest&uri=http://127.0.0.1:1&log=postgresql%2Bpsycopg2://me:secret@127.0.0.1:1/x", StoreUnwritable, "schema cirql"),
    ],
)
def test_a_log_that_cannot_be_is_said(options: str, error: type[Exception], message: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=message) as raised:
        open_store(f"iceberg:{tmp_path / 'store'}?{options}").__enter__()
    assert "secret" not in str(raised.value)


def test_a_log_of_another_format_is_left_alone(machines: tuple[Shelf, Shelf], tmp_path: Path, postgresql: str) -> None:
    machines[0].scan(0, [A])
    with psycopg.connect(postgresql.replace("+psycopg2", ""), autocommit=True) as connection:
        rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t[0-9a-f]{16}$'").fetchall()
        for (name,) in rows:
            connection.execute(f"UPDATE \"{name}\".settings SET value = 99 WHERE name = 'format'")
        try:
            with pytest.raises(StoreDamaged, match="format 99"):
                shared(tmp_path / "one", tmp_path / "tables").__enter__()
        finally:
            for (name,) in rows:
                connection.execute(f"UPDATE \"{name}\".settings SET value = 1 WHERE name = 'format'")


def test_one_machine_syncs_and_another_serves(tmp_path: Path, postgresql: str) -> None:
    options = {"catalog": "served", "uri": postgresql, "warehouse": f"file://{tmp_path}/tables", "log": "catalog", "log.schema": "served"}
    one, two = (f"iceberg:{tmp_path / n}?" + "&".join(f"{k}={quote(v, safe='')}" for k, v in options.items()) for n in ("one", "two"))
    cirql = [sys.executable, "-m", "cirql"]
    done = subprocess.run([*cirql, "sync", "aws.iam_role", "--local", "--store", one], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    command = [*cirql, "serve", "--local", "--port", "0", "--store", two, "--max-age", "1 hour"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            port = re.search(r"127\.0\.0\.1:(\d+)", next(iter(server.stderr)))
            assert port is not None
            with psycopg.connect(f"host=127.0.0.1 port={port[1]} user=aws dbname=aws") as connection:
                found = connection.execute("SELECT DISTINCT _source FROM aws.iam_role").fetchall()
        finally:
            server.terminate()
    assert found == [("inventory",)]
