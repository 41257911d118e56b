"""The figures of a sweep: one line each, in one form, so that two runs can be compared."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path


def tell(sweep: str, counts: Mapping[str, object]) -> None:
    """Print what a sweep counted, and add it to the file that CIRQL_FIGURES names, one JSON object a line."""
    sys.stdout.write(f"\nsweep {sweep}: {'; '.join(f'{name} {_number(value)}' for name, value in counts.items())}\n")
    if file := os.environ.get("CIRQL_FIGURES"):
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(json.dumps({"sweep": sweep, **counts}) + "\n")


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
