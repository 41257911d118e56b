"""`cirql plan` and `cirql apply`: what statements would change, as a file to review, and carrying exactly that out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.confirm import asker
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import local_scope
from cirql.cli.progress import ScanProgress
from cirql.cli.report import misuse, report_error, say
from cirql.cli.scope import options as scope_options
from cirql.cli.streams import tell
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.session import Session

_STYLES = ("text", "json", "markdown", "policy")


@click.command("plan")
@click.argument("sql", metavar="[SQL | -]", required=False, help="The statements, separated by semicolons, or - to read standard input.")
@click.option("--file", "-f", metavar="FILE", type=click.Path(path_type=Path), help="Read the statements from a file.")
@click.option("--output", "-o", metavar="PLAN", type=click.Path(path_type=Path), help="Save the plan for `cirql apply`.")
@click.option("--format", "style", metavar="FORMAT", default="text", show_default=True, help=f"One of {', '.join(_STYLES)}.")
@click.option("--local", is_flag=True, help="Plan against the embedded AWS.")
@scope_options
def plan(sql: str | None, file: Path | None, output: Path | None, style: str, local: bool, scope: dict[str, Any]) -> None:
    """Show what statements would change. Nothing is changed."""
    if style not in _STYLES:
        misuse(f"no format {style!r}; there are {', '.join(_STYLES)}")
    from cirql.cli.query import read_statement

    text = read_statement(sql, file)
    with _reported(text), _scope(local) as base, _session({**base, **scope}) as session:
        from cirql.changes.explain import render
        from cirql.changes.saved import write_plan
        from cirql.sql.parse import parse, split

        made = session.writer.plan([parse(piece) for piece in split(text)])
        for line in render(made, style.upper()):
            tell(line)
        if output is not None:
            write_plan(made, output)
            say(f"plan saved: cirql apply {'--local ' * local}{shlex.quote(str(output))}")


@click.command("apply")
@click.argument("saved", metavar="PLAN", type=click.Path(path_type=Path), help="A plan that `cirql plan -o` saved.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal to ask on.")
@click.option("--local", is_flag=True, help="Carry it out in the embedded AWS, which begins anew: for a plan that `plan --local` saved.")
@scope_options
def apply(saved: Path, yes: bool, local: bool, scope: dict[str, Any]) -> None:
    """Carry out a saved plan exactly as it was shown; refuse if the resources have changed since."""
    with (
        _reported(None),
        ScanProgress() as progress,
        _scope(local) as base,
        _session({**base, **scope, "writable": True}, progress, asks=not yes) as session,
    ):
        from cirql.changes.saved import read_plan

        ended = session.writer.carry_out(read_plan(saved, session.catalog))
        progress.stop()
        for entry in ended:
            tell(f"{entry.state.value}: {entry.change.title}" + _made(entry.change.identifier, entry.identifier))


def _made(asked: str | None, got: str | None) -> str:
    return f" ({got})" if got and got != asked else ""


@contextmanager
def _reported(text: str | None) -> Iterator[None]:
    """Errors go to stderr, with exit code 1."""
    try:
        with prompt_interrupts():
            yield
    except Error as error:
        report_error(error, text or "")
        raise click.exceptions.Exit(1) from None


@contextmanager
def _session(settings: dict[str, Any], progress: ScanProgress | None = None, *, asks: bool = False) -> Iterator[Session]:
    import cirql

    confirm = asker(progress) if asks and progress is not None else None
    with cirql.connect(progress=progress, confirm=confirm, **settings) as session:
        yield session


@contextmanager
def _scope(local: bool) -> Iterator[dict[str, Any]]:
    if not local:
        yield {}
        return
    from tempfile import TemporaryDirectory

    # What is changed there ends with it, and so does the journal of that.
    with local_scope() as scope, TemporaryDirectory(prefix="cirql-") as folder:
        yield {**scope, "journal": f"{folder}/changes.sqlite"}
