"""The format for people: a ruled table, or one record below the other where a table would not fit the terminal.

On a terminal nothing is wider than the screen: cells are wrapped, and a cell of more lines than `MOST_LINES` ends in `…`. Elsewhere nothing
is wrapped or cut. Control characters are written as escapes, so that what a tag holds cannot steer the terminal.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import BinaryIO
from unicodedata import combining, east_asian_width

from cirql.rendering.encode import plain_moment, to_texts
from cirql.result import Result
from cirql.rows import is_number
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

MOST_LINES = 12
NARROWEST = 12
_NULL = "NULL"
_RECORD_WIDTH = 1_000
"""How wide a record is where there is no screen to say it."""
_DIM, _BOLD, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"
_CONTROL = regex(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal: how many characters fit a line, and whether to use colour."""

    width: int
    colour: bool = True


def screen() -> Screen | None:
    """The terminal that stdout is; None where it is none."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Screen(shutil.get_terminal_size().columns, colour)


class Layout(StrEnum):
    """How rows stand: a table, each row below the other, or a table where that fits the screen."""

    TABLE = "off"
    RECORDS = "on"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Look:
    """What the reader prefers: how rows stand, and what stands for NULL."""

    layout: Layout = Layout.AUTO
    null: str = "NULL"


@dataclass(frozen=True, slots=True)
class _Column:
    """One column, ready to print: NULL is None, texts have no control characters."""

    name: str
    cells: list[str | None]
    natural: int
    numeric: bool
    null: str = _NULL


def write_table(result: Result, out: BinaryIO, screen: Screen | None, look: Look | None = None) -> None:
    """Write all rows as a table. `screen` is the terminal that `out` is, or None."""
    look = look or Look()
    columns = _columns(result, look.null)
    if not columns:
        return
    widths = None if look.layout is Layout.RECORDS else _widths(columns, screen)
    if widths is None and look.layout is not Layout.TABLE:
        lines = _records(columns, screen or Screen(_RECORD_WIDTH, colour=False))
    else:
        lines = _table(columns, widths or [column.natural for column in columns], screen)
    out.writelines(line.encode("utf-8", "backslashreplace") + b"\n" for line in lines)


def _columns(result: Result, null: str) -> list[_Column]:
    table = result.to_arrow()
    columns = []
    for described, data in zip(result.columns, table.columns, strict=True):
        cells: list[str | None] = []
        for chunk in data.chunks:
            cells += [None if text is None else _legible(text) for text in to_texts(chunk, described.type, plain_moment)]
        name = _legible(described.name)
        natural = max([display_width(name), *(display_width(null if cell is None else cell) for cell in cells)])
        columns.append(_Column(name, cells, natural, is_number(described.type), null))
    return columns


def _legible(text: str) -> str:
    return _CONTROL.sub(lambda m: _ESCAPES.get(m.group()) or m.group().encode("unicode_escape").decode("ascii"), text)


def display_width(text: str) -> int:
    """How many cells of a terminal a text takes: East Asian wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _widths(columns: Sequence[_Column], screen: Screen | None) -> list[int] | None:
    """The width of each column: what it needs or, on a terminal, what is left for it; None where that is too little."""
    natural = [column.natural for column in columns]
    frame = 3 * len(columns) + 1
    if screen is None or sum(natural) + frame <= screen.width:
        return natural
    room = screen.width - frame
    least = [min(width, max(NARROWEST, display_width(column.name))) for width, column in zip(natural, columns, strict=True)]
    if sum(least) > room:
        return None
    return _share(natural, least, room)


def _share(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Give each column what it needs up to a common ceiling, the highest that fits the room."""
    low, high = 0, max(natural)
    while low < high:
        ceiling = (low + high + 1) // 2
        if sum(min(n, max(f, ceiling)) for n, f in zip(natural, least, strict=True)) <= room:
            low = ceiling
        else:
            high = ceiling - 1
    return [min(n, max(f, low)) for n, f in zip(natural, least, strict=True)]


def _table(columns: Sequence[_Column], widths: Sequence[int], screen: Screen | None) -> Iterator[str]:
    colour = screen is not None and screen.colour
    yield _rule("┌┬┐", widths)
    yield "│" + "│".join(f" {_styled(_padded(c.name, w, c.numeric), _BOLD, colour)} " for c, w in zip(columns, widths, strict=True)) + "│"
    yield _rule("├┼┤", widths)
    for row in zip(*(column.cells for column in columns), strict=True):
        cells = [_wrapped(c.null if cell is None else cell, width) for c, cell, width in zip(columns, row, widths, strict=True)]
        for number in range(max(len(lines) for lines in cells)):
            pieces = []
            for column, cell, lines, width in zip(columns, row, cells, widths, strict=True):
                piece = _padded(lines[number] if number < len(lines) else "", width, column.numeric)
                pieces.append(f" {_styled(piece, _DIM, colour and cell is None)} ")
            yield "│" + "│".join(pieces) + "│"
    yield _rule("└┴┘", widths)


def _rule(corners: str, widths: Sequence[int]) -> str:
    return corners[0] + corners[1].join("─" * (width + 2) for width in widths) + corners[2]


def _records(columns: Sequence[_Column], screen: Screen) -> Iterator[str]:
    """Each row as a block of `name │ value` lines."""
    names = min(max(display_width(column.name) for column in columns), screen.width // 2)
    width = max(screen.width - names - 3, 1)
    for number, row in enumerate(zip(*(column.cells for column in columns), strict=True), start=1):
        title = f"─ row {number} "
        yield _styled(title + "─" * max(screen.width - len(title), 0), _DIM, screen.colour)
        for column, cell in zip(columns, row, strict=True):
            lines = _wrapped(column.null if cell is None else cell, width)
            labels = _wrapped(column.name, names)
            for index in range(max(len(lines), len(labels))):
                label = _padded(labels[index] if index < len(labels) else "", names, False)
                piece = lines[index] if index < len(lines) else ""
                yield f"{_styled(label, _BOLD, screen.colour)} │ {_styled(piece, _DIM, screen.colour and cell is None)}".rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    """A cell's lines, none wider than `width`."""
    if display_width(text) <= width:
        return [text]
    lines: list[str] = []
    while text and len(lines) < MOST_LINES:
        cut = _fitting(text, width)
        if cut < len(text) and not text[cut].isspace() and (blank := text.rfind(" ", 0, cut)) * 3 >= cut * 2:
            cut = blank + 1  # Between words, where that leaves no large gap.
        lines.append(text[:cut])
        text = text[cut:]
    if text:
        lines[-1] = lines[-1][: _fitting(lines[-1], width - 1)] + "…"
    return lines


def _fitting(text: str, width: int) -> int:
    """How many of the first characters fit a width; at least one."""
    if text.isascii():
        return max(width, 1)
    used = 0
    for index, char in enumerate(text):
        used += display_width(char)
        if used > width:
            return max(index, 1)
    return len(text)


def _padded(text: str, width: int, right: bool) -> str:
    padding = " " * (width - display_width(text))
    return padding + text if right else text + padding


def _styled(text: str, style: str, colour: bool) -> str:
    return f"{style}{text}{_PLAIN}" if colour and text else text
