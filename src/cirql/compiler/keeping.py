"""Catalogs that this machine has built before, so that another checkout or branch need not: `python -m cirql.compiler.keeping`.

A file is kept under a digest of all that it was made from (versions of botocore and cfn-lint, the rules, the format), so one that is found
is the one that would be built. That directory may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cirql.catalog.artefact import DEFAULT_PATH, FORMAT
from cirql.compiler.build import build, inputs, is_fresh
from cirql.settings import cache_home

# Branches that are worked on at the same time; ten megabytes each.
_KEPT = 6


def provide(path: Path = DEFAULT_PATH, directory: Path | None = None, told: Callable[[str], None] = lambda what: None) -> bool:
    """Have a fresh catalog at `path`: what is there, else what was kept in `directory`, else a new one; True if it had to be built.

    `told` hears what is being done where it takes time.

    Raises:
        RuntimeError: cfn-lint or botocore is not installed, and no catalog was kept.
        OverlayError: a correction does not fit what was compiled.
    """
    if is_fresh(path):
        return False
    kept = (directory or cache_home() / "catalogs") / _name()
    if is_fresh(kept):
        _copy(kept, path)
        kept.touch()
        return False
    told("compiling the catalog from botocore and cfn-lint")
    build(path)
    keep(path, kept.parent)
    return True


def _name() -> str:
    made_from = json.dumps({**inputs(), "format": FORMAT}, sort_keys=True).encode()
    return f"{hashlib.blake2b(made_from, digest_size=16).hexdigest()}.sqlite"


def keep(path: Path, directory: Path) -> None:
    """Put a copy of a fresh catalog in `directory`, for `provide`, and drop those that were not used for longest."""
    # What cannot be kept (a read-only home, a full disk) is built again another time.
    with suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True)
        _copy(path, directory / _name())
        for old in sorted(directory.glob("*.sqlite"), key=lambda p: p.stat().st_mtime, reverse=True)[_KEPT:]:
            old.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """In one step: who looks meanwhile sees the old file or the whole new one."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(source, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


if __name__ == "__main__":
    provide(told=lambda what: print(f"  {what}", file=sys.stderr))  # noqa: T201 -- make shows it
