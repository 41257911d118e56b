"""A sync that several processes share, some of which are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cirql.errors import SettingsError
from cirql.filling.crawl import Shard, crawl, share_out
from cirql.filling.sync import begin
from cirql.inventory.store import open_store
from cirql.local import settings_for
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.runtime import Runtime
from cirql.settings import Settings

TABLES = ("aws.sagemaker_image",)


def test_accounts_are_shared_out_in_blocks_and_among_all_workers() -> None:
    ids = [f"{n:012d}" for n in range(20)]
    assert [len(p.accounts) for p in share_out(ids, 2)] == [8, 8, 4]
    assert [len(p.accounts) for p in share_out(ids[:4], 4)] == [1, 1, 1, 1]
    assert share_out([], 2) == ()
    assert sorted(a for p in share_out(reversed(ids), 3) for a in p.accounts) == ids
    assert share_out(ids[:1], 1) == (Shard(1, (ids[0],)),)


def kill_once(cloud: LocalCloud, killed: list[int]) -> None:
    """End the processes that crawl, as soon as one has asked something."""
    deadline = time.monotonic() + 60
    while not cloud.calls.counts() and time.monotonic() < deadline:
        time.sleep(0.01)
    for child in multiprocessing.active_children():
        if child.pid is not None:
            os.kill(child.pid, signal.SIGKILL)
            killed.append(child.pid)


def test_processes_that_are_killed_are_replaced_and_everything_is_kept_once(cloud: LocalCloud, tmp_path: Path) -> None:
    scope: dict[str, Any] = settings_for(cloud.endpoint_url) | {"store": str(tmp_path / "store")}
    killed: list[int] = []
    done: list[Shard] = []
    with Runtime(Settings.load(**scope)) as runtime, runtime.session() as session:
        run = begin(session, TABLES, datetime.now(UTC))
        killer = threading.Thread(target=kill_once, args=(cloud, killed))
        killer.start()
        summary = crawl(session, scope, run, 2, lambda shard, summary: done.append(shard))
        killer.join()
    assert killed
    assert summary.is_complete
    assert sorted(a for p in done for a in p.accounts) == sorted(ACCOUNTS)
    with open_store(tmp_path / "store") as store:
        assert store.verify() == []
        kept = Counter((s.partition.table, *s.partition.place) for s in store.scans() if s.complete and not s.partition.parent)
        assert kept == {(t, a, r): 1 for t in TABLES for a in ACCOUNTS for r in REGIONS}
        assert not [v for t in TABLES for v in store.history(t) if v.deleted]


def test_an_inventory_in_memory_is_not_shared(cloud: LocalCloud) -> None:
    scope: dict[str, Any] = settings_for(cloud.endpoint_url)
    with Runtime(Settings.load(**scope)) as runtime, runtime.session() as session:
        run = begin(session, TABLES, datetime.now(UTC))
        with pytest.raises(SettingsError, match="several processes"):
            crawl(session, scope, run, 2)
