"""Runs that begin together, and what their files let others read."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cirql.filling.sync import Run, begin, sync
from cirql.inventory.store import open_store
from cirql.inventory.transfer import export_to
from tests.recall.conftest import Connect

TABLES = ("aws.sagemaker_image",)


def test_of_syncs_that_begin_together_all_end_well_and_go_on_with_one_run(connect: Connect) -> None:
    sessions = [connect() for _ in range(4)]
    gate, runs, failures = threading.Barrier(len(sessions)), list[Run](), list[BaseException]()

    def work(at: int) -> None:
        try:
            gate.wait()
            for _ in range(50):
                run = begin(sessions[at], TABLES, datetime.now(UTC))
                runs.append(run)
                assert run.note is not None
                sessions[at].memory.store(sessions[at].settings).swap_note(*run.note, None)
            gate.wait()
            run = begin(sessions[at], TABLES, datetime.now(UTC))
            gate.wait()
            assert sync(sessions[at], run).is_complete
            runs.append(run)
        except BaseException as error:
            failures.append(error)
            gate.abort()

    threads = [threading.Thread(target=work, args=(at,)) for at in range(len(sessions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len({run.id for run in runs[-len(sessions) :]}) == 1
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
