"""`--compat steampipe`: statements that were written for another system find its tables here."""

from __future__ import annotations

from typing import Any

import click

COMPATIBLE = ("steampipe",)
option = click.option(
    "--compat", type=click.Choice(COMPATIBLE), metavar="SYSTEM", help="Whose names for tables and columns are found too: steampipe."
)


def compatible(system: str | None) -> dict[str, Any]:
    """The settings that make a session find another system's names."""
    return {"search_path": (system, "aws")} if system else {}
