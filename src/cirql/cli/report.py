"""What goes to stderr: errors, notices, failures, statistics. Nothing here writes to stdout."""

from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

import click

from cirql.cli.streams import visible
from cirql.errors import TOO_MANY_FILES, CloudFailure, Error

if TYPE_CHECKING:
    from cirql.result import Stats

_EXCERPT = 100


def say(line: str) -> None:
    """Write a line to stderr; one that is closed or full is nobody listening."""
    with suppress(OSError, ValueError):
        sys.stderr.write(visible(line) + "\n")
        sys.stderr.flush()


def misuse(problem: str) -> NoReturn:
    """Say how the command was used wrongly, and end it with exit code 2."""
    say(f"error: {problem}")
    say("hint: --help shows how the command is used")
    raise click.exceptions.Exit(2)


def report_error(error: Error, sql: str = "") -> None:
    """Say what is wrong with the statement, its SQLSTATE, where in the text, at which target, and what to do."""
    say(f"error: {error.message} (SQLSTATE {error.sqlstate})")
    if error.position is not None and sql:
        for line in excerpt(sql, error.position):
            say(line)
    if error.failure is not None:
        say(f"failed: {error.failure}" + _request_of(error.failure))
    if error.hint:
        say(f"hint: {error.hint}")


def report_outcome(notices: Iterable[str], failures: Iterable[CloudFailure]) -> None:
    """Say what the reader of the rows must know: notices, and each target that gave none."""
    for notice in notices:
        say(f"notice: {notice}")
    for failure in failures:
        say(f"failed: {failure}" + _request_of(failure))


def report_stats(stats: Stats) -> None:
    """Write the one JSON object of `--stats`; it must be the last line of stderr."""
    say(json.dumps(stats.to_json()))


def report_timing(stats: Stats) -> None:
    """Say how long it took, and what it took."""
    calls = sum(stats.calls.values())
    say(f"time: {stats.wall_ms} ms, {stats.rows} {_plural('row', stats.rows)}, {calls} {_plural('call', calls)}")


def excerpt(sql: str, position: int) -> list[str]:
    """The line of the SQL that holds a position, cut to what fits on a screen, and a caret under the place.

    `LINE 2: FROM aws.sagemaker_imag`
    `             ^`

    No text of a statement that writes is in it: the log of whoever runs it is no place for a secret.
    """
    from cirql.changes.masking import shown_statement

    sql = shown_statement(sql)
    position = max(0, min(position, len(sql)))
    number = sql.count("\n", 0, position) + 1
    start = sql.rfind("\n", 0, position) + 1
    end = sql.find("\n", position)
    line = sql[start:] if end < 0 else sql[start:end]
    column = position - start
    cut = max(0, column - _EXCERPT // 2)
    shown = line[cut : cut + _EXCERPT]
    prefix = f"LINE {number}: " + ("…" if cut else "")
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", shown) + ("…" if len(line) > cut + _EXCERPT else "")
    return [prefix + text, " " * (len(prefix) + column - cut) + "^"]


def _request_of(failure: CloudFailure) -> str:
    return f" (request {failure.request_id})" if failure.request_id else ""


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else noun + "s"


def install_defect_report() -> None:
    """Make an error that nobody foresaw look like any other one; `PYTHONDEVMODE=1` shows where it came from."""
    sys.excepthook = _report_defect


def _report_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    import traceback

    if sys.flags.dev_mode:
        traceback.print_exception(kind, error, trace)
    if isinstance(error, Error):
        report_error(error)
        return
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        say(f"error: {error.strerror}: {error.filename or 'a connection or a file'} cannot be opened (SQLSTATE 53000)")
        say(f"hint: {TOO_MANY_FILES}")
        return
    say(f"error: internal: {kind.__name__}: {error} (SQLSTATE XX000)")
    say("hint: this is a defect in cirql; run again with PYTHONDEVMODE=1 and report what it prints")
