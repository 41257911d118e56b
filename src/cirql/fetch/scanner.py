"""One scan in one target: calls out, rows back, page by page.

The order is the plan's: the root fetch (for every combination of keys, or for every row of the parent), then the filters whose columns
are there, then each step's per-row calls, each followed by the filters it makes possible. So no call is made for a row that
is already ruled out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Set
from contextlib import AsyncExitStack, aclosing
from functools import partial
from typing import Any, cast

from cirql.catalog.model import IDENTIFIER, Fetch, Role, Spread, Table
from cirql.cloud.target import Target
from cirql.errors import AccessDenied, CloudError, DatabaseError, NotSupported, ResourceNotFound
from cirql.fetch.bulk import in_bulk
from cirql.fetch.enough import Enough
from cirql.fetch.hydrate import hydrated
from cirql.fetch.keys import TargetKeys
from cirql.fetch.lineage import Lineage
from cirql.fetch.looked_at import NarrowedRoot, looked_at
from cirql.fetch.merge import each, in_blocks, in_order, in_waves
from cirql.fetch.placed import is_here
from cirql.fetch.repeats import MARK, Naming, Occurrences, as_they_come, each_once
from cirql.fetch.requests import narrowed, request, unfiltered
from cirql.fetch.rows import BESIDE, ODD, UNREAD, UNTOLD, Row, derive, given, in_key_order, make_key, rows_of, whole
from cirql.fetch.spread import said, tells_places, without_places
from cirql.fetch.surroundings import Surroundings
from cirql.fetch.sweep import swept
from cirql.fetch.unread import OF_ONE_ROW, PATIENCE, is_of_form, named
from cirql.plan.arns import where_of_arn
from cirql.plan.hydrate import context_columns
from cirql.plan.model import ParentScan, Scan, Step
from cirql.plan.placement import placed_column
from cirql.startup.records import replace

CONCURRENT_LISTS = 32
PAGES_AHEAD = 32
PAGES_AT_ONCE = 32
FEW_KEYS = 3
BULK_BLOCK = 100
"""Rows that are gathered before it is decided whether a bulk call is worth it."""


class Scanner:
    """Reads one scan from one target. `also`: what is looked at besides the columns of the scan; None: whatever a call gives."""

    def __init__(
        self,
        scan: Scan,
        target: Target,
        around: Surroundings,
        enough: Enough | None = None,
        *,
        lazy: bool | None = None,
        also: Iterable[str] | None = (),
    ) -> None:
        self._enough = enough or Enough(None)
        self._lazy = scan.limit is not None if lazy is None else lazy
        self._scan = scan
        self._table = scan.table
        self._root_gives = scan.root.gives
        self._target = target
        self._around = around
        self._place = {"region": target.region, scan.table.account_column: target.account}
        self._keys = TargetKeys(scan.table, scan.keys, target)
        self._here: dict[str, bool] = {}
        self._parent_columns = {*(p.column for p in scan.table.parents), *scan.table.identifier, IDENTIFIER}
        self._also = also
        self._look = NarrowedRoot(scan.root)
        self._root_calls = self._listed = 0
        self._has_root_answer = False
        self._failed_roots: list[tuple[dict[str, Any], DatabaseError]] = []
        self._several_asked = False

    async def pages(self, *, waits: bool = True) -> AsyncGenerator[list[Row]]:
        """The rows of this target that can matter, complete with every wanted column, a page at a time; of what is listed twice the newer.

        Without `waits`, or where the reader may soon have enough, no page waits for those that may bring a newer row.
        """
        came, patience = self._all_pages(), self._around.patience
        once = as_they_come(came, self._say_repeated) if self._lazy or not waits else each_once(came, self._say_repeated, patience)
        async with aclosing(once) as pages:
            async for page in pages:
                yield page

    async def _all_pages(self) -> AsyncGenerator[list[Row]]:
        """The rows as they come. Where the list is refused and there is another way to the rows, that is gone."""
        other = self._scan.instead
        try:
            async with aclosing(self._by_this_way()) as pages:
                async for page in pages:
                    yield page
            return
        except (AccessDenied, CloudError, NotSupported) as error:
            if other is None or self._has_root_answer:
                raise
            self._around.notice(f"{self._table.name} is listed key by key in {self._target}: {error.message}")
        again = Scanner(other, self._target, self._around, self._enough, lazy=self._lazy, also=self._also)
        async with aclosing(again._all_pages()) as pages:
            async for page in pages:
                yield page

    async def _by_this_way(self) -> AsyncGenerator[list[Row]]:
        """Several pages are completed at once, so that short ones do not leave the per-row calls idle."""
        if self._keys.empty:
            return
        requests = self._requests()
        roots = (
            in_waves(requests, self._with_below, CONCURRENT_LISTS)
            if self._lazy
            else in_order(requests, self._with_below, CONCURRENT_LISTS, self._around.patience, PAGES_AHEAD)
        )
        async with AsyncExitStack() as open_:
            pages = await open_.enter_async_context(aclosing(roots))
            if self._lazy or not self._scan.steps:
                async for page in pages:
                    async for complete in self._finished(page):
                        yield complete
                self._settle_roots()
                return
            for stage in self._stages(pages):
                pages = await open_.enter_async_context(aclosing(stage))
            async for complete in pages:
                yield complete
            self._settle_roots()

    def _settle_roots(self) -> None:
        """Name the lists that could not be read beside the others. Raises the first error where there are no others, or none was read."""
        if self._failed_roots and (not self._has_root_answer or self._root_calls == 1):
            raise self._failed_roots[0][1]
        for values, error in self._failed_roots:
            self._around.unread.note(self._table, self._target, self._scan.root, named(values), (), error)

    def _stages(self, pages: AsyncGenerator[list[Row]]) -> Iterator[AsyncGenerator[list[Row]]]:
        """The pages completed, each stage over the one before; a step whose calls serve many rows gets blocks that fill its calls."""
        sizes, patience = [_block(step, self._table) for step in self._scan.steps], self._around.patience
        if max(sizes) == 1:
            yield in_order(pages, self._finished, PAGES_AT_ONCE, patience)
            return
        yield (pages := in_order(pages, self._first_filtered, PAGES_AT_ONCE, patience))
        for at, size in enumerate(sizes):
            if size > 1:
                yield (pages := in_blocks(pages, size))
            yield (pages := in_order(pages, partial(self._after_step, at), PAGES_AT_ONCE, patience))

    async def _first_filtered(self, page: list[Row]) -> AsyncGenerator[list[Row]]:
        """The rows of a page that what the list said of them does not rule out."""
        for row in page:
            self._complete(row)
        if rows := self._filtered(page, self._ready(self._root_gives.union(*page), set())):
            yield rows

    async def _after_step(self, at: int, rows: list[Row]) -> AsyncGenerator[list[Row]]:
        """The rows with what one step gives them, and every filter that this makes possible."""
        before = self._root_gives.union(*(f.gives for step in self._scan.steps[:at] for f in step.fetches))
        tested = self._ready(before, set())
        rows = await self._hydrate(rows, self._scan.steps[at])
        is_last = at == len(self._scan.steps) - 1
        columns = before.union(*(f.gives for f in self._scan.steps[at].fetches), *rows)
        left = [i for i in range(len(self._scan.filters)) if i not in tested]
        if rows := self._filtered(rows, left if is_last else self._ready(columns, set(tested))):
            yield rows

    async def _finished(self, page: list[Row]) -> AsyncGenerator[list[Row]]:
        """What becomes of one page: filtered, completed, filtered again, and no more of it than the limit needs."""
        for row in page:
            self._complete(row)
        columns = set(self._scan.root.gives).union(*(r.keys() for r in page))
        tested = self._ready(columns, set())
        rows = self._filtered(page, tested)
        while rows:
            last = len(tested) == len(self._scan.filters)  # no filter left: each of these rows counts
            claimed = await self._enough.claim(len(rows)) if last else len(rows)
            complete = await self._completed(rows[:claimed], columns, set(tested))
            if last:
                await self._enough.settle(claimed, len(complete))
            if complete:
                yield complete
            if not claimed:
                return
            rows = rows[claimed:]

    async def _completed(self, rows: list[Row], columns: set[str], tested: set[int]) -> list[Row]:
        """The rows with every step's columns, and every filter that these make possible."""
        for step in self._scan.steps:
            rows = await self._hydrate(rows, step)
            columns = columns.union(*(f.gives for f in step.fetches), *rows)
            more = self._ready(columns, tested)
            rows = self._filtered(rows, more)
            tested.update(more)
        return self._filtered(rows, [i for i in range(len(self._scan.filters)) if i not in tested])

    # -- the root

    async def _requests(self) -> AsyncGenerator[dict[str, Any]]:
        """The key values of every root call, each once."""
        root, parent = self._scan.root, self._scan.parent
        required = [i.column for i in root.inputs if i.required and i.column not in self._place]
        if parent is None or self._ask_directly(required):
            placed = placed_column(root)
            self._several_asked = any(len(g.rows or ()) > 1 for g in self._scan.keys if set(g.columns) & set(required))
            async for values in each(_batched(root, self._keys.combinations(required, _values(root)))):
                if not self._is_anothers(values) and (placed is None or await self._is_here(str(values.get(placed)))):
                    yield {**self._place, **self._optional(root, values), **values}
            return
        seen: set[str] = set()
        for source in (p for p in parent.every if self._keys.agree(dict(p.says))):
            async for values in self._from(source, required, seen):
                yield values

    async def _from(self, parent: ParentScan, required: list[str], seen: set[str]) -> AsyncGenerator[dict[str, Any]]:
        """The key values of the root calls that one parent's rows give, but for those that were `seen`."""
        root, lineage = self._scan.root, Lineage(self._table, parent)
        own = [c for c in required if c not in lineage.columns]
        scanner = Scanner(parent.scan, self._target, replace(self._around, known=None), lazy=self._lazy, also=lineage.sources)
        async for page in scanner.pages(waits=False):
            for values in (v for row in in_key_order(parent.scan.table, page) for v in lineage.keys(row)):
                if repr(values) in seen or root.lacks(values) or not self._keys.agree(values):
                    continue
                seen.add(repr(values))
                for more in self._keys.combinations(own, _values(root)):
                    yield {**self._place, **self._optional(root, values), **values, **more}

    def _is_anothers(self, values: dict[str, Any]) -> bool:
        """Whether the ARN of a parent names another account that is asked too: some services answer for the ARNs of others."""
        texts = [v for c, v in values.items() if c in self._parent_columns and isinstance(v, str)]
        named = {where_of_arn(part).get("account_id") for text in texts for part in text.split("|")}
        return bool((named - {None, self._target.account}) & {t.account for t in self._around.targets})

    async def _is_here(self, name: str) -> bool:
        if name not in self._here:
            self._here[name] = await is_here(name, self._table, self._target, self._around)
        return self._here[name]

    def _ask_directly(self, required: list[str]) -> bool:
        """Whether to ask for every key at once: with many keys and targets, most would not exist in most targets."""
        if not self._scan.keys_suffice:
            return False
        if self._keys.tell_apart(required, self._around.targets):
            return True
        parent = self._scan.parent
        listed_anyway = parent is not None and all(self._around.calls.shares(p.scan.root) for p in parent.every)
        return not listed_anyway and len(self._keys.combinations(required)) <= FEW_KEYS

    def _optional(self, root: Fetch, values: dict[str, Any]) -> dict[str, Any]:
        """Values for the inputs that only narrow the answer: as many as the call takes."""
        found = {}
        for option in root.inputs:
            column = option.column
            if option.required or column in values:
                continue
            if option.operator == "=" and self._keys.covers([column]):
                wanted = [c[column] for c in self._keys.combinations([column])]
                if 0 < len(wanted) <= option.batch:
                    found[column] = wanted[0] if option.batch == 1 else wanted
        return found

    def _bounds(self, root: Fetch) -> dict[str, Any]:
        """Request members for ranges and patterns, by parameter."""
        if self._around.calls.lists_whole_anyway(root):
            return {}
        by_kind = {(b.column, b.operator): b.value for b in self._scan.bounds}
        optional = (i for i in root.inputs if not i.required and i.operator != "=")
        return {i.param: by_kind[i.column, i.operator] for i in optional if (i.column, i.operator) in by_kind}

    async def _with_below(self, values: dict[str, Any]) -> AsyncGenerator[list[Row]]:
        """The rows of one root call, and of those that its rows are keys of, down to the last."""
        again = {} if self._scan.keys_suffice else {p.column: p.again for p in self._table.parents if p.again}
        open_, seen = [values], {repr(values)}
        for asked in open_:
            async for page in self._root_pages(asked):
                below = (
                    ({**values, **{c: row.get(source) for c, source in again.items()}} for row in page if BESIDE not in row)
                    if again
                    else ()
                )
                for more in below:
                    if repr(more) not in seen:
                        seen.add(repr(more))
                        open_.append(more)
                yield page

    async def _root_pages(self, values: dict[str, Any]) -> AsyncGenerator[list[Row]]:
        root = self._scan.root
        params = request(root, values) | self._bounds(root)
        asked = {i.column: values[i.column] for i in root.inputs if i.operator == "=" and i.required and i.batch == 1}
        naming = Naming.of(self._table, root, asked.keys() | self._place.keys())
        if self._look.only is None and self._also is not None and self._around.known is None:
            self._look = looked_at(self._scan, naming, self._also)
        if self._scan.parent is not None and not self._scan.keys_suffice:
            asked.update({c: v for c, v in values.items() if c not in asked and not isinstance(v, list)})
        self._root_calls += 1
        has_begun = False
        try:
            pages = self._narrowed(root, params)
            listing = None if naming is None else Occurrences(naming)
            async for rows in pages:
                self._has_root_answer = has_begun = self._around.unread.is_one_answered = True
                self._listed += len(rows)
                now = self._around.clock()
                marks = [None] * len(rows) if listing is None else listing.mark(rows)
                yield [{"_fetched_at": now, MARK: mark, **asked, **given(row)} for mark, row in zip(marks, rows, strict=True)]
        except ResourceNotFound as error:
            if has_begun:  # it was there on the page before: the list has ended early
                self._failed_roots.append((self._asked_for(values), error))
                return
            self._has_root_answer = self._around.unread.is_one_answered = True  # asked for by key and not there: no row, and no failure
            for part in _halves(values):  # one of several is not there: the others may be
                async for page in self._root_pages(part):
                    yield page
        except OF_ONE_ROW as error:
            if self._several_asked and not has_begun and is_of_form(error):
                if parts := _halves(values):  # one of several spoils the call for the others
                    for part in parts:
                        async for page in self._root_pages(part):
                            yield page
                    return
                self._around.unread.note_ill_formed(self._table, self._target, root, named(self._asked_for(values)), error)
                return
            self._failed_roots.append((self._asked_for(values), error))
            if not self._has_root_answer and len(self._failed_roots) >= PATIENCE:
                raise

    def _asked_for(self, values: dict[str, Any]) -> dict[str, Any]:
        """What tells one root call from the others of this target."""
        required = self._scan.root.required
        return {c: v for c, v in values.items() if c in required and c not in self._place}

    def _say_repeated(self, rows: int) -> None:
        self._around.notice(
            f"AWS listed {rows} items of {self._table.name} in {self._target} on more than one page, as it does when some come or go"
            " meanwhile: each is one row"
        )

    async def _narrowed(self, root: Fetch, params: dict[str, Any]) -> AsyncGenerator[list[Row]]:
        """The rows of one call, with the filters that conditions allow; without, where the endpoint does not take those or their values."""
        filtered, bare = params, unfiltered(root, params)
        if root.role is Role.LIST and not self._around.calls.lists_whole_anyway(root):
            filtered = narrowed(root, params, self._scan.texts)
        has_begun = False
        try:
            async for rows in self._answered(root, filtered):
                has_begun = True
                yield rows
        except (CloudError, NotSupported) as error:
            if has_begun or filtered == bare or isinstance(error, ResourceNotFound):
                raise
            async for rows in self._answered(root, bare):
                yield rows

    async def _answered(self, root: Fetch, params: dict[str, Any]) -> AsyncGenerator[list[Row]]:
        """The rows of one call page by page; where the pages are those of a single row, that row."""
        if root.role is Role.GET and root.paging is not None:
            row = whole(root, await self._around.calls.answers(self._target, root, params))
            yield [row] if row is not None else []
            return
        if root.spread is None:
            async for answer in self._around.calls.pages(self._target, root, params, self._look.only):
                yield rows_of(self._look.fetch, answer)
            return
        async for rows in self._spread(root.spread, root, params):
            yield rows

    async def _spread(self, spread: Spread, root: Fetch, params: dict[str, Any]) -> AsyncGenerator[list[Row]]:
        """The rows of a call whose answer is alike in several regions, those that this target gives."""
        targets, elsewhere = self._around.targets, list[str]()
        first = min((t for t in targets if t.account == self._target.account), default=self._target) if spread.whole else self._target
        is_shared = spread.whole and len(targets) > 1
        pages = each(await self._around.calls.kept(first, root, params)) if is_shared else self._around.calls.pages(first, root, params)
        async for answer in pages:
            rows = rows_of(self._look.fetch, answer)
            if is_shared and spread.narrows and not tells_places(rows):
                async for narrow in self._around.calls.pages(self._target, root, {**params, spread.narrows: self._target.region}):
                    yield [without_places(row) for row in rows_of(self._look.fetch, narrow)]
                return
            rows, others = self._around.spreading.here(spread, self._table, self._target, targets, rows)
            elsewhere += others
            yield rows
        if elsewhere and self._scan.constants("region") is None:
            self._around.notice(said(self._table, self._target.account, elsewhere))

    def _complete(self, row: Row) -> None:
        """Fill what needs no call."""
        row["region"] = self._target.region
        row["_source"] = "live"
        if self._target.account:
            row[self._table.account_column] = self._target.account
        self._tell_odd(row)
        self._say_untagged(row, (self._scan.root,), row.get(UNREAD, frozenset()))
        self._derive(row)

    def _say_untagged(self, row: Row, fetches: Iterable[Fetch], unknown: Set[str] = frozenset()) -> None:
        """Where tags were read and there are none, there are none: NULL is for tags that are not known."""
        for output in (o for f in fetches for o in f.outputs if o.reading == "tags"):
            if row.get(output.column) is None and output.column not in unknown:
                row[output.column] = {}

    def _tell_odd(self, row: Row) -> None:
        """Tell of members that could not be read at all; the row's columns of them are NULL."""
        for member, text in row.pop(ODD, {}).items():
            self._around.unread.note_odd(self._table, row, member, text, "JSON")

    def _derive(self, row: Row) -> None:
        derive(self._table, row, self._target.partition)
        if "_key" in self._scan.columns and "_key" not in row:
            make_key(self._table, row, self._root_gives)

    # -- filters

    def _ready(self, columns: Set[str], done: set[int]) -> list[int]:
        return [i for i, f in enumerate(self._scan.filters) if i not in done and f.columns <= columns]

    def _filtered(self, rows: list[Row], tests: list[int]) -> list[Row]:
        for i in tests:
            if not rows:
                break
            test = self._scan.filters[i]
            kept = test.decide([row.get(next(iter(test.columns))) for row in rows])
            if kept is None:
                kept = self._around.passes(test, self._table, rows)
            rows = [row for row, keep in zip(rows, kept, strict=True) if keep]
        return rows

    # -- per-row calls

    async def _hydrate(self, rows: list[Row], step: Step) -> list[Row]:
        """Complete every row with the step's fetches; a row that has gone meanwhile is dropped."""
        if not rows:
            return rows
        known, kept = self._around.known, cast("list[Row | None]", [None] * len(rows))
        if known is not None and any(f.role is Role.GET for f in step.fetches):
            kept = await known.unchanged(self._target, rows)
        tasks = [asyncio.create_task(self._parts(rows, fetch, kept, step.instead)) for fetch in step.fetches]
        try:
            found = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        complete = []
        for row, parts in zip(rows, zip(*found, strict=True), strict=True):
            if any(part is None for part in parts):
                continue
            lacking = [part[UNREAD] for part in parts if part and UNREAD in part]
            for part in parts:
                row.update(part or {})
            if lacking:
                row[UNREAD] = frozenset().union(*lacking)
            untold = [part[UNTOLD] for part in parts if part and UNTOLD in part]
            self._say_untagged(row, step.fetches, frozenset().union(*lacking, *untold))
            self._tell_odd(row)
            self._derive(row)
            complete.append(row)
        return complete

    async def _parts(self, rows: list[Row], fetch: Fetch, kept: list[Row | None], instead: tuple[Fetch, ...]) -> list[Row | None]:
        """What a fetch adds to each row; a describe call is not made for rows whose answer is `kept`. `instead` are a bulk call's."""
        if fetch.match:
            return await in_bulk(rows, fetch, instead, self._table, self._target, self._around, listed=self._listed)
        if (row_by_row := self._table.fallback(fetch)) is not None:
            return await swept(rows, fetch, row_by_row, self._table, self._target, self._around)
        if fetch.role is not Role.GET or not any(kept):
            return await hydrated(rows, fetch, self._table, self._target, self._around)
        asked = [row for row, old in zip(rows, kept, strict=True) if old is None]
        answers = iter(await hydrated(asked, fetch, self._table, self._target, self._around) if asked else ())
        return [next(answers) if old is None else given({c: old.get(c) for c in fetch.gives}) for old in kept]


def _halves(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The key values of a call for many rows as those of two calls; none for a call that asks for one."""
    for column, value in values.items():
        if isinstance(value, list) and len(value) > 1:
            middle = len(value) // 2
            return [{**values, column: value[:middle]}, {**values, column: value[middle:]}]
    return []


def _block(step: Step, table: Table) -> int:
    """How many rows fill the calls of a step; 1 where its calls are for one row, or for rows that agree on something else."""
    context = context_columns(table)
    return max((BULK_BLOCK if f.match else f.batch for f in step.fetches if f.match or len(f.required - context) == 1), default=1)


def _values(fetch: Fetch) -> dict[str, tuple[str, ...]]:
    """The values that a required input can have, where AWS names them all."""
    return {i.column: i.values for i in fetch.inputs if i.values}


def _batched(fetch: Fetch, combinations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Combinations of one key folded into lists, where the call takes many values at once."""
    batched = [i for i in fetch.inputs if i.required and i.batch > 1]
    if len(batched) != 1:
        return combinations
    column, size = batched[0].column, batched[0].batch
    rest: dict[str, tuple[dict[str, Any], list[Any]]] = {}
    for values in combinations:
        others = {c: v for c, v in values.items() if c != column}
        rest.setdefault(repr(others), (others, []))[1].append(values[column])
    return [{**others, column: many[i : i + size]} for others, many in rest.values() for i in range(0, len(many), size)]
