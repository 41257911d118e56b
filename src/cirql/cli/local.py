"""`cirql local up`, and the scope that `--local` gives a command: the embedded AWS with its accounts and regions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from cirql.cli.commands import Group


@click.group(name="local", cls=Group)
def group() -> None:
    """The embedded AWS: for a first look, for tests, offline."""


@group.command()
@click.option(
    "--port",
    metavar="PORT",
    default=4565,
    show_default=True,
    type=click.IntRange(min=0, max=65535),
    help="The port to listen on, 0 for any that is free.",
)
def up(port: int) -> None:
    """Run the local AWS on 127.0.0.1 until Ctrl-C.

    It prints what to put in the environment so that cirql, the AWS CLI and every SDK use it.
    """
    from cirql.cli.report import say
    from cirql.localcloud import run
    from cirql.localcloud.packages import INSTALL, missing_package

    if (missing := missing_package()) is not None:
        say(f"notice: SageMaker's images and app image configs alone are answered: other services need {missing!r}: {INSTALL}")
    try:
        run(port)
    except OSError as error:
        say(f"error: the local AWS cannot listen on 127.0.0.1:{port}: {error.strerror or error}")
        say("hint: choose another port with --port, or --port 0 for any that is free")
        raise click.exceptions.Exit(1) from None


@contextmanager
def local_scope() -> Iterator[dict[str, Any]]:
    """Start a local AWS for as long as the block runs; gives the settings that make it the whole scope of a session."""
    from cirql.local import settings_for
    from cirql.localcloud import LocalCloud

    with LocalCloud() as cloud:
        yield settings_for(cloud.endpoint_url)


@contextmanager
def scoped(settings: dict[str, Any], local: bool) -> Iterator[dict[str, Any]]:
    """The settings, over the scope of the embedded AWS where `--local` was given."""
    if not local:
        yield settings
        return
    with local_scope() as scope:
        yield {**scope, **settings}
