"""Which tables most accounts have rows in, and what people call them: data for the search, in `overlay/search/central.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

_FILE = Path(__file__).parent / "overlay" / "search" / "central.toml"


def central_tables() -> Mapping[str, Sequence[str]]:
    """Each such table with the words that are in none of its names."""
    found: dict[str, list[str]] = tomllib.loads(_FILE.read_text("utf-8"))["central"]
    return found
