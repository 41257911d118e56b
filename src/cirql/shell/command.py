"""`cirql shell`, which `cirql` alone is on a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from cirql.cli.absent import import_pyarrow
from cirql.cli.report import misuse, report_error
from cirql.cli.scope import options as scope_options
from cirql.errors import Error


@click.command("shell")
@click.option("--local", is_flag=True, help="Ask the embedded AWS: two accounts and three regions of sample data.")
@scope_options
@click.option("--store", metavar="DIR", type=click.Path(path_type=Path), help="The inventory to read through and to keep rows in.")
@click.option("--max-age", metavar="AGE", help="How old rows may be: '15 minutes', live, unlimited (offline).")
@click.option("--dialect", metavar="DIALECT", help="Whose meanings hold where they differ: postgres, ddsql or stackql.")
@click.option("--write", "write_", is_flag=True, help="Let statements change resources, after showing what they would do.")
def shell(local: bool, scope: dict[str, Any], store: Path | None, max_age: str | None, dialect: str | None, write_: bool) -> None:
    r"""Type statements and see their answers; `cirql` alone is this, on a terminal.

    \? says what else can be typed, \q ends it. Statements end with a semicolon. Ctrl-C ends the statement and not the shell.
    """
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        misuse("the shell needs a terminal; `cirql query` takes statements from a pipe")
    settings = {**scope, "store": str(store) if store else None, "max_age": max_age, "dialect": dialect, "writable": write_ or None}
    import_pyarrow()
    from cirql.shell.loop import Shell
    from cirql.shell.opening import Opening

    try:
        code = Shell(Opening({k: v for k, v in settings.items() if v is not None}, local)).run()
    except Error as error:
        report_error(error)
        code = 1
    raise click.exceptions.Exit(code)


def is_terminal(stream: Any) -> bool:
    """Whether somebody types into it, or looks at it."""
    return stream is not None and stream.isatty()
