"""The documentation of the command line is what the program prints."""

from __future__ import annotations

from pathlib import Path

from cirql.cli.reference import reference

DOCS = Path(__file__).parents[2] / "docs"


def test_docs_cli_is_up_to_date() -> None:
    assert (DOCS / "cli.md").read_text("utf-8") == reference()
