"""`cirql plan` and `cirql apply`: what statements would change, as a file to review, and carrying exactly that out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cirql.cli.confirm import asker
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import local_scope
from cirql.cli.progress import ScanProgress
from cirql.cli.report import misuse, report_error, say
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.session import Session

_STYLES = ("text", "json", "markdown", "policy")
_PROFILE = typer.Option("--profile", metavar="PROFILE", help="AWS profile to use; may be repeated.", show_default=False)
_REGION = typer.Option("--region", metavar="REGION", help="Region in scope; may be repeated.", show_default=False)


def plan(
    file: Annotated[
        Path, typer.Option("--file", "-f", metavar="FILE", help="The statements, separated by semicolons.", show_default=False)
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PLAN", help="Save the plan for `cirql apply`.", show_default=False)
    ] = None,
    style: Annotated[str, typer.Option("--format", metavar="FORMAT", help=f"One of {', '.join(_STYLES)}.")] = "text",
    local: Annotated[bool, typer.Option("--local", help="Plan against the embedded AWS.")] = False,
    profile: Annotated[list[str] | None, _PROFILE] = None,
    region: Annotated[list[str] | None, _REGION] = None,
) -> None:
    """Show what the statements in a file would change. Nothing is changed."""
    if style not in _STYLES:
        misuse(f"no format {style!r}; there are {', '.join(_STYLES)}")
    from cirql.cli.query import read_statement

    text = read_statement(None, file)
    with _reported(text), _scope(local) as scope, _session({**scope, **_settings(profile, region)}) as session:
        from cirql.changes.explain import render
        from cirql.changes.saved import write_plan
        from cirql.sql.parse import parse, split

        made = session.writer.plan([parse(piece) for piece in split(text)])
        for line in render(made, style.upper()):
            typer.echo(line)
        if output is not None:
            write_plan(made, output)
            say(f"plan saved: cirql apply {output}")


def apply(
    saved: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan that `cirql plan -o` saved.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. Needed where there is no terminal to ask on.")] = False,
    profile: Annotated[list[str] | None, _PROFILE] = None,
    region: Annotated[list[str] | None, _REGION] = None,
) -> None:
    """Carry out a saved plan exactly as it was shown; refuse if the resources have changed since."""
    settings = {**_settings(profile, region), "writable": True}
    with _reported(None), ScanProgress() as progress, _session({**settings, "progress": progress}) as session:
        from cirql.changes.saved import read_plan

        session.confirm = None if yes else asker(progress)
        ended = session.writer.carry_out(read_plan(saved, session.catalog))
        progress.stop()
        for entry in ended:
            typer.echo(f"{entry.state.value}: {entry.change.title}" + _made(entry.change.identifier, entry.identifier))


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
        raise typer.Exit(1) from None


@contextmanager
def _session(settings: dict[str, Any]) -> Iterator[Session]:
    import cirql

    with cirql.connect(**settings) as session:
        yield session


@contextmanager
def _scope(local: bool) -> Iterator[dict[str, Any]]:
    if not local:
        yield {}
        return
    with local_scope() as scope:
        yield scope


def _settings(profile: list[str] | None, region: list[str] | None) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if profile:
        chosen["profiles"] = tuple(profile)
    if region:
        chosen["regions"] = tuple(name.strip() for text in region for name in text.split(",") if name.strip())
    return chosen
