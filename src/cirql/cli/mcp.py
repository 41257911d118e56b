"""`cirql mcp`: tools for agents, by the Model Context Protocol."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.report import report_error, say
from cirql.cli.scope import options as scope_options
from cirql.cli.scope import refuse_with_local
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.runtime import Runtime

_INSTALL = "pip install 'cirql[mcp]'"


@click.command("mcp")
@click.option("--local", is_flag=True, help="Ask the embedded AWS: two accounts and three regions of sample data.")
@scope_options
@click.option("--max-rows", metavar="N", default=200, show_default=True, type=click.IntRange(1, 10_000), help="Most rows in an answer.")
@click.option("--max-bytes", metavar="N", default=48_000, show_default=True, type=click.IntRange(1_000), help="Most bytes of rows.")
@click.option(
    "--max-calls", metavar="N", default=2_000, show_default=True, type=click.IntRange(1), help="Most requests to AWS for an answer."
)
@click.option(
    "--timeout", metavar="SECONDS", default=120.0, show_default=True, type=click.FloatRange(0.1), help="Longest time for an answer."
)
@click.option("--audit", metavar="FILE", type=click.Path(path_type=Path), help="Write a line of JSON for each call.")
def mcp(local: bool, scope: dict[str, Any], max_rows: int, max_bytes: int, max_calls: int, timeout: float, audit: Path | None) -> None:
    """Let an agent ask: a server of the Model Context Protocol on stdin and stdout.

    The agent reads what the options say and nothing else: it changes nothing, opens no file, and reaches no further account or region.
    Answers are bounded, and say so.
    """
    if local:
        refuse_with_local(scope)
    try:
        if importlib.util.find_spec("mcp") is None:
            say("error: cirql mcp needs the Python package 'mcp'")
            say(f"hint: {_INSTALL}")
            raise click.exceptions.Exit(1)
        with prompt_interrupts(), _runtime(scope, local) as runtime:
            from cirql.agents.audit import AuditLog
            from cirql.agents.calls import Agency
            from cirql.agents.limits import AnswerLimits
            from cirql.agents.protocol import Door, serve_stdio
            from cirql.agents.reading import READING

            limits = AnswerLimits(rows=max_rows, size=max_bytes, calls=max_calls, seconds=timeout)
            serve_stdio(Door(Agency(runtime, limits, AuditLog(audit)), READING))
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None


@contextmanager
def _runtime(scope: dict[str, Any], local: bool) -> Iterator[Runtime]:
    """A locked runtime over the scope; with `--local`, over a local AWS that runs as long as the block. Raises SettingsError."""
    from tempfile import TemporaryDirectory

    from cirql.cli.local import scoped
    from cirql.local import door
    from cirql.runtime import Runtime
    from cirql.settings import Settings

    with scoped(scope, local) as given, TemporaryDirectory(prefix="cirql-") as folder:
        settings = Settings.load(**given, locked=True, **({"journal": f"{folder}/changes.sqlite"} if local else {}))
        with Runtime(settings, cloud=door(settings) if local else None) as runtime:
            yield runtime
