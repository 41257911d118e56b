"""The entry point: the list of commands, and what a process owes its caller.

Exit codes: 0 complete, 1 the statement (or the check) failed, 2 wrong usage, 3 rows came but some targets failed, 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import click

from cirql import __version__
from cirql.cli import completion
from cirql.cli.absent import leave_out_pandas
from cirql.cli.commands import Group
from cirql.cli.interrupt import leave_in_order
from cirql.cli.report import install_defect_report, say
from cirql.cli.streams import hold_streams, is_of_a_stream
from cirql.errors import FileUnreadable

_PLACES = {
    "shell": "cirql.shell.command.shell",
    "query": "cirql.cli.query.query",
    "plan": "cirql.cli.plans.plan",
    "apply": "cirql.cli.plans.apply",
    "serve": "cirql.cli.serve.serve",
    "mcp": "cirql.cli.mcp.mcp",
    "sync": "cirql.cli.sync.sync",
    "ingest": "cirql.cli.ingest.ingest",
    "import": "cirql.cli.ingest.import_",
    "doctor": "cirql.cli.doctor.doctor",
    "trust": "cirql.cli.trust.trust",
    "search": "cirql.cli.search.search",
    "store": "cirql.cli.store.group",
    "check": "cirql.cli.check.check",
    "changes": "cirql.cli.changes.group",
    "local": "cirql.cli.local.group",
    "docs": "cirql.cli.docs.group",
    "catalog": "cirql.cli.catalog.group",
}
_ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000


@click.group(
    cls=Group,
    places=_PLACES,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="cirql %(version)s", help="Print the version and exit.")
@completion.options
@click.pass_context
def app(ctx: click.Context) -> None:
    """SQL over the AWS cloud. Alone, on a terminal, it is the shell."""
    if ctx.obj is not None:
        ctx.obj()
    if ctx.invoked_subcommand is None:
        _alone(ctx)


def _alone(ctx: click.Context) -> None:
    """The shell where somebody sits at a terminal; elsewhere what commands there are, which is no success."""
    if all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        shell = app.get_command(ctx, "shell")
        assert shell is not None
        shell.main(args=[], prog_name="cirql shell")
    raise click.exceptions.NoArgsIsHelpError(ctx)


def run(begin: Callable[[], None] | None = None) -> int:
    """Run the command that `sys.argv` names; gives its exit code. `begin` is called when all that a command needs is imported."""
    # What is imported lives as long as the process: looking for garbage in it is a tenth of a short command's time.
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS, 20, 20)
    install_defect_report()
    leave_out_pandas()
    try:
        app.main(prog_name="cirql", obj=begin)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except OSError as error:
        if not is_of_a_stream(error):
            raise
        say(f"error: cannot write to standard output: {error.strerror or error} (SQLSTATE {FileUnreadable.sqlstate})")
        return 1


def main() -> NoReturn:
    """Run the `cirql` command and exit."""
    hold_streams()
    code = run(leave_in_order)
    # Sessions are closed and threads have ended. Taking the interpreter apart would be a tenth of a short command's time.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            if stream is not None:
                stream.flush()
    os._exit(code)
