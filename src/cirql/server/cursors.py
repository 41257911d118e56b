"""Cursors that a client names in SQL: DECLARE, FETCH, MOVE, CLOSE, and where each stands among its rows.

A cursor reads its rows as they are fetched, forwards alone; one that was declared with SCROLL holds them all, and goes both ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cirql.errors import AlreadyExists, InvalidStatement, NotSupported, UnknownPortal
from cirql.result import Result, ResultColumn
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    import pyarrow as pa

_MOST = 1_000
_NAME = r"""(?:(?P<plain>[^\W\d]\w*)|"(?P<quoted>(?:[^"]|"")+)")"""
_DECLARE = regex(
    rf"""\s*DECLARE\s+{_NAME}\s+(?P<how>(?:(?:BINARY|INSENSITIVE|ASENSITIVE|(?:NO\s+)?SCROLL)\s+)*)CURSOR
    (?:\s+(?P<hold>WITH|WITHOUT)\s+HOLD)?\s+FOR\s+(?P<query>.+)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_FETCH = regex(
    rf"""\s*(?P<word>FETCH|MOVE)\s+(?:(?P<way>NEXT|PRIOR|FIRST|LAST|ALL|[+-]?\d+|(?:ABSOLUTE|RELATIVE)\s+[+-]?\d+|(?:FORWARD|BACKWARD)
    (?:\s+(?:ALL|[+-]?\d+))?)\s+)?(?:(?:FROM|IN)\s+)?{_NAME}\s*;?\s*""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_CLOSE = regex(rf"\s*CLOSE\s+(?:(?P<all>ALL)|{_NAME})\s*;?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Declare:
    """DECLARE: the cursor, its query, whether it goes both ways, and whether it outlives its transaction."""

    name: str
    query: str
    scrolls: bool
    holds: bool


@dataclass(frozen=True, slots=True)
class CursorStep:
    """FETCH or MOVE. `way` is FORWARD, ABSOLUTE or RELATIVE; a count of None is all that there are, backwards where `is_back`."""

    name: str
    is_move: bool
    way: str
    count: int | None
    is_back: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """CLOSE of a cursor; of all, where there is no name."""

    name: str | None


CursorStatement = Declare | CursorStep | Close


def read_cursor(sql: str) -> CursorStatement | None:
    """What a statement says of cursors; None where it says nothing of them."""
    if (found := _DECLARE.fullmatch(sql)) is not None:
        words = found["how"].upper().split()
        return Declare(_name(found), found["query"], "SCROLL" in words and "NO" not in words, (found["hold"] or "").upper() == "WITH")
    if (found := _FETCH.fullmatch(sql)) is not None:
        way, count, is_back = _way((found["way"] or "NEXT").upper().split())
        return CursorStep(_name(found), found["word"].upper() == "MOVE", way, count, is_back)
    if (found := _CLOSE.fullmatch(sql)) is not None:
        return Close(None if found["all"] else _name(found))
    return None


def _name(found: re.Match[str]) -> str:
    return str(found["quoted"]).replace('""', '"') if found["quoted"] else str(found["plain"]).lower()


def _way(words: list[str]) -> tuple[str, int | None, bool]:
    first, rest = words[0], words[1:]
    if first in ("FIRST", "LAST"):
        return "ABSOLUTE", 1 if first == "FIRST" else -1, False
    if first in ("ABSOLUTE", "RELATIVE"):
        return first, int(rest[0]), False
    is_back = first in ("PRIOR", "BACKWARD")
    said = rest[0] if rest else first
    if said == "ALL":
        return "FORWARD", None, is_back
    count = int(said) if said.lstrip("+-").isdigit() else 1
    return "FORWARD", abs(count), is_back != (count < 0)


class RowCursor:
    """The rows of a query, and the one it stands on: 0 is before the first."""

    def __init__(self, result: Result, *, scrolls: bool, holds: bool) -> None:
        self.columns: tuple[ResultColumn, ...] = result.columns
        self.holds = holds
        self._result = result
        self._scrolls = scrolls
        self._position = 0
        self._all: pa.Table | None = None
        self._batches: Iterator[pa.RecordBatch] | None = None
        self._rest: pa.RecordBatch | None = None
        self._schema: pa.Schema | None = None
        self._is_told = False
        self._is_ended = False

    def go(self, step: CursorStep) -> Result:
        """The rows of one step, in the order in which it comes by them. Raises InvalidStatement, and the errors of the query."""
        table = self._through(step) if self._scrolls else self._onward(step)
        tells = self._is_ended and not self._is_told
        self._is_told = self._is_told or tells
        result = self._result
        return Result(
            table.to_reader(),
            columns=self.columns,
            failures=lambda: result.failures if tells else (),
            notices=lambda: result.notices if tells else (),
        )

    def close(self) -> None:
        """Let go of the rows that were not fetched."""
        self._result.close()

    # -- forwards, as rows come

    def _onward(self, step: CursorStep) -> pa.Table:
        count = step.count
        if step.way != "FORWARD" and count is not None:
            ahead = count - self._position if step.way == "ABSOLUTE" else count
            if count < 0 or ahead < 1:
                self._refuse()
            found = self._next(ahead)
            return found.slice(ahead - 1, 1)
        if step.is_back or count == 0:
            self._refuse()
        return self._next(count)

    def _refuse(self) -> None:
        raise InvalidStatement("the cursor goes forwards alone", hint="declare it with SCROLL to go back", sqlstate="55000")

    def _next(self, count: int | None) -> pa.Table:
        import pyarrow as pa

        if self._batches is None:
            self._batches = self._result.batches()
        found: list[pa.RecordBatch] = []
        rows = 0
        while count is None or rows < count:
            batch, self._rest = self._rest or next(self._batches, None), None
            if batch is None:
                self._is_ended = True
                break
            if count is not None and batch.num_rows > count - rows:
                self._rest = batch.slice(count - rows)
                batch = batch.slice(0, count - rows)
            found.append(batch)
            rows += batch.num_rows
            self._schema = batch.schema
        self._position += rows
        return pa.Table.from_batches(found, self._schema or self._result.schema)

    # -- both ways

    def _through(self, step: CursorStep) -> pa.Table:
        if self._all is None:
            self._all, self._is_ended = self._result.to_arrow(), True
        total, at = self._all.num_rows, self._position
        if step.way == "FORWARD":
            if step.count == 0:
                return self._rows(at, at)
            if step.is_back:
                first = 1 if step.count is None else max(at - step.count, 1)
                is_over = step.count is None or at - step.count < 1
                self._position = 0 if is_over else first
                found = self._rows(first, at - 1)
                return found.take(list(range(found.num_rows))[::-1]) if found.num_rows else found
            last = total if step.count is None else min(at + step.count, total)
            is_over = step.count is None or at + step.count > total
            self._position = total + 1 if is_over else last
            return self._rows(at + 1, last)
        assert step.count is not None
        wanted = at + step.count if step.way == "RELATIVE" else step.count if step.count >= 0 else total + 1 + step.count
        self._position = min(max(wanted, 0), total + 1)
        return self._rows(self._position, self._position)

    def _rows(self, first: int, last: int) -> pa.Table:
        """Rows by their numbers, from 1; none where there are none."""
        assert self._all is not None
        begin = max(first, 1)
        return self._all.slice(begin - 1, max(min(last, self._all.num_rows) - begin + 1, 0))


class Cursors:
    """One client's cursors by their names."""

    def __init__(self) -> None:
        self._open: dict[str, RowCursor] = {}

    def __bool__(self) -> bool:
        return bool(self._open)

    def add(self, name: str, cursor: RowCursor) -> None:
        """A new one. Raises AlreadyExists, NotSupported."""
        self.check_free(name)
        self._open[name] = cursor

    def check_free(self, name: str) -> None:
        """Whether there may be one of that name. Raises AlreadyExists, NotSupported."""
        if name in self._open:
            raise AlreadyExists(f'cursor "{name}" already exists', sqlstate="42P03")
        if len(self._open) >= _MOST:
            raise NotSupported(f"a connection has {_MOST} cursors at most", hint="CLOSE some")

    def find(self, name: str) -> RowCursor:
        """The one of that name. Raises UnknownPortal."""
        if name not in self._open:
            raise UnknownPortal(f'cursor "{name}" does not exist')
        return self._open[name]

    def close(self, name: str) -> None:
        """Close one. Raises UnknownPortal."""
        self.find(name).close()
        del self._open[name]

    def close_all(self, *, but_held: bool = False) -> None:
        """Close all of them, or those that end with their transaction."""
        for name, cursor in list(self._open.items()):
            if not (but_held and cursor.holds):
                cursor.close()
                del self._open[name]
