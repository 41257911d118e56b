"""Groups of commands, listed in the order they were written in, and imported no earlier than they are needed."""

from __future__ import annotations

import importlib
from typing import Any

import click


class Group(click.Group):
    """A group whose commands are added to it or, in `places`, named with the module and the attribute that each is, and what it is for."""

    def __init__(self, *args: Any, places: dict[str, tuple[str, str]] | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._places = places or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return [*self._places, *self.commands]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands: of those in `places`, without importing them."""
        if self._places:
            with formatter.section("Commands"):
                formatter.write_dl([(name, purpose) for name, (_, purpose) in self._places.items()])
        else:
            super().format_commands(ctx, formatter)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, its module imported now; None for a name that is none."""
        if cmd_name not in self._places:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._places[cmd_name][0].rpartition(".")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found
