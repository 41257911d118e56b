"""EXPLAIN: what a statement will ask of AWS, before anything is asked.

`explain` turns a plan into an `Explanation`, which the renderers (`explain_text`, `explain_json`, `explain_mermaid`) print.
Numbers of calls are exact where the plan alone decides them; elsewhere a formula says what they depend on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from cirql.catalog.model import Fetch, Role
from cirql.cloud.rates import STARTING_RATES
from cirql.cloud.target import Target
from cirql.plan.documents import filter_of, sent_texts
from cirql.plan.equalities import combine, project
from cirql.plan.hydrate import context_columns
from cirql.plan.keys import with_derived
from cirql.plan.model import KeyGroup, Plan, Scan, Step, TextAt
from cirql.startup.records import asdict, dataclass, field, replace

Asked = Callable[[Scan], Sequence[Target] | None]


@dataclass(frozen=True, slots=True)
class Foreknown:
    """How many rows a scan's places had when they were last read, and how many places those were: at `since` or later, else just now.

    `answers` is for how many of its targets AWS is not asked, because the inventory answers.
    """

    rows: int
    places: int
    since: datetime | None = None
    answers: int = 0


Knows = Callable[[Scan], Foreknown | None]


@dataclass(frozen=True, slots=True)
class CallForecast:
    """One operation of a scan: how often (`count`, or a `formula` and the `least`), for which columns, and how fast it may go.

    `expected` is about how often, if there are as many rows as there were; None where nobody knows.
    """

    operation: str
    count: int | None
    formula: str
    columns: tuple[str, ...] = ()
    per_second: float | None = None
    filters_before: tuple[str, ...] = ()
    least: int = 0
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class ScanForecast:
    """One scan in words and numbers; `parent` is the scan that finds its keys, `others` are those that find more of them."""

    relation: str
    table: str
    columns: tuple[str, ...]
    targets: int | None
    keys: tuple[str, ...]
    calls: tuple[CallForecast, ...]
    filters: tuple[str, ...] = ()
    limit: int | None = None
    parent: ScanForecast | None = None
    known: Foreknown | None = None
    others: tuple[ScanForecast, ...] = ()

    @property
    def parents(self) -> tuple[ScanForecast, ...]:
        """All scans that find its keys."""
        return (self.parent, *self.others) if self.parent is not None else ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A whole statement: its scans in order, the SQL that DuckDB runs, and after ANALYZE what really happened."""

    scans: tuple[ScanForecast, ...]
    sql: str
    actual: Mapping[str, Any] = field(default_factory=dict)

    @property
    def calls(self) -> tuple[int, tuple[str, ...]]:
        """The calls that are certain, the least of open ones among them, and the formulas for those that are open."""
        every = [c for s in self.scans for c in _all_calls(s)]
        return sum(c.least if c.count is None else c.count for c in every), tuple(
            f"{c.operation}: {c.formula}" for c in every if c.count is None
        )

    @property
    def expected(self) -> int | None:
        """About how many calls there will be, if all is as it was; None where that is not known of each kind."""
        every = [c.expected for s in self.scans for c in _all_calls(s)]
        return None if None in every else sum(e for e in every if e is not None)


def explain(plan: Plan, asked: Asked, knows: Knows = lambda scan: None) -> Explanation:
    """Forecast a plan.

    `asked` gives the (account, region) pairs that a scan asks, where they are known without a call; `knows` says what there was.
    """

    def forecast(scan: Scan) -> ScanForecast:
        found = asked(scan)
        targets, accounts = (None, None) if found is None else (len(found), len({t.account for t in found}))
        return _scan(scan, targets, accounts, knows(scan))

    return Explanation(tuple(_expecting(s, forecast(s), knows) for s in plan.scans), plan.sql)


def _all_calls(scan: ScanForecast) -> Iterator[CallForecast]:
    for parent in scan.parents:
        yield from _all_calls(parent)
    yield from scan.calls


def _scan(scan: Scan, targets: int | None, accounts: int | None, known: Foreknown | None = None) -> ScanForecast:
    impossible = any(g.rows == () for g in scan.keys)
    left = targets - known.answers if known is not None and targets is not None else targets
    is_answered = targets is not None and targets > 0 and left == 0
    parents = () if scan.keys_suffice or impossible or is_answered else tuple(_scan(p.scan, left, accounts) for p in scan.parents)
    calls = () if impossible or is_answered else (_root_call(scan, left, accounts), *_step_calls(scan))
    return ScanForecast(
        relation=scan.relation,
        table=str(scan.table.name),
        columns=scan.columns,
        targets=0 if impossible else targets,
        keys=tuple(_key_text(group, _sent(scan, group)) for group in scan.keys)
        + tuple(f"{b.column} {b.operator} {b.value}" for b in scan.bounds if _is_sent(scan, b.column, b.operator))
        + tuple(
            f"{_place_text(text)} (sent to AWS as the filter {filter_of(given, text)})" for text, given in sent_texts(scan.root, scan.texts)
        ),
        calls=calls,
        filters=tuple(", ".join(sorted(f.columns)) for f in scan.filters),
        limit=scan.limit,
        parent=parents[0] if parents else None,
        others=parents[1:],
        known=None if impossible else known,
    )


def _expecting(scan: Scan, forecast: ScanForecast, knows: Knows) -> ScanForecast:
    """The forecast with about how often each call is made, if there are as many rows as there were."""
    if not forecast.calls:
        return forecast
    rows, parents, found = _rows_left(forecast), [], []
    for source, parent in zip(scan.parents, forecast.parents, strict=False):
        known = knows(source.scan)
        asked = replace(parent, known=replace(known, answers=0) if known is not None else None)  # what finds keys is always asked
        found.append(_rows_left(asked))
        parents.append(_expecting(source.scan, asked, knows))
    finding = sum(n for n in found if n is not None) if found and None not in found else None
    root, *more = forecast.calls
    lists = forecast.known.places if forecast.known is not None and forecast.targets is None else 0
    fetches = [f for step in scan.steps for f in step.fetches]
    wanted = rows if rows is None or scan.limit is None else min(rows, scan.limit)
    steps = [
        replace(c, expected=c.count if c.count is not None else None if wanted is None else _expected_steps(f, wanted))
        for c, f in zip(more, fetches, strict=True)
    ]
    calls = (replace(root, expected=_expected_lists(scan, root, rows, finding, lists)), *steps)
    return replace(forecast, parent=parents[0] if parents else None, others=tuple(parents[1:]), calls=calls)


def _expected_steps(fetch: Fetch, rows: int) -> int:
    """About how often a call is made that completes so many rows."""
    size = fetch.paging.size if fetch.match and fetch.paging is not None else None
    return math.ceil(rows / (size or fetch.batch))


def _rows_left(forecast: ScanForecast) -> int | None:
    """The rows of the places that are asked, where it is known of each of them how many it had."""
    known, targets = forecast.known, forecast.targets
    if known is None or (targets is not None and known.places < targets):
        return None
    return math.ceil(known.rows * (targets - known.answers) / targets) if targets else known.rows


def _expected_lists(scan: Scan, call: CallForecast, rows: int | None, finding: int | None, lists: int) -> int | None:
    """About how often the call that gives the rows is made; `finding` is how many rows there are that its keys come from.

    `lists` is the number of places where there was anything to list, where nobody knows yet how many are asked.
    """
    if call.count is not None:
        return call.count
    size = scan.root.paging.size if scan.root.paging is not None else None
    pages = math.ceil(rows / size) if rows is not None and size else 0
    if scan.parent is not None and not scan.keys_suffice:
        return None if finding is None else max(finding, pages)
    if not call.least or rows is None:
        return None
    return call.least if scan.limit is not None else max(call.least, lists, pages)


def _place_text(text: TextAt) -> str:
    place = f"{text.column} -> {' -> '.join(text.path)} =" if text.path else f"{text.column} ?"
    return f"{place} {' | '.join(text.values[:5])}{' | …' if len(text.values) > 5 else ''}"


def _is_sent(scan: Scan, column: str, operator: str) -> bool:
    return any(i.column == column and i.operator == operator and not i.required for i in scan.root.inputs)


def _sent(scan: Scan, group: KeyGroup) -> str:
    """What of constant keys the root call takes, in words; empty where they are only tested here."""
    found = []
    for at, column in enumerate(group.columns):
        given = next((i for i in scan.root.inputs if i.column == column and i.operator == "="), None)
        if given is None or not group.rows or (scan.parent is not None and not scan.keys_suffice and given.required):
            continue
        if given.required or len({repr(row[at]) for row in group.rows}) <= given.batch:
            found.append(given.param if given.filter_name is None else f"the filter {given.filter_name}")
    return f", sent to AWS as {' and '.join(found)}" if found else ""


def _key_text(group: KeyGroup, sent: str) -> str:
    names = ", ".join(group.columns)
    if not group.columns:
        return f"a condition is {group.why}; nothing is asked"
    if group.rows is None:
        return f"{names}: from the rows read before ({group.why})"
    if not group.rows:
        return f"{names}: no value is possible ({group.why}); nothing is asked"
    shown = " | ".join(", ".join(str(v) for v in row) for row in group.rows[:5])
    return f"{names} = {shown}{f' | … {len(group.rows)} in all' if len(group.rows) > 5 else ''} ({group.why}{sent})"


def _root_call(scan: Scan, targets: int | None, accounts: int | None) -> CallForecast:
    root, noun = scan.root, "target"
    if root.spread is not None and root.spread.whole:  # asked once an account
        targets, noun = None if targets is None or accounts is None else min(targets, accounts), "account"
    if scan.other is not None:
        return _bulk_root(scan, scan.other, targets)
    needed = root.required - context_columns(scan.table) - {i.column for i in root.inputs if i.values}
    paged = root.paging is not None and root.role is Role.LIST
    size = root.paging.size if root.paging is not None and root.paging.size else None
    pages = f"ceil(rows / {size})" if size else "pages"
    if scan.parent is not None and not scan.keys_suffice:
        parent = ", ".join(str(p.scan.table.name) for p in scan.parents)
        formula = f"{pages} for each row of {parent}" if paged else f"1 for each row of {parent}"
        return _call(root, None, formula)
    combinations = _combinations(scan, needed)
    if combinations is None:
        return _call(root, None, f"{pages if paged else '1'} for each key value found before")
    if combinations == 0:
        return _call(root, 0, "no key value is possible")
    per_target = 1 if _names_place(scan) else targets
    if not paged and per_target is not None:
        return _call(root, combinations * per_target, f"{combinations} key values" if needed else f"{per_target} {noun}s")
    where = f"1 {noun}" if _names_place(scan) else f"{targets} {noun}s" if targets is not None else f"each {noun}"
    keys = f" × {combinations} key values" if needed and combinations > 1 else ""
    # Under a LIMIT the first target may have enough.
    least = combinations * (per_target or 1) if scan.limit is None else 1
    return replace(_call(root, None, f"{pages} in {where}{keys}, at least {least}"), least=least)


def _bulk_root(scan: Scan, other: Scan, targets: int | None) -> CallForecast:
    """A list that tells of all at once, and what is called where it is refused."""
    root, way = scan.root, other.root
    parents = ", ".join(str(p.scan.table.name) for p in other.parents)
    keys = f"for each row of {parents}" if parents and not other.keys_suffice else "for each key"
    least = 1 if scan.limit is not None or targets is None else targets
    where = f"{targets} target{'s' * (targets != 1)}" if targets is not None else "each target"
    more = "".join(f", {f.service}:{f.operation} for each of its rows" for step in other.steps for f in step.fetches)
    instead = f"or {way.service}:{way.operation} {keys}{more} where this is refused"
    return replace(_call(root, None, f"pages in {where}, at least {least}, {instead}"), least=least)


def _names_place(scan: Scan) -> bool:
    """Whether the constants say for each key in which account and region it is."""
    return any({"region", scan.table.account_column} <= set(g.columns) and g.rows for g in scan.keys)


def _combinations(scan: Scan, needed: frozenset[str]) -> int | None:
    if any(g.rows is None for g in scan.keys):
        return None
    groups = with_derived(scan.table, combine(list(scan.keys)))
    known = {c for g in groups for c in g.columns}
    return len(project(groups, tuple(sorted(needed)))) if needed <= known else None


def _step_calls(scan: Scan) -> Iterator[CallForecast]:
    available = set(scan.root.gives) | context_columns(scan.table)
    done: list[str] = []
    for step in scan.steps:
        done += [", ".join(sorted(f.columns)) for f in scan.filters if f.columns <= available and ", ".join(sorted(f.columns)) not in done]
        for fetch in step.fetches:
            yield _step_call(scan, step, fetch, tuple(done))
        available.update(*(f.gives for f in step.fetches))


def _step_call(scan: Scan, step: Step, fetch: Fetch, filters: tuple[str, ...]) -> CallForecast:
    wanted = set(scan.columns) | {c for f in scan.filters for c in f.columns}
    columns = tuple(sorted(fetch.gives & wanted - fetch.required)) or tuple(sorted(fetch.gives - fetch.required))[:3]
    batch = fetch.batch
    share = f"1 for every {batch} rows" if batch > 1 else "1 for each row"
    left = f" left after the filter on {' and on '.join(filters)}" if filters else ""
    most = f", at most {scan.limit}" if scan.limit is not None and batch == 1 and len(filters) == len(scan.filters) else ""
    exact = _exact_rows(scan)
    if exact is not None and batch == 1:
        return _call(fetch, None if exact else 0, f"{share}{left}, at most {exact}", columns, filters)
    if fetch.match:
        own = " and ".join(f"{f.service}:{f.operation}" for f in step.instead)
        return _call(
            fetch,
            None,
            f"pages for all rows at once, or {own} for each row{left} where that takes no more calls or this is refused",
            columns,
        )
    row_by_row = scan.table.fallback(fetch)
    instead = f", or {row_by_row.service}:{row_by_row.operation} where that takes no more calls or this is refused" if row_by_row else ""
    return _call(fetch, None, f"{share}{left}{most}{instead}", columns, filters)


def _exact_rows(scan: Scan) -> int | None:
    """The most rows there can be, where each comes from one call by constant keys."""
    if scan.root.role is not Role.GET or (scan.parent is not None and not scan.keys_suffice) or not _names_place(scan):
        return None
    return _combinations(scan, scan.root.required - context_columns(scan.table))


def _call(fetch: Fetch, count: int | None, formula: str, columns: tuple[str, ...] = (), filters: tuple[str, ...] = ()) -> CallForecast:
    name = f"{fetch.service}:{fetch.operation}"
    rate = STARTING_RATES.get(name) or STARTING_RATES.get(fetch.service)
    return CallForecast(name, count, formula, columns, rate.per_second if rate is not None else None, filters)


def explain_text(explanation: Explanation) -> Iterator[str]:
    """Lines for people."""
    for scan in explanation.scans:
        yield from _text_of_scan(scan, "")
    certain, open_ = explanation.calls
    depending = f"{len(open_)} kinds of call depend" if len(open_) > 1 else "1 kind of call depends"
    about = ""
    if open_ and explanation.expected is not None:
        most = "at most " if any(c.filters_before for s in explanation.scans for c in _all_calls(s)) else ""
        about = f": {most}about {max(explanation.expected, certain)} in all"
    yield f"calls: {certain} certain" + (f"; {depending} on what is found{about}" if open_ else "")
    if explanation.actual:
        yield from _text_of_actual(explanation.actual)


def _text_of_scan(scan: ScanForecast, indent: str) -> Iterator[str]:
    targets = "" if scan.targets is None else f" in {scan.targets} target{'s' if scan.targets != 1 else ''}"
    limit = f", {scan.limit} rows are enough" if scan.limit is not None else ""
    yield f"{indent}scan {scan.table}{targets}{limit}: {', '.join(scan.columns)}"
    yield from (f"{indent}  key {key}" for key in scan.keys)
    if scan.known is not None:
        yield f"{indent}  {_text_of_known(scan, scan.known)}"
    for at, parent in enumerate(scan.parents):
        yield f"{indent}  {'more ' if at else ''}keys found by"
        yield from _text_of_scan(parent, indent + "    ")
    for call in scan.calls:
        times = call.formula if call.count is None else f"{call.count} ({call.formula})"
        why = f", for {', '.join(call.columns)}" if call.columns else ""
        rate = f", {call.per_second:g} a second at first" if call.per_second is not None and math.isfinite(call.per_second) else ""
        yield f"{indent}  call {call.operation}: {times}{why}{rate}"
    yield from (f"{indent}  filter on {columns}" for columns in scan.filters)


def _text_of_known(scan: ScanForecast, known: Foreknown) -> str:
    when = f"on {known.since:%Y-%m-%d at %H:%M:%S} UTC" if known.since is not None else "by the statement before"
    where = f"{known.places} place{'s' * (known.places != 1)}" if scan.targets is None else f"{known.places} of {scan.targets} targets"
    answers = f"; the inventory answers for {known.answers} of them, and AWS is not asked" if known.answers else ""
    most = "at most " if scan.filters or scan.limit is not None else ""
    return f"expects {most}{known.rows} row{'s' * (known.rows != 1)}, as {where} had when last read {when}{answers}"


def _text_of_actual(actual: Mapping[str, Any]) -> Iterator[str]:
    yield f"actual: {actual['rows']} rows in {actual['wall_ms']} ms, {sum(actual['calls'].values())} calls, " + (
        f"{actual['retries']} retries, {actual['throttles']} throttles, {actual.get('bytes', 0)} bytes"
    )
    yield from (f"  {operation}: {count}" for operation, count in actual["calls"].items())
    yield from (f"  {s['table']}: {s['rows']} rows from {s['targets']} targets, {s['failed']} failed" for s in actual.get("scans", ()))


def explain_json(explanation: Explanation) -> dict[str, Any]:
    """The same as plain data."""
    certain, open_ = explanation.calls
    answer: dict[str, Any] = {
        "scans": [asdict(s) for s in explanation.scans],
        "calls": {"certain": certain, "depending": list(open_), "expected": explanation.expected},
        "sql": explanation.sql,
    }
    return answer | ({"actual": dict(explanation.actual)} if explanation.actual else {})


def explain_mermaid(explanation: Explanation) -> Iterator[str]:
    """A flowchart in Mermaid's language: calls feed scans, scans feed DuckDB."""
    yield "flowchart LR"
    for scan in explanation.scans:
        yield from _mermaid_of_scan(scan, scan.relation)
        yield f"  {scan.relation} --> result[DuckDB]"
        for other in explanation.scans:
            if other is not scan and any("from the rows read before" in key for key in scan.keys) and other.relation < scan.relation:
                yield f"  {other.relation} -. keys .-> {scan.relation}"


def _mermaid_of_scan(scan: ScanForecast, name: str) -> Iterator[str]:
    yield f'  {name}["{scan.table}"]'
    for at, parent in enumerate(scan.parents):
        own = f"{name}_parent{at or ''}"
        yield from _mermaid_of_scan(parent, own)
        yield f"  {own} -. keys .-> {name}"
    for at, call in enumerate(scan.calls):
        times = str(call.count) if call.count is not None else call.formula
        yield f'  {name}_{at}("{call.operation}<br/>{times}") --> {name}'
