"""COPY (…) TO STDOUT: what the statement asks for, and rows in its formats."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cirql.errors import NotSupported, ParseError
from cirql.server.encoding import copied, copy_rows, encoded, joined
from cirql.server.messages import message
from cirql.sql.blanks import after_blanks, first_word
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    import pyarrow as pa

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
_TAIL = regex(r"\)?\s*TO\s+STDOUT\b\s*(?:WITH\b)?\s*(?:\((?P<options>.*)\)|(?P<words>[^()]*?))\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_ESCAPED = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_MUST_ESCAPE = regex(r"[\\\b\f\n\r\t\v]")


@dataclass(frozen=True, slots=True)
class Copy:
    """What one COPY sends: the rows of a query, as `text`, `csv` or `binary`."""

    query: str
    format: str = "text"
    header: bool = False
    delimiter: str = "\t"
    null: str = "\\N"

    @property
    def is_binary(self) -> bool:
        """Whether the format is the binary one."""
        return self.format == "binary"

    def head(self, names: Sequence[str]) -> bytes:
        """What comes before the rows, as the beginning of a message's body."""
        if self.is_binary:
            return _SIGNATURE
        return (self.delimiter.join(self._quoted(n) for n in names) + "\n").encode() if self.header else b""

    def messages(self, batch: pa.RecordBatch, types: Sequence[str], head: bytes = b"") -> bytes:
        """The messages of a batch: one a row, with `head` in front. Clients want a binary header and the first row in one message."""
        import pyarrow.compute as pc

        if self.is_binary:
            rows = copy_rows(batch, types)
            if rows and head:
                rows[0] = head + rows[0]
            return b"".join(message(b"d", row) for row in rows)
        begun: bytes = message(b"d", head) if head else b""
        columns = [self._column(encoded(column, kind, 0)) for column, kind in zip(batch.columns, types, strict=True)]
        if not columns:
            return begun + b"".join(message(b"d", b"\n") for _ in range(batch.num_rows))
        lines: bytes = copied(pc.binary_join_element_wise(*columns, self.delimiter.encode()))
        return begun + lines

    def _column(self, values: pa.Array) -> pa.Array:
        """A column's values in writing: as they are, unless one of them needs quotes or a backslash."""
        import pyarrow as pa

        if not self._needs_quotes(values):
            return values.fill_null(self.null.encode())
        written = [self.null if v is None else self._quoted(v.decode()) for v in values.to_pylist()]
        return pa.array([w.encode() for w in written], pa.binary())

    def _needs_quotes(self, values: pa.Array) -> bool:
        import pyarrow.compute as pc

        special = (('"\n\r' if self.format == "csv" else "\\\b\f\n\r\t\v") + self.delimiter).encode()
        data = joined(values)
        is_special = len(data.translate(None, special)) < len(data)
        if is_special or self.format != "csv":
            return is_special
        return bool(pc.any(pc.or_(pc.equal(values, b""), pc.equal(values, self.null.encode()))).as_py())

    def tail(self) -> bytes:
        """What comes after the rows."""
        return message(b"d", struct.pack("!h", -1)) if self.is_binary else b""

    def _quoted(self, value: str) -> str:
        if self.format == "csv":
            needs = value in ("", self.null) or any(c in value for c in (self.delimiter, '"', "\n", "\r"))
            return '"' + value.replace('"', '""') + '"' if needs else value
        if not _MUST_ESCAPE.search(value) and self.delimiter not in value:
            return value
        return "".join("\\" + c if c == self.delimiter and c != "\t" else _ESCAPED.get(c, c) for c in value)


def read_copy(sql: str) -> Copy | None:
    """What a COPY asks for; None where the statement is none. Raises ParseError, NotSupported for other forms than TO STDOUT."""
    if first_word(sql) != "COPY":
        return None
    start = after_blanks(sql, after_blanks(sql) + 4)
    tail = _TAIL.search(sql, _end_of_source(sql, start))
    if tail is None:
        if re.search(r"\bFROM\s+(STDIN|')", sql[start:], re.IGNORECASE):
            raise NotSupported("COPY … FROM is not supported", hint="INSERT INTO … is the way to change resources")
        raise NotSupported("COPY goes TO STDOUT only", hint="COPY (SELECT …) TO STDOUT; in psql, \\copy writes files")
    source = sql[start : tail.start()].strip()
    query = source[1:] if source.startswith("(") else _of_table(source)
    return _with_options(query, tail["options"], tail["words"] or "")


def _end_of_source(sql: str, start: int) -> int:
    """The place after which TO STDOUT stands: the parenthesis that closes the query, quotes and comments stepped over."""
    if not sql.startswith("(", start):
        return start
    depth, at = 0, start
    while at < len(sql):
        step = after_blanks(sql, at)
        if step > at:
            at = step
            continue
        if sql[at] in "'\"":
            at = sql.find(sql[at], at + 1)
            if at < 0:
                break
        depth += {"(": 1, ")": -1}.get(sql[at], 0)
        if depth == 0:
            return at
        at += 1
    raise ParseError("the parenthesis of this COPY is not closed", position=start)


def _of_table(source: str) -> str:
    name, _, columns = source.partition("(")
    return f"SELECT {columns.rstrip(') ') or '*'} FROM {name}"


def _with_options(query: str, options: str | None, words: str) -> Copy:
    given: dict[str, str] = {}
    if options is not None:
        for option in filter(None, (o.strip() for o in re.findall(r"(?:'[^']*'|[^,'])+", options))):
            name, _, value = option.partition(" ")
            given[name.upper()] = value.strip().strip("'")
    elif words.strip():
        upper = words.upper().split()
        given["FORMAT"] = "csv" if "CSV" in upper else "binary" if "BINARY" in upper else "text"
        if "HEADER" in upper:
            given["HEADER"] = ""
    form = given.pop("FORMAT", "text").lower()
    if form not in ("text", "csv", "binary"):
        raise NotSupported(f"COPY has no format {form}", hint="text, csv and binary are the formats")
    header = given.pop("HEADER", "false").lower() in ("", "true", "on", "1")
    delimiter = given.pop("DELIMITER", "," if form == "csv" else "\t").replace("\\t", "\t")
    null = given.pop("NULL", "" if form == "csv" else "\\N")
    given.pop("ENCODING", None)
    if given:
        raise NotSupported(f"COPY has no option {next(iter(given))} here", hint="FORMAT, HEADER, DELIMITER and NULL are understood")
    return Copy(query, form, header, delimiter, null)
