"""Groups of commands, listed in the order they were written in, and imported no earlier than they are needed."""

from __future__ import annotations

import importlib
from typing import Any

import click


class Group(click.Group):
    """A group whose commands are added to it or, in `places`, named with the module and the attribute that each is."""

    def __init__(self, *args: Any, places: dict[str, str] | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._places = places or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return [*self._places, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, its module imported now; None for a name that is none."""
        if cmd_name not in self._places:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._places[cmd_name].rpartition(".")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found
