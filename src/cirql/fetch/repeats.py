"""Items that AWS lists twice: where something is created or deleted while its pages are read, one may stand on two of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Set
from contextlib import aclosing

from cirql.catalog.model import Fetch, Role, Table
from cirql.errors import DatabaseError
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


async def each_once(
    pages: AsyncGenerator[list[Row]], naming: Naming, tell: Callable[[int], None], *, lookahead: bool
) -> AsyncGenerator[list[Row]]:
    """The pages with one row for each key; `tell` hears how many were left out.

    With `lookahead` a page is held until the next is there, so that of a row on both the newer is given; of one that stood further back, or
    without it, the first. Where two different rows of one page have the same key, it is none, and all rows are given; so are rows
    that differ where the key is a guess.
    """
    sieve = _Sieve(naming)
    held: list[Row] | None = None
    try:
        async with aclosing(pages):
            async for page in pages:
                kept, page = sieve.pass_on(held, page)
                if kept is not None:
                    yield kept
                held = page if lookahead else None
                if not lookahead:
                    yield page
    except DatabaseError:
        if held is not None:  # the list has ended early; what it gave counts
            yield held
        raise
    if held is not None:
        yield held
    if sieve.left_out:
        tell(sieve.left_out)


class _Sieve:
    """The keys that a list has given so far."""

    def __init__(self, naming: Naming) -> None:
        self.left_out = 0
        self._naming = naming
        self._is_key = True
        self._seen: set[int] = set()
        self._before: dict[Key, Row] = {}

    def pass_on(self, held: list[Row] | None, page: list[Row]) -> tuple[list[Row] | None, list[Row]]:
        """A page, and the one before it where that is still held, without the rows that are on an other one too."""
        here = _by_key(page, self._naming)
        self._is_key = self._is_key and here is not None
        if not self._is_key or here is None:
            return held, page
        is_sure, before = self._naming.is_sure, self._before
        next_to = {k for k in here.keys() & before.keys() if is_sure or here[k] == before[k]}
        further = {k for k in here if hash(k) in self._seen and k not in before} if self._seen and is_sure else set()
        self.left_out += len(next_to) + len(further)
        if held is not None:
            gone = {id(before[k]) for k in next_to}
            held = [row for row in held if id(row) not in gone]
            next_to = set()
        dropped = {id(here[k]) for k in next_to | further}
        self._seen.update(map(hash, before))
        self._before = here
        return held, [row for row in page if id(row) not in dropped]


def _by_key(page: list[Row], naming: Naming) -> dict[Key, Row] | None:
    """The rows of a page by their keys; None where two different ones have the same."""
    found: dict[Key, Row] = {}
    for row in page:
        key = naming.key(row)
        if key is not None and found.setdefault(key, row) != row:
            return None
    return found
