"""`cirql docs`: the data directory, a page for every table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cirql.cli.commands import Group
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.report import misuse, report_error, say
from cirql.cli.streams import tell
from cirql.errors import Error


@click.group(name="docs", cls=Group)
def group() -> None:
    """The data directory: a page for every table."""


@group.command()
@click.argument("name", metavar="TABLE", help="aws.<service>_<resource> or aws.<service>.<resource>.")
@click.option("--plain", is_flag=True, help="As Markdown, on a terminal too.")
def show(name: str, plain: bool) -> None:
    """Print the page of one table; as Markdown, where stdout is no terminal."""
    from cirql.compiler.account_types import open_catalog
    from cirql.docs.pages import page_of
    from cirql.introspection.directory import Directory
    from cirql.settings import Settings

    try:
        with open_catalog(Settings.load().types_path) as catalog:
            found = Directory(catalog).find(name)
            text = page_of(catalog, found)
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
    if plain or sys.stdout is None or not sys.stdout.isatty():
        tell(text, newline=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    # A terminal has no use for the front matter.
    Console().print(Markdown(text.split("---\n", 2)[-1]))


@group.command()
@click.option("--out", metavar="DIR", required=True, type=click.Path(path_type=Path), help="The directory to write to.")
@click.option("--service", metavar="NAME", multiple=True, help="Only this service; may be repeated.")
def build(out: Path, service: tuple[str, ...]) -> None:
    """Write the pages of all tables as Markdown files, a directory for each service, with indexes."""
    from cirql.compiler.account_types import open_catalog
    from cirql.docs import directory
    from cirql.settings import Settings

    started = time.monotonic()
    with prompt_interrupts():
        try:
            with open_catalog(Settings.load().types_path) as catalog:
                unknown = sorted(set(service) - catalog.services().keys())
                if unknown:
                    misuse(f"no service {', '.join(unknown)}; see cirql query 'SHOW SERVICES IN aws'")
                with _progress() as progress:
                    count = directory.build(catalog, out, service, progress)
        except Error as error:
            report_error(error)
            raise click.exceptions.Exit(1) from None
        except OSError as problem:
            say(f"error: cannot write to {out}: {problem.strerror or problem}")
            raise click.exceptions.Exit(1) from None
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
