"""Sync: read whole tables into the inventory, everywhere in the scope, and say what came of it.

A run is a list of tables and the moment it began. What has been seen since that moment is done, so a run that was killed goes on
where it stopped: nothing finished is read again, and nothing unfinished is taken for read. The run is noted in the store until it has
ended.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from cirql.errors import Error, MissingKey, UnknownTable
from cirql.filling.order import stalest_first
from cirql.inventory.errand import Errand, Ledger
from cirql.inventory.store import is_made
from cirql.names import Scheme, TableName
from cirql.startup.records import dataclass, field, replace

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.result import ProgressEvent
    from cirql.session import Session

TABLES_AT_ONCE = 8
RESUMABLE_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Run:
    """One sync: its id, when it began, and the store's note that says so while it goes on, by its name and its text."""

    id: str
    started: datetime
    tables: tuple[str, ...]
    note: tuple[str, str] | None = None
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class TableReport:
    """What came of one table.

    `skipped` says why it was not read at all; `places` counts the partitions that were read completely; `reused` rows were
    listed and not described, since the list shows that they are as they were. `failing` are the accounts that the failures are of, with
    how many.
    """

    table: str
    places: int = 0
    rows: int = 0
    calls: int = 0
    created: int = 0
    changed: int = 0
    gone: int = 0
    reused: int = 0
    seconds: float = 0.0
    failures: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    skipped: str = ""
    failing: tuple[tuple[str, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A plain dict."""
        lists = {"failures": list(self.failures), "notices": list(self.notices), "failing": dict(self.failing)}
        return {name: getattr(self, name) for name in self.__slots__} | lists


@dataclass(slots=True)
class Summary:
    """A whole run."""

    run: Run
    tables: list[TableReport] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> list[TableReport]:
        """The tables that were not read completely everywhere."""
        return [t for t in self.tables if t.failures]

    def failures_by_account(self) -> dict[str, int]:
        """How many places of each account were not read completely."""
        found: Counter[str] = Counter()
        for report in self.tables:
            found.update(dict(report.failing))
        return dict(found)

    @property
    def is_complete(self) -> bool:
        """Whether every table that can be read was, everywhere."""
        return not self.failed


def choose(catalog: Catalog, words: Iterable[str]) -> tuple[str, ...]:
    """The tables that the words mean: names in any spelling, patterns of published names, services, or `all`.

    Patterns without a second dot, services and `all` mean datasets: they hold what the resources hold, in fewer calls.
    Raises UnknownTable for a word that means none.
    """
    chosen: dict[str, None] = {}
    services = catalog.services(Scheme.DATASET)
    for word in (w.strip().lower() for w in words):
        if word == "all":
            found = catalog.names(scheme=Scheme.DATASET)
        elif word in services:
            found = catalog.names(service=word, scheme=Scheme.DATASET)
        elif any(c in word for c in "*?["):
            pattern = word if word.startswith(("aws.", "awscc.")) else f"aws.{word}"
            scheme = Scheme.RESOURCE if pattern.count(".") > 1 else Scheme.DATASET
            prefix = pattern.split("*")[0].split("?")[0].split("[")[0]
            found = [n for n in catalog.names(prefix, scheme=scheme) if fnmatchcase(n, pattern)]
            if not found:
                raise UnknownTable(f"no table's name is like {word}", hint="names are aws.<service>_<resource> or aws.<service>.<resource>")
        else:
            found = [word]
        chosen.update(dict.fromkeys(str(catalog.find(TableName.parse(n) if n.count(".") else n).table.name) for n in found))
    return tuple(chosen)


def begin(session: Session, tables: tuple[str, ...], now: datetime, *, restart: bool = False) -> Run:
    """A new run, or the one for the same tables and scope that has not ended, its tables in the order in which they are due.

    Of two that begin at the same moment, one goes on with the other's. Raises StoreUnwritable.
    """
    settings = session.settings
    store = session.memory.store(settings)
    scope = json.dumps([tables, settings.profiles, settings.regions, settings.accounts, settings.endpoint_url])
    digest = hashlib.blake2b(scope.encode(), digest_size=6).hexdigest()
    name, run = f"run {digest}", Run(f"{now:%Y%m%dT%H%M%S}-{digest}", now, tables)
    run = replace(run, tables=stalest_first(tables, store.last_reads(tables, "table"), now))
    mine = json.dumps({"id": run.id, "started": run.started.isoformat(), "tables": list(tables)})
    while True:
        text = store.note(name)
        noted = None if restart or text is None else _noted(text)
        if text is not None and noted is not None and timedelta() <= now - noted[1] < RESUMABLE_FOR:
            return replace(run, id=noted[0], started=noted[1], note=(name, text), resumed=True)
        if store.swap_note(name, text, mine):
            return replace(run, note=(name, mine))
        now = max(now, datetime.now(UTC))  # another run has begun meanwhile, perhaps after this one


def _noted(text: str) -> tuple[str, datetime] | None:
    """The id and the beginning of a run that did not end; None where its note cannot be read."""
    try:
        noted = json.loads(text)
        return str(noted["id"]), datetime.fromisoformat(noted["started"])
    except (ValueError, KeyError, TypeError):
        return None


def expected_calls(session: Session, tables: Iterable[str]) -> dict[str, int]:
    """How many calls each table is likely to take: as many as when its places were last read completely; 0 where that is not known."""
    place, names = session.settings.store_place, list(tables)
    if place is not None and not is_made(place):
        return dict.fromkeys(names, 0)
    found = session.memory.store(session.settings).last_calls(names, "sync")
    return {table: found.get(table, 0) for table in names}


def sync(
    session: Session,
    run: Run,
    tell: Callable[[TableReport], None] = lambda report: None,
    *,
    at_once: int = TABLES_AT_ONCE,
    watch: Callable[[ProgressEvent], None] | None = None,
    full: bool = False,
) -> Summary:
    """Read the tables of a run, several at once under the session's rate limits; `tell` hears of each as it ends, and `watch` of
    their scans until then.

    Resources that the list call shows to be unchanged are not described again, unless the run is to be `full`.
    A table that fails is reported, and the others go on.
    """
    began = time.monotonic()
    summary = Summary(run)
    with ThreadPoolExecutor(at_once, thread_name_prefix="cirql-sync") as threads:
        errands = ((t, Errand(f"sync {run.id}", since=run.started, reuses=not full, watch=watch)) for t in run.tables)
        work = [threads.submit(_table, session, table, errand) for table, errand in errands]
        try:
            for done in as_completed(work):
                report = done.result()
                summary.tables.append(report)
                tell(report)
        finally:
            for waiting in work:
                waiting.cancel()
    summary.seconds = time.monotonic() - began
    if run.note is not None:
        session.memory.store(session.settings).swap_note(*run.note, None)
    return summary


def _table(session: Session, table: str, errand: Errand) -> TableReport:
    """Read one table whole."""
    began = time.monotonic()
    failures: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    failing: Counter[str] = Counter()
    try:
        result = session.execute(f"SELECT * FROM {table}", errand=errand)
        for _ in result.batches():
            pass
        failures, notices = tuple(map(str, result.failures)), tuple(result.notices)
        failing.update(f.account for f in result.failures)
    except MissingKey as error:
        return TableReport(table, skipped=error.message)
    except Error as error:
        failures = (str(error.failure or error),)
        failing.update([error.failure.account if error.failure is not None else ""])
    failures += tuple(f"{target}: not kept: {reason}" for target, reason in errand.ledger.unkept)
    failing.update(target.account for target, _ in errand.ledger.unkept)
    spent = time.monotonic() - began
    return replace(
        _account(table, errand.ledger), seconds=spent, failures=failures, notices=notices, failing=tuple(sorted(failing.items()))
    )


def _account(table: str, ledger: Ledger) -> TableReport:
    return TableReport(
        table,
        places=sum(w.scan.complete for w in ledger.written),
        rows=sum(w.scan.rows for w in ledger.written),
        calls=sum(w.scan.calls for w in ledger.written),
        created=sum(w.created for w in ledger.written),
        changed=sum(w.changed for w in ledger.written),
        gone=sum(w.closed for w in ledger.written),
        reused=ledger.reused,
    )
