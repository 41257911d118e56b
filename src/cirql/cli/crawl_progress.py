"""How far a crawl is, on stderr: which worker reads which accounts, what came of them, how fast it goes, and which accounts fail."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from cirql.cli.report import say

if TYPE_CHECKING:
    from cirql.filling.shards import CrawlPlan, Shard
    from cirql.filling.sync import Summary


class CrawlProgress:
    """Told of each shard as it begins and ends (`filling.crawl.Watching`)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._shards = self._done = self._places = 0
        self._failing: Counter[str] = Counter()

    def began(self, plan: CrawlPlan) -> None:
        """What there is to do."""
        self._shards = len(plan.shards)
        accounts = sum(len(shard.accounts) for shard in plan.shards)
        calls = sum(shard.calls for shard in plan.shards)
        likely = f", about {calls:.0f} calls" if calls else ""
        say(f"{accounts} accounts x {len(plan.calls)} tables in {self._shards} shards{likely}")

    def reading(self, worker: int, pid: int, shard: Shard, again: bool) -> None:
        """A worker has begun."""
        more = " again, after its worker died" if again else ""
        say(f"worker {worker} (process {pid}) reads shard {shard.number}{more}: {', '.join(shard.accounts)}")

    def ended(self, shard: Shard, summary: Summary) -> None:
        """A shard is done."""
        self._done += 1
        places, rows = (sum(getattr(t, name) for t in summary.tables) for name in ("places", "rows"))
        self._places += places
        rate = self._places / max(self._clock() - self._began, 0.001)
        say(
            f"shard {shard.number}: {places} places, {rows} rows in {summary.seconds:.1f} s;"
            f" {self._done} of {self._shards} done, {rate:.0f} places/s"
        )
        for account, failures in sorted(summary.failures_by_account().items()):
            self._failing[account] += failures
            say(f"account {account or 'unknown'}: {failures} not read completely")
