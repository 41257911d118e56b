"""Builds the compiled catalog from the installed botocore and cfn-lint: `python -m cirql.compiler.build [PATH]`.

Needs cfn-lint, which is a build dependency: a running cirql only reads what this made.
"""

from __future__ import annotations

import gc
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cirql.catalog.artefact import DEFAULT_PATH, FORMAT, Artefact
from cirql.catalog.freshness import sources_digest

# Told after each step: how many are done, of how many, and what is being compiled.
Progress = Callable[[int, int, str], None]


def inputs() -> dict[str, str]:
    """What a catalog built now would be made from.

    Raises:
        RuntimeError: cfn-lint or botocore is not installed.
    """
    try:
        return {"botocore": version("botocore"), "cfn_lint": version("cfn-lint"), "sources": sources_digest()}
    except PackageNotFoundError as error:
        raise RuntimeError(f"building the catalog needs the package {error.name}: pip install {error.name}") from error


def is_fresh(path: Path = DEFAULT_PATH) -> bool:
    """Whether the file was built from exactly what is installed now."""
    if not path.exists():
        return False
    try:
        with Artefact(path) as artefact:
            return artefact.meta() == {**inputs(), "format": str(FORMAT)}
    except sqlite3.DatabaseError:
        return False


def build(path: Path | None = None, progress: Progress | None = None) -> Path:
    """Compile every table and write the catalog file, in one step; a failed build leaves the old file as it was.

    Raises:
        RuntimeError: cfn-lint or botocore is not installed.
        OverlayError: a correction does not fit what was compiled.
        ViewError: a view names what is not there.
    """
    from cirql.catalog.artefact import write
    from cirql.compiler import relations, schemas
    from cirql.compiler.central import central_tables
    from cirql.compiler.compilation import compile_all
    from cirql.compiler.members import members_of
    from cirql.compiler.views import compile_views
    from cirql.compiler.write_rules import compile_rules

    path = path or DEFAULT_PATH
    made_from = inputs()
    with _without_collection():
        tables, spellings = compile_all(progress or (lambda done, total, what: None))
        rules, views = compile_rules(schemas.load()), compile_views(tables)
        write(path, tables, spellings, made_from, rules, views, central_tables(), relations.find(tables, members_of(tables)))
    return path


@contextmanager
def _without_collection() -> Iterator[None]:
    """A build makes millions of objects and keeps them to its end: to look for garbage among them takes a third of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def main(arguments: list[str]) -> int:
    """Build at the path given, or where the package expects it, and say so on stderr."""

    def show(done: int, total: int, what: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[Kcatalog: {done}/{total} {what}")

    made = build(Path(arguments[0]) if arguments else None, show)
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    sys.stderr.write(f"catalog: {made} ({made.stat().st_size / 1e6:.1f} MB)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
