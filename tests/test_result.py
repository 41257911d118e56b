"""Result: rows are read once, in order, lazily; what they cost and what failed is final at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cirql.errors import CloudFailure, InterfaceError, Throttled
from cirql.result import Result, ResultColumn, Stats

FAILURE = CloudFailure("111111111111", "eu-west-1", "sagemaker", "ListImages", "AccessDeniedException", "no")


def result_of(columns: dict[str, pa.Array], types: dict[str, str] | None = None) -> Result:
    table = pa.table(columns)
    described = [ResultColumn(name, types[name]) for name in columns] if types else None
    return Result(table.to_reader(), columns=described)


def numbers(*batches: list[int]) -> pa.RecordBatchReader:
    schema = pa.schema([("n", pa.int64())])
    return pa.RecordBatchReader.from_batches(schema, [pa.record_batch([pa.array(b, pa.int64())], schema=schema) for b in batches])


class CountedBatches:
    """A source that tells how many batches were asked of it, and may break after the last."""

    def __init__(self, *batches: list[int], error: Exception | None = None) -> None:
        self.schema = pa.schema([("n", pa.int64())])
        self.asked = 0
        self._batches = batches
        self._error = error

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self.asked += 1
            yield pa.record_batch([pa.array(batch, pa.int64())], schema=self.schema)
        if self._error is not None:
            raise self._error


def test_rows_come_in_order_whichever_way_they_are_taken() -> None:
    result = Result(numbers([1, 2, 3], [], [4, 5], [6]))
    assert result.fetchone() == (1,)
    assert result.fetchmany(3) == [(2,), (3,), (4,)]
    assert next(iter(result)) == (5,)
    assert result.fetchall() == [(6,)]
    assert result.fetchone() is None
    assert result.fetchmany(2) == []
    assert result.row_count == 6


def test_batches_give_what_is_left_of_a_batch_whose_first_rows_were_taken() -> None:
    result = Result(numbers([1, 2, 3], [4]))
    result.fetchone()
    assert [batch.to_pydict()["n"] for batch in result.batches()] == [[2, 3], [4]]


def test_to_arrow_can_be_asked_again_and_rows_fetched_afterwards() -> None:
    result = Result(numbers([1, 2], [3]))
    assert result.to_arrow().to_pydict() == {"n": [1, 2, 3]}
    assert result.to_arrow() is result.to_arrow()
    assert result.to_pandas()["n"].tolist() == [1, 2, 3]
    assert result.fetchall() == [(1,), (2,), (3,)]
    assert result.row_count == 3


def test_nothing_is_pulled_before_rows_are_asked_for_and_no_more_than_needed() -> None:
    source = CountedBatches([1, 2], [3], [4])
    result = Result(source)
    assert source.asked == 0
    result.fetchmany(2)
    assert source.asked == 1
    result.fetchone()
    assert source.asked == 2


def test_an_empty_result_still_has_its_columns() -> None:
    result = Result(numbers())
    assert [(c.name, c.type) for c in result.columns] == [("n", "BIGINT")]
    assert result.to_arrow().num_rows == 0
    assert result.to_arrow().schema.names == ["n"]
    assert result.fetchall() == []


def test_it_is_complete_only_after_the_last_row_and_without_failures() -> None:
    failures: list[CloudFailure] = []
    result = Result(numbers([1]), failures=lambda: failures)
    states = [result.complete]
    result.fetchall()
    states.append(result.complete)
    failures.append(FAILURE)
    states.append(result.complete)
    assert states == [False, True, False]
    assert result.failures == (FAILURE,)


def test_a_result_closed_early_gives_no_more_rows_and_is_not_complete() -> None:
    closed: list[bool] = []
    with Result(numbers([1], [2]), close=lambda: closed.append(True)) as result:
        assert result.fetchone() == (1,)
    result.close()
    assert result.fetchall() == []
    assert not result.complete
    assert closed == [True]


def test_the_source_is_closed_after_the_last_row() -> None:
    closed: list[bool] = []
    Result(numbers([1]), close=lambda: closed.append(True)).fetchall()
    assert closed == [True]


def test_an_error_of_the_statement_is_raised_where_its_rows_are_read() -> None:
    result = Result(CountedBatches([1], error=Throttled("slow down")))
    assert result.fetchone() == (1,)
    with pytest.raises(Throttled, match="slow down"):
        result.fetchall()
    assert not result.complete


def test_stats_are_fixed_at_the_last_row() -> None:
    calls: Counter[str] = Counter({"sagemaker:ListImages": 1})
    result = Result(numbers([1, 2]), failures=lambda: [FAILURE], stats=lambda: Stats(calls=dict(calls), retries=1, throttles=2, wall_ms=84))
    result.fetchall()
    calls["sagemaker:ListImages"] += 7
    assert result.stats.to_json() == {
        "calls": {"sagemaker:ListImages": 1},
        "retries": 1,
        "throttles": 2,
        "rows": 2,
        "wall_ms": 84,
        "failures": [
            {
                "account": "111111111111",
                "region": "eu-west-1",
                "service": "sagemaker",
                "operation": "ListImages",
                "code": "AccessDeniedException",
                "message": "no",
                "request_id": None,
                "table": None,
                "reason": "",
                "row": "",
                "columns": (),
            }
        ],
    }


def test_stats_of_a_statement_that_asked_nobody_have_the_same_shape() -> None:
    assert Stats().to_json() == {"calls": {}, "retries": 0, "throttles": 0, "rows": 0, "wall_ms": 0, "failures": []}


@pytest.mark.parametrize(
    ("arrow_type", "raw", "spelled", "value"),
    [
        (pa.string(), "x", "VARCHAR", "x"),
        (pa.int32(), 7, "INTEGER", 7),
        (pa.float64(), 1.5, "DOUBLE", 1.5),
        (pa.bool_(), True, "BOOLEAN", True),
        (pa.decimal128(10, 2), Decimal("1.20"), "DECIMAL(10,2)", Decimal("1.20")),
        (pa.timestamp("us"), datetime(2026, 1, 31, 9, 30), "TIMESTAMP", datetime(2026, 1, 31, 9, 30)),
        (pa.timestamp("ns"), datetime(2026, 1, 31, 9, 30), "TIMESTAMP", datetime(2026, 1, 31, 9, 30)),
        (pa.timestamp("us", "Europe/Berlin"), datetime(2026, 1, 31, 9, tzinfo=UTC), "TIMESTAMPTZ", datetime(2026, 1, 31, 9, tzinfo=UTC)),
        (pa.date32(), date(2026, 1, 31), "DATE", date(2026, 1, 31)),
        (pa.time64("us"), time(9, 30), "TIME", time(9, 30)),
        (pa.binary(), b"\x00a", "BLOB", b"\x00a"),
        (pa.map_(pa.string(), pa.string()), [("env", "prod"), ("team", None)], "hstore", {"env": "prod", "team": None}),
        (pa.map_(pa.string(), pa.int64()), [("a", 1)], "MAP(VARCHAR, BIGINT)", {"a": 1}),
        (pa.list_(pa.string()), ["a", None], "VARCHAR[]", ["a", None]),
        (pa.struct([("n", pa.int64())]), {"n": 1}, "STRUCT(n BIGINT)", {"n": 1}),
        (pa.month_day_nano_interval(), (1, 2, 3_000_000_000), "INTERVAL", timedelta(days=32, seconds=3)),
        (pa.month_day_nano_interval(), (-14, 0, 0), "INTERVAL", timedelta(days=-425)),
        (pa.list_(pa.month_day_nano_interval()), [(0, 1, 0)], "INTERVAL[]", [timedelta(days=1)]),
        (pa.null(), None, "NULL", None),
    ],
)
def test_each_type_has_its_sql_name_and_its_python_value(arrow_type: pa.DataType, raw: Any, spelled: str, value: Any) -> None:
    result = result_of({"c": pa.array([raw, None], arrow_type)})
    assert result.columns == (ResultColumn("c", spelled),)
    assert result.fetchall() == [(value,), (None,)]


def test_json_is_parsed_in_rows_and_is_the_extension_type_in_arrow() -> None:
    texts = ['{"a": [1, 2.5, null]}', "7", None]
    as_text = result_of({"c": pa.array(texts)}, {"c": "JSON"})
    assert as_text.schema.field("c").type == pa.json_()
    assert as_text.to_arrow().schema == as_text.schema
    assert as_text.fetchall() == [({"a": [1, 2.5, None]},), (7,), (None,)]
    extension = pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts))
    assert result_of({"c": extension}).fetchall() == [({"a": [1, 2.5, None]},), (7,), (None,)]
    assert result_of({"c": pa.array([['{"a":1}']])}, {"c": "JSON[]"}).fetchall() == [([{"a": 1}],)]


def test_columns_must_describe_every_field() -> None:
    with pytest.raises(InterfaceError, match="0 columns were described and 1 are in the data"):
        Result(numbers([1]), columns=[])


def test_what_duckdb_alone_knows_comes_as_types_that_everyone_knows() -> None:
    connection = duckdb.connect()
    connection.execute("SET arrow_lossless_conversion = true")
    source = connection.sql("""
        SELECT true AS b, [true, NULL] AS bs, 170141183460469231731687303715884105727::HUGEINT // 10 AS h, -5::HUGEINT AS neg,
               {'h': 7::HUGEINT} AS s, MAP {'k': false} AS m, '10110'::BIT AS bits, TIMETZ '03:04:05.5+02' AS t, '{"a": 1}'::JSON AS j,
               ['[1]'::JSON] AS js, sum(i)::HUGEINT AS total
        FROM range(4) AS r(i)
        UNION ALL BY NAME SELECT NULL AS b""")
    result = Result(source.to_arrow_reader())
    assert [c.type for c in result.columns] == [
        *("BOOLEAN", "BOOLEAN[]", "HUGEINT", "HUGEINT", "STRUCT(h HUGEINT)", "MAP(VARCHAR, BOOLEAN)", "BIT", "TIMETZ", "JSON", "JSON[]"),
        "HUGEINT",
    ]
    assert "opaque" not in str(result.schema)
    first, second = result.fetchall()
    assert first == (
        *(True, [True, None], 17014118346046923173168730371588410572, -5, {"h": 7}, {"k": False}),
        *("10110", "03:04:05.500000+02:00", {"a": 1}, [[1]], 6),
    )
    assert set(second) == {None}


def test_who_looks_at_a_result_sees_its_first_rows_and_they_are_still_there() -> None:
    result = result_of({"n": pa.array([1, 2]), "name": pa.array(["<b>", "\x1b[31mred" + "x" * 99])})
    assert repr(result).splitlines()[:3] == ["n │ name", "──┼─" + "─" * 60, "1 │ <b>"]
    assert "\x1b" not in repr(result)
    assert repr(result).splitlines()[3].endswith("…")
    assert "<td>&lt;b&gt;</td>" in result._repr_html_()
    assert result.fetchone() == (1, "<b>")
    assert repr(result).splitlines()[-1] == "the next 1 row; more may follow"
    assert [n for n, _ in result.fetchall()] == [2]
    assert repr(result).endswith("no rows left")


def test_a_look_takes_no_row_from_arrow_and_empty_batches_are_passed_over() -> None:
    result = Result(numbers([], [], [1, 2, 3], [4]))
    assert "1" in repr(result)
    assert result.to_arrow().num_rows == 4
    assert result.row_count == 4
    assert repr(Result(numbers([]))).endswith("no rows")


def test_tags_are_dicts_in_pandas_and_json_is_parsed_where_that_is_asked_for() -> None:
    def made() -> Result:
        tags = pa.array([[("env", "prod")], None], pa.map_(pa.string(), pa.string()))
        return result_of({"tags": tags, "doc": pa.array(['{"a":[1]}', None])}, {"tags": "hstore", "doc": "JSON"})

    assert made().to_pandas()["tags"][0] == {"env": "prod"}
    assert made().to_pandas()["doc"][0] == '{"a":[1]}'
    parsed = made().to_pandas(parse_json=True)["doc"]
    assert parsed[0] == {"a": [1]}
    assert parsed.isna()[1]
