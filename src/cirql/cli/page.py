"""A result as one page: table and chart, what could not be read, how old it is, the statement. Nothing is loaded, and nothing in it runs.

What AWS or a user wrote is text, whatever it is: HTML in a tag is shown, not followed; characters that turn the direction of text around
are replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from importlib import resources
from typing import Any

from cirql.errors import CloudFailure
from cirql.rendering.charts import chart_of
from cirql.rendering.drawing import CHART_STYLE, drawn
from cirql.rendering.encode import plain_moment, text_of
from cirql.result import PLAN, Result, visible_text
from cirql.rows import is_number
from cirql.startup.records import dataclass

MOST_ROWS = 10_000
"""A page with more is slow to open; `-o csv` and `-o parquet` have them all."""
_LONG_CELL, _SHORT_CELL = 400, 40
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class ScanNote:
    """One table of a statement: how many places were asked, how many of them the inventory answered for, and what it saw longest ago."""

    table: str
    places: int
    remembered: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result is from: the statement, when it was asked, and what is known of its scans once the last row is there."""

    statement: str = ""
    asked: datetime | None = None
    scans: Callable[[], Sequence[ScanNote]] = tuple


def page(result: Result, origin: Provenance) -> Iterator[str]:
    """The page's text, in pieces. Reads all rows; raises what the statement raises."""
    rows = result.fetchmany(MOST_ROWS)
    count = len(rows) + sum(batch.num_rows for batch in result.batches())
    is_plan = [c.name for c in result.columns] == [PLAN]
    title = _title(origin.statement)
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><meta name="referrer" content="no-referrer">'
        f"<title>{_safe(title)}</title>\n<style>\n{_style()}{CHART_STYLE}</style></head><body><main>\n"
    )
    yield f"<header><h1>{_safe(title)}</h1><p>{_facts(result, origin, count)}</p></header>\n"
    yield from _failures(result.failures)
    if result.notices:
        yield f'<section class="notices"><h2>Notices</h2><ul>{"".join(f"<li>{_safe(n)}</li>" for n in result.notices)}</ul></section>\n'
    chart = None if is_plan else chart_of([(c.name, c.type) for c in result.columns], rows)
    if chart is not None:
        note = f" <small>{_safe(chart.note)}</small>" if chart.note else ""
        yield f'<section><h2>{_safe(chart.title)}{note}</h2><div class="wide" tabindex="0">{drawn(chart)}</div></section>\n'
    if is_plan:
        yield f"<section><h2>Plan</h2><pre>{_safe(chr(10).join(str(row[0]) for row in rows))}</pre></section>\n"
    else:
        yield from _table(result, rows, count)
    if origin.statement:
        yield f"<section><h2>Statement</h2><pre>{_safe(origin.statement.strip())}</pre></section>\n"
    yield "</main></body></html>\n"


def _title(statement: str) -> str:
    words = " ".join(statement.split()) or "A result of cirql"
    return words if len(words) <= 90 else f"{words[:89]}…"


def _facts(result: Result, origin: Provenance, count: int) -> str:
    calls = sum(result.stats.calls.values())
    said = [
        f"{count:,} row{'s' * (count != 1)}",
        *([f"asked {origin.asked.astimezone(UTC):%Y-%m-%d %H:%M} UTC"] if origin.asked is not None else []),
        f"{calls:,} call{'s' * (calls != 1)} in {result.stats.wall_ms / 1000:.1f} s",
    ]
    said += [_scan(note, origin.asked) for note in origin.scans()]
    return " · ".join(map(_safe, said)) + f" · <b>{'complete' if not result.failures else 'not complete'}</b>"


def _scan(note: ScanNote, asked: datetime | None) -> str:
    places = f"{note.table}: {note.places} place{'s' * (note.places != 1)}"
    if not note.remembered:
        return f"{places}, read live"
    which = "from the inventory" if note.remembered == note.places else f"{note.remembered} of them from the inventory"
    if note.oldest is None or asked is None:
        return f"{places}, {which}"
    minutes = max(int((asked - note.oldest).total_seconds() // 60), 0)
    age = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"
    return f"{places}, {which}, up to {age} old"


def _failures(failures: Sequence[CloudFailure]) -> Iterator[str]:
    """What could not be read, by account and region."""
    if not failures:
        return
    by_place: dict[tuple[str, str], list[CloudFailure]] = {}
    for failure in failures:
        by_place.setdefault((failure.account, failure.region), []).append(failure)
    yield f'<section class="failures"><h2>Not read: {len(by_place)} place{"s" * (len(by_place) != 1)}</h2>\n'
    for (account, region), found in sorted(by_place.items()):
        items = "".join(f"<li><code>{_safe(f'{f.service}:{f.operation}')}</code> {_safe(f'{f.code}: {f.message}')}</li>" for f in found)
        yield f"<h3>{_safe(account)} {_safe(region)}</h3><ul>{items}</ul>\n"
    yield "</section>\n"


def _table(result: Result, rows: Sequence[Sequence[Any]], count: int) -> Iterator[str]:
    if not result.columns:
        return
    numeric = [is_number(c.type) for c in result.columns]
    more = f" <small>the first {len(rows):,} of {count:,}</small>" if count > len(rows) else ""
    yield f'<section><h2>Rows{more}</h2><div class="wide" tabindex="0"><table><thead><tr>'
    yield "".join(
        f'<th scope="col"{_right(n)}>{_safe(c.name)}<small>{_safe(c.type)}</small></th>'
        for c, n in zip(result.columns, numeric, strict=True)
    )
    yield "</tr></thead><tbody>\n"
    for row in rows:
        yield f"<tr>{''.join(_cell(value, n) for value, n in zip(row, numeric, strict=True))}</tr>\n"
    yield "</tbody></table></div></section>\n" if rows else "</tbody></table></div><p>No rows.</p></section>\n"


def _cell(value: Any, numeric: bool) -> str:
    if value is None:
        return f'<td class="null{" r" if numeric else ""}">NULL</td>'
    text = text_of(value, plain_moment)
    if len(text) > _LONG_CELL:
        return f"<td><details><summary>{_safe(text[:80])}…</summary><div>{_safe(text)}</div></details></td>"
    kept = "k" if len(text) <= _SHORT_CELL else ""
    names = " ".join(filter(None, ("r" if numeric else "", kept)))
    return f'<td class="{names}">{_safe(text)}</td>' if names else f"<td>{_safe(text)}</td>"


def _right(numeric: bool) -> str:
    return ' class="r"' if numeric else ""


def _safe(text: str) -> str:
    return escape(visible_text(text))


def _style() -> str:
    return resources.files("cirql.cli").joinpath("page.css").read_text("utf-8")
