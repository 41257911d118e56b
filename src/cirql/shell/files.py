r"""The commands that read and write files, or start programs: `\i`, `\o`, `\copy`, `\e`, `\!`."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from cirql.cli.origin import origin
from cirql.cli.output import Destination, Format, write, write_parquet
from cirql.errors import FileUnreadable, InvalidStatement
from cirql.settings.preferences import editor_command
from cirql.shell.command_table import Command, ShellCommand
from cirql.sql.quoting import name as quoted_name
from cirql.sql.quoting import text as quoted_text
from cirql.startup.regexes import regex

_COPY = regex(
    r"\s*(?P<what>\(.*\)|[\w.\"]+)\s+(?P<way>to|from)\s+(?P<file>'[^']*'|\S+)\s*(?:with\b)?\s*(?P<options>.*)", re.IGNORECASE | re.DOTALL
)
_FORMATS = {
    "csv": Format.CSV,
    "json": Format.JSON,
    "jsonl": Format.JSONL,
    "ndjson": Format.JSONL,
    "md": Format.MARKDOWN,
    "arrow": Format.ARROW,
    "html": Format.HTML,
}
_READERS = {"csv": "read_csv", "parquet": "read_parquet", "json": "read_json", "jsonl": "read_json", "ndjson": "read_json"}


@contextmanager
def opened(target: str) -> Iterator[BinaryIO]:
    """A file to write to, or with `|` a command. Raises FileUnreadable where it cannot be had."""
    if target.startswith("|"):
        with subprocess.Popen(target[1:], shell=True, stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            yield cast(BinaryIO, process.stdin)
        return
    with _file(target, "wb") as file:
        yield cast(BinaryIO, file)


def _file(name: str, mode: str) -> IO[bytes]:
    path = Path(name.strip("'\"")).expanduser()
    try:
        return cast(IO[bytes], path.open(mode))
    except OSError as error:
        raise FileUnreadable(f"cannot open {path}: {error.strerror or error}") from error


def output_to(call: Command) -> None:
    """Send the results that follow to a file; without one, to the terminal again."""
    if call.argument.startswith("|"):
        process = subprocess.Popen(call.argument[1:], shell=True, stdin=subprocess.PIPE)
        call.bench.redirect(cast(BinaryIO, process.stdin))
    else:
        call.bench.redirect(cast(BinaryIO, _file(call.word, "wb")) if call.argument else None)


def read_text(name: str) -> str:
    """The text of a file. Raises FileUnreadable."""
    with _file(name, "rb") as file:
        try:
            return file.read().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise FileUnreadable(f"cannot read {name}: {error}") from None


def edit(call: Command) -> str:
    """Edit the statement, or a file, in the user's editor; what comes of it is there to be run."""
    if call.argument:
        path = Path(call.word).expanduser()
        subprocess.run([*shlex.split(editor_command()), str(path)], check=False)
        return read_text(str(path)).strip() if path.exists() else ""
    with tempfile.NamedTemporaryFile("w+", suffix=".sql", encoding="utf-8") as file:
        file.write(call.sql or call.bench.last_sql)
        file.flush()
        try:
            subprocess.run([*shlex.split(editor_command()), file.name], check=False)
        except OSError as error:
            raise FileUnreadable(f"cannot start {editor_command()}: {error.strerror or error}", hint="EDITOR names the editor") from None
        return Path(file.name).read_text("utf-8").strip()  # an editor may have put another file in its place


def copy(call: Command) -> None:
    """Write the rows of a query or a table to a file, or read a file into a table of the session's own."""
    match = _COPY.fullmatch(call.argument)
    if match is None:
        raise InvalidStatement("\\copy is not understood", hint="\\copy TABLE | (QUERY) to FILE [FORMAT], \\copy TABLE from FILE [FORMAT]")
    path = Path(match["file"].strip("'")).expanduser()
    words = re.findall(r"\w+", match["options"].lower())
    kind = next((w for w in words if w in (*_FORMATS, *_READERS)), path.suffix.lstrip(".").lower() or "csv")
    what = call.bench.variables.fill(match["what"])
    is_stream = match["file"].lower() in ("stdout", "stdin", "pstdout", "pstdin")
    if match["way"].lower() == "from":
        if is_stream:
            raise InvalidStatement("\\copy reads files, and not what is typed", hint="a file of that name is './stdin'")
        _read_into(call, what, path, kind)
        return
    sql = what[1:-1] if what.startswith("(") else f"SELECT * FROM {what}"
    result = call.bench.query(sql)
    if is_stream and kind in _FORMATS:
        made = io.BytesIO()
        write(result, Destination(_FORMATS[kind], origin=origin(call.bench.session, sql)), made, None)
        call.bench.print(made.getvalue().decode("utf-8", "replace").splitlines())
        call.bench.tell_outcome(result)
        return
    if kind == "parquet":
        write_parquet(result, path)
    elif kind in _FORMATS:
        with _file(str(path), "wb") as file:
            destination = Destination(_FORMATS[kind], origin=origin(call.bench.session, sql))
            write(result, destination, cast(BinaryIO, file), None)
    else:
        raise InvalidStatement(f"\\copy writes no {kind}", hint=f"{', '.join(_FORMATS)}, parquet")
    call.bench.print([f"COPY {result.row_count}"])
    call.bench.tell_outcome(result)


def _read_into(call: Command, table: str, path: Path, kind: str) -> None:
    if kind not in _READERS:
        raise InvalidStatement(f"\\copy reads no {kind}", hint=f"{', '.join(_READERS)}")
    rows = f"SELECT * FROM {_READERS[kind]}({quoted_text(str(path))})"
    there = table in call.bench.session.workspace.names
    name = quoted_name(table.strip('"'))
    result = call.bench.query(f"INSERT INTO {name} {rows}" if there else f"CREATE TABLE {name} AS {rows}")
    call.bench.print([str(row[0]) for row in result.fetchall()])


def start(call: Command) -> None:
    """Run a command of the system's shell; without one, the shell itself."""
    subprocess.run(call.argument or "${SHELL:-sh}", shell=True, check=False)


COMMANDS = (
    ShellCommand("o", "[FILE | |COMMAND]", "send the results that follow to a file or a command", output_to, completes="file"),
    ShellCommand("copy", "… to | from FILE", "write rows to a file, or read one into a table of your own", copy, completes="table"),
    ShellCommand("e", "[FILE]", "edit the statement in your editor", edit, takes_sql=True, completes="file"),
    ShellCommand("!", "[COMMAND]", "run a command of the system's shell", start),
)
