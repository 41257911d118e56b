"""Output formats: exactly the rows, in the spelling that readers of each format expect."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from cirql.cli.output import Destination, Format, write
from cirql.cli.table import Screen, display_width
from cirql.errors import FileUnreadable, Throttled
from cirql.result import Result, ResultColumn
from cirql.rows import sql_type, unique_names

MOMENT = datetime(2026, 1, 31, 9, 30, 0, 250_000)


def everything() -> Result:
    """Two rows of every type; the second one is NULL throughout."""
    columns: dict[str, tuple[pa.DataType, Any]] = {
        "text": (pa.string(), 'a "b", c'),
        "whole": (pa.int64(), 2**62),
        "half": (pa.float64(), 0.5),
        "exact": (pa.decimal128(38, 2), Decimal("12345678901234567890.10")),
        "yes": (pa.bool_(), True),
        "at": (pa.timestamp("us"), MOMENT),
        "at_zone": (pa.timestamp("us", "UTC"), MOMENT.replace(tzinfo=UTC)),
        "on": (pa.date32(), date(2026, 1, 31)),
        "doc": (pa.string(), '{"b": [1, {"c": null}], "a": 1.5}'),
        "tags": (pa.map_(pa.string(), pa.string()), [("env", "prod")]),
        "names": (pa.list_(pa.string()), ["x", None]),
        "raw": (pa.binary(), b"\x00\xff"),
        "span": (pa.month_day_nano_interval(), (14, 3, 3_723_500_000_000)),
    }
    table = pa.table({name: pa.array([value, None], kind) for name, (kind, value) in columns.items()})
    types = {f.name: sql_type(f.type) for f in table.schema} | {"doc": "JSON"}
    return Result(table.to_reader(), columns=[ResultColumn(name, types[name]) for name in columns])


def texts(**columns: list[Any]) -> Result:
    return Result(pa.table(columns).to_reader())


def written(result: Result, destination: Format = Format.TABLE, screen: Screen | None = None) -> str:
    out = io.BytesIO()
    write(result, Destination(destination), out, screen)
    return out.getvalue().decode()


def test_json_is_an_array_of_objects_with_native_values() -> None:
    first, second = json.loads(written(everything(), Format.JSON), parse_float=Decimal)
    assert first == {
        "text": 'a "b", c',
        "whole": 2**62,
        "half": Decimal("0.5"),
        "exact": Decimal("12345678901234567890.10"),
        "yes": True,
        "at": "2026-01-31T09:30:00.250000Z",
        "at_zone": "2026-01-31T09:30:00.250000Z",
        "on": "2026-01-31",
        "doc": {"b": [1, {"c": None}], "a": Decimal("1.5")},
        "tags": {"env": "prod"},
        "names": ["x", None],
        "raw": "AP8=",
        "span": "1 year 2 mons 3 days 01:02:03.5",
    }
    assert set(second.values()) == {None}


def test_jsonl_is_the_same_objects_one_to_a_line() -> None:
    lines = written(everything(), Format.JSONL).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(written(everything(), Format.JSON))


def test_json_of_no_rows_is_an_empty_array() -> None:
    assert json.loads(written(texts(a=pa.array([], pa.int64())), Format.JSON)) == []
    assert written(texts(a=pa.array([], pa.int64())), Format.JSONL) == ""


def test_json_has_no_tokens_that_json_does_not_know() -> None:
    result = texts(n=[math.nan, math.inf, -math.inf], nested=[[math.nan], [1.0], []])
    text = written(result, Format.JSON)
    assert json.loads(text, parse_constant=pytest.fail) == [
        {"n": "NaN", "nested": ["NaN"]},
        {"n": "Infinity", "nested": [1.0]},
        {"n": "-Infinity", "nested": []},
    ]


def test_json_keeps_columns_of_the_same_name_apart() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", "a_2"])
    assert json.loads(written(Result(table.to_reader()), Format.JSON)) == [{"a": 1, "a_3": 2, "a_2": 3}]
    assert unique_names(["a", "b", "a", "a"]) == ["a", "b", "a_2", "a_3"]


def test_json_text_beyond_ascii_and_half_surrogates_stay_valid() -> None:
    doc = pa.array(['{"half": "\\ud83d", "whole": "\\ud83d\\ude00", "line": "a\\nb"}'])
    result = Result(
        pa.table({"doc": doc, "é{}": pa.array(["日本"])}).to_reader(), columns=[ResultColumn("doc", "JSON"), ResultColumn("é{}", "VARCHAR")]
    )
    line = written(result, Format.JSONL)
    assert json.loads(line) == {"doc": {"half": "\ud83d", "whole": "😀", "line": "a\nb"}, "é{}": "日本"}
    assert line.count("\n") == 1


def test_csv_reads_back_and_tells_null_from_the_empty_text() -> None:
    result = texts(a=['say "hi"', "x,y", "two\nlines", "", None], b=[1, 2, 3, 4, 5])
    text = written(result, Format.CSV)
    assert text.startswith("a,b\r\n")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["a", "b"],
        ['say "hi"', "1"],
        ["x,y", "2"],
        ["two\nlines", "3"],
        ["", "4"],
        ["", "5"],
    ]
    assert text.endswith('"",4\r\n,5\r\n')


def test_csv_of_one_column_has_a_line_for_every_row() -> None:
    assert written(texts(a=["x", None, ""]), Format.CSV) == 'a\r\nx\r\n""\r\n""\r\n'
    assert written(texts(a=pa.array([], pa.string())), Format.CSV) == "a\r\n"


def test_csv_writes_every_type_as_text() -> None:
    _, first, second = csv.reader(io.StringIO(written(everything(), Format.CSV), newline=""))
    assert first == [
        'a "b", c',
        str(2**62),
        "0.5",
        "12345678901234567890.10",
        "true",
        "2026-01-31T09:30:00.250000Z",
        "2026-01-31T09:30:00.250000Z",
        "2026-01-31",
        '{"b": [1, {"c": null}], "a": 1.5}',
        '{"env": "prod"}',
        '["x", null]',
        "\\x00ff",
        "1 year 2 mons 3 days 01:02:03.5",
    ]
    assert set(second) == {""}


def test_markdown_escapes_what_would_break_its_table() -> None:
    assert written(texts(name=["a|b", "two\nlines", None], n=[1, 2, 3]), Format.MARKDOWN) == (
        "| name | n |\n| --- | ---: |\n| a\\|b | 1 |\n| two<br>lines | 2 |\n| NULL | 3 |\n"
    )


def test_arrow_reads_back_as_the_same_table() -> None:
    out = io.BytesIO()
    write(everything(), Destination(Format.ARROW), out, None)
    read = pa.ipc.open_stream(out.getvalue()).read_all()
    assert read.equals(everything().to_arrow())
    assert read.schema.field("doc").type == pa.json_()


def test_parquet_reads_back_with_its_types(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write(everything(), Destination(parquet=path), io.BytesIO(), None)
    table = parquet.read_table(path)
    expected = everything().to_arrow()
    assert table.drop_columns(["span", "doc"]).equals(expected.drop_columns(["span", "doc"]))
    assert table["span"].to_pylist() == ["1 year 2 mons 3 days 01:02:03.5", None]
    assert [p.name for p in tmp_path.iterdir()] == ["rows.parquet"]


def test_a_parquet_file_of_a_failing_statement_never_appears(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"what was there")
    schema = pa.schema([("n", pa.int64())])

    class Breaks:
        def __init__(self) -> None:
            self.schema = schema

        def __iter__(self) -> Any:
            yield pa.record_batch([pa.array([1])], schema=schema)
            raise Throttled("slow down")

    with pytest.raises(Throttled):
        write(Result(Breaks()), Destination(parquet=path), io.BytesIO(), None)
    assert path.read_bytes() == b"what was there"
    assert [p.name for p in tmp_path.iterdir()] == ["rows.parquet"]


def test_a_parquet_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"cannot write .*rows\.parquet: No such file"):
        write(everything(), Destination(parquet=tmp_path / "nowhere" / "rows.parquet"), io.BytesIO(), None)


def test_a_statement_that_fails_at_once_leaves_nothing_on_stdout() -> None:
    class Breaks:
        schema = pa.schema([("n", pa.int64())])

        def __iter__(self) -> Any:
            return self

        def __next__(self) -> Any:
            raise Throttled("slow down")

    for destination in (f for f in Format if f is not Format.JSONL):
        out = io.BytesIO()
        with pytest.raises(Throttled):
            write(Result(Breaks()), Destination(destination), out, None)
        assert out.getvalue() == b""


def test_a_table_rules_its_columns_and_sets_numbers_to_the_right() -> None:
    assert written(texts(name=["web", None], size=[7, 1200])) == (
        "┌──────┬──────┐\n│ name │ size │\n├──────┼──────┤\n│ web  │    7 │\n│ NULL │ 1200 │\n└──────┴──────┘\n"
    )


def test_a_table_that_is_not_for_a_terminal_is_never_cut_or_coloured() -> None:
    text = written(texts(name=["x" * 500, None]))
    assert "x" * 500 in text
    assert "\x1b" not in text


def test_null_is_dim_on_a_terminal_and_the_text_null_is_not() -> None:
    text = written(texts(name=[None, "NULL"]), screen=Screen(80))
    assert "\x1b[2mNULL\x1b[0m" in text.splitlines()[3]
    assert "\x1b" not in text.splitlines()[4]


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_table_fits_the_terminal_and_loses_nothing(width: int) -> None:
    value = "arn:aws:sagemaker:us-east-1:111111111111:image-version/training/3"
    lines = written(texts(arn=[value], n=[12], text=["日本語 " * 9]), screen=Screen(width, colour=False)).splitlines()
    assert max(display_width(line) for line in lines) <= width
    letters = "".join(line.split("│")[1].strip() for line in lines if line.startswith("│"))
    assert value in letters


def test_a_table_too_wide_for_the_terminal_becomes_one_record_below_the_other() -> None:
    columns: dict[str, list[Any]] = {f"column_{number}": [f"value number {number}", None] for number in range(19)}
    lines = written(texts(**columns), screen=Screen(60, colour=False)).splitlines()
    assert lines[0].startswith("─ row 1 ──")
    assert lines[1] == "column_0  │ value number 0"
    assert len(lines) == 40
    assert max(len(line) for line in lines) <= 60


def test_a_cell_of_many_lines_ends_in_an_ellipsis_on_a_terminal() -> None:
    text = written(texts(policy=["0123456789" * 100]), screen=Screen(40, colour=False))
    assert "…" in text
    assert len(text.splitlines()) == 16


def test_control_characters_cannot_steer_the_terminal() -> None:
    text = written(texts(name=["a\x1b[31mb\n\tc\x9b\u202e"]), screen=Screen(80, colour=False))
    assert "a\\x1b[31mb\\n\\tc\\x9b\\u202e" in text
    assert "\x1b" not in text


def test_a_table_of_no_rows_shows_its_columns() -> None:
    assert written(texts(name=pa.array([], pa.string()))).splitlines()[1] == "│ name │"


def test_a_statement_without_columns_writes_nothing() -> None:
    nothing = pa.table({})
    for destination in (Format.TABLE, Format.MARKDOWN, Format.JSONL):
        assert written(Result(nothing.to_reader()), destination) == ""


def test_rows_in_many_batches_are_one_answer() -> None:
    table = pa.table({"n": list(range(20_000))})
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=999))
    assert [row["n"] for row in json.loads(written(Result(reader), Format.JSON))] == list(range(20_000))
    assert written(Result(table.to_reader()), Format.CSV).count("\r\n") == 20_001
