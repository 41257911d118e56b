"""The calls of one statement: each distinct request is sent once, however many scans want its answer."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import Any

from cirql.catalog.model import Fetch
from cirql.cloud import Answer, Cloud
from cirql.cloud.target import Target
from cirql.errors import CloudError, CloudFailure, ResourceNotFound
from cirql.fetch.room import Room
from cirql.plan.model import Scan

Only = frozenset[tuple[str, ...]] | None
"""The members of an answer that are looked at, as paths of names; None: all."""


class Calls:
    """Sends requests to the cloud and shares the answers of operations that several scans use."""

    def __init__(self, cloud: Cloud, scans: Iterable[Scan], concurrency: int) -> None:
        scans = list(scans)
        used = Counter((f.service, f.operation) for scan in scans for at in _with_parents(scan) for f in at.calls)
        self._cloud = cloud
        self._shared = {operation for operation, times in used.items() if times > 1}
        self._listed_whole = {(s.root.service, s.root.operation) for scan in scans for s in _with_parents(scan) if not s.bounds}
        self._kept: dict[str, asyncio.Task[list[Answer]]] = {}
        self._room = Room(concurrency)
        self.sent: Counter[tuple[str, str]] = Counter()
        """Requests by account and region; a page is one, retries are not counted."""

    def shares(self, fetch: Fetch) -> bool:
        """Whether another scan asks for the same operation, so that its answers are kept."""
        return (fetch.service, fetch.operation) in self._shared

    def lists_whole_anyway(self, fetch: Fetch) -> bool:
        """Whether another scan needs all that the operation lists, so that narrowing it would only cost a second call."""
        return self.shares(fetch) and (fetch.service, fetch.operation) in self._listed_whole

    async def pages(self, target: Target, fetch: Fetch, params: dict[str, Any], only: Only = None) -> AsyncIterator[Answer]:
        """The answers of one request, page by page; nothing is missing of `only` these members."""
        if (fetch.service, fetch.operation) not in self._shared:
            async for answer in self._send(target, fetch, params, only):
                yield answer
            return
        for answer in await self.kept(target, fetch, params):
            yield answer

    async def answers(self, target: Target, fetch: Fetch, params: dict[str, Any]) -> list[Answer]:
        """All answers of one request."""
        if (fetch.service, fetch.operation) in self._shared:
            return await self.kept(target, fetch, params)
        return await self._all(target, fetch, params)

    async def kept(self, target: Target, fetch: Fetch, params: dict[str, Any]) -> list[Answer]:
        """All answers of one request, which is sent once in the statement."""
        key = json.dumps([str(target), fetch.service, fetch.operation, params], sort_keys=True, default=str)
        if key not in self._kept:
            self._kept[key] = asyncio.create_task(self._all(target, fetch, params))
        return await asyncio.shield(self._kept[key])

    async def _all(self, target: Target, fetch: Fetch, params: dict[str, Any]) -> list[Answer]:
        if fetch.paging is None:
            async with self._room:
                with _MissingByItsOwnCode(fetch, params):
                    self.sent[target.account, target.region] += 1
                    return [await self._cloud.call(target, fetch.service, fetch.operation, params)]
        return [answer async for answer in self._send(target, fetch, params)]

    async def _send(self, target: Target, fetch: Fetch, params: dict[str, Any], only: Only = None) -> AsyncIterator[Answer]:
        if fetch.paging is None:
            async with self._room:
                with _MissingByItsOwnCode(fetch, params):
                    self.sent[target.account, target.region] += 1
                    answer = await self._cloud.call(target, fetch.service, fetch.operation, params)
            yield answer
            return
        pages = self._cloud.pages(target, fetch.service, fetch.operation, params, fetch.paging, only)
        with _MissingByItsOwnCode(fetch, params):
            async for answer in pages:
                self.sent[target.account, target.region] += 1
                yield answer

    async def close(self) -> None:
        """Stop what is still under way."""
        for task in self._kept.values():
            task.cancel()
        await asyncio.gather(*self._kept.values(), return_exceptions=True)


class _MissingByItsOwnCode:
    """A block in which a code that says of this operation alone that there is no such thing (`ValidationError` of DescribeStacks) does so.

    A call that names nothing cannot be told that what it names is not there: only the operation's own codes are believed of that.
    Others are a gateway's, or a service's that does not know the operation.

    A class, because there is one for each call and a generator costs several times as much.
    """

    __slots__ = ("_fetch", "_params")

    def __init__(self, fetch: Fetch, params: dict[str, Any]) -> None:
        self._fetch = fetch
        self._params = params

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not isinstance(error, CloudError) or error.failure is None:
            return
        if isinstance(error, ResourceNotFound):
            if self._names_nothing() and not _says_missing(self._fetch.not_found, error.failure):
                hint = "nothing was asked for by its name, so this is no answer of AWS's list: check the endpoint and what stands before it"
                raise CloudError(error.message, hint=hint, failure=error.failure) from error
            return
        if self._fetch.not_found and _says_missing(self._fetch.not_found, error.failure):
            raise ResourceNotFound(error.message, hint=error.hint, failure=error.failure) from error

    def _names_nothing(self) -> bool:
        return not any(i.param.partition(".")[0] in self._params for i in self._fetch.inputs if i.param not in self._fetch.constants)


def _says_missing(codes: tuple[str, ...], failure: CloudFailure) -> bool:
    for entry in codes:
        code, _, words = entry.partition(": ")
        if code == failure.code and words in failure.message.lower():
            return True
    return False


def _with_parents(scan: Scan) -> Iterator[Scan]:
    yield scan
    for parent in scan.parents:
        yield from _with_parents(parent.scan)
