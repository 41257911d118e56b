"""What is asked where AWS requires an answer and the statement gives none: a time frame, or the choice that is meant by nobody saying.

A table whose calls take a time frame is read for the time that conditions on its time columns leave, else for what the session's
time frame says, else for the hours before now that the catalog says. It is a key like any other, so the inventory keeps the
rows as those of that time; EXPLAIN shows it, and the statement's notices say it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Set
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlglot import exp

from cirql.catalog.model import Default, Input, Role, Table
from cirql.errors import InvalidText
from cirql.plan.constants import NOTHING, NotConstantError, constant
from cirql.plan.model import KeyGroup, Plan, Scan
from cirql.plan.ranges import bounds
from cirql.startup.records import dataclass
from cirql.types import ColumnType

_LEAST = timedelta(milliseconds=1)
_ABOVE = (exp.GT, exp.GTE)
_BELOW = (exp.LT, exp.LTE)


@dataclass(frozen=True, slots=True)
class SessionTime:
    """The session's: the time that it is, and what was set as beginning and end, if anything; all UTC, without a zone."""

    now: datetime
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Frame:
    """The time that one table is read for, and in words where it comes from; `is_said` where conditions give both ends."""

    start: datetime
    end: datetime
    why: str
    is_said: bool


def time_frame(now: datetime, start: str | None, end: str | None) -> SessionTime:
    """The session's time frame from what SET said. Raises InvalidText where that is no moment."""
    return SessionTime(now.astimezone(UTC).replace(tzinfo=None, microsecond=0), _moment("start", start), _moment("end", end))


def _moment(which: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidText(
            f"dd.time_frame_{which} is {text!r}, which is no moment", hint=f"SET dd.time_frame_{which} = '2026-01-31T12:00:00Z'"
        ) from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def assumptions(table: Table, known: Set[str], said: Iterable[exp.Expr], session: SessionTime) -> list[KeyGroup]:
    """The keys that a table's list calls are given where the statement does not know them; `said` are the conditions over it."""
    wanted = {i.column: i for f in table.fetches if f.role is Role.LIST for i in f.inputs if i.default is not None and i.required}
    open_ = [i for column, i in wanted.items() if column not in known]
    if not open_:
        return []
    conjuncts = tuple(said)
    frame = _frame(table, [i for i in open_ if i.default is not None and i.default.is_timed], conjuncts, session)
    return [_group(table, i, i.default, frame) for i in open_ if i.default is not None]


def _group(table: Table, given: Input, default: Default, frame: _Frame | None) -> KeyGroup:
    column = table.column(given.column)
    assert column is not None, f"{table.name} has no column {given.column}"
    if frame is None or not default.is_timed:
        return KeyGroup((given.column,), ((_typed(default.text, column.type),),), "where the statement says nothing of it", assumed=True)
    value = _typed(_written(default.text, frame), column.type)
    return KeyGroup((given.column,), ((value,),), frame.why, assumed=not frame.is_said)


def _written(text: str, frame: _Frame) -> str:
    for name, moment in (("start", frame.start), ("end", frame.end)):
        seconds = int(moment.replace(tzinfo=UTC).timestamp())
        text = text.replace(f"{{{name}}}", f"{moment.isoformat()}Z").replace(f"{{{name}.seconds}}", str(seconds))
        # A day that has begun counts as a whole: days are named with the one after the last.
        day = moment if name == "start" or not (moment - moment.replace(hour=0, minute=0, second=0)) else moment + timedelta(days=1)
        text = text.replace(f"{{{name}.date}}", day.strftime("%Y-%m-%d")).replace(f"{{{name}.month}}", moment.strftime("%Y-%m"))
    return text


def _typed(text: str, column_type: ColumnType) -> Any:
    match column_type:
        case ColumnType.TIMESTAMP:
            return datetime.fromisoformat(text).replace(tzinfo=None)
        case ColumnType.BIGINT | ColumnType.DOUBLE | ColumnType.BOOLEAN:
            return json.loads(text)
    return text


# -- the time frame of one table


def _frame(table: Table, timed: list[Input], conjuncts: tuple[exp.Expr, ...], session: SessionTime) -> _Frame | None:
    """The time frame of these inputs, from conditions, the session, or the hours before now."""
    defaults = [i.default for i in timed if i.default is not None]
    if not defaults:
        return None
    moments = {c for d in defaults for c in d.moments}
    limits = [(b.operator, b.value) for b in bounds(table, conjuncts) if b.column in moments and isinstance(b.value, datetime)]
    own = {i.column for i in timed}
    limits += [limit for c in conjuncts for limit in _limits(c.unnest(), own)]
    low = max((value for operator, value in limits if operator == ">="), default=None)
    high = min((value for operator, value in limits if operator == "<="), default=None)
    hours = timedelta(hours=abs(defaults[0].hours))
    is_ahead = defaults[0].hours < 0
    start, end = low or session.start, high or session.end
    if start is None and end is None:
        start, end = (session.now, session.now + hours) if is_ahead else (session.now - hours, session.now)
    elif start is None:
        assert end is not None
        start = end - hours
    elif end is None:
        end = session.now if start < session.now and not is_ahead else start + hours
    if low is None and start >= end:  # the conditions are of another time than the session's
        start = end - hours
    if high is None and start >= end:
        end = start + hours
    return _Frame(start, end, _why(low, high, session, defaults[0].hours), low is not None and high is not None)


def _why(low: datetime | None, high: datetime | None, session: SessionTime, hours: int) -> str:
    if low is not None or high is not None:
        return "from the conditions"
    if session.start is not None or session.end is not None:
        return "the session's time frame"
    count, unit = (abs(hours), "hours") if abs(hours) % 24 else (abs(hours) // 24, "days")
    return f"the {'next' if hours < 0 else 'last'} {f'{count} {unit}' if count > 1 else unit.removesuffix('s')}"


def _limits(node: exp.Expr, columns: Set[str]) -> Iterator[tuple[str, datetime]]:
    """What a range says of the very column that is asked with: its own value must then be within it, so nothing is given away."""
    if isinstance(node, exp.Between):
        yield from _limit(node.this, node.args["low"], ">=", timedelta(0), columns)
        yield from _limit(node.this, node.args["high"], "<=", timedelta(0), columns)
    elif isinstance(node, (*_ABOVE, *_BELOW)):
        slack = _LEAST if isinstance(node, exp.GT | exp.LT) else timedelta(0)
        is_above = isinstance(node, _ABOVE)
        yield from _limit(node.this, node.expression, ">=" if is_above else "<=", slack, columns)
        yield from _limit(node.expression, node.this, "<=" if is_above else ">=", slack, columns)


def _limit(column: exp.Expr, other: exp.Expr, operator: str, slack: timedelta, columns: Set[str]) -> Iterator[tuple[str, datetime]]:
    if not isinstance(column, exp.Column) or column.name not in columns:
        return
    try:
        value = constant(other, ColumnType.TIMESTAMP)
    except NotConstantError:
        return
    if value is not NOTHING:
        yield operator, value + slack if operator == ">=" else value - slack


# -- what is said of it


def assumed_of(plan: Plan) -> Iterator[str]:
    """A sentence for each table that is read with what the statement does not say."""
    seen: set[str] = set()
    for scan in plan.scans:
        for at in _with_parents(scan):
            groups = [g for g in at.keys if g.assumed and set(g.columns) & at.root.required]
            if not groups or str(at.table.name) in seen:
                continue
            seen.add(str(at.table.name))
            yield _sentence(at, groups)


def _sentence(scan: Scan, groups: list[KeyGroup]) -> str:
    timed = {i.column for i in scan.root.inputs if i.default is not None and i.default.is_timed}
    told = ", ".join(f"{g.columns[0]} = {g.rows[0][0]}" for g in groups if g.rows)
    why = ", ".join(dict.fromkeys(g.why for g in groups))
    more = ", or SET dd.time_frame_start," if any(g.columns[0] in timed for g in groups) else ""
    return f"{scan.table.name} is asked with {told} ({why}): conditions on {_named(groups)}{more} say otherwise"


def _named(groups: list[KeyGroup]) -> str:
    *first, last = [g.columns[0] for g in groups]
    return f"{', '.join(first)} and {last}" if first else last


def _with_parents(scan: Scan) -> Iterator[Scan]:
    yield scan
    for parent in () if scan.keys_suffice else scan.parents:
        yield from _with_parents(parent.scan)
