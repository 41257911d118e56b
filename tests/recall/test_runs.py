"""Runs that begin together, and what their files let others read."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cirql.filling.sync import Run, begin, sync
from cirql.inventory.store import open_store
from cirql.inventory.transfer import export_to
from cirql.session import Session
from tests.recall.conftest import Connect

TABLES = ("aws.sagemaker_image",)


def test_of_syncs_that_begin_together_all_end_well_and_go_on_with_one_run(connect: Connect) -> None:
    sessions = [connect() for _ in range(4)]
    gate = threading.Barrier(len(sessions))

    def work(session: Session) -> Run:
        gate.wait()
        for _ in range(50):
            run = begin(session, TABLES, datetime.now(UTC))
            assert run.note is not None
            session.memory.store(session.settings).swap_note(*run.note, None)
        gate.wait()
        run = begin(session, TABLES, datetime.now(UTC))
        gate.wait()
        assert sync(session, run).is_complete
        return run

    with ThreadPoolExecutor(len(sessions)) as threads:
        runs = list(threads.map(work, sessions, timeout=60))
    assert len({run.id for run in runs}) == 1
    assert not begin(sessions[0], TABLES, datetime.now(UTC)).resumed


@pytest.mark.parametrize("is_there", [True, False])
def test_only_its_owner_can_read_an_inventory_and_its_exports(connect: Connect, tmp_path: Path, is_there: bool) -> None:
    before = os.umask(0o022)
    try:
        for folder in ("store", "out"):
            if is_there:
                (tmp_path / folder).mkdir(mode=0o755)
        session = connect()
        assert sync(session, begin(session, TABLES, datetime.now(UTC))).is_complete
        store = session.memory.store(session.settings)
        export_to(store, tmp_path / "out")
        files = [p for folder in ("store", "out") for p in (tmp_path / folder).rglob("*") if p.is_file()]
        assert {"index.sqlite", "index.sqlite-wal", "inventory.json"} <= {p.name for p in files}
        assert {oct(p.stat().st_mode & 0o777) for p in files} == {"0o600"}
    finally:
        os.umask(before)


def test_files_of_an_earlier_version_that_others_could_read_are_closed_to_them(tmp_path: Path) -> None:
    with open_store(tmp_path / "store"):
        pass
    index = tmp_path / "store" / "index.sqlite"
    index.chmod(0o644)
    with open_store(tmp_path / "store"):
        assert oct(index.stat().st_mode & 0o777) == "0o600"
