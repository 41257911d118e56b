"""Random sequences of scans, against a model that keeps every version in a Python list."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cirql.errors import NotInInventory
from cirql.inventory.embedded.store import DuckDBStore
from cirql.inventory.model import Difference, Partition, Request, ScanRecord
from cirql.inventory.store import Store
from tests.inventory.conformance.kinds import KINDS
from tests.inventory.conftest import TYPES, minute, table_of

NUMBERS = count()


@pytest.fixture(scope="module", params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """All examples share one store, each with a table of its own; at the end everything in it must be in order."""
    with KINDS[request.param](tmp_path_factory.mktemp("store")) as store:
        yield store
        assert store.verify() == []


@pytest.fixture
def examples(store: Store) -> int:
    """How many are tried: where each write is a commit of a lake, few; `CIRQL_SWEEP=1` tries more of them."""
    return 25 if isinstance(store, DuckDBStore) or os.environ.get("CIRQL_SWEEP") else 3


def new_table() -> str:
    return f"aws.t{next(NUMBERS)}"


KEYS = ["a", "b", "c", "d"]
COLUMNS = ["image", "size", "doc"]
PLACES = [("1", "us-east-1"), ("1", "eu-west-1"), ("2", "us-east-1")]
VALUES: dict[str, list[Any]] = {
    "image": ["x", "y"],
    "size": [1, None],
    "doc": ['{"p": 1, "q": [true]}', '{"q": [true], "p": 1}', '{"p": 2}', None],
}


@dataclass
class Life:
    """One version in the model."""

    start: datetime
    end: datetime | None
    known: frozenset[str]
    values: dict[str, Any]


@dataclass
class Model:
    """What the store should hold: by place and key, the versions in order."""

    lives: dict[tuple[str, str, str], list[Life]] = field(default_factory=dict)
    looked: list[ScanRecord] = field(default_factory=list)

    def apply(self, scan: ScanRecord, rows: list[dict[str, Any]]) -> None:
        parent = dict(scan.partition.parent)
        fetched = scan.columns | parent.keys()
        last = {row["_key"]: {**parent, **{c: row[c] for c in scan.columns}} for row in rows}
        for key, values in last.items():
            self._see((*scan.partition.place, key), scan.started, frozenset(fetched), values)
        if scan.complete:
            self.looked.append(scan)
            for (account, region, key), versions in self.lives.items():
                is_open = versions[-1].end is None
                belongs = all(c in versions[-1].known and versions[-1].values[c] == v for c, v in parent.items())
                if (account, region) == scan.partition.place and key not in last and is_open and belongs:
                    versions[-1].end = scan.started

    def _see(self, identity: tuple[str, str, str], at: datetime, fetched: frozenset[str], values: dict[str, Any]) -> None:
        versions = self.lives.setdefault(identity, [])
        if versions and versions[-1].end is None:
            current = versions[-1]
            if fetched <= current.known and all(same(c, values[c], current.values[c]) for c in fetched):
                return
            current.end = at
            versions.append(Life(at, None, current.known | fetched, current.values | values))
        else:
            versions.append(Life(at, None, fetched, values))

    def at(self, moment: datetime | None) -> dict[tuple[str, str, str], Life]:
        return {
            identity: v
            for identity, versions in self.lives.items()
            for v in versions
            if (v.end is None if moment is None else v.start <= moment and (v.end is None or v.end > moment))
        }


def same(column: str, one: Any, other: Any) -> bool:
    if column == "doc" and one is not None and other is not None:
        return bool(json.loads(one) == json.loads(other))
    return bool(one == other)


@st.composite
def scans(draw: st.DrawFn) -> tuple[tuple[str, str], tuple[tuple[str, str], ...], frozenset[str], bool, list[dict[str, Any]]]:
    place = draw(st.sampled_from(PLACES[:1] * 6 + PLACES))
    parent = draw(st.sampled_from([(), (), (("image", "x"),), (("image", "y"),)]))
    columns = draw(st.frozensets(st.sampled_from(COLUMNS), min_size=1))
    keys = draw(st.lists(st.sampled_from(KEYS[:3]), max_size=4))
    rows = [{"_key": k, **{c: draw(st.sampled_from(VALUES[c])) for c in COLUMNS}} for k in keys]
    for row in rows:
        row.update(parent)
    return place, parent, columns, draw(st.booleans()), rows


def record(
    name: str, n: int, place: tuple[str, str], parent: tuple[tuple[str, str], ...], columns: frozenset[str], complete: bool
) -> ScanRecord:
    return ScanRecord(
        Partition(name, *place, parent), minute(n), minute(n + 0.9), "test", complete, columns, "" if complete else "cut short"
    )


def shown(life: Life) -> dict[str, Any]:
    return {c: life.values.get(c) for c in COLUMNS}


def read(store: Store, name: str, moment: datetime | None) -> dict[tuple[str, str, str], dict[str, Any]]:
    wanted = {c: TYPES.get(c, TYPES["_key"]) for c in ("_key", "account_id", "region", *COLUMNS)}
    rows = store.read(Request(name, wanted, as_of=moment)).read_all().to_pylist()
    found = {(r["account_id"], r["region"], r["_key"]): {c: r[c] for c in COLUMNS} for r in rows}
    assert len(found) == len(rows), "one row per key and place"
    return found


def agree(store: Store, name: str, model: Model, moment: datetime | None) -> None:
    found, expected = read(store, name, moment), model.at(moment)
    assert found.keys() == expected.keys()
    for identity, life in expected.items():
        for column, value in shown(life).items():
            assert same(column, found[identity][column], value), (identity, column)


def agree_on_difference(store: Store, name: str, model: Model, early: datetime, late: datetime) -> None:
    before, after = model.at(early), model.at(late)
    expected: dict[tuple[str, str, str], tuple[Difference, set[str]]] = {}
    looked = [s.partition for s in model.looked if s.started <= early]
    if not looked:
        with pytest.raises(NotInInventory, match="not in the inventory as of"):
            list(store.diff(name, early, late))
        return
    for identity in before.keys() | after.keys():
        if identity not in after:
            expected[identity] = (Difference.DELETED, set(before[identity].known))
        elif identity not in before:
            values = after[identity].values
            was_there = any(p.place == identity[:2] and all(values.get(c) == v for c, v in p.parent) for p in looked)
            expected[identity] = (Difference.CREATED if was_there else Difference.FIRST_SEEN, set(after[identity].known))
        else:
            one, two = before[identity], after[identity]
            changed = {c for c in one.known & two.known if not same(c, one.values[c], two.values[c])}
            if changed:
                expected[identity] = (Difference.CHANGED, changed)
    found = {(c.account, c.region, c.key): (c.kind, set(c.columns)) for c in store.diff(name, early, late)}
    assert found == expected


def agree_on_freshness(store: Store, name: str, model: Model, now: datetime, as_of: datetime | None = None) -> None:
    """Whatever the store says it can answer, every row must really have."""
    current = model.at(as_of)
    for place in PLACES:
        for parent in ((), (("image", "x"),)):
            for wanted in (["image"], ["size", "doc"], COLUMNS):
                if not store.fresh([Partition(name, *place, parent)], wanted, None, now, as_of):
                    continue
                for (account, region, _), life in current.items():
                    if (account, region) == place and all(life.values.get(c) == v for c, v in parent):
                        assert set(wanted) <= life.known


def agree_on_history(store: Store, name: str, model: Model) -> None:
    found: dict[tuple[str, str, str], list[tuple[datetime, datetime | None, frozenset[str]]]] = {}
    for v in store.history(name):
        found.setdefault((v.account, v.region, v.key), []).append((v.valid_from, v.valid_to, v.known))
    assert found == {i: [(v.start, v.end, v.known) for v in versions] for i, versions in model.lives.items()}


REORDERED = [
    (PLACES[0], (), frozenset(COLUMNS), True, [{"_key": "a", "image": "x", "size": 1, "doc": VALUES["doc"][n]}]) for n in (0, 1, 2, 0, 1)
]


def test_the_store_agrees_with_a_model_that_keeps_everything(store: Store, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @example(steps=REORDERED, compact_at=2, random=Random(0))
    @given(st.lists(scans(), min_size=3, max_size=7), st.integers(0, 9), st.randoms(use_true_random=False))
    def agrees(steps: list[Any], compact_at: int, random: Any) -> None:
        lives(store, steps, compact_at, random)

    agrees()


def lives(store: Store, steps: list[Any], compact_at: int, random: Any) -> None:
    name = new_table()
    model = Model()
    for n, (place, parent, columns, complete, rows) in enumerate(steps):
        scan = record(name, n, place, parent, columns, complete)
        store.write(scan, table_of(rows, sorted(columns)))
        model.apply(scan, rows)
        if n == compact_at:
            store.compact([name])
    agree(store, name, model, None)
    moments = [minute(n) + d for n in range(len(steps)) for d in (-timedelta(microseconds=1), timedelta(0), timedelta(seconds=30))]
    for moment in random.sample(moments, min(8, len(moments))):
        agree(store, name, model, moment)
    for moment in random.sample(moments, 2):
        agree_on_freshness(store, name, model, minute(len(steps)), moment)
    early, late = sorted(random.sample(moments, 2))
    agree_on_difference(store, name, model, early, late)
    agree_on_history(store, name, model)
    agree_on_freshness(store, name, model, minute(len(steps)))


@dataclass(frozen=True)
class World:
    """Rows that come and never go: by key, when each was created."""

    born: Mapping[str, int]


@st.composite
def overlapping(draw: st.DrawFn) -> tuple[World, list[tuple[int, int, bool, tuple[str, ...], dict[str, int]]]]:
    """Scans that overlap in time, each seeing every row at an instant of its own, in the order in which they are recorded."""
    world = World({k: draw(st.integers(0, 12)) for k in KEYS})
    runs = []
    for _ in range(draw(st.integers(2, 7))):
        start = draw(st.integers(0, 12))
        end = start + draw(st.integers(0, 6))
        looked = {k: draw(st.integers(start, end)) for k in KEYS}
        parent = draw(st.sampled_from([(), (), ("x",), ("y",)]))
        runs.append((start, end, draw(st.booleans()), parent, looked))
    runs.sort(key=lambda r: r[1])
    for i in range(len(runs) - 1):
        if draw(st.booleans()):
            runs[i], runs[i + 1] = runs[i + 1], runs[i]
    return world, runs


def test_no_order_of_overlapping_scans_closes_a_row_that_never_went(store: Store, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(overlapping())
    def closes_nothing(case: tuple[World, list[Any]]) -> None:
        overlap(store, case)

    closes_nothing()


def overlap(store: Store, case: tuple[World, list[Any]]) -> None:
    world, runs = case
    image = {"a": "x", "b": "x", "c": "y", "d": "y"}
    name = new_table()
    for start, end, complete, parent, looked in runs:
        keys = [k for k in KEYS if world.born[k] <= looked[k] and (not parent or image[k] == parent[0])]
        rows = [{"_key": k, "image": image[k], "size": 1} for k in keys]
        partition = Partition(name, "1", "us-east-1", tuple(("image", p) for p in parent))
        columns = frozenset(["image", "size"])
        reason = "" if complete else "cut short"
        record = ScanRecord(partition, minute(start), minute(end), "test", complete, columns, reason, rows=len(rows))
        store.write(record, table_of(rows, ["image", "size"]))
    assert [v for v in store.history(name) if v.deleted] == []
