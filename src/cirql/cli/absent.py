"""Packages that no command has a use for, kept out of the process."""

from __future__ import annotations

import sys
from typing import Any

_UNUSED = frozenset({"numpy", "pandas"})


class _Absence:
    """A finder that says of some packages that they are not installed."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Refuse what is unused; leave everything else to the other finders."""
        if name in _UNUSED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def leave_out_unused() -> None:
    """Make numpy and pandas look absent to this process, where they are installed.

    pyarrow imports numpy with itself and pandas at the first `pa.array`, to take and give their arrays, and does without either where it
    is missing: 0.1 s and 0.3 s. May go when pyarrow imports them where it uses them.
    """
    sys.meta_path.insert(0, _Absence())
