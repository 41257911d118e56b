"""`cirql local up`, and the scope that `--local` gives a command: the embedded AWS with its accounts and regions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.commands import Group
from cirql.errors import SettingsError

if TYPE_CHECKING:
    from cirql.localcloud import LocalCloud


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
    from cirql.cli.report import report_error, say

    try:
        _local_cloud()
        from cirql.localcloud import run

        run(port)
    except SettingsError as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
    except OSError as error:
        say(f"error: the local AWS cannot listen on 127.0.0.1:{port}: {error.strerror or error}")
        say("hint: choose another port with --port, or --port 0 for any that is free")
        raise click.exceptions.Exit(1) from None


@contextmanager
def local_scope() -> Iterator[dict[str, Any]]:
    """Start a local AWS for as long as the block runs; gives the settings that make it the whole scope of a session."""
    with _local_cloud()(port=0, demo=True) as cloud:
        yield settings_for(cloud.endpoint_url)


def settings_for(endpoint_url: str) -> dict[str, Any]:
    """Session settings for a local AWS: both its accounts, all its regions, and nothing of the user's own configuration."""
    from cirql.localcloud import ACCOUNTS, REGIONS
    from cirql.settings import Credential

    return {
        "endpoint_url": endpoint_url,
        "regions": tuple(REGIONS),
        "profiles": (),
        "accounts": (),
        "credentials": tuple(Credential(name=account, access_key=account, secret_key="local", account=account) for account in ACCOUNTS),
    }


def _local_cloud() -> type[LocalCloud]:
    """The server's class.

    Raises SettingsError where what it needs is not installed.
    """
    try:
        from cirql.localcloud import LocalCloud
    except ModuleNotFoundError as missing:
        raise SettingsError(
            f"the local AWS needs the Python package {missing.name!r}", hint="install it with: pip install 'cirql[demo]'"
        ) from missing
    return LocalCloud


@contextmanager
def scoped(settings: dict[str, Any], local: bool) -> Iterator[dict[str, Any]]:
    """The settings, over the scope of the embedded AWS where `--local` was given."""
    if not local:
        yield settings
        return
    with local_scope() as scope:
        yield {**scope, **settings}
