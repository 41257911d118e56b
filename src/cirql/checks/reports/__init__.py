"""A report as text, in each of the formats that people and pipelines read: one module a format, each with `render(report) -> str`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cirql.checks.model import Audit

FORMATS = ("table", "json", "csv", "junit", "sarif", "ocsf", "html")


def renderer(name: str) -> Callable[[Audit], str]:
    """What writes a format."""
    from cirql.checks.reports import csv, html, json, junit, ocsf, sarif, table

    return {
        "table": table.render,
        "json": json.render,
        "csv": csv.render,
        "junit": junit.render,
        "sarif": sarif.render,
        "ocsf": ocsf.render,
        "html": html.render,
    }[name]
