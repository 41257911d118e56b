"""`cirql catalog build`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="catalog", help="The catalog of tables.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """The catalog of tables."""


@app.command()
def build(
    path: Annotated[Path | None, typer.Option("--path", help="Write the catalog there instead of into the installation.")] = None,
) -> None:
    """Compile the catalog again, from the installed versions of botocore and cfn-lint."""
    raise typer.Exit(0)
