"""`importlib.metadata` for a process that has no use for it: what the libraries import it for at their start, without its 34 modules.

Sqlglot imports `entry_points` for dialects that others add, which is asked for by a name that it does not know; DuckDB asks for its own
version, for which its METADATA is parsed as an e-mail. May go when both import it where they use it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

NAME = "importlib.metadata"


def postpone() -> None:
    """Put a stand-in where the module would be. What it cannot answer imports the real one, for all that ask later too."""
    if NAME not in sys.modules:
        stand_in = _StandIn(NAME)
        # `from … import` asks first whether it is a package.
        stand_in.__path__ = [str(Path(place) / "metadata") for place in importlib.__path__]
        sys.modules[NAME] = stand_in
        importlib.metadata = stand_in  # as an import would have set it


def version(name: str) -> str:
    """The version of an installed distribution, from the name of its directory where there is just one; else as the module says."""
    found = {path.name for place in sys.path for path in Path(place or ".").glob(f"{name}-*.dist-info")}
    if len(found) == 1:
        return found.pop().removeprefix(f"{name}-").removesuffix(".dist-info")
    answer: str = _real().version(name)
    return answer


class _StandIn(ModuleType):
    """Knows a version, and has what needs the real module fetch it."""

    version = staticmethod(version)

    @staticmethod
    def entry_points(**wanted: Any) -> Any:
        """Those of the installed distributions, as the real module knows them."""
        return _real().entry_points(**wanted)

    def __getattr__(self, name: str) -> Any:
        return getattr(_real(), name)


def _real() -> ModuleType:
    if isinstance(sys.modules.get(NAME), _StandIn):
        del sys.modules[NAME]
    return importlib.import_module(NAME)
