"""`cirql graph`: a resource and what it hangs on."""

from __future__ import annotations

from typing import Any

import click

from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import scoped
from cirql.cli.report import misuse, report_error, say
from cirql.cli.scope import options as scope_options
from cirql.cli.streams import tell
from cirql.errors import Error

_FORMATS = ("text", "mermaid")


@click.command("graph")
@click.argument("name", metavar="NAME", help="An id, a name or an ARN.")
@click.option("--table", metavar="TABLE", help="The table that it is a row of, where NAME does not say.")
@click.option("--depth", metavar="N", default=2, show_default=True, type=click.IntRange(1, 5), help="How far to follow.")
@click.option("--output", "-o", metavar="FORMAT", default="text", show_default=True, help=f"One of {', '.join(_FORMATS)}.")
@click.option("--local", is_flag=True, help="Ask the embedded AWS.")
@scope_options
def graph(name: str, table: str | None, depth: int, output: str, local: bool, scope: dict[str, Any]) -> None:
    """Show a resource and what it hangs on: its network, role, key, groups, and what these name.

    The columns that name other tables' rows are those of cirql.relations. Exit code 3: some places could not be read.
    """
    if output not in _FORMATS:
        misuse(f"no format {output!r}; there are {', '.join(_FORMATS)}")
    try:
        with prompt_interrupts(), scoped(scope, local) as settings:
            import cirql
            from cirql.graph import draw

            with cirql.connect(**settings) as session:
                found = draw(session, name, table, depth)
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
    for line in found.mermaid() if output == "mermaid" else found.text():
        tell(line)
    for note in dict.fromkeys(found.notes):
        say(f"failed: {note}")
    if found.notes:
        raise click.exceptions.Exit(3)
