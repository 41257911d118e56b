"""`cirql sync`: read tables into the inventory, now or every so often."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import scoped
from cirql.cli.report import misuse, report_error, say
from cirql.cli.scope import options as scope_options
from cirql.cli.streams import tell
from cirql.cli.sync_progress import SyncProgress
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.filling.sync import Summary, TableReport

INCOMPLETE = 3
LEAST_PAUSE_SECONDS = 1


@click.command("sync")
@click.argument("tables", metavar="TABLE...", nargs=-1, required=True, help="Tables, patterns ('aws.ec2_*'), services, or all.")
@click.option("--store", metavar="PLACE", help="The inventory to read into.")
@scope_options
@click.option("--local", is_flag=True, help="Read the embedded AWS.")
@click.option("--every", metavar="TIME", help="Go on until interrupted: read again this often.")
@click.option("--restart", is_flag=True, help="Begin anew, even where an earlier run was cut short.")
@click.option("--full", is_flag=True, help="Describe every resource, even where the list call shows that it is as it was.")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), default=1, help="Share the accounts out among so many processes.")
@click.option("--on", metavar="WHERE", help="Workers on Ray: ray (a cluster that is started here), or the address of one.")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object a table.")
def sync(
    tables: tuple[str, ...],
    store: str | None,
    scope: dict[str, Any],
    local: bool,
    every: str | None,
    restart: bool,
    full: bool,
    workers: int,
    on: str | None,
    as_json: bool,
) -> None:
    """Read whole tables into the inventory, in every account and region in scope.

    A run that was killed goes on where it stopped. Exit codes: 0 complete, 1 it failed, 2 wrong usage, 3 some tables or places failed.
    """
    from cirql.settings import parse_duration

    try:
        pause = None if every is None else parse_duration(every)
    except ValueError as error:
        misuse(f"--every: {error}")
    if pause is not None and not LEAST_PAUSE_SECONDS <= pause < math.inf:
        misuse(f"--every: {every} is no pause between two rounds: name {LEAST_PAUSE_SECONDS} s or more")
    settings = scope | ({"store": str(store)} if store else {})
    with prompt_interrupts(), _reporting(), scoped(settings, local) as scope:
        began = time.monotonic()
        code = _once(list(tables), scope, restart=restart, full=full, workers=workers, on=on, as_json=as_json)
        if pause is None:
            raise click.exceptions.Exit(code)
        while True:
            time.sleep(max(0.0, pause - (time.monotonic() - began)))
            began = time.monotonic()
            try:
                _once(list(tables), scope, restart=restart, full=full, workers=workers, on=on, as_json=as_json)
            except Error as error:  # the network, or credentials, may be back for the next round
                report_error(error)


def _once(words: list[str], scope: dict[str, Any], *, restart: bool, full: bool, workers: int, on: str | None, as_json: bool) -> int:
    import cirql
    from cirql.filling.sync import begin, choose, expected_calls
    from cirql.filling.sync import sync as read

    with cirql.connect(**scope) as session:
        chosen = choose(session.catalog, words)
        run = begin(session, chosen, datetime.now(UTC), restart=restart)
        if run.resumed:
            say(f"going on with the run of {run.started:%Y-%m-%d %H:%M:%S} UTC")
        if workers > 1 or on is not None:
            from cirql.cli.crawl_progress import CrawlProgress
            from cirql.filling.crawl import crawl

            summary = crawl(session, scope, run, workers, CrawlProgress(), full=full, on=on)
        else:
            with SyncProgress(expected_calls(session, chosen)) as progress:
                summary = read(session, run, progress, watch=progress.scan, full=full)
    _print(summary, as_json=as_json)
    return 0 if summary.is_complete else INCOMPLETE


def _print(summary: Summary, *, as_json: bool) -> None:
    """The summary on stdout, what failed on stderr."""
    for report in sorted(summary.tables, key=lambda r: r.table):
        if as_json:
            tell(json.dumps(report.to_json()))
        else:
            tell(_line(report))
    for report in summary.tables:
        for notice in report.notices:
            say(f"note: {report.table}: {notice}")
    for report in summary.failed:
        for failure in report.failures:
            say(f"failed: {report.table}: {failure}")
    skipped = sum(bool(r.skipped) for r in summary.tables)
    rows, calls = (sum(getattr(r, name) for r in summary.tables) for name in ("rows", "calls"))
    failed = f", {len(summary.failed)} not complete" if summary.failed else ""
    left = f", {skipped} cannot be listed" if skipped else ""
    say(f"{len(summary.tables)} tables, {rows} rows, {calls} calls in {summary.seconds:.1f} s{failed}{left}")


def _line(report: TableReport) -> str:
    if report.skipped:
        return f"{report.table}: skipped: {report.skipped}"
    changes = f"{report.created} new, {report.changed} changed, {report.gone} gone"
    failed = f", {len(report.failures)} failed" if report.failures else ""
    reused = f", {report.reused} not described again" if report.reused else ""
    return f"{report.table}: {report.rows} rows in {report.places} places ({changes}{reused}){failed}"


@contextmanager
def _reporting() -> Iterator[None]:
    """Errors go to stderr, with exit code 1."""
    try:
        yield
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
