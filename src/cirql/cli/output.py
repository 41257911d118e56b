"""The output formats: each writes a `Result` to a stream of bytes, and nothing but the result.

json, jsonl, csv, markdown and arrow write rows as they come. Nothing is written before the first rows are there, so a statement that
fails at once leaves stdout empty. The table of people reads everything first, to know how wide its columns are. Text is UTF-8.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from cirql.cli.streams import OnTerminal
from cirql.cli.table import Look, Screen, write_table
from cirql.errors import FileUnreadable
from cirql.rendering.encode import iso_moment, to_json_texts, to_texts
from cirql.result import PLAN, Result
from cirql.rows import is_number, unique_names
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.cli.page import Provenance

PARQUET = "parquet"
_CHUNK_ROWS = 8192


class Format(StrEnum):
    """The formats that go to stdout."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"
    ARROW = "arrow"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a result goes: to stdout in a format, to a Parquet file, or to a file as a page.

    `origin` is what a page says of where it is from.
    """

    format: Format = Format.TABLE
    parquet: Path | None = None
    page: Path | None = None
    origin: Provenance | None = None

    @property
    def file(self) -> Path | None:
        """The file that is there as a whole or not at all; None where it is stdout."""
        return self.parquet or self.page


def write(result: Result, destination: Destination, out: BinaryIO, screen: Screen | None, look: Look | None = None) -> None:
    """Write all rows of a result. `screen` is the terminal that `out` is, or None where it is none; `look` is how a table
    looks.

    Raises FileUnreadable where its file cannot be written, OSError where `out` cannot, and whatever the statement raises.
    """
    if destination.parquet is not None:
        write_parquet(result, destination.parquet)
        return
    if destination.page is not None:
        with _as_a_whole(destination.page) as file:
            write_html(result, file, destination.origin)
        return
    if destination.format is Format.HTML:
        write_html(result, out, destination.origin)
        return
    is_plan = [c.name for c in result.columns] == [PLAN]
    if destination.format is Format.TABLE and not is_plan:
        write_table(result, out, screen, look)
    else:
        text = out if screen is None else cast(BinaryIO, OnTerminal(out))
        (write_plan if destination.format is Format.TABLE else _WRITERS[destination.format])(result, text)
    out.flush()


def write_plan(result: Result, out: BinaryIO) -> None:
    """The lines of an EXPLAIN as they are: a policy, JSON or a Mermaid diagram can go into a file of its kind."""
    out.writelines(_utf8("".join(f"{line}\n" for line in batch.column(0).to_pylist())) for batch in _started(result))


def write_json(result: Result, out: BinaryIO) -> None:
    """An array of objects, one to a line."""
    separator = "[\n"
    for batch in _chunks(result):
        out.write(_utf8(separator + ",\n".join(_objects(batch, result))))
        separator = ",\n"
    out.write(b"[]\n" if separator == "[\n" else b"\n]\n")


def write_jsonl(result: Result, out: BinaryIO) -> None:
    """One object to a line."""
    for batch in _chunks(result):
        out.write(_utf8("".join(line + "\n" for line in _objects(batch, result))))
        out.flush()


def write_csv(result: Result, out: BinaryIO) -> None:
    """RFC 4180 with a header: CRLF, quotes where needed. NULL is an empty field, the empty text a quoted one."""
    batches = _started(result)
    out.write(_utf8(_csv_line([c.name for c in result.columns])))
    for batch in batches:
        columns = [to_texts(column, c.type, iso_moment) for column, c in zip(batch.columns, result.columns, strict=True)]
        out.write(_utf8("".join(_csv_line(row) for row in zip(*columns, strict=True))))
        out.flush()


def write_markdown(result: Result, out: BinaryIO) -> None:
    """A table of GitHub's Markdown; numbers to the right."""
    if not result.columns:
        return
    batches = _started(result)
    out.write(_utf8(_markdown_line([c.name for c in result.columns])))
    out.write(_utf8(_markdown_line(["---:" if is_number(c.type) else "---" for c in result.columns])))
    for batch in batches:
        columns = [to_texts(column, c.type, iso_moment) for column, c in zip(batch.columns, result.columns, strict=True)]
        out.write(_utf8("".join(_markdown_line(row) for row in zip(*columns, strict=True))))


def write_arrow(result: Result, out: BinaryIO) -> None:
    """An Arrow IPC stream."""
    import pyarrow as pa

    batches = _started(result)
    with pa.ipc.new_stream(out, result.schema) as stream:
        for batch in batches:
            stream.write_batch(batch)


def write_html(result: Result, out: BinaryIO, origin: Provenance | None = None) -> None:
    """A page for a browser."""
    from cirql.cli.page import Provenance, page

    out.writelines(_utf8(text) for text in page(result, origin or Provenance()))
    out.flush()


def write_parquet(result: Result, path: Path) -> None:
    """A Parquet file. Raises FileUnreadable where it cannot be written."""
    with _as_a_whole(path) as file:
        _write_parquet(result, file)


@contextmanager
def _as_a_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that is there as a whole or not at all: it takes its name once the last row is in it.

    What is there and is no regular file (a pipe, a device) is written to as it is.

    Raises FileUnreadable where it cannot be written.
    """
    in_place = path.exists() and not path.is_file()
    target = path if in_place else unfinished(path)
    try:
        with target.open("wb") as file:
            yield file
        if not in_place:
            target.replace(path.resolve())
    except OSError as error:
        raise FileUnreadable(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if not in_place:
            target.unlink(missing_ok=True)


def unfinished(path: Path) -> Path:
    """The name that a file of this process has until it is complete."""
    return path.resolve().with_name(f".{path.name}.{os.getpid()}.unfinished")


def _write_parquet(result: Result, file: BinaryIO) -> None:
    """Write batches under a schema that Parquet can hold: column names told apart, intervals as text."""
    import pyarrow as pa
    from pyarrow import parquet

    names = unique_names([c.name for c in result.columns])
    spelled = [pa.types.is_interval(field.type) for field in result.schema]
    fields = [pa.string() if as_text else field.type for field, as_text in zip(result.schema, spelled, strict=True)]
    schema = pa.schema(list(zip(names, fields, strict=True)))
    with parquet.ParquetWriter(file, schema) as writer:
        for batch in result.batches():
            columns = [
                pa.array(to_texts(column, "INTERVAL", iso_moment), pa.string()) if as_text else column
                for column, as_text in zip(batch.columns, spelled, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


_WRITERS: dict[Format, Callable[[Result, BinaryIO], None]] = {
    Format.JSON: write_json,
    Format.JSONL: write_jsonl,
    Format.CSV: write_csv,
    Format.MARKDOWN: write_markdown,
    Format.ARROW: write_arrow,
}


def _started(result: Result) -> Iterator[pa.RecordBatch]:
    """The rows of a result in chunks, the first of them (or the statement's failure) already there."""
    chunks = _chunks(result)
    first = next(chunks, None)
    return chain(() if first is None else (first,), chunks)


def _chunks(result: Result) -> Iterator[pa.RecordBatch]:
    """The rows of a result in pieces small enough to be turned into text at once."""
    for batch in result.batches():
        for start in range(0, batch.num_rows, _CHUNK_ROWS):
            yield batch.slice(start, _CHUNK_ROWS)


def _objects(batch: pa.RecordBatch, result: Result) -> Iterable[str]:
    names = [json.dumps(name, ensure_ascii=False) for name in unique_names([c.name for c in result.columns])]
    if not names:
        return ["{}"] * int(batch.num_rows)
    members = [
        [f"{name}: {text}" for text in to_json_texts(column, c.type)]
        for name, column, c in zip(names, batch.columns, result.columns, strict=True)
    ]
    return ["{" + ", ".join(row) + "}" for row in zip(*members, strict=True)]


def _csv_line(fields: Sequence[str | None]) -> str:
    if len(fields) == 1 and not fields[0]:
        return '""\r\n'  # An empty line would be no row at all.
    return ",".join([_csv_field(field) for field in fields]) + "\r\n"


def _csv_field(field: str | None) -> str:
    if field is None:
        return ""
    if not field or any(mark in field for mark in ',"\r\n') or field[0].isspace() or field[-1].isspace():
        return '"' + field.replace('"', '""') + '"'
    return field


def _markdown_line(fields: Sequence[str | None]) -> str:
    return "| " + " | ".join([_markdown_field(field) for field in fields]) + " |\n"


def _markdown_field(field: str | None) -> str:
    if field is None:
        return "NULL"
    return field.replace("\\", "\\\\").replace("|", "\\|").replace("\r\n", "<br>").replace("\n", "<br>").replace("\r", " ")


def _utf8(text: str) -> bytes:
    """UTF-8; half of a surrogate pair, which only a JSON escape can bring, goes back to being that escape."""
    return text.encode("utf-8", "backslashreplace")
