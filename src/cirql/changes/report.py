"""What a write gives back: a row for each change, what RETURNING asked for, or the error that says how far it came."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cirql.changes.calls import rows_of
from cirql.changes.model import JournalEntry, State
from cirql.changes.plan import ChangePlan
from cirql.changes.undo import compensation
from cirql.errors import AlreadyExists, ChangeFailed, Error
from cirql.result import PLAN, Result, ResultColumn, Stats

if TYPE_CHECKING:
    import pyarrow as pa

_SUMMARY = ("operation", "resource", "identifier", "account_id", "region", "status", "request_token")


def summary_result(entries: Sequence[JournalEntry], cost: Stats, notices: Sequence[str] = ()) -> Result:
    """One row for each change."""
    rows = [
        (
            e.change.operation.value,
            e.change.table,
            e.identifier,
            e.change.target.account,
            e.change.target.region,
            e.state.value,
            e.request_token,
        )
        for e in entries
    ]
    return rows_result(_SUMMARY, rows, cost, notices=notices)


def status_result(word: str, cost: Stats, notices: Sequence[str] = ()) -> Result:
    """The answer to BEGIN, COMMIT without changes, ROLLBACK, and what is said of savepoints."""
    return rows_result(("status",), [(word,)], cost, notices=notices)


def lines_result(lines: Sequence[str], cost: Stats) -> Result:
    """A plan as one text column, as psql users know it."""
    return rows_result((PLAN,), [(line,) for line in lines], cost)


def answer_result(answer: Mapping[str, Any], cost: Stats) -> Result:
    """The answer of a call as rows; structures are JSON."""
    rows = rows_of(answer)
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["result"]
    values = [tuple(row.get(name) for name in names) for row in rows]
    types = ["JSON" if any(isinstance(v[n], dict | list) for v in values) else "" for n in range(len(names))]
    return rows_result(names, values, cost, types)


def rows_result(
    names: Sequence[str], rows: Sequence[tuple[Any, ...]], cost: Stats, types: Sequence[str] = (), notices: Sequence[str] = ()
) -> Result:
    """Python rows as a result. A type that is empty is taken from the values: text where there are none."""
    import pyarrow as pa

    wanted = list(types) or [""] * len(names)
    columns = [_column([row[n] for row in rows], wanted[n]) for n in range(len(names))]
    table = pa.Table.from_arrays([array for array, _ in columns], names=_unique(names))
    described = [ResultColumn(name, kind) for name, (_, kind) in zip(names, columns, strict=True)]
    return Result(table.to_reader(), columns=described, stats=lambda: cost, notices=lambda: notices)


def _unique(names: Sequence[str]) -> list[str]:
    return [name if names.index(name) == n else f"{name}_{n}" for n, name in enumerate(names)]


def _column(values: list[Any], kind: str) -> tuple[pa.Array, str]:
    import pyarrow as pa

    if kind == "JSON":
        texts = [None if v is None else json.dumps(v, default=str) for v in values]
        return pa.ExtensionArray.from_storage(pa.json_(pa.string()), pa.array(texts, pa.string())), "JSON"
    if kind == "hstore":
        return pa.array([None if v is None else list(v.items()) for v in values], pa.map_(pa.string(), pa.string())), kind
    known = {
        "VARCHAR": pa.string(),
        "BIGINT": pa.int64(),
        "DOUBLE": pa.float64(),
        "BOOLEAN": pa.bool_(),
        "TIMESTAMP": pa.timestamp("us"),
        "VARCHAR[]": pa.list_(pa.string()),
    }
    if kind in known:
        return pa.array(values, known[kind]), kind
    present = [v for v in values if v is not None]
    if present and all(isinstance(v, bool) for v in present):
        return pa.array(values, pa.bool_()), "BOOLEAN"
    if present and all(isinstance(v, int) and not isinstance(v, bool) for v in present):
        return pa.array(values, pa.int64()), "BIGINT"
    if present and all(isinstance(v, datetime) and v.tzinfo is None for v in present):
        return pa.array(values, pa.timestamp("us")), "TIMESTAMP"
    return pa.array([None if v is None else v if isinstance(v, str) else _text(v) for v in values], pa.string()), "VARCHAR"


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value, default=str)


def refuse_failed(entries: Sequence[JournalEntry], plan: ChangePlan) -> None:
    """Raise where a change did not come through: what failed, what was done, what not, and what would undo it.

    Raises AlreadyExists for the only change of a statement, ChangeFailed otherwise.
    """
    bad = [
        e for e in entries if e.state in (State.FAILED, State.UNKNOWN, State.CANCELLED, State.SUBMITTING) or (e.error and e.state.is_open)
    ]
    if not bad:
        return
    first = bad[0]
    message = f"{first.change.title}: {first.error}"
    if len(entries) == 1:
        kind: type[Error] = AlreadyExists if first.event.error_code == "AlreadyExists" else ChangeFailed
        raise kind(message, hint=_open_hint(first))
    done = [e for e in entries if e.state is State.SUCCEEDED]
    skipped = [e for e in entries if e.state is State.SKIPPED]
    lines = [f"{len(bad)} of {len(entries)} changes did not come through; {len(done)} were made, {len(skipped)} were not begun", ""]
    lines += [f"  failed:    {e.change.title}: {e.error}" for e in bad]
    lines += [f"  done:      {e.change.title}" + (f" ({e.identifier})" if e.identifier != e.change.identifier else "") for e in done]
    lines += [f"  not begun: {e.change.title}" for e in skipped]
    undo = [text for e in reversed(done) if (text := compensation(e, plan)) is not None]
    hint = "these would undo what was done: " + "\n".join(undo) if undo else _open_hint(first)
    raise ChangeFailed("\n".join(lines), hint=hint)


def _open_hint(entry: JournalEntry) -> str | None:
    if entry.state.is_open:
        return "it goes on at AWS and is in the journal: cirql changes resume sees it to its end"
    if entry.state is State.UNKNOWN:
        return f"cirql changes show {entry.change.id[:8]} has what was sent"
    return None
