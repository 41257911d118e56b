"""Rows that are kept, filtered and sorted: what is found is what a reader of the texts would find, for every kind of value."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from cirql.rendering.columntexts import column_texts, holding
from cirql.rendering.encode import plain_moment, to_texts
from cirql.runtime import Runtime
from cirql.settings import Settings
from cirql.web.rows import Rows, RowsWanted

KINDS = {
    "integers": "(i - 20)::bigint * 461168601842738",
    "small": "(i % 100)::smallint",
    "huge": "sum(i * 1000000000000) OVER (ORDER BY i)",
    "numerics": "(i - 20)::numeric(30, 10) / 7",
    "tiny": "(i * 0.0000000001)::numeric(20, 10)",
    "doubles": "power(10::double precision, i - 25) * (CASE WHEN i % 2 = 0 THEN -1 ELSE 1 END)",
    "reals": "(i * 0.1)::real",
    "infinities": "(CASE i % 3 WHEN 0 THEN 'Infinity' WHEN 1 THEN 'NaN' ELSE '-Infinity' END)::double precision",
    "truths": "i % 3 = 0",
    "dates": "date '0999-12-30' + i * 10000",
    "moments": "timestamp '1969-12-31 23:59:58' + i * interval '500 milliseconds'",
    "zoned": "timestamptz '2026-01-01 00:00:00+02' + i * interval '1 hour 0.25 seconds'",
    "times": "time '10:00' + i * interval '1 second'",
    "intervals": "i * interval '1 month 2 days 3.5 seconds'",
    "texts": "CASE WHEN i % 5 = 0 THEN NULL ELSE 'Ärger [' || i || '] \\d \"x\"' END",
    "json": '(\'{"a" :\' || i || \',  "b": [1,"x y", null]}\')::jsonb',
    "escaped": "('\"\\u00e9' || i || '\"')::jsonb",
    "lists": "ARRAY['a' || i, NULL]",
    "bytes": "decode('00ff', 'hex')",
    "uuids": "'00000000-0000-0000-0000-000000000001'::uuid",
}


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime(Settings.load()) as opened:
        yield opened


def rows_of(runtime: Runtime, sql: str) -> Rows:
    rows = Rows()
    with runtime.session().execute(sql) as result:
        for batch in result.batches():
            rows.add(batch, result)
    return rows


@pytest.mark.parametrize("expression", KINDS.values(), ids=KINDS)
def test_texts_of_a_whole_column_are_those_of_its_values(runtime: Runtime, expression: str) -> None:
    with runtime.session().execute(f"SELECT {expression} AS x FROM generate_series(1, 50) AS s(i)") as result:
        batches = list(result.batches())
        kind = result.columns[0].type
    for batch in batches:
        wanted = to_texts(batch.column(0), kind, plain_moment)
        assert column_texts(batch.column(0), kind).to_pylist() == wanted
        for words in {text[start : start + 4] for text in wanted if text for start in (0, 3, len(text) - 4) if start >= 0}:
            holds = [text is not None and words.lower() in text.lower() for text in wanted]
            assert holding(batch.column(0), kind, words).to_pylist() == holds, words


def test_tags_are_found_with_what_json_escapes_in_them() -> None:
    texts = [{"Name": 'a "quoted"\\one\n'}, {"Name": "plain", "é": "ü"}, {}, None]
    tags = pa.array([None if t is None else list(t.items()) for t in texts], pa.map_(pa.string(), pa.string()))
    assert column_texts(tags, "hstore").to_pylist() == to_texts(tags, "hstore", plain_moment)
    assert holding(tags, "hstore", '"É": "Ü"').to_pylist() == [False, True, False, False]


def test_rows_that_come_later_are_found_too_and_stay_in_order(runtime: Runtime) -> None:
    rows = Rows()
    with runtime.session().execute("SELECT i AS n, 'r' || (i % 10) AS name FROM generate_series(1, 40000) AS s(i)") as result:
        for batch in result.batches():
            rows.add(batch, result)
            table, total = rows.slice(RowsWanted(0, 1000, None, False, "name:R7"))
            assert table.column("n").to_pylist() == list(range(7, rows.count + 1, 10))[:1000]
            assert total == len(range(7, rows.count + 1, 10))
    table, total = rows.slice(RowsWanted(0, 2, 0, True, "r7"))
    assert (table.column("n").to_pylist(), total) == ([39997, 39987], 4000)
