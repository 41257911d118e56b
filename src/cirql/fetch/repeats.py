"""Items that AWS lists twice: where something is created or deleted while its pages are read, one may stand on two of them."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, Callable, Set
from contextlib import aclosing

from cirql.catalog.model import Fetch, Role, Table
from cirql.fetch.rows import Row
from cirql.plan.arns import arn_columns
from cirql.startup.records import dataclass

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Naming:
    """The columns of a list's rows that tell them apart. `is_sure`: no two things are named alike."""

    columns: tuple[str, ...]
    is_sure: bool

    @classmethod
    def of(cls, table: Table, root: Fetch, asked: Set[str]) -> Naming | None:
        """What a list call's own answer has of the key, where all the rest of it is the same in each row; None where that is too little."""
        if root.role is not Role.LIST:
            return None
        given = {o.column for o in (*root.outputs, *root.lifted)}
        arn = () if table.arn is None else tuple(sorted(arn_columns(table.arn)))
        ways = [(table.key, len(table.key) == 1 and table.key[0].endswith("arn")), (table.identifier, True), (arn, True)]
        for columns, is_sure in ways:
            own = tuple(c for c in columns if c in given)
            if own and all(c in given or c in asked for c in columns):
                return cls(own, is_sure)
        return None

    def key(self, row: Row) -> Key | None:
        """What a row is named by; None where it has no name."""
        values = tuple(row.get(c) for c in self.columns)
        return None if values[0] is None or any(isinstance(v, (list, dict)) for v in values) else values


HELD_ROWS = 20_000
"""How many rows of one place wait at most for the end of its lists."""
MARK = "_listed"
"""The member of a row that says where in which list it stood."""
Mark = tuple["Occurrences", int, int]


class Occurrences:
    """One list: on which page each key stood last. It holds a number for each row of the list, and no row."""

    def __init__(self, naming: Naming) -> None:
        self._naming = naming
        self._page = 0
        self._last: dict[int, int] = {}
        self._given: dict[int, int] = {}
        self._is_key = True

    def mark(self, page: list[Row]) -> list[Mark | None]:
        """Where the rows of the next page stand. Where two different ones of it have the same key, it is none, and nothing is left out."""
        self._page += 1
        marks: list[Mark | None] = []
        here: dict[int, Row] = {}
        for row in page:
            key = self._naming.key(row)
            if key is None:
                marks.append(None)
                continue
            number = hash(key) if self._naming.is_sure else hash((key, repr(row)))
            if self._naming.is_sure and here.setdefault(number, row) != row:
                self._is_key = False
            self._last[number] = self._page
            marks.append((self, number, self._page))
        if not self._naming.is_sure:
            self._is_key = self._is_key and _tells_apart(page, self._naming)
        return marks

    def passes(self, number: int, page: int) -> bool:
        """Whether a row is to be given: none newer stands in the list, and none older has been given."""
        if not self._is_key:
            return True
        before = self._given.get(number)
        if self._last[number] > page or (before is not None and (self._naming.is_sure or before != page)):
            return False
        self._given[number] = page
        return True


def _tells_apart(page: list[Row], naming: Naming) -> bool:
    found: dict[Key, Row] = {}
    return all(found.setdefault(key, row) == row for row in page if (key := naming.key(row)) is not None)


async def as_they_come(pages: AsyncGenerator[list[Row]], tell: Callable[[int], None]) -> AsyncGenerator[list[Row]]:
    """The pages with one row for each key of a list, that which comes first; `tell` hears how many were left out."""
    held = _Held()
    async with aclosing(pages):
        async for page in pages:
            held.take(page, 0)
            if kept := held.release():
                yield kept
    if held.left_out:
        tell(held.left_out)


async def each_once(
    pages: AsyncGenerator[list[Row]], tell: Callable[[int], None], patience: float, most: int = HELD_ROWS
) -> AsyncGenerator[list[Row]]:
    """The pages with one row for each key of a list, the newest; `tell` hears how many were left out.

    Pages wait until the last has come, for `patience` seconds and up to `most` rows: of an item that AWS lists on any two pages among them
    the newer is given; of one whose older row went on before, the older. Where the pages end in an error, those that came are given first.
    """
    held = _Held()
    came: asyncio.Queue[list[Row] | None] = asyncio.Queue()
    room = asyncio.Semaphore(2)

    async def read() -> None:
        async with aclosing(pages):
            async for page in pages:
                await room.acquire()
                came.put_nowait(page)

    reader = asyncio.create_task(read())
    reader.add_done_callback(lambda _: came.put_nowait(None))
    try:
        while (page := await _next(came, held.due)) is not None:
            if page is not _NOTHING:
                room.release()
            held.take(page, patience)
            while held.rows > (0 if page is _NOTHING else most):
                if kept := held.release():
                    yield kept
        while held.rows:
            if kept := held.release():
                yield kept
        if held.left_out:
            tell(held.left_out)
        reader.result()
    finally:
        reader.cancel()
        await asyncio.wait([reader])


_NOTHING: list[Row] = []


async def _next(came: asyncio.Queue[list[Row] | None], due: float) -> list[Row] | None:
    """The page that comes next, None after the last; `_NOTHING` where none has come until then."""
    if math.isinf(due):
        return await came.get()
    try:
        async with asyncio.timeout_at(due):
            return await came.get()
    except TimeoutError:
        return _NOTHING


class _Held:
    """The pages that wait, and until when."""

    def __init__(self) -> None:
        self.rows = self.left_out = 0
        self.due = math.inf
        self._pages: deque[list[Row]] = deque()

    def take(self, page: list[Row], patience: float) -> None:
        """Put a page at the end; `_NOTHING` says that the time is up."""
        if not page:
            self.due = math.inf if page is _NOTHING else self.due
            return
        if not self._pages:
            self.due = asyncio.get_running_loop().time() + patience
        self._pages.append(page)
        self.rows += len(page)

    def release(self) -> list[Row]:
        """The rows of the first page that are to be given."""
        page = self._pages.popleft() if self._pages else []
        self.rows -= len(page)
        kept = [row for row in page if (mark := row.pop(MARK, None)) is None or mark[0].passes(*mark[1:])]
        self.left_out += len(page) - len(kept)
        return kept
