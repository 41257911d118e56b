r"""The commands about the statement before them, or the last one: `\g`, `\gx`, `\gset`, `\gdesc`, `\watch`, `\explain`, `\policy`."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from cirql.errors import Error, InvalidStatement, SettingsError
from cirql.shell.command_table import Command, ShellCommand
from cirql.shell.files import opened


def go(call: Command) -> None:
    """Run it; into a file where one is named."""
    if not _has_statement(call):
        return
    if call.argument:
        with opened(call.argument) as output:
            call.bench.answer(call.statement, output=output)
    else:
        call.bench.answer(call.statement)


def go_expanded(call: Command) -> None:
    """Run it, and show each row below the other."""
    if _has_statement(call):
        call.bench.answer(call.statement, expanded="on")


def go_into_variables(call: Command) -> None:
    """Run it, and give variables the values of its one row."""
    if not _has_statement(call):
        return
    result = call.bench.query(call.statement)
    rows = result.fetchmany(2)
    if len(rows) != 1:
        raise InvalidStatement(f"\\gset needs one row, and there {'are more' if rows else 'is none'}", hint="LIMIT 1, or a condition")
    call.bench.variables.take(dict(zip((c.name for c in result.columns), rows[0], strict=True)), call.word)


def go_describe(call: Command) -> None:
    """Say which columns it gives, without running it."""
    if _has_statement(call):
        call.bench.show_rows(("column", "type"), ([c.name, c.type] for c in call.bench.session.describe(call.statement).columns or ()))


def watch(call: Command) -> None:
    """Run it again and again, until Ctrl-C or as often as is said."""
    words = call.words
    try:
        seconds, times = float(words[0]) if words else 2.0, int(words[1]) if len(words) > 1 else 0
    except ValueError:
        raise SettingsError(f"\\watch cannot read {call.argument!r}", hint="\\watch [SECONDS [TIMES]]") from None
    done = 0
    try:
        while _has_statement(call):
            call.bench.print([f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC (every {seconds:g} s)"])
            done += 1
            if not call.bench.answer(call.statement) or done == times:
                return
            time.sleep(seconds)
    except KeyboardInterrupt:
        call.bench.print([""])


def explain(call: Command) -> None:
    """Say what it will ask of AWS, and ask nothing."""
    _explain(call, "EXPLAIN")


def policy(call: Command) -> None:
    """Print the IAM policy that it needs."""
    _explain(call, "EXPLAIN (FORMAT POLICY)")


def _explain(call: Command, how: str) -> None:
    statement = call.bench.variables.fill(call.argument.rstrip("; ")) or call.statement
    if statement:
        call.bench.show(call.bench.query(f"{how} {statement}"), counted=False)
    else:
        _has_statement(call)


def _has_statement(call: Command) -> bool:
    if call.statement:
        return True
    call.bench.print(["there is no statement yet"])
    return False


def error_verbose(call: Command) -> None:
    """Everything that is known of the last error."""
    error: BaseException | None = call.bench.last_error
    if error is None:
        call.bench.print(["there is no previous error"])
    lines = []
    while error is not None:
        lines.append(f"{type(error).__name__}: {getattr(error, 'message', error)}")
        if isinstance(error, Error):
            facts = {"SQLSTATE": error.sqlstate, "hint": error.hint, "position": error.position}
            lines += [f"  {name}: {value}" for name, value in facts.items() if value is not None]
            if error.failure is not None:
                lines += [f"  {name}: {value}" for name, value in error.failure.to_json().items() if value]
        error = error.__cause__
        if error is not None:
            lines.append("caused by")
    if lines:
        call.bench.print(lines)


COMMANDS = (
    ShellCommand("g", "[FILE | |COMMAND]", "run the statement, or the last one again", go, takes_sql=True, completes="file"),
    ShellCommand("gx", "", "run it, and show each row below the other", go_expanded, takes_sql=True),
    ShellCommand("gset", "[PREFIX]", "run it, and give variables the values of its one row", go_into_variables, takes_sql=True),
    ShellCommand("gdesc", "", "say which columns it gives, without running it", go_describe, takes_sql=True),
    ShellCommand("watch", "[SECONDS [TIMES]]", "run it again and again, until Ctrl-C", watch, takes_sql=True),
    ShellCommand("explain", "[STATEMENT]", "say what it will ask of AWS, and ask nothing", explain, takes_sql=True),
    ShellCommand("policy", "[STATEMENT]", "print the IAM policy that it needs", policy, takes_sql=True),
    ShellCommand("errverbose", "", "say everything about the last error", error_verbose),
)
