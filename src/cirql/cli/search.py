"""`cirql search`: which tables have something to do with some words."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.report import misuse, report_error, say
from cirql.cli.streams import tell
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.catalog.lookup import Hit

_COLUMNS = 6


@click.command("search")
@click.argument("words", metavar="WORDS...", nargs=-1, required=True, help="What the table or its columns are about.")
@click.option("--limit", "-n", metavar="N", default=20, show_default=True, type=click.IntRange(min=1), help="How many tables to show.")
@click.option("--output", "-o", metavar="FORMAT", default="table", show_default=True, help="table or json.")
def search(words: tuple[str, ...], limit: int, output: str) -> None:
    """Find tables by their names, their columns' names, and what is written about both; the best come first.

    Exit codes: 0 something was found, 1 nothing was.
    """
    from cirql.compiler.account_types import open_catalog
    from cirql.settings import Settings

    if output not in ("table", "json"):
        misuse(f"no format {output!r}; there are table and json")
    text = " ".join(words)
    if not text.strip():
        misuse("search needs a word")
    try:
        with open_catalog(Settings.load().types_path) as catalog:
            meant = catalog.spelled(text)
            hits = catalog.search(meant or text, limit)
            unknown = catalog.unknown(meant or text) if hits else []
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
    if meant is not None and hits:
        say(f"nothing is about {text}; this is about {meant}")
    if unknown:
        say(f"left out, for no table has it: {', '.join(unknown)}")
    if output == "json":
        tell(json.dumps([_object(hit) for hit in hits], indent=2))
    else:
        _print(hits)
    if not hits:
        say(f"nothing is about {text}")
        raise click.exceptions.Exit(1)


def _object(hit: Hit) -> dict[str, Any]:
    return {
        "table": str(hit.table.name),
        "title": hit.table.title,
        "score": round(hit.score, 2),
        "columns": [c.name for c in hit.columns],
    }


def _print(hits: list[Hit]) -> None:
    """A line for each table: its name, then its title and the columns that the words are about, cut to the terminal."""
    if not hits:
        return
    width = shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None
    longest = max(len(str(h.table.name)) for h in hits)
    for hit in hits:
        names = [c.name for c in hit.columns]
        about = ", ".join(names[:_COLUMNS]) + (f", … ({len(names)})" if len(names) > _COLUMNS else "")
        line = f"{hit.table.name!s:<{longest}}  {hit.table.title}" + (f": {about}" if about else "")
        tell(line if width is None or len(line) <= width else f"{line[: width - 1]}…")
