"""The journal and the inventory when they are made: killed in their first milliseconds, or made by several processes at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cirql.changes.journal import Journal
from cirql.inventory.store import open_store
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud

SOURCES = str(Path(__file__).parents[2] / "src")

BIRTHS = """
import json, os, random, shutil, signal, sys, time
from pathlib import Path
from cirql.changes.journal import Journal
from cirql.inventory.store import open_store

kind, rounds, root = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])

def make(path):
    (Journal.at(path / "changes.sqlite") if kind == "journal" else open_store(path / "inventory")).close()

make(root / "first")
began = time.perf_counter()
make(root / "timed")
span = time.perf_counter() - began
killed, faults = 0, []
for turn in range(rounds):
    path = root / "tried"
    shutil.rmtree(path, ignore_errors=True)
    children = []
    for _ in range(1 + turn % 3):
        child = os.fork()
        if child == 0:
            try:
                make(path)
            except BaseException as error:
                os.write(2, f"{error!r}\\n".encode())
                os._exit(7)
            os._exit(0)
        children.append(child)
    time.sleep(random.uniform(0, 1.2 * span))
    os.kill(children[0], signal.SIGKILL)
    for child in children:
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            faults.append("another process could not open it")
    try:
        make(path)
    except BaseException as error:
        faults.append(repr(error))
print(json.dumps({"killed": killed, "faults": faults}))
"""


@pytest.mark.parametrize("kind", ["journal", "inventory"])
def test_what_is_killed_in_its_first_milliseconds_opens_cleanly_and_keeps_nobody_out(kind: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", BIRTHS, kind, "150", str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": SOURCES}, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["faults"] == [], done.stderr
    assert found["killed"] > 10


@pytest.mark.parametrize("left", ["index.new", "index.new-wal"])
def test_a_draft_of_the_index_that_a_dead_process_left_is_in_nobody_s_way(left: str, tmp_path: Path) -> None:
    (tmp_path / left).write_bytes(b"half of it")
    with open_store(tmp_path) as store:
        assert list(store.scans()) == []
    assert not list(tmp_path.glob("index.new*"))


def test_a_second_journal_of_a_process_ends_no_lock_of_the_first(tmp_path: Path) -> None:
    """Closing any descriptor of a file drops all of the process's locks on it."""
    path = tmp_path / "changes.sqlite"
    first = Journal.at(path)
    first._connection.execute("PRAGMA journal_mode = DELETE")
    first._connection.execute("BEGIN EXCLUSIVE")
    try:
        Journal._make(path)
        script = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('BEGIN EXCLUSIVE')"
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert "database is locked" in other.stderr
    finally:
        first._connection.execute("ROLLBACK")
        first.close()


def test_identical_syncs_that_start_together_all_end_well(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": SOURCES,
        "CIRQL_ENDPOINT_URL": str(cloud.endpoint_url),
        "AWS_ACCESS_KEY_ID": ACCOUNTS[0],
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGIONS[0],
    }
    for turn in range(1):
        words = ["sync", "aws.sagemaker_image", "aws.iam_role", "--store", str(tmp_path / str(turn)), "--json"]
        together = [
            subprocess.Popen(
                [sys.executable, "-m", "cirql", *words],
                env=environment,
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(5)
        ]
        ended = [(*child.communicate(timeout=100), child.returncode) for child in together]
        assert [code for _, _, code in ended] == [0] * 5, ended
        with open_store(tmp_path / str(turn)) as store:
            assert store.verify() == []
