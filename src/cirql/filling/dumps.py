"""Dumps: what the AWS CLI printed goes into the same tables that a scan fills.

The answer of a list call is taken as a complete scan of one account and region, at the time that the user gives (by default the file's);
the answer of a call that describes one resource, as a complete scan of that one. What cannot be whole is kept as incomplete, and is never
taken for all there is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Fetch, Role, Table
from cirql.cloud.target import Target
from cirql.errors import InvalidText
from cirql.fetch.batches import record_batch
from cirql.fetch.rows import Row, derive, make_key, rows_of
from cirql.fetch.spread import PLACES
from cirql.inventory.identities import identify
from cirql.inventory.model import KEY, Partition, ScanRecord, WriteSummary
from cirql.inventory.stored import StoredTable
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.inventory.store import Store

_WHOLE = "give the whole answer as --output json prints it, without --query"


@dataclass(frozen=True, slots=True)
class DumpOrigin:
    """Where and when a file's contents were so."""

    account: str
    region: str
    time: datetime


def load(data: bytes, what: str) -> Any:
    """The JSON of a file: one document, or several in a row as a list. Raises InvalidText, naming the file."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidText(f"{what} is not UTF-8 text", hint=_WHOLE) from None
    if not text.strip():
        raise InvalidText(f"{what} is empty", hint="the command that wrote it may have failed")
    try:
        return json.loads(text)
    except RecursionError:
        raise InvalidText(f"{what} is nested too deeply") from None
    except ValueError as error:
        documents = list(_in_a_row(text))
        if len(documents) < 2 or documents[-1] is None:
            raise InvalidText(f"{what} is not JSON: {error}", hint=_WHOLE) from None
        return documents


def _in_a_row(text: str) -> Iterator[Any]:
    """Documents one after the other, with nothing but space between; ends with None where something is no document."""
    decoder, at = json.JSONDecoder(), len(text) - len(text.lstrip())
    while at < len(text):
        try:
            document, at = decoder.raw_decode(text, at)
        except ValueError:
            yield None
            return
        yield document
        while at < len(text) and text[at].isspace():
            at += 1


def import_answer(store: Store, table: Table, document: Any, source: DumpOrigin) -> list[WriteSummary]:
    """Keep an answer of one of a table's calls, or the pages of one.

    Raises InvalidText where the table has no call whose answer looks like that, or the rows are of another account.
    """
    stored = StoredTable(table)
    pages = document if isinstance(document, list) and document else [document]
    fetch = _fetch_of(table, pages)
    if fetch is None:
        raise _not_an_answer(table, document)
    target = Target(source.account, source.region)
    found = [row for page in pages for row in _rows(fetch, page, table)]
    rows = [complete_row(stored, fetch.gives, row, target) for row in found]
    _check_account(stored, rows, source.account)
    given = [c for c in fetch.gives if table.column(c) is not None]
    if fetch.role is Role.GET:
        return [_keep_one(store, stored, fetch, target, row, given, source.time) for row in rows]
    rows, reason = _of_region(fetch, rows, target)
    tokens = fetch.paging.output_tokens if fetch.paging is not None else ()
    if any(pages[-1].get(token) for token in (*tokens, "NextToken")):
        reason = "the file has one page of several"
    return [keep(store, stored, target, rows, given, source.time, reason)]


def _rows(fetch: Fetch, page: Mapping[str, Any], table: Table) -> list[Row]:
    """The rows of a page, where all that is on the way to them is what AWS answers."""
    nodes: list[Any] = [page]
    for name in fetch.rows:
        below = [node.get(name) if isinstance(node, dict) else node for node in nodes]
        if fetch.role is Role.LIST and not all(isinstance(node, list) for node in below):
            raise InvalidText(f"{name} in an answer for {table.name} is a list, and here it is not", hint=_WHOLE)
        nodes = [e for node in below for e in (node if isinstance(node, list) else [node])]
        if None in nodes:
            raise InvalidText(f"{name} holds a null", hint=_WHOLE)
    return rows_of(fetch, dict(page))


def _fetch_of(table: Table, pages: list[Any]) -> Fetch | None:
    """The call that gave the pages: one that lists, else one that describes."""
    if not all(isinstance(page, dict) for page in pages):
        return None
    found = (f for f in _lists(table) if all(f.rows[0] in page for page in pages))
    if listing := next(found, None):
        return listing
    gets = [f for f in table.fetches if f.role is Role.GET]
    return next((f for f in gets if all(_describes(table, f, page) for page in pages)), None)


def _describes(table: Table, fetch: Fetch, page: Mapping[str, Any]) -> bool:
    """Whether a page can be what the call says of one resource: it names it."""
    if fetch.rows:
        return fetch.rows[0] in page
    named = {o.path[0] for o in fetch.outputs if o.path and o.column in table.key}
    return bool(named) and all(name in page for name in named)


def _lists(table: Table) -> list[Fetch]:
    """The calls that list a table in an account and region."""
    place = {"region", table.account_column}
    return [f for f in table.fetches if f.role is Role.LIST and f.rows and f.required <= place]


def _not_an_answer(table: Table, document: Any) -> InvalidText:
    members = sorted({f.rows[0] for f in _lists(table)} | {f.rows[0] for f in table.fetches if f.role is Role.GET and f.rows})
    takes = f"it takes what has {' or '.join(members)}" if members else "it has no call that lists it"
    is_projected = isinstance(document, list)
    return InvalidText(f"this is no answer of a call of {table.name}", hint=_WHOLE if is_projected else takes)


def complete_row(stored: StoredTable, answered: frozenset[str], row: Row, target: Target) -> Row:
    """A row with its place, its ARN and its key, as far as they follow from what was `answered`."""
    row = {**row, "region": target.region, stored.table.account_column: target.account}
    derive(stored.table, row, target.partition)
    if stored.key == KEY:
        make_key(stored.table, row, answered)
    return row


def _check_account(stored: StoredTable, rows: list[Row], account: str) -> None:
    """Refuse a file of another account, where the ARNs say whose its rows are."""
    arns = [str(row.get(stored.key or "")).split(":") for row in rows]
    owners = {arn[4] for arn in arns if arn[0] == "arn" and len(arn) > 5 and arn[4].isdigit()}
    if owners and account not in owners:
        raise InvalidText(f"these rows are of account {', '.join(sorted(owners))}, not {account}", hint="name theirs with --account")


def _of_region(fetch: Fetch, rows: list[Row], target: Target) -> tuple[list[Row], str]:
    """The rows of the target's region, where the file may hold those of all; and what is wrong with that."""
    if fetch.spread is None or not fetch.spread.whole:
        return [{c: v for c, v in row.items() if c != PLACES} for row in rows], ""
    told = [(row.pop(PLACES)[1], row) for row in rows]
    here = [(regions, row) for regions, row in told if not regions or target.region in regions]
    unsaid = sum(not regions for regions, _ in here)
    return [row for _, row in here], f"{unsaid} rows do not say which region they are in" if unsaid else ""


def _keep_one(
    store: Store, stored: StoredTable, fetch: Fetch, target: Target, row: Row, columns: Iterable[str], at: datetime
) -> WriteSummary:
    """Keep one resource: a complete answer to whoever asks for it by a name that is its own."""
    asked = tuple(i.column for i in fetch.inputs if i.required and i.column not in ("region", stored.table.account_column))
    ways = ((stored.key or "",), stored.table.key, asked)
    names = [way for way in ways if way and all(c in stored.naming and row.get(c) is not None for c in way)]
    given = [c for c in columns if c in row]
    if not names:
        return keep(store, stored, target, [row], given, at, "it does not name the resource")
    parents = [{c: row[c] for c in way} for way in dict.fromkeys(names)]
    first, *_ = [keep(store, stored, target, [row], given, at, "", parent) for parent in parents]
    return first


def keep(
    store: Store,
    stored: StoredTable,
    target: Target,
    rows: list[Row],
    columns: Iterable[str],
    at: datetime,
    reason: str,
    parent: Mapping[str, Any] | None = None,
) -> WriteSummary:
    """Write rows that a file has: all that `parent`, or the whole table there, has, unless there is a reason against that."""
    import pyarrow as pa

    names = sorted(stored.kept(c for c in columns if stored.table.column(c) is not None) | ({stored.key} if stored.key else set()))
    unnamed = sum(row.get(stored.key) is None for row in rows) if stored.key else 0
    if unnamed:
        without = sorted(set(stored.table.key) - set(names)) or [stored.key or KEY]
        reason = f"{unnamed} rows were left out: the file does not have their {' and '.join(without)}"
        rows = [row for row in rows if row.get(stored.key or "") is not None]
    table = pa.Table.from_batches([record_batch(stored.table, names, rows)]).rename_columns([stored.spelled(c) for c in names])
    told_by = stored.told_by(stored.table.roots[0]) if stored.table.roots else table.column_names
    table = identify(table, None if stored.key is None else KEY, sorted(told_by)).rows
    record = ScanRecord(
        partition=stored.partition(target, parent) if parent else Partition(stored.name, *stored.place(target)),
        started=at,
        finished=at,
        by="import",
        complete=not reason,
        columns=frozenset(table.column_names) - {KEY},
        reason=reason,
        rows=table.num_rows,
    )
    return store.write(record, table)
