"""The entry point: the list of commands, and what a process owes its caller.

Exit codes: 0 complete, 1 the statement (or the check) failed, 2 wrong usage, 3 rows came but some targets failed, 130 interrupted.
"""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from cirql import __version__
from cirql.cli import catalog, changes, docs, doctor, ingest, local, plans, query, search, store, sync
from cirql.cli.report import install_defect_report

app = typer.Typer(
    name="cirql",
    help="SQL over the AWS cloud.",
    no_args_is_help=True,
    rich_markup_mode=None,  # Rich costs 60 ms to import: more than everything else that --help does.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command(name="query", cls=query.QueryCommand)(query.query)
app.command(name="plan")(plans.plan)
app.command(name="apply")(plans.apply)
app.command(name="sync")(sync.sync)
app.command(name="ingest")(ingest.ingest)
app.command(name="import")(ingest.import_)
app.add_typer(store.app)
app.add_typer(changes.app)
app.add_typer(local.app)
app.command(name="doctor")(doctor.doctor)
app.command(name="search")(search.search)
app.add_typer(docs.app)
app.add_typer(catalog.app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cirql {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    """SQL over the AWS cloud."""


def main() -> NoReturn:
    """Run the `cirql` command on `sys.argv` and exit."""
    install_defect_report()
    typer.main.get_command(app).main(prog_name="cirql")  # Not app(): that puts its own excepthook in place of ours.
    raise SystemExit(0)
