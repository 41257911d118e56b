"""`cirql mcp`: tools for agents, by the Model Context Protocol."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.report import misuse, report_error, say
from cirql.cli.scope import options as scope_options
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.agents.protocol import Door
    from cirql.runtime import Runtime

_MODES = ("read_only", "plan", "ask")
_INSTALL = "pip install 'cirql[mcp]'"


@click.command("mcp")
@click.option("--local", is_flag=True, help="Ask the embedded AWS: two accounts and three regions of sample data.")
@scope_options
@click.option(
    "--mode",
    metavar="MODE",
    default="read_only",
    show_default=True,
    help="read_only; plan: changes are planned and shown; ask: and carried out where you agree to each plan.",
)
@click.option(
    "--http",
    "port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="Serve HTTP on 127.0.0.1 in place of stdin and stdout; 0: any free port.",
)
@click.option(
    "--token-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The token that HTTP clients must send; made where there is no such file. Without it, a new one is shown at each start.",
)
@click.option("--max-rows", metavar="N", default=200, show_default=True, type=click.IntRange(1, 10_000), help="Most rows in an answer.")
@click.option("--max-bytes", metavar="N", default=48_000, show_default=True, type=click.IntRange(1_000), help="Most bytes of rows.")
@click.option(
    "--max-calls", metavar="N", default=2_000, show_default=True, type=click.IntRange(1), help="Most requests to AWS for an answer."
)
@click.option(
    "--timeout", metavar="SECONDS", default=120.0, show_default=True, type=click.FloatRange(0.1), help="Longest time for an answer."
)
@click.option("--audit", metavar="FILE", type=click.Path(path_type=Path), help="Write a line of JSON for each call.")
def mcp(
    local: bool,
    scope: dict[str, Any],
    mode: str,
    port: int | None,
    token_file: Path | None,
    max_rows: int,
    max_bytes: int,
    max_calls: int,
    timeout: float,
    audit: Path | None,
) -> None:
    """Let an agent ask: a server of the Model Context Protocol on stdin and stdout, or with --http on 127.0.0.1.

    The agent reads what the options say and nothing else: it opens no file and reaches no further account or region. It changes nothing
    but, with --mode ask, what you agree to when your client shows you the plan. Answers are bounded, and say so.
    """
    if mode not in _MODES:
        misuse(f"no mode {mode!r}; there are {', '.join(_MODES)}")
    try:
        if importlib.util.find_spec("mcp") is None:
            say("error: cirql mcp needs the Python package 'mcp'")
            say(f"hint: {_INSTALL}")
            raise click.exceptions.Exit(1)
        with nullcontext() if port is not None else prompt_interrupts(), _runtime(scope, local) as runtime:
            from cirql.agents.audit import AuditLog
            from cirql.agents.calls import Agency
            from cirql.agents.limits import AnswerLimits
            from cirql.agents.offers import tools_of
            from cirql.agents.protocol import Door, serve_stdio

            limits = AnswerLimits(rows=max_rows, size=max_bytes, calls=max_calls, seconds=timeout)
            door = Door(Agency(runtime, limits, AuditLog(audit)), tools_of(mode))
            if port is None:
                serve_stdio(door)
            else:
                _serve_http(door, port, token_file)
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
    except OSError as error:
        say(f"error: cannot listen on 127.0.0.1:{port}: {error.strerror or error}")
        say("hint: choose another port, or 0 for any that is free")
        raise click.exceptions.Exit(1) from None


def _serve_http(door: Door, port: int, token_file: Path | None) -> None:
    from cirql.agents.web import serve_http, token_of

    token = token_of(token_file)

    def ready(url: str) -> None:
        say(f"listening on {url}")
        say(f"clients send: Authorization: Bearer {token if token_file is None else f'(what is in {token_file})'}")

    serve_http(door, port, token, ready)


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
