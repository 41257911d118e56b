"""`cirql store`: the inventory's upkeep: what is in it, smaller, elsewhere, checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cirql.cli.commands import Group
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.report import misuse, report_error, say
from cirql.cli.streams import tell
from cirql.errors import Error, FileUnreadable, SettingsError

if TYPE_CHECKING:
    from cirql.inventory.store import Store

_inventory = click.option("--store", metavar="PLACE", help="The inventory; the user's own by default.")


@click.group(name="store", cls=Group)
def group() -> None:
    """The inventory's upkeep."""


@group.command("list")
@_inventory
def list_(store: str | None) -> None:
    """List the tables that anything is known about, with when they were last read completely."""
    with _opened(store) as opened:
        for table in sorted(opened.tables()):
            last, seen = None, set()
            for scan in opened.scans(table):
                if scan.complete:
                    last = max(last or scan.started, scan.started)
                    seen.add(scan.partition.place)
            places = len(seen)
            read = f"{places} places, last {last:%Y-%m-%dT%H:%M:%SZ}" if last else "never read completely"
            tell(f"{table}: {read}")


@group.command()
@click.option("--keep", metavar="TIME", help="Forget versions that ended longer ago ('90 days').")
@_inventory
def compact(keep: str | None, store: str | None) -> None:
    """Rewrite each table as few files, and remove those that nothing needs."""
    from cirql.settings import parse_duration

    try:
        age = None if keep is None else timedelta(seconds=parse_duration(keep))
    except (ValueError, OverflowError) as error:
        misuse(f"--keep: {error}")
    with _opened(store) as opened:
        if age is not None:
            say(f"{opened.expire(datetime.now(UTC) - age)} versions forgotten")
        opened.compact()


@group.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path), help="A directory that is not there yet, or empty.")
@_inventory
def export(directory: Path, store: str | None) -> None:
    """Write everything as Parquet and JSON files, for other tools and for import."""
    from cirql.inventory.transfer import export_to

    with _opened(store) as opened:
        export_to(opened, directory)


@group.command("import")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path), help="What export wrote.")
@_inventory
def import_(directory: Path, store: str | None) -> None:
    """Load what export wrote; a table that is there already is an error."""
    if not directory.is_dir():
        misuse(f"{directory} is not a directory")
    from cirql.inventory.transfer import import_from

    with _opened(store, create=True) as opened:
        import_from(opened, directory)


@group.command()
@click.argument("source", metavar="FROM", help="The inventory to copy.")
@click.argument("target", metavar="TO", help="Where to: `iceberg:` before a directory makes Iceberg tables.")
def copy(source: str, target: str) -> None:
    """Copy an inventory, its history and scan log with it; a table that is there already is an error."""
    from cirql.inventory.transfer import copy_all

    with _opened(source) as one, _opened(target, create=True) as other:
        for table in copy_all(one, other):
            tell(table)


@group.command()
@_inventory
def verify(store: str | None) -> None:
    """Check every file and every rule of the history. Exit code 1 when something is wrong."""
    with _opened(store) as opened:
        problems = opened.verify()
    for problem in problems:
        tell(str(problem))
    if problems:
        raise click.exceptions.Exit(1)
    say("all is well")


@contextmanager
def _opened(place: str | None, *, create: bool = False) -> Iterator[Store]:
    """The store for the block; errors go to stderr, with exit code 1."""
    from cirql.inventory.store import is_made, open_store
    from cirql.settings import Settings

    try:
        with prompt_interrupts():
            where = Settings.load(store=place or None).store_place
            if where is None:
                raise SettingsError("an inventory in memory has no upkeep", hint="name a directory with --store")
            if not create and not is_made(where):
                raise FileUnreadable(f"there is no inventory at {where}", hint="cirql sync makes one; --store names another")
            with open_store(where) as store:
                yield store
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
