"""Events: CloudTrail says what was touched, and only that is read again, so an inventory stays fresh between syncs.

A record is never believed to say how a resource is now: it only says which one to look at. What the inventory knows nothing of is left
alone. The shape of records: AWS CloudTrail user guide, "CloudTrail record contents"; EventBridge puts one into `detail`.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cirql.errors import Error, InvalidText, UnknownTable
from cirql.inventory.stored import StoredTable
from cirql.names import snake
from cirql.sync import settings_of

if TYPE_CHECKING:
    from cirql.inventory.store import Store
    from cirql.session import Session

_GZIP = b"\x1f\x8b"
_LEAST_LENGTH = 3
"""Shorter values (`1`, `us`) are no names."""

_TICK = timedelta(seconds=1)
"""CloudTrail's times are whole seconds: a scan begun in the same one may have been the earlier."""


@dataclass(frozen=True, slots=True)
class Event:
    """One record of a call that changed something. `values` are all texts of its request and answer, with their members' names."""

    service: str
    name: str
    account: str
    region: str
    time: datetime
    values: tuple[tuple[str, str], ...]


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

    `unmatched` are those that touched nothing that the inventory has; `left` was read since, or is outside the session's scope.
    """

    events: int = 0
    unmatched: int = 0
    refreshed: list[Touch] = field(default_factory=list)
    left: list[Touch] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def read_events(data: bytes) -> Iterator[Event]:
    """The changes in a file: a CloudTrail log (gzipped or not), EventBridge events, or either as lines.

    Reads and failed calls are left out.

    Raises InvalidText for what is none of these.
    """
    if data.startswith(_GZIP):
        data = gzip.decompress(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidText("this is not UTF-8 text", hint="give CloudTrail log files or EventBridge events as JSON") from None
    for document in _documents(text):
        for record in _records(document):
            if not record.get("readOnly") and not record.get("errorCode"):
                yield _event(record)


def _documents(text: str) -> Iterator[Any]:
    try:
        yield json.loads(text)
        return
    except ValueError:
        pass
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                raise InvalidText(f"line {number} is not JSON", hint="give one JSON document, or one a line") from None


def _records(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for item in document:
            yield from _records(item)
    elif isinstance(document, dict) and isinstance(document.get("Records"), list):
        yield from _records(document["Records"])
    elif isinstance(document, dict) and isinstance(document.get("detail"), dict):
        yield from _records({"recipientAccountId": document.get("account"), **document["detail"]})
    elif isinstance(document, dict) and "eventSource" in document and "eventName" in document:
        yield document
    else:
        raise InvalidText("this is no CloudTrail record and no EventBridge event", hint="a record has eventSource and eventName")


def _event(record: Mapping[str, Any]) -> Event:
    try:
        at = datetime.fromisoformat(str(record["eventTime"])).astimezone(UTC)
    except (KeyError, ValueError):
        raise InvalidText(f"the record of {record['eventName']} has no eventTime") from None
    identity = record.get("userIdentity") or {}
    values = [*_texts("", record.get("requestParameters")), *_texts("", record.get("responseElements"))]
    values += [("arn", str(r["ARN"])) for r in record.get("resources") or () if isinstance(r, dict) and r.get("ARN")]
    return Event(
        service=str(record["eventSource"]).removesuffix(".amazonaws.com"),
        name=str(record["eventName"]),
        account=str(record.get("recipientAccountId") or identity.get("accountId") or ""),
        region=str(record.get("awsRegion") or ""),
        time=at,
        values=tuple(dict.fromkeys(values)),
    )


def _texts(name: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(snake(str(key)), value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(name, value)
    elif isinstance(node, str | int) and not isinstance(node, bool):
        yield name, str(node)


def touched(event: Event, stored: StoredTable, known: Mapping[str, Iterable[str]]) -> tuple[Touch, ...]:
    """What an event touches of a table: rows that the inventory has by one of their names, and those that the request names.

    `known` has, by naming column, the values of rows now in the inventory there.
    """
    resource = stored.table.name.resource
    types = {c.name: c.type for c in stored.table.columns}
    named: dict[str, str] = {}
    for member, value in event.values:
        for column in sorted(stored.naming):
            is_own = member == column or (member.endswith(f"_{column}") and resource.endswith(member.removesuffix(f"_{column}")))
            is_arn = value.startswith("arn:") and stored.table.arn is not None and column == stored.table.arn.column
            if (is_own or (is_arn and _fits(stored, value))) and _reads(types[column], value):
                named.setdefault(column, value)
    touches = [tuple(sorted(named.items()))] if named else []
    seen = {value for _, value in event.values if len(value) >= _LEAST_LENGTH}
    touches += [((column, v),) for column, values in known.items() for v in sorted(seen.intersection(values) - set(named.values()))]
    return tuple(Touch(stored.name, event.account, event.region, values) for values in dict.fromkeys(touches))


def _fits(stored: StoredTable, arn: str) -> bool:
    from cirql.plan.arns import parse_arn

    return stored.table.arn is not None and parse_arn(stored.table.arn, arn, stored.table) is not None


def _reads(column_type: str, value: str) -> bool:
    return column_type != "BIGINT" or re.fullmatch(r"-?\d+", value) is not None


def ingest(session: Session, events: Iterable[Event]) -> Ingested:
    """Read again what events touched, each thing once, and keep it. What the inventory has seen since an event is left alone."""
    session.settings = settings_of(session.settings)
    store = session.memory.store(session.settings)
    session.memory.ledger.by, session.memory.ledger.keeps_account = "events", True
    done = Ingested()
    tables = [t for name in store.tables() if (t := _find(session, name)) is not None]
    wanted: dict[Touch, datetime] = {}
    for event in events:
        done.events += 1
        found = [x for t in tables if t.table.service == event.service for x in touched(event, t, _known(store, t, event))]
        for touch in found:
            wanted[touch] = max(event.time, wanted.get(touch, event.time))
        done.unmatched += not found
    by_name = {t.name: t for t in tables}
    for touch in sorted(wanted):
        writes = len(session.memory.ledger.written)
        failure = _refresh(session, by_name[touch.table], touch, wanted[touch] + _TICK)
        if failure is not None:
            done.failures.append(failure)
        else:
            (done.refreshed if len(session.memory.ledger.written) > writes else done.left).append(touch)
    done.failures += [f"{name} in {target}: not kept: {why}" for name, target, why in session.memory.ledger.unkept]
    return done


def _find(session: Session, name: str) -> StoredTable | None:
    try:
        found = StoredTable(session.catalog.find(name).table)
    except UnknownTable:
        return None
    return found if found.key is not None else None


def _known(store: Store, stored: StoredTable, event: Event) -> dict[str, list[str]]:
    """By naming column, which of the event's values the inventory has there."""
    from cirql.inventory.model import Request
    from cirql.inventory.quoting import name, texts
    from cirql.inventory.stored import GLOBAL_REGION
    from cirql.types import ColumnType

    values = sorted({v for _, v in event.values if len(v) >= _LEAST_LENGTH})
    columns = sorted({stored.spelled(c) for c in stored.naming})
    if not values or not columns:
        return {}
    where = " OR ".join(f"CAST({name(c)} AS VARCHAR) IN {texts(values)}" for c in columns)
    region = GLOBAL_REGION if stored.is_global else event.region
    request = Request(stored.name, dict.fromkeys(columns, ColumnType.VARCHAR), (event.account,), (region,), where_sql=f"({where})")
    rows = store.read(request).read_all()
    names = {stored.spelled(c): c for c in stored.naming}
    return {names[c]: sorted({str(v) for v in rows.column(c).to_pylist() if v is not None}) for c in columns}


def _refresh(session: Session, stored: StoredTable, touch: Touch, since: datetime) -> str | None:
    """Read the rows again, unless that has been done since the event; why it failed, if it did."""
    session.memory.since = since
    conditions = [f"\"{stored.table.account_column}\" = '{touch.account}'"]
    if not stored.is_global:
        conditions.append(f"region = '{_quoted(touch.region)}'")
    conditions += [f"\"{column}\" = '{_quoted(value)}'" for column, value in touch.values]
    columns = ", ".join(f'"{c.name}"' for c in stored.table.published)
    try:
        result = session.execute(f"SELECT {columns} FROM {stored.name} WHERE {' AND '.join(conditions)}")
        for _ in result.batches():
            pass
    except Error as error:
        return f"{stored.name}: {error}"
    return str(result.failures[0]) if result.failures else None


def _quoted(text: str) -> str:
    return text.replace("'", "''")
