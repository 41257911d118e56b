"""Per-row calls: the columns that only a call for each row, or for each batch of rows, can give."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cirql.catalog.model import Fetch, Input, Role, Table
from cirql.cloud.target import Target
from cirql.errors import AccessDenied, CloudError, DatabaseError, ResourceNotFound
from cirql.fetch.requests import request
from cirql.fetch.rows import UNREAD, UNTOLD, Row, collected, given, rows_of, whole
from cirql.fetch.surroundings import Surroundings
from cirql.fetch.unread import OF_ONE_ROW, named
from cirql.startup.regexes import regex

_REFUSES_THE_QUESTION = regex(r"Validation|Invalid|BadRequest")
"""Codes with which a service says that this kind of thing has no tags, rather than that the thing is gone: worth a word to the user."""

Work = list[tuple[dict[str, Any], list[int]]]
"""Key values of a call, and the places of the rows that its answer is for."""


async def hydrated(rows: list[Row], fetch: Fetch, table: Table, target: Target, around: Surroundings) -> list[Row | None]:
    """What one fetch adds to each row, in their order; None for a row that is gone.

    A call that takes many keys is made for as many rows as it takes, and its answers are matched by the key's column.
    """
    known = frozenset(c for c, v in rows[0].items() if v is not None) if rows else frozenset()
    hydration = _Hydration(fetch, table, target, around, known)
    batched = [i for i in fetch.inputs if i.required and i.batch > 1]
    if len(batched) == 1 and any(o.column == batched[0].column for o in fetch.outputs):
        return await hydration.in_batches(rows, batched[0])
    return await hydration.one_by_one(rows)


class _Missing:
    """In place of the answers of one call: what its rows get for them (`None`: they are gone)."""

    __slots__ = ("part",)

    def __init__(self, part: Row | None) -> None:
        self.part = part


_DIVIDE = _Missing({})


class _Hydration:
    """One fetch over the rows of one target, of which these columns are known already."""

    def __init__(self, fetch: Fetch, table: Table, target: Target, around: Surroundings, known: frozenset[str]) -> None:
        self._lacking = fetch.gives - known
        self._fetch = fetch
        self._table = table
        self._target = target
        self._around = around
        self._place = {"region": target.region, table.account_column: target.account}

    async def one_by_one(self, rows: list[Row]) -> list[Row | None]:
        """A call for each row; rows with the same key share one."""
        alike: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for at, row in enumerate(rows):
            values = self._values(row)
            alike.setdefault(repr(values), (values, []))[1].append(at)
        found: list[Row | None] = [None] * len(rows)

        async def ask(values: dict[str, Any], places: list[int]) -> None:
            part = await self._one(values)
            for at in places:
                found[at] = part

        await _spread(ask, list(alike.values()), self._around.concurrency)
        return found

    async def in_batches(self, rows: list[Row], key: Input) -> list[Row | None]:
        """A call for each batch of rows that agree on the other inputs."""
        groups: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for at, row in enumerate(rows):
            values = self._values(row)
            others = {c: v for c, v in values.items() if c != key.column}
            if values.get(key.column) is not None:
                groups.setdefault(repr(others), (others, []))[1].append(at)
        found: list[Row | None] = [{} for _ in rows]

        async def ask(others: dict[str, Any], places: list[int]) -> None:
            wanted = list(dict.fromkeys(rows[at][key.column] for at in places))
            answers = await self._answers({**others, key.column: wanted}, is_divisible=len(wanted) > 1)
            if answers is _DIVIDE:  # one of the keys may be why: the others are asked for without it
                half = set(wanted[: len(wanted) // 2])
                await ask(others, [at for at in places if rows[at][key.column] in half])
                await ask(others, [at for at in places if rows[at][key.column] not in half])
                return
            if isinstance(answers, _Missing):
                for at in places:
                    found[at] = answers.part
                return
            by_key = {str(row[key.column]): row for answer in answers for row in rows_of(self._fetch, answer)}
            for at in places:
                match = by_key.get(str(rows[at][key.column]))
                found[at] = given(match) if match is not None else self._gone({**others, key.column: rows[at][key.column]})

        chunks = [(others, places[i : i + key.batch]) for others, places in groups.values() for i in range(0, len(places), key.batch)]
        await _spread(ask, chunks, self._around.concurrency)
        return found

    def _values(self, row: Row) -> dict[str, Any]:
        return {c: row.get(c, self._place.get(c)) for c in self._fetch.required}

    def _gone(self, values: dict[str, Any]) -> Row | None:
        """What a missing answer means: of a GET that the row is gone, of an ENRICH that it has nothing to add."""
        if self._fetch.role is not Role.GET:
            return {}
        for one in _single(values):
            self._around.unread.note_gone(self._table, self._target, self._fetch, named(one))
        return None

    async def _one(self, values: dict[str, Any]) -> Row | None:
        if lacking := " and ".join(self._fetch.lacks(values)):
            self._around.notice(f"{self._columns} of {self._table.name} are NULL for rows without {lacking} in {self._target}")
            return {UNTOLD: self._lacking}
        answers = await self._answers(values)
        if isinstance(answers, _Missing):
            return answers.part
        try:
            if self._fetch.collect:
                return collected(self._fetch, answers)
            row = whole(self._fetch, answers)
        except CloudError as error:
            return self._refused(values, error)
        return given(row) if row is not None else self._gone(values)

    @property
    def _columns(self) -> str:
        return " and ".join(o.column for o in self._fetch.outputs)

    async def _answers(self, values: dict[str, Any], *, is_divisible: bool = False) -> list[dict[str, Any]] | _Missing:
        """All pages of one call, or what stands for them in the rows that they are for.

        `is_divisible`: it asks for several keys, and `_DIVIDE` is given where one of them may have spoilt it for the others.
        """
        unread = self._around.unread
        if (known := unread.refusal(self._target, self._fetch)) is not None:
            return _Missing(self._refused(values, known))
        try:
            answers = await self._around.calls.answers(self._target, self._fetch, request(self._fetch, values))
        except ResourceNotFound as error:
            if is_divisible:
                return _DIVIDE
            code = error.failure.code if error.failure is not None else ""
            if self._fetch.role is Role.ENRICH and _REFUSES_THE_QUESTION.match(code):
                self._around.notice(f"{self._columns} of {self._table.name} are NULL for some rows in {self._target}: AWS answers {code}")
                return _Missing({UNTOLD: self._lacking})
            return _Missing(self._gone(values))
        except OF_ONE_ROW as error:
            if self._fetch.tolerated and isinstance(error, AccessDenied):
                self._around.denied.setdefault((str(self._table.name), self._target), set()).update(o.column for o in self._fetch.outputs)
                self._around.notice(f"{self._columns} of {self._table.name} are NULL in {self._target}: {error.message}")
                return _Missing({UNTOLD: self._lacking})
            unread.count(self._target, self._fetch, error)
            if is_divisible:
                return _DIVIDE
            return _Missing(self._refused(values, error))
        unread.answered(self._target, self._fetch)
        return answers

    def _refused(self, values: dict[str, Any], error: DatabaseError) -> Row:
        """What stands for an answer that was refused: nothing, and the columns that are not known for it."""
        for one in _single(values):
            self._around.unread.note(self._table, self._target, self._fetch, named(one), self._lacking, error)
        return {UNREAD: self._lacking}


def _single(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The keys of a call for many rows, one by one."""
    for column, value in values.items():
        if isinstance(value, list):
            return [{**values, column: one} for one in value]
    return [values]


async def _spread(ask: Callable[[dict[str, Any], list[int]], Awaitable[None]], work: Work, at_once: int) -> None:
    """Do all the work with a few tasks, however much there is of it, and leave nothing running behind an error."""
    left = iter(work)

    async def worker() -> None:
        for values, places in left:
            await ask(values, places)

    tasks = [asyncio.create_task(worker()) for _ in range(min(at_once, len(work)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
