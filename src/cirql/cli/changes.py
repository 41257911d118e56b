"""`cirql changes`: the journal of changes: what was done, what is still open, and seeing that to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.commands import Group
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.progress import ScanProgress
from cirql.cli.report import report_error, say
from cirql.cli.streams import tell, visible
from cirql.errors import Error, InvalidText

if TYPE_CHECKING:
    from cirql.changes.model import JournalEntry
    from cirql.session import Session

_change = click.argument("change", metavar="ID", help="The change: the first characters of its id.")


@click.group(name="changes", cls=Group)
def group() -> None:
    """The journal of changes: what was done and what is still open."""


@group.command("list")
@click.option("--open", "open_only", is_flag=True, help="Only those that have not ended.")
@click.option("--limit", metavar="N", default=50, show_default=True, type=click.IntRange(min=1), help="At most this many, the newest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(open_only: bool, limit: int, as_json: bool) -> None:
    """List changes, oldest first."""
    with _session(writable=False) as session:
        chosen = [e for e in session.writer.past.entries if e.state.is_open or not open_only][-limit:]
        for entry in chosen:
            tell(json.dumps(_facts(entry), default=str) if as_json else _line(entry))


@group.command()
@_change
def show(change: str) -> None:
    """Show one change: what it changes, when it came how far, and AWS's last word."""
    with _session(writable=False) as session:
        found = [e for e in session.writer.past.entries if e.change.id.startswith(change)]
        if len(found) != 1:
            raise InvalidText(f"{len(found) or 'no'} changes have an id that begins with {change!r}", hint="cirql changes list has them")
        entry = found[0]
        for name, value in _facts(entry).items():
            if value not in (None, ""):
                tell(f"{name}: {visible(str(value))}")
        from cirql.changes.explain import differences

        if entry.change.body or entry.change.after:
            for name, old, new in differences(entry.change):
                tell(f"  {visible(name)}: {visible(json.dumps(old, default=str))} -> {visible(json.dumps(new, default=str))}")
        for at, state, detail in session.writer.past.journal.moves(entry.change.id):
            tell(f"{_moment(at)} {state}" + (f": {visible(detail)}" if detail else ""))


@group.command()
@click.argument("change", metavar="[ID]", required=False, help="Only the statement of this change.")
def resume(change: str | None) -> None:
    """See every open change to its end, exactly once each."""
    with ScanProgress() as progress, _session(writable=True, progress=progress) as session:
        ended = session.writer.past.resume(change)
        progress.stop()
        _tell(ended)
        if not ended:
            say("nothing is open")


@group.command()
@_change
def cancel(change: str) -> None:
    """Stop one open change, at AWS where it is there already."""
    with _session(writable=True) as session:
        _tell([session.writer.past.cancel(change)])


def _tell(entries: list[JournalEntry]) -> None:
    for entry in entries:
        tell(_line(entry))
    if any(e.state.is_open or e.state.value in ("failed", "unknown", "skipped") for e in entries):
        raise click.exceptions.Exit(1)


def _line(entry: JournalEntry) -> str:
    got = entry.identifier
    made = f" ({got})" if got and got != entry.change.identifier else ""
    error = f": {entry.error}" if entry.error else ""
    return visible(f"{entry.change.id[:8]}  {_moment(entry.created)}  {entry.state.value:<10}  {entry.change.title}{made}{error}")


def _facts(entry: JournalEntry) -> dict[str, Any]:
    change = entry.change
    return {
        "id": change.id,
        "state": entry.state.value,
        "operation": change.operation.value,
        "resource": change.table,
        "identifier": entry.identifier,
        "account": change.target.account,
        "region": change.target.region,
        "caller": entry.caller,
        "statement": entry.statement,
        "attempt": entry.attempt,
        "client_token": entry.client_token,
        "request_token": entry.request_token,
        "error": entry.error,
        "created": _moment(entry.created),
        "updated": _moment(entry.updated),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else ""


@contextmanager
def _session(**settings: Any) -> Iterator[Session]:
    """A session for the block; errors go to stderr, with exit code 1."""
    import cirql

    try:
        with prompt_interrupts(), cirql.connect(**settings) as session:
            yield session
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
