"""A store that is full, damaged, newer or no store: a sentence for the user, and nothing lost of what was kept before."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cirql import errors
from cirql.filling.sync import begin, sync
from cirql.inventory.faults import worded
from cirql.inventory.store import open_store
from cirql.localcloud import ACCOUNTS, LocalCloud
from tests.cli.conftest import command, environment
from tests.recall.conftest import Connect, rows

TABLE = "aws.sagemaker_image"


@pytest.fixture
def filled(connect: Connect, tmp_path: Path) -> Path:
    session = connect()
    assert sync(session, begin(session, (TABLE,), datetime.now(UTC))).is_complete
    session.close()
    return tmp_path / "store"


def garbage(store: Path) -> None:
    (store / "index.sqlite").write_bytes(os.urandom(3000))


def cut(store: Path) -> None:
    os.truncate(store / "index.sqlite", 9000)


def newer(store: Path) -> None:
    with sqlite3.connect(store / "index.sqlite") as connection:
        connection.execute("UPDATE settings SET value = value + 1 WHERE name = 'format'")
    connection.close()


@pytest.mark.parametrize(
    ("harm", "says"), [(garbage, "is not an inventory index"), (cut, "is not an inventory index"), (newer, "newer cirql")]
)
def test_a_store_that_is_none_of_ours_is_said_to_be(connect: Connect, filled: Path, harm: Callable[[Path], None], says: str) -> None:
    harm(filled)
    for settings in ({"max_age": float("inf")}, {"max_age": 0.0}):
        with pytest.raises(errors.StoreDamaged) as caught:
            rows(connect(**settings), f"SELECT image_name FROM {TABLE}")
        assert says in f"{caught.value.message} {caught.value.hint}"


def test_a_full_disk_costs_what_is_new_and_no_answer(cloud: LocalCloud, filled: Path, connect: Connect) -> None:
    credentials = {"AWS_ACCESS_KEY_ID": ACCOUNTS[0], "AWS_SECRET_ACCESS_KEY": "local", "AWS_ENDPOINT_URL": str(cloud.endpoint_url)}

    def run(*words: str, limit: int = 40960) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*words, "--store", str(filled), "--region", "us-east-1"),
            env=environment(PYTHONDONTWRITEBYTECODE="1", **credentials),  # the limit would cut that, too
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
            capture_output=True,
            text=True,
            check=False,
        )

    done = run("sync", "aws.sagemaker_image_version")
    assert done.returncode == 3, done.stderr
    assert "cannot be written" in done.stderr
    assert "internal" not in done.stderr
    done = run("query", "--max-age", "live", "-o", "csv", "SELECT count(*) FROM aws.sagemaker_image_version")
    assert (done.returncode, done.stdout.split()[1].isdigit()) == (0, True), done.stderr
    assert "could not be kept" in done.stderr
    done = run("query", "--max-age", "live", f"SELECT image_name FROM {TABLE}", limit=4096)
    assert (done.returncode, "cannot be written" in done.stderr) == (1, True), done.stderr
    with open_store(filled) as store:
        assert store.verify() == []
    assert rows(connect(max_age=float("inf")), f"SELECT image_name FROM {TABLE}")


def test_a_directory_that_cannot_hold_a_store(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(errors.StoreDamaged, match="cannot hold an inventory"):
        rows(connect(store=str(tmp_path / "file")), f"SELECT image_name FROM {TABLE}")
    with pytest.raises(errors.StoreDamaged, match="cannot hold an inventory"):
        begin(connect(store=str(tmp_path / "file")), (TABLE,), datetime.now(UTC))


@pytest.mark.parametrize("note", ["", "{", "[]", '{"id": 1}', json.dumps({"id": "x", "started": "2999-01-01T00:00:00+00:00"})])
def test_a_note_of_a_run_that_cannot_be_read_is_none(connect: Connect, note: str) -> None:
    session = connect()
    first = begin(session, (TABLE,), datetime.now(UTC))
    assert first.note is not None
    assert session.memory.store(session.settings).swap_note(*first.note, note)
    assert not begin(session, (TABLE,), datetime.now(UTC)).resumed


def test_faults_that_are_none_of_the_disk_s_stay_as_they_are() -> None:
    with pytest.raises(BlockingIOError), worded("here"):
        raise BlockingIOError(11, "again")
    with pytest.raises(errors.StoreBusy, match="here"), worded("here"):
        raise errors.StoreBusy("here")
