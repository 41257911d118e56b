"""`cirql catalog build`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.report import report_error, say
from cirql.errors import Error

app = typer.Typer(name="catalog", help="The catalog of tables.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """The catalog of tables."""


@app.command()
def build(
    path: Annotated[
        Path | None, typer.Option("--path", metavar="FILE", help="Write it there, not where the program looks for it.", show_default=False)
    ] = None,
) -> None:
    """Compile the catalog again from the installed versions of botocore and cfn-lint."""
    started = time.monotonic()
    with prompt_interrupts():
        try:
            made = _build(path)
        except (RuntimeError, OSError) as problem:
            say(f"error: {problem}")
            raise typer.Exit(1) from None
        except Error as error:
            report_error(error)
            raise typer.Exit(1) from None
    say(f"{made}: {made.stat().st_size / 1e6:.1f} MB in {time.monotonic() - started:.0f} s")


def _build(path: Path | None) -> Path:
    """Compile, with a bar on stderr where that is a terminal."""
    from cirql.catalog.build import build as compile_catalog

    if not sys.stderr.isatty():
        return compile_catalog(path)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        bar = display.add_task("catalog", total=None)

        def show(done: int, total: int, what: str) -> None:
            display.update(bar, completed=done, total=total, description=what)

        return compile_catalog(path, show)
