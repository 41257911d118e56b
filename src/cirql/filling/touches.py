"""Touches: which rows of the inventory an event is about, and reading those again, and no others.

What the inventory knows nothing of is left alone, and so is what it has seen since the event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from cirql.cloud.sight import GLOBAL_REGION
from cirql.cloud.target import Target
from cirql.errors import Error, UnknownTable
from cirql.filling.events import Event
from cirql.filling.sync import TABLES_AT_ONCE
from cirql.inventory.errand import Errand, Ledger
from cirql.inventory.stored import StoredTable
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    from cirql.inventory.model import Condition
    from cirql.inventory.store import Store
    from cirql.session import Session
    from cirql.types import ColumnType

_LEAST_LENGTH = 3
"""Shorter values (`1`, `us`) are no names."""

_TICK = timedelta(seconds=1)
"""CloudTrail's times are whole seconds: a scan begun in the same one may have been the earlier."""

_TOGETHER = 50
"""How many rows are read again by one statement: below the number of keys that one scan may be remembered by."""

_OTHER_SOURCES = {"monitoring": "cloudwatch", "amazonmq": "mq"}
"""Event sources that neither the service's name nor its IAM actions begin with."""


@dataclass(frozen=True, slots=True, order=True)
class Touch:
    """One thing to read again: the rows of a table in one place that have these values."""

    table: str
    account: str
    region: str
    values: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Ingested:
    """What came of some events.

    `touches` are those of each event, in their order. `unmatched` events touched nothing that the inventory has; `left` was read since, or
    is where neither the session nor the inventory looks; `failed` says why.
    """

    touches: list[tuple[Touch, ...]] = field(default_factory=list)
    refreshed: list[Touch] = field(default_factory=list)
    left: list[Touch] = field(default_factory=list)
    failed: dict[Touch, str] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """How many there were."""
        return len(self.touches)

    @property
    def unmatched(self) -> int:
        """How many were about nothing in the inventory."""
        return sum(not found for found in self.touches)

    @property
    def failures(self) -> list[str]:
        """Why something could not be read again, each reason once."""
        return list(dict.fromkeys(self.failed.values()))


def touched(event: Event, stored: StoredTable, known: Mapping[str, Iterable[str]]) -> tuple[Touch, ...]:
    """What an event touches of a table: rows that the inventory has by one of their names, and those that the request names.

    `known` has, by naming column, the values of rows now in the inventory there.
    """
    resource = _run_together(stored.table.name.resource)
    types = {c.name: c.type for c in stored.table.columns}
    named: dict[str, str] = {}
    for member, value in event.values:
        asked = _run_together(member)
        for column in sorted(stored.naming):
            name = _run_together(column)
            is_own = asked == name or (asked.endswith(name) and bool(asked) and resource.endswith(asked.removesuffix(name)))
            is_arn = value.startswith("arn:") and stored.table.arn is not None and column == stored.table.arn.column
            if (is_own or (is_arn and _fits(stored, value))) and _reads(types[column], value):
                named.setdefault(column, value)
    touches = [tuple(sorted(named.items()))] if named else []
    seen = {value for _, value in event.values if len(value) >= _LEAST_LENGTH}
    touches += [((column, v),) for column, values in known.items() for v in sorted(seen.intersection(values) - set(named.values()))]
    return tuple(Touch(stored.name, event.account, event.region, values) for values in dict.fromkeys(touches))


def _run_together(name: str) -> str:
    """A name by which `dBInstanceIdentifier`, as CloudTrail spells some members, is `db_instance_identifier`."""
    return name.replace("_", "").lower()


def _fits(stored: StoredTable, arn: str) -> bool:
    from cirql.plan.arns import parse_arn

    return stored.table.arn is not None and parse_arn(stored.table.arn, arn, stored.table) is not None


def _reads(column_type: str, value: str) -> bool:
    return column_type != "BIGINT" or re.fullmatch(r"-?\d+", value) is not None


def sources(stored: StoredTable) -> frozenset[str]:
    """The event sources that can be about a table: its service, and what the IAM actions of its reads begin with."""
    table = stored.table
    actions = {a for f in table.fetches for a in f.permissions}
    found = {table.service, *(f.service for f in table.fetches), *(a.split(":")[0] for a in actions)} - {"cloudformation", "cloudcontrol"}
    if table.service == "cloudformation":
        found.add("cloudformation")
    return frozenset(found | {source for source, service in _OTHER_SOURCES.items() if service in found})


def ingest(session: Session, events: Iterable[Event]) -> Ingested:
    """Read again what events touched, each thing once, and keep it. What the inventory has seen since an event is left alone."""
    store = session.memory.store(session.settings)
    tables = {t.name: t for name in store.tables() if (t := _find(session, name)) is not None}
    done = Ingested()
    wanted: dict[Touch, datetime] = {}
    for event, found in _touches(store, list(tables.values()), list(events)):
        done.touches.append(found)
        for touch in found:
            wanted[touch] = max(event.time + _TICK, wanted.get(touch, event.time))
    stale = [touch for touch in sorted(wanted) if not _is_seen(store, tables[touch.table], touch, wanted[touch])]
    done.left += sorted(wanted.keys() - set(stale))
    if stale:
        since = max(wanted[touch] for touch in stale)
        with ThreadPoolExecutor(TABLES_AT_ONCE, thread_name_prefix="cirql-events") as threads:
            groups = [(group, Errand("events", since=since)) for group in _groups(stale)]
            failures = threads.map(lambda asked: _refresh(session, tables[asked[0][0].table], *asked), groups)
            for (group, errand), failure in zip(groups, failures, strict=True):
                _settle(session, tables[group[0].table], group, errand.ledger, failure, done)
    return done


def _touches(store: Store, tables: list[StoredTable], events: list[Event]) -> Iterable[tuple[Event, tuple[Touch, ...]]]:
    """What each event touches, with one look at the store for each table and place."""
    by_source: dict[str, list[StoredTable]] = {}
    for table in tables:
        for source in sources(table):
            by_source.setdefault(source, []).append(table)
    values: dict[tuple[str, str, str], set[str]] = {}
    for event in events:
        texts = {v for _, v in event.values if len(v) >= _LEAST_LENGTH}
        for table in by_source.get(event.service, ()):
            values.setdefault((table.name, event.account, event.region), set()).update(texts)
    by_name = {t.name: t for t in tables}
    known = {place: _known(store, by_name[place[0]], place[1], place[2], found) for place, found in values.items()}
    for event in events:
        found = (touched(event, t, known[t.name, event.account, event.region]) for t in by_source.get(event.service, ()))
        yield event, tuple(touch for touches in found for touch in touches)


def _find(session: Session, name: str) -> StoredTable | None:
    try:
        found = StoredTable(session.catalog.find(name).table)
    except UnknownTable:
        return None
    return found if found.key is not None else None


def _known(store: Store, stored: StoredTable, account: str, region: str, values: set[str]) -> dict[str, list[str]]:
    """By naming column, which of the values the inventory has there."""
    from cirql.inventory.model import Request

    types = {c.name: c.type for c in stored.table.columns}
    names = {stored.spelled(c): c for c in sorted(stored.naming)}
    if not values or not names:
        return {}
    clause = tuple(_one_of(column, types[own], values) for column, own in names.items())
    place = GLOBAL_REGION if stored.is_global else region
    request = Request(stored.name, {c: types[own] for c, own in names.items()}, (account,), (place,), where=(clause,))
    found: dict[str, set[str]] = {own: set() for own in names.values()}
    for batch in store.read(request):
        for column, own in names.items():
            found[own] |= values.intersection(str(v) for v in batch.column(column).to_pylist())
    return {own: sorted(seen) for own, seen in found.items()}


def _one_of(column: str, column_type: ColumnType, values: set[str]) -> Condition:
    """That a naming column, of text or whole numbers, has one of the values."""
    from cirql.inventory.model import Condition

    given: Iterable[str | int] = values if column_type == "VARCHAR" else (int(v) for v in values if _reads(column_type, v))
    return Condition(column, column_type, tuple(sorted(given, key=repr)))


def _is_seen(store: Store, stored: StoredTable, touch: Touch, since: datetime) -> bool:
    """Whether the inventory has read these rows since then, with all that a table shows."""
    now = datetime.now(UTC)
    partition = stored.partition(Target(touch.account, touch.region), dict(touch.values))
    columns = stored.needed(c.name for c in stored.table.published)
    return since <= now and bool(store.fresh([partition], columns, now - since, now))


def _groups(touches: Iterable[Touch]) -> Iterable[list[Touch]]:
    """Touches that one statement can read: of one table and place, and by one column; what is named by several goes alone."""

    def place(touch: Touch) -> tuple[str, ...]:
        return (touch.table, touch.account, touch.region, *(column for column, _ in touch.values))

    for _, same in groupby(sorted(touches, key=place), place):
        alike = list(same)
        size = _TOGETHER if len(alike[0].values) == 1 else 1
        yield from (alike[i : i + size] for i in range(0, len(alike), size))


def _refresh(session: Session, stored: StoredTable, group: list[Touch], errand: Errand) -> str | None:
    """Read the rows again; why it failed, if it did."""
    first = group[0]
    conditions = [f"\"{stored.table.account_column}\" = '{_quoted(first.account)}'"]
    if not stored.is_global:
        conditions.append(f"region = '{_quoted(first.region)}'")
    for at, (column, _) in enumerate(first.values):
        found = ", ".join(f"'{_quoted(t.values[at][1])}'" for t in group)
        conditions.append(f'"{column}" IN ({found})')
    columns = ", ".join(f'"{c.name}"' for c in stored.table.published)
    try:
        result = session.execute(f"SELECT {columns} FROM {stored.name} WHERE {' AND '.join(conditions)}", errand=errand)
        for _ in result.batches():
            pass
    except Error as error:
        return f"{stored.name}: {error.message}"
    return str(result.failures[0]) if result.failures else None


def _settle(session: Session, stored: StoredTable, group: list[Touch], ledger: Ledger, failure: str | None, done: Ingested) -> None:
    """Say what became of a group of touches."""
    target = Target(group[0].account, group[0].region)
    place = stored.place(target)
    for at, why in ledger.unkept:
        if failure is None and stored.place(at) == place:
            failure = f"{stored.name} in {at}: not kept: {why}"
    if failure is not None:
        done.failed.update(dict.fromkeys(group, failure))
        return
    if any(w.scan.partition.place == place for w in ledger.written):
        done.refreshed += group
    elif place in session.memory.store(session.settings).places(stored.name):
        why = f"{stored.name}: {target} is in the inventory, and not in this session's scope"
        done.failed.update(dict.fromkeys(group, why))
    else:
        done.left += group


def _quoted(text: str) -> str:
    return text.replace("'", "''")
