"""A sync that several processes share, some of which are killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cirql.errors import SettingsError
from cirql.filling.crawl import Unwatched, crawl
from cirql.filling.shards import Shard, planned, share_out
from cirql.filling.sync import Summary, begin, sync
from cirql.inventory.store import open_store
from cirql.local import settings_for
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.localcloud.faults import Rule
from cirql.runtime import Runtime
from cirql.settings import Settings

TABLES = ("aws.sagemaker_image",)


def test_accounts_are_shared_out_in_blocks_and_among_all_workers() -> None:
    ids = [f"{n:012d}" for n in range(20)]
    assert [len(p.accounts) for p in share_out(ids, 2)] == [8, 8, 4]
    assert [len(p.accounts) for p in share_out(ids[:4], 4)] == [1, 1, 1, 1]
    assert share_out([], 2) == ()
    many = [f"{n:012d}" for n in range(10_000)]
    assert {len(p.accounts) for p in share_out(many[:192], 2)} == {16}
    assert max(len(p.accounts) for p in share_out(many, 2)) == 48
    assert sorted(a for p in share_out(reversed(ids), 3) for a in p.accounts) == ids
    assert share_out(ids[:1], 1) == (Shard(1, (ids[0],)),)


class Killer(Unwatched):
    """Ends the first worker that has sent something to be kept, while its shard is read. Also hears how the crawl goes on."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.pids: dict[int, list[int]] = {}
        self.killed: list[int] = []
        self.again: list[int] = []
        self.done: list[str] = []
        self.thread: threading.Thread | None = None

    def reading(self, worker: int, pid: int, shard: Shard, again: bool) -> None:
        self.pids.setdefault(shard.number, []).append(pid)
        if again:
            self.again.append(shard.number)
        elif self.thread is None:
            self.thread = threading.Thread(target=self.kill, args=(pid, shard.accounts[0]))
            self.thread.start()

    def kill(self, pid: int, account: str) -> None:
        deadline = time.monotonic() + 60
        with open_store(self.place) as store:
            while not any(s.partition.account == account for s in store.scans()) and time.monotonic() < deadline:
                time.sleep(0.005)
        os.kill(pid, signal.SIGKILL)
        self.killed.append(pid)

    def ended(self, shard: Shard, summary: Summary) -> None:
        self.done += shard.accounts


@pytest.mark.parametrize("on", [None, "ray"])
def test_workers_that_are_killed_are_replaced_and_everything_is_kept_once(
    cloud: LocalCloud, tmp_path: Path, on: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    scope: dict[str, Any] = settings_for(cloud.endpoint_url) | {"store": str(tmp_path / "store")}
    cloud.faults.add(Rule(kind="latency", region=REGIONS[-1], service="sagemaker", seconds=2.0, times=2))
    with Runtime(Settings.load(**scope)) as runtime, runtime.session() as session:
        run = begin(session, TABLES, datetime.now(UTC))
        killer = Killer(tmp_path / "store")
        summary = crawl(session, scope, run, 2, killer, on=on)
    assert killer.thread is not None
    killer.thread.join()
    assert killer.killed
    assert killer.again
    assert capfd.readouterr().out == ""
    assert summary.is_complete
    assert sorted(killer.done) == sorted(ACCOUNTS)
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


def test_a_plan_is_data_in_pieces_and_holds_no_keys(cloud: LocalCloud) -> None:
    scope: dict[str, Any] = settings_for(cloud.endpoint_url)
    with Runtime(Settings.load(**scope)) as runtime, runtime.session() as session:
        plan = planned(session, TABLES, {TABLES[0]: 60}, 2)
    pieces = [piece for shard in plan.shards for piece in plan.pieces(shard)]
    assert {(p.account, p.table, p.region) for p in pieces} == {(a, t, r) for a in ACCOUNTS for t in TABLES for r in REGIONS}
    assert sum(p.calls for p in pieces) == pytest.approx(60)
    assert sum(s.calls for s in plan.shards) == pytest.approx(60)
    assert not any(c.secret_key in repr(plan) for c in scope["credentials"])


def test_accounts_come_in_the_order_in_which_they_are_due(cloud: LocalCloud, tmp_path: Path) -> None:
    scope: dict[str, Any] = settings_for(cloud.endpoint_url) | {"store": str(tmp_path / "store")}
    first, second = sorted(ACCOUNTS)
    with Runtime(Settings.load(**scope)) as runtime:
        with runtime.session() as session:
            assert [s.accounts for s in planned(session, TABLES, {}, 2).shards] == [(first,), (second,)]
        with runtime.session(accounts=(first,)) as session:
            sync(session, begin(session, TABLES, datetime.now(UTC)))
        with runtime.session() as session:
            assert [s.accounts for s in planned(session, TABLES, {}, 2).shards] == [(second,), (first,)], "what was never read comes first"


def test_a_crawl_on_ray_without_the_package_says_how_to_have_it(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    scope: dict[str, Any] = settings_for(cloud.endpoint_url) | {"store": str(tmp_path / "store")}
    with Runtime(Settings.load(**scope)) as runtime, runtime.session() as session:
        run = begin(session, TABLES, datetime.now(UTC))
        with pytest.raises(SettingsError, match="needs the package 'ray'"):
            crawl(session, scope, run, 2, on="ray")


def test_keys_do_not_leave_this_machine(cloud: LocalCloud, tmp_path: Path) -> None:
    scope: dict[str, Any] = settings_for(cloud.endpoint_url) | {"store": str(tmp_path / "store")}
    with Runtime(Settings.load(**scope)) as runtime, runtime.session() as session:
        run = begin(session, TABLES, datetime.now(UTC))
        with pytest.raises(SettingsError, match="keys do not leave this machine"):
            crawl(session, scope, run, 2, on="ray://192.0.2.1:10001")
