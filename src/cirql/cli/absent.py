"""Packages that are kept out of the process, because no command has a use for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Absence:
    """A finder that says of one package that it is not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Refuse the package; leave everything else to the other finders."""
        if name == self._package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def leave_out_pandas() -> None:
    """Make pandas look absent to this process, where it is installed.

    pyarrow imports it at the first `pa.array`, to recognise its types: 0.3 s. May go when pyarrow no longer does.
    """
    sys.meta_path.insert(0, _Absence("pandas"))


def import_pyarrow() -> None:
    """Import pyarrow without numpy, which it imports with itself where it is installed, only to take and give its arrays: 0.1 s.

    numpy is there for others afterwards: DuckDB wants it to call functions that are written in Python.
    """
    with _absent("numpy"):
        import pyarrow  # noqa: F401 (for what comes later)


@contextmanager
def _absent(package: str) -> Iterator[None]:
    absence = _Absence(package)
    sys.meta_path.insert(0, absence)
    try:
        yield
    finally:
        sys.meta_path.remove(absence)
