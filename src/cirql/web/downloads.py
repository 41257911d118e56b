"""A result as a file: CSV, Parquet or JSON, in the order and with the filter that it is looked at with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from cirql.rendering.encode import iso_moment, to_json_texts, to_texts
from cirql.result import ResultColumn
from cirql.rows import is_number, unique_names, without_extensions

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK = 8_192
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class DownloadFormat(StrEnum):
    """What a result can be had as."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        """What a browser is told that it is."""
        return {"csv": "text/csv", "json": "application/json", "parquet": "application/vnd.apache.parquet"}[self.value]


def download(table: pa.Table, columns: Sequence[ResultColumn], kind: DownloadFormat) -> Iterator[bytes]:
    """The file's bytes, in pieces."""
    if kind is DownloadFormat.PARQUET:
        import pyarrow.parquet as pq

        made = io.BytesIO()
        pq.write_table(_for_parquet(table, columns), made, compression="zstd")
        yield made.getvalue()
        return
    yield from (_csv if kind is DownloadFormat.CSV else _json)(table, columns)


def _for_parquet(table: pa.Table, columns: Sequence[ResultColumn]) -> pa.Table:
    """The same rows under a schema that Parquet can hold: names told apart, intervals as text."""
    import pyarrow as pa

    plain = without_extensions(table)
    arrays = [
        pa.chunked_array([pa.array(to_texts(chunk, "INTERVAL", iso_moment), pa.string()) for chunk in array.chunks], pa.string())
        if pa.types.is_interval(array.type)
        else array
        for array in plain.columns
    ]
    return pa.table(arrays, names=unique_names([c.name for c in columns]))


def _csv(table: pa.Table, columns: Sequence[ResultColumn]) -> Iterator[bytes]:
    yield _line([_harmless(c.name) for c in columns])
    for batch in table.to_batches(max_chunksize=_CHUNK):
        texts = [_harmless_texts(to_texts(batch.column(n), c.type, iso_moment), c.type) for n, c in enumerate(columns)]
        yield b"".join(_line(row) for row in zip(*texts, strict=True))


def _line(cells: Sequence[str | None]) -> bytes:
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerow(["" if cell is None else cell for cell in cells])
    return made.getvalue().encode("utf-8", "replace")


def _harmless_texts(texts: list[str | None], kind: str) -> list[str | None]:
    return texts if is_number(kind) else [None if text is None else _harmless(text) for text in texts]


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: whoever may name a resource would write one otherwise."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(table: pa.Table, columns: Sequence[ResultColumn]) -> Iterator[bytes]:
    import json

    names = [json.dumps(name, ensure_ascii=False) for name in unique_names([c.name for c in columns])]
    before = "[\n"
    for batch in table.to_batches(max_chunksize=_CHUNK):
        texts = [to_json_texts(batch.column(n), c.type) for n, c in enumerate(columns)]
        lines = ("{" + ", ".join(map(": ".join, zip(names, row, strict=True))) + "}" for row in zip(*texts, strict=True))
        yield (before + ",\n".join(lines)).encode("utf-8", "replace")
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"
