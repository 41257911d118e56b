"""The plan of a crawl, as data: what is to be read, and in which parts. It holds names and numbers, no credentials.

Limits of AWS hold for an account and a region, so a crawl is shared out by account: no two workers are ever under one limit, and one
account that throttles slows its own shard only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cirql.errors import SettingsError
from cirql.filling.order import stalest_first
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.session import Session

LEAST_ACCOUNTS, MOST_ACCOUNTS = 8, 48
"""Blocks of eight cost a third, for each place, of what single accounts cost, larger ones less still; a worker's memory grows with them."""
SHARDS_A_WORKER = 6
"""So that workers end at about the same time, and a dead one's shard is a small part of all."""


@dataclass(frozen=True, slots=True)
class CrawlPiece:
    """One table of one account in one region and the calls it is likely to take (0: not known)."""

    account: str
    table: str
    region: str
    calls: float = 0.0


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a crawl: all its tables in some accounts, by their ids. `number` counts from 1; `calls` are those it is likely to take."""

    number: int
    accounts: tuple[str, ...]
    calls: float = 0.0


@dataclass(frozen=True, slots=True)
class CrawlPlan:
    """What a crawl reads. `calls` has the tables, each with the calls of one account and region."""

    calls: Mapping[str, float]
    regions: tuple[str, ...]
    shards: tuple[Shard, ...]

    def pieces(self, shard: Shard) -> Iterator[CrawlPiece]:
        """The pieces of a shard, one after the other: all of a large crawl are millions."""
        for account in shard.accounts:
            for table, calls in self.calls.items():
                for region in self.regions:
                    yield CrawlPiece(account, table, region, calls)


def share_out(accounts: Iterable[str], workers: int, calls: float = 0.0) -> tuple[Shard, ...]:
    """The accounts, in their order, in shards: no fewer than workers where there are so many accounts; larger ones where there are many.

    >>> [p.accounts for p in share_out(["3", "1", "2"], workers=2)]
    [('3', '1'), ('2',)]
    """
    ids = list(dict.fromkeys(accounts))
    workers = max(workers, 1)
    most = min(MOST_ACCOUNTS, max(LEAST_ACCOUNTS, len(ids) // (workers * SHARDS_A_WORKER)))
    size = max(1, min(most, -(-len(ids) // workers)))
    blocks = [tuple(ids[at : at + size]) for at in range(0, len(ids), size)]
    return tuple(Shard(n + 1, block, calls * len(block)) for n, block in enumerate(blocks))


def planned(session: Session, tables: Sequence[str], expected: Mapping[str, int], workers: int) -> CrawlPlan:
    """The plan for a session's reach; `expected` are the calls that each table took altogether, the last time.

    Raises SettingsError where an account would not say who it is.
    """
    accounts, regions = _reach(session)
    places = max(1, len(accounts) * len(regions))
    calls = {table: expected.get(table, 0) / places for table in tables}
    each = sum(calls.values()) * len(regions)
    reads = session.memory.store(session.settings).last_reads(tables, "account")
    due = stalest_first(sorted(accounts), reads, datetime.now(UTC))
    return CrawlPlan(calls, regions, share_out(due, workers, calls=each))


def _reach(session: Session) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the accounts, and the regions, in a session's reach."""
    from cirql.cloud.survey import Inquiry

    reach = session.reach
    survey = session.start(session.cloud.survey(Inquiry(reach, reach.regions, identified=True))).result()
    if not all(a.id for a in survey.accounts):
        raise SettingsError("an account in scope does not say its id, and accounts are what is shared out", hint="sync without --workers")
    return tuple(a.id for a in survey.accounts), tuple(reach.regions)
