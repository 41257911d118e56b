"""`AS OF`: the moment at which a table is to be read, from the expression that names it.

    FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '2026-03-01 12:00'      a moment; without a zone it is UTC
    FROM t AS OF '1 day ago'                                       some time before now
    FROM t AS OF $1                                                a parameter
    FROM t AS OF now() - INTERVAL '2 hours'                        any expression without columns

sqlglot reads the long form; the short one is written out before it sees the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlglot import exp

from cirql.errors import Error, InvalidText
from cirql.settings import parse_duration
from cirql.sql.trees import all_of, first_of
from cirql.startup.regexes import regex

Evaluate = Callable[[str], datetime | None]
"""What an expression without columns comes to, as a moment."""

LONG = "FOR SYSTEM_TIME AS OF"
# What is not closed goes on to the end: no text is looked at twice.
_SHORT = regex(r"'[^']*+(?:'|\Z)|\"[^\"]*+(?:\"|\Z)|--[^\n]*+|/\*.*?(?:\*/|\Z)|\bSYSTEM_TIME\s++AS\s++OF\b", re.IGNORECASE | re.DOTALL)
_AS_OF = regex(
    r"\bAS\s+OF(?=\s*(?:'|\$\d|:[a-z_])|\s+(?:(?:DATE|TIMESTAMP(?:TZ)?(?:\s+WITH(?:OUT)?\s+TIME\s+ZONE)?)\s*'"
    r"|(?:now|date_trunc|cast|to_timestamp|make_timestamptz?)\s*\(|(?:CURRENT_(?:TIMESTAMP|DATE)|LOCALTIMESTAMP)\b))",
    re.IGNORECASE,
)
_TIMES = (exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.DATE)
_SHIELD = regex(r"\b_pg_", re.IGNORECASE)
_A_MOMENT = timedelta(seconds=5)
"""now() is a little later where it is evaluated than it was here."""

_HINT = "write TIMESTAMP '2026-03-01 12:00:00', '1 day ago' or now() - INTERVAL '1 day'"


def written_out(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text with every bare `AS OF '…'` in its long form, and where it grew: (offset in the new text, characters added)."""
    if _AS_OF.search(text) is None:
        return text, ()
    skipped = [m.span() for m in _SHORT.finditer(text)]
    starts = [start for start, _ in skipped]
    pieces: list[str] = []
    grown: list[tuple[int, int]] = []
    last = length = 0
    for match in _AS_OF.finditer(text):
        before = bisect_right(starts, match.start())
        if before and match.start() < skipped[before - 1][1]:
            continue
        pieces += [text[last : match.start()], LONG]
        length += match.start() - last + len(LONG)
        grown.append((length, len(LONG) - len(match[0])))
        last = match.end()
    return "".join([*pieces, text[last:]]), tuple(grown)


def restore_positions(tree: exp.Expr, grown: tuple[tuple[int, int], ...]) -> None:
    """Point what was parsed at the text as the user wrote it."""
    for node in all_of(tree, exp.Identifier):
        start = node.meta.get("start")
        if start is not None:
            shift = sum(added for at, added in grown if at <= start)
            node.meta["start"] = start - shift
            node.meta["end"] = node.meta["end"] - shift


def moment(node: exp.Expr, now: datetime, evaluate: Evaluate) -> datetime:
    """The moment that an AS OF expression names, aware and in UTC.

    `evaluate` is asked where the expression is more than a timestamp, a time ago, or now() less an interval.
    Raises InvalidText for what is no constant moment, and for the future.
    """
    node = node.unnest()
    found = _moment(node, now)
    if found is None and not isinstance(node, exp.Null) and not (isinstance(node, exp.Literal) and not node.is_string):
        found = _evaluated(node, evaluate)
    if found is None:
        raise InvalidText(f"AS OF takes a moment, not {_written(node)}", hint=_HINT)
    if found > now + _A_MOMENT:
        hint = "name an earlier moment; without AS OF a table is read as it is now"
        raise InvalidText(f"AS OF {found.isoformat(timespec='seconds')} lies in the future", hint=hint)
    return min(found, now)


def _written(node: exp.Expr) -> str:
    """An expression as its user would write it, without what the parser puts before functions."""
    return _SHIELD.sub("", node.sql(dialect="postgres"))


def _evaluated(node: exp.Expr, evaluate: Evaluate) -> datetime | None:
    if first_of(node, exp.Column, exp.Query, exp.Placeholder, exp.Parameter) is not None:
        return None
    if isinstance(node, exp.Literal) and node.name.strip().lower().endswith(" ago"):
        ago = exp.Literal.string(node.name.strip()[: -len(" ago")])
        node = exp.Sub(this=exp.CurrentTimestamp(), expression=exp.cast(ago, exp.DataType.Type.INTERVAL))
    try:
        found = evaluate(_written(node))
    except Error:  # which says how it is not a timestamp; what was meant is said better here
        return None
    if found is None:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _moment(node: exp.Expr, now: datetime) -> datetime | None:
    match node:
        case exp.CurrentTimestamp():
            return now
        case exp.Sub():
            start, ago = _moment(node.this.unnest(), now), _interval(node.expression.unnest())
            return start - ago if start is not None and ago is not None else None
        case exp.Cast() if isinstance(node.this, exp.Literal) and node.to.is_type(*_TIMES):
            return _text(node.this.name, now)
        case exp.Literal() if node.is_string:
            return _text(node.name, now)
    return None


def _interval(node: exp.Expr) -> timedelta | None:
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.to.is_type("interval"):
        return _duration(node.this.name.lower())
    if not isinstance(node, exp.Interval):
        return None
    unit = node.args.get("unit")
    return _duration(f"{node.this.name} {unit.name.lower() if unit is not None else ''}")


def _text(text: str, now: datetime) -> datetime | None:
    text = text.strip()
    word = text.lower()
    if word == "now":
        return now
    if word.endswith(" ago"):
        ago = _duration(word.removesuffix(" ago"))
        return None if ago is None else now - ago
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _duration(text: str) -> timedelta | None:
    """`2 hours 30 minutes`, `1 week`: parts of one number and one unit."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)", text)
    if not parts or re.sub(r"(\d+(?:\.\d+)?)\s*([a-z]+)", "", text).strip():
        return None
    total = 0.0
    for number, unit in parts:
        weeks = unit in ("w", "week", "weeks")
        try:
            total += parse_duration(f"{number} {'day' if weeks else unit}") * (7 if weeks else 1)
        except ValueError:
            return None
    return timedelta(seconds=total)
