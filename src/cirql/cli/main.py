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

COMMANDS = {
    "shell": ("cirql.shell.command.shell", "Type statements and see their answers; `cirql` alone is this."),
    "query": ("cirql.cli.query.query", "Run one SQL statement and print its rows."),
    "plan": ("cirql.cli.plans.plan", "Show what the statements in a file would change."),
    "apply": ("cirql.cli.plans.apply", "Carry out a saved plan exactly as it was shown."),
    "serve": ("cirql.cli.serve.serve", "Answer PostgreSQL's clients: psql, drivers, dashboards."),
    "web": ("cirql.cli.web.web", "Ask in a page: catalog, editor, cost beforehand, rows."),
    "mcp": ("cirql.cli.mcp.mcp", "Let an agent ask: a server of the Model Context Protocol."),
    "sync": ("cirql.cli.sync.sync", "Read whole tables into the inventory."),
    "ingest": ("cirql.cli.ingest.ingest", "Read again what CloudTrail or EventBridge events touched."),
    "import": ("cirql.cli.ingest.import_", "Fill the inventory from files."),
    "doctor": ("cirql.cli.doctor.doctor", "Check the installation, the credentials and the way to AWS."),
    "trust": ("cirql.cli.trust.trust", "Trust the settings of the cirql.toml in a folder."),
    "search": ("cirql.cli.search.search", "Find tables by their names, columns and descriptions."),
    "store": ("cirql.cli.store.group", "The inventory's upkeep."),
    "check": ("cirql.cli.check.check", "Hold resources against rules."),
    "watch": ("cirql.cli.watch.watch", "Run rules again and again, and tell what changed."),
    "changes": ("cirql.cli.changes.group", "The journal of changes: what was done and what is still open."),
    "local": ("cirql.cli.local.group", "The embedded AWS: for a first look, for tests, offline."),
    "graph": ("cirql.cli.graph.graph", "Show a resource and what it hangs on."),
    "docs": ("cirql.cli.docs.group", "The data directory: a page for every table."),
    "catalog": ("cirql.cli.catalog.group", "The catalog of tables."),
}
# A start makes some hundred thousand objects that stay, and no garbage; a command that goes on looks for it at this pace.
_OBJECTS_OF_A_START = 500_000
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_FILES = 4096


@click.group(
    cls=Group,
    places=COMMANDS,
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


def _postpone_collections() -> None:
    def settle(phase: str, info: dict[str, int]) -> None:
        gc.callbacks.remove(settle)
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)

    gc.set_threshold(_OBJECTS_OF_A_START, 20, 20)
    gc.callbacks.append(settle)
    gc.enable()


def _allow_files() -> None:
    """Open as many files and connections as the system lets this user: macOS begins with 256, as many as there are connections alone."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES if most == resource.RLIM_INFINITY else min(most, _FILES)
        if 0 <= now < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def run(begin: Callable[[], None] | None = None) -> int:
    """Run the command that `sys.argv` names; gives its exit code. `begin` is called when all that a command needs is imported."""
    _postpone_collections()
    install_defect_report()
    _allow_files()
    leave_out_pandas()
    try:
        app.main(prog_name="cirql", obj=begin)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except OSError as error:
        if not is_of_a_stream(error):
            return _defect(error)
        say(f"error: cannot write to standard output: {error.strerror or error} (SQLSTATE {FileUnreadable.sqlstate})")
        return 1
    except Exception as error:  # noqa: BLE001 (else the interpreter would be taken apart while threads are in the engine)
        return _defect(error)


def _defect(error: Exception) -> int:
    sys.excepthook(type(error), error, error.__traceback__)
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
