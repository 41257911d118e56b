"""RETURNING: the rows that a write made or changed, read back; and fields of AWS's progress event beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlglot import exp

from cirql.catalog.model import Table
from cirql.changes.model import JournalEntry
from cirql.sql.parse import Statement
from cirql.sql.writes import event_field, is_generic, output_name
from cirql.startup.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Written:
    """One resource that a statement was about: where it is, and the last entry about it (None: nothing had to be done)."""

    identifier: str | None
    region: str
    account: str
    entry: JournalEntry | None


def event_value(written: Written, field: str) -> Any:
    """A field of the progress event; what is known without one where nothing had to be done."""
    entry = written.entry
    if field == "Identifier":
        return entry.identifier if entry is not None else written.identifier
    if entry is None:
        return "SUCCESS" if field == "OperationStatus" else None
    value = entry.event.fields.get(field)
    if value is None and field == "RequestToken":
        value = entry.request_token
    if value is None and field == "TypeName":
        value = entry.change.type_name
    if value is None and field == "Operation":
        value = entry.change.operation.value.upper()
    if field in ("EventTime", "RetryAfter") and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)
    return value


def events_only(returning: Sequence[exp.Expr]) -> bool:
    """Whether every item is a field of the event, so that no row has to be read."""
    return all(event_field(item) is not None for item in returning)


def read_back(
    statement: Statement, table: Table, node: exp.Table, alias: str, returning: Sequence[exp.Expr], rows: Sequence[Written]
) -> Statement:
    """The query that gives RETURNING's items for these rows, in their order.

    A field of the event becomes a CASE over the identifiers, and over the places where the same one is in several: it is then a value like
    any other.
    """
    known = [row for row in rows if row.identifier is not None]
    key = exp.column("data__identifier", table=alias, quoted=True)
    texts = [str(row.identifier) for row in known]
    match: exp.Expr = key
    if len(set(texts)) < len(texts):
        parts = [exp.column(name, table=alias, quoted=True) for name in (table.account_column, "region")]
        match = exp.DPipe(this=exp.DPipe(this=parts[0], expression=parts[1]), expression=key.copy())
        texts = [f"{row.account}{row.region}{row.identifier}" for row in known]
    items: list[exp.Expr] = []
    for item in returning:
        field = event_field(item)
        if field is None:
            items.append(item.copy())
            continue
        branches = [_branch(match, text, _constant(event_value(row, field))) for text, row in zip(texts, known, strict=True)]
        items.append(exp.alias_(exp.Case(ifs=branches), output_name(item), quoted=True))
    source = node.copy()
    source.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    select = exp.select(*items).from_(source).where(_among(key, [r.identifier for r in known]))
    select = select.where(_among(exp.column("region", table=alias, quoted=True), [r.region for r in known]))
    if is_generic(table):
        types = [r.entry.change.type_name for r in known if r.entry is not None]
        select = select.where(_among(exp.column("type_name", table=alias, quoted=True), types))
    accounts = [r.account for r in known if r.account]
    if accounts:
        select = select.where(_among(exp.column(table.account_column, table=alias, quoted=True), accounts))
    if len(known) > 1:
        numbers = [_branch(match, text, exp.convert(n)) for n, text in enumerate(texts)]
        select = select.order_by(exp.Ordered(this=exp.Case(ifs=numbers), nulls_first=False))
    return replace(statement, tree=select, explain=None)


def _branch(match: exp.Expr, text: str, value: exp.Expr) -> exp.If:
    return exp.If(this=exp.EQ(this=match.copy(), expression=exp.convert(text)), true=value)


def _among(column: exp.Expr, values: Sequence[Any]) -> exp.Expr:
    return exp.In(this=column.copy(), expressions=[exp.convert(v) for v in dict.fromkeys(values)])


def _constant(value: Any) -> exp.Expr:
    if isinstance(value, datetime):
        return exp.cast(exp.convert(value.isoformat()), "timestamp")
    return exp.convert(value)
