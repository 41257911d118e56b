"""`cirql ingest` and `cirql import`: keep the inventory fresh from events, and fill it from files."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import scoped
from cirql.cli.report import misuse, report_error, say
from cirql.cli.scope import options as scope_options
from cirql.cli.streams import read_input, tell
from cirql.errors import Error, FileUnreadable, InvalidText

if TYPE_CHECKING:
    from cirql.filling.queues import Queue, Round
    from cirql.filling.touches import Ingested
    from cirql.inventory.model import WriteSummary
    from cirql.inventory.store import Store
    from cirql.session import Session

INCOMPLETE = 3
PAUSE_SECONDS = 10
"""How long a queue is left alone after AWS could not be reached, when it is followed."""

LAST_WAIT_SECONDS = 5
"""How long an empty queue is waited for before it counts as empty."""

_inventory = click.option("--store", metavar="PLACE", help="The inventory; the user's own by default.")


@click.command("ingest")
@click.argument(
    "sources", metavar="SOURCE...", nargs=-1, required=True, help="Files, - for standard input, or one SQS queue by its URL or ARN."
)
@_inventory
@scope_options
@click.option("--local", is_flag=True, help="Read the embedded AWS.")
@click.option("--follow", is_flag=True, help="Go on reading the queue until interrupted.")
def ingest(sources: tuple[str, ...], store: str | None, scope: dict[str, Any], local: bool, follow: bool) -> None:
    """Read again what CloudTrail or EventBridge events touched, and nothing else.

    A queue is read until it is empty, and its messages are deleted: each once what it is about is safely in the inventory.

    Exit codes: 0 complete, 1 it failed, 2 wrong usage, 3 some of it could not be read.
    """
    from cirql.filling.queues import is_queue

    has_queue = any(map(is_queue, sources))
    if has_queue and len(sources) > 1:
        misuse("a queue is read alone: name one queue, or files")
    if follow and not has_queue:
        misuse("--follow is for a queue")
    settings = scope | ({"store": str(store)} if store else {})
    with _reporting():
        import cirql

        if has_queue:
            with scoped(settings, local) as scope, cirql.connect(**scope) as session:
                complete = _drain(session, sources[0], follow=follow)
        else:
            from cirql.filling.events import read_events
            from cirql.filling.touches import ingest as take_in

            events = [event for file in sources for event in read_events(_content(file))]
            with scoped(settings, local) as scope, cirql.connect(**scope) as session:
                done = take_in(session, events)
            _tell(done)
            complete = not done.failed
    raise click.exceptions.Exit(0 if complete else INCOMPLETE)


def _tell(done: Ingested, queue: str = "") -> None:
    """What was read again on stdout, the rest on stderr."""
    for touch in done.refreshed:
        names = ", ".join(f"{column} = {value}" for column, value in touch.values)
        tell(f"{touch.table} {touch.account}/{touch.region}: {names}")
    for failure in done.failures:
        say(f"failed: {failure}")
    counts = f"{len(done.refreshed)} read again, {len(done.left)} left, {done.unmatched} about nothing in the inventory"
    say(f"{done.events} events{queue}: {counts}")


def _drain(session: Session, word: str, *, follow: bool) -> bool:
    """Deal with a queue's messages until there are none, or for ever; whether none had to stay in it."""
    from cirql.filling.queues import Queue, parse_queue

    queue = Queue(session, parse_queue(word))
    if follow:
        _follow(queue)
    complete, seen = True, False
    while True:
        found = queue.round(LAST_WAIT_SECONDS)
        if found.received or not seen:
            _tell_round(found)
        complete, seen = complete and found.deleted == found.received, True
        if not found.received:
            return complete


def _follow(queue: Queue) -> NoReturn:
    """Deal with messages as they come, each account's by themselves."""
    from cirql.errors import Throttled, Unreachable
    from cirql.filling.following import Following
    from cirql.filling.queues import WAIT_SECONDS

    with Following(queue, _tell_round) as following:
        while True:
            try:
                following.step(WAIT_SECONDS)
            except (Throttled, Unreachable) as error:
                say(f"{error.message}; trying again in {PAUSE_SECONDS} s")
                time.sleep(PAUSE_SECONDS)


def _tell_round(found: Round) -> None:
    is_part = found.done.events and not found.received  # of messages that other accounts have a part in
    _tell(found.done, "" if is_part else f" in {found.received} messages, {found.deleted} deleted")
    for message, why in found.kept.items():
        say(f"left in the queue: message {message}: {why}")


@click.command("import")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, help="Files, directories of *.json and *.jsonl, or - for standard input."
)
@click.option("--table", metavar="TABLE", help="The table that an answer as the AWS CLI prints it is of.")
@click.option("--account", metavar="ID", help="The account it is from.")
@click.option("--region", metavar="REGION", help="The region it is from.")
@click.option("--at", metavar="TIME", help="When it was so; the file's own time by default.")
@_inventory
def import_(files: tuple[str, ...], table: str | None, account: str | None, region: str | None, at: str | None, store: str | None) -> None:
    """Fill the inventory from files: answers as the AWS CLI prints them (--table), AWS Config snapshots, or what --record wrote.

    Exit codes: 0 complete, 1 it failed, 2 wrong usage, 3 a recording did not have all that its tables need.
    """
    if table is not None and (not account or not region):
        misuse("--table needs --account and --region: a list call's answer does not say where it is from")
    if table is not None and not re.fullmatch(r"\d{12}", account or ""):
        misuse(f"--account: {account} is no account id of 12 digits")
    failures: list[str] = []
    moment = _moment(at)
    with _reporting():
        from cirql.inventory.store import open_store
        from cirql.settings import MEMORY, Settings

        where = Settings.load(store=str(store) if store else None).store_place
        with open_store(where) as opened:
            for file in _files(files):
                document = _document(file)
                if table is None and _is_recording(document):
                    failures += _play(where or MEMORY, document, file)
                else:
                    _import_one(opened, document, file, table, account or "", region or "", moment)
    for failure in failures:
        say(f"failed: {failure}")
    raise click.exceptions.Exit(INCOMPLETE if failures else 0)


def _moment(at: str | None) -> datetime | None:
    if at is None:
        return None
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        misuse(f"--at: {at!r} is not a time like 2026-03-01T12:00:00Z")
    found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    if found > datetime.now(UTC):
        misuse(f"--at: {at} lies in the future")
    return found


def _files(words: tuple[str, ...]) -> Iterator[str]:
    """The files that are named, and those of directories that are."""
    for word in words:
        if word != "-" and Path(word).is_dir():
            found = sorted(p for p in Path(word).iterdir() if p.suffix in (".json", ".jsonl"))
            if not found:
                raise FileUnreadable(f"{word} has no *.json and no *.jsonl files")
            yield from map(str, found)
        else:
            yield word


def _document(file: str) -> Any:
    from cirql.filling.dumps import load

    return load(_content(file), file)


def _is_recording(document: Any) -> bool:
    from cirql.filling.recordings import is_recording

    return is_recording(document)


def _import_one(store: Store, document: Any, file: str, table: str | None, account: str, region: str, at: datetime | None) -> None:
    """Keep what a file has, and say so."""
    from cirql.catalog.lookup import Catalog
    from cirql.filling.dumps import DumpOrigin, import_answer
    from cirql.filling.snapshots import import_snapshot, is_snapshot

    left: dict[str, int] = {}
    with Catalog.open() as catalog:
        if table is not None:
            written = import_answer(store, catalog.find(table).table, document, DumpOrigin(account, region, at or _written(file)))
        elif is_snapshot(document):
            written, left = import_snapshot(store, catalog, document)
        else:
            hint = "say with --table, --account and --region what an answer of the AWS CLI is of"
            raise InvalidText(f"{file} is no AWS Config snapshot and no recording", hint=hint)
    _tell_written(written)
    for kind, count in sorted(left.items()):
        say(f"notice: {count} items of type {kind} were left out: no table has their shape, or they have no configuration")


def _play(store: str, document: Any, file: str) -> list[str]:
    """Keep what a recording has, and say so; gives what it could not answer."""
    from cirql.cloud.replaying import Recorded
    from cirql.filling.recordings import play

    recorded = Recorded()
    for number, line in enumerate(document if isinstance(document, list) else [document], 1):
        recorded.add(line, f"{file}, answer {number}")
    done = play(recorded, store)
    _tell_written(done.written)
    if not done.written and not done.failures:
        raise InvalidText(f"{file} has no answer of a call that lists a table")
    return done.failures


def _tell_written(written: Iterable[WriteSummary]) -> None:
    for summary in written:
        tell(_line(summary))
    for summary in written:
        if not summary.scan.complete:
            place = "/".join(summary.scan.partition.place)
            say(f"notice: {summary.scan.partition.table} {place} is not taken for all there is: {summary.scan.reason}")


def _line(summary: WriteSummary) -> str:
    place = "/".join(summary.scan.partition.place)
    changes = f"{summary.created} new, {summary.changed} changed, {summary.closed} gone"
    return f"{summary.scan.partition.table} {place}: {summary.scan.rows} rows ({changes})"


def _content(file: str) -> bytes:
    try:
        return read_input() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise FileUnreadable(f"cannot read {file}: {error.strerror or error}") from None


def _written(file: str) -> datetime:
    return datetime.now(UTC) if file == "-" else datetime.fromtimestamp(Path(file).stat().st_mtime, UTC)


@contextmanager
def _reporting() -> Iterator[None]:
    """Errors go to stderr, with exit code 1."""
    try:
        with prompt_interrupts():
            yield
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
