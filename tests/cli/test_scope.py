"""Whom and where a command asks: the options that every command which asks AWS has."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from cirql.cli.main import app


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


def options(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


EVERY = dict(commands(app))
ASKING = [path for path, command in EVERY.items() if {"--profile", "--local"} & options(command)]


def test_what_may_be_asked_of_the_users_aws_may_be_asked_of_the_embedded_one() -> None:
    assert [path for path in ASKING if not {"--profile", "--local"} <= options(EVERY[path])] == []
    assert {("sync",), ("serve",), ("catalog", "refresh")} <= set(ASKING)


@pytest.mark.parametrize("path", ASKING, ids=" ".join)
def test_the_embedded_aws_and_the_users_own_keys_are_never_mixed(path: tuple[str, ...]) -> None:
    for option in sorted({"--profile", "--role"} & options(EVERY[path])):
        run = CliRunner().invoke(app, [*path, "--local", option, "mine", *needed(EVERY[path])])
        assert run.exit_code == 2, run.output
        assert f"error: --local is the embedded AWS and {option} is yours" in run.output


def needed(command: click.Command) -> list[str]:
    """What the command line of a command cannot do without."""
    operands = [p.name or "" for p in command.params if isinstance(p, click.Argument)]
    required = [[p.opts[0], "value"] for p in command.params if isinstance(p, click.Option) and p.required]
    chosen = ["--from-account"] if "--from-account" in options(command) else []
    return [*operands, *chosen, *(word for pair in required for word in pair)]
