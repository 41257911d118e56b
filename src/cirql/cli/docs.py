"""`cirql docs`: the data directory, a page for every table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.report import misuse, report_error, say
from cirql.errors import Error

app = typer.Typer(name="docs", help="The data directory: a page for every table.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """The data directory: a page for every table."""


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="aws.<service>_<resource> or aws.<service>.<resource>.")],
    plain: Annotated[bool, typer.Option("--plain", help="As Markdown, on a terminal too.")] = False,
) -> None:
    """Print the page of one table; as Markdown, where stdout is no terminal."""
    from cirql.catalog.pages import page
    from cirql.catalog.refresh import open_catalog
    from cirql.docs.examples import examples
    from cirql.introspection.directory import Directory
    from cirql.settings import Settings

    try:
        with open_catalog(Settings.load().types_path) as catalog:
            found = Directory(catalog).find(name)
            text = page(found, examples(catalog, found))
    except Error as error:
        report_error(error)
        raise typer.Exit(1) from None
    if plain or not sys.stdout.isatty():
        typer.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    # A terminal has no use for the front matter.
    Console().print(Markdown(text.split("---\n", 2)[-1]))


@app.command()
def build(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The directory to write to.")],
    service: Annotated[
        list[str] | None, typer.Option("--service", metavar="NAME", help="Only this service; may be repeated.", show_default=False)
    ] = None,
) -> None:
    """Write the pages of all tables as Markdown files, a directory for each service, with indexes."""
    from cirql.catalog.refresh import open_catalog
    from cirql.docs import directory
    from cirql.settings import Settings

    started = time.monotonic()
    with prompt_interrupts():
        try:
            with open_catalog(Settings.load().types_path) as catalog:
                unknown = sorted(set(service or ()) - catalog.services().keys())
                if unknown:
                    misuse(f"no service {', '.join(unknown)}; see cirql query 'SHOW SERVICES IN aws'")
                with _progress() as progress:
                    count = directory.build(catalog, out, service or (), progress)
        except Error as error:
            report_error(error)
            raise typer.Exit(1) from None
        except OSError as problem:
            say(f"error: cannot write to {out}: {problem.strerror or problem}")
            raise typer.Exit(1) from None
    say(f"{out}: {count} pages in {time.monotonic() - started:.0f} s")


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None] | None]:
    """A bar on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        bar = display.add_task("docs", total=None)
        yield lambda done, total, what: display.update(bar, completed=done, total=total, description=what)
