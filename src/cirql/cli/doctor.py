"""`cirql doctor`: is everything there that a query needs, from the installation to an answer from AWS?

Each check is one line; a failed one says what to do. No secret is ever read into a message.
"""

from __future__ import annotations

import platform
import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import click

from cirql import __version__
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import scoped
from cirql.cli.scope import options as scope_options
from cirql.cli.streams import tell, visible
from cirql.cli.trust import shown
from cirql.errors import Error
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.cloud.client import CloudClient
    from cirql.cloud.target import Target
    from cirql.settings import Settings

_ENGINE_PACKAGES = ("duckdb", "sqlglot", "pyarrow", "botocore")
_SHOWN_TARGETS = 40


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: whether it is fine, what was found, and what to do where it is not."""

    fine: bool
    text: str
    hint: str = ""

    def __str__(self) -> str:
        line = ("ok    " if self.fine else "FAIL  ") + visible(self.text)
        return line + (f"\n      {visible(self.hint)}" if self.hint else "")


@click.command("doctor")
@click.option("--local", is_flag=True, help="Check the way to the embedded AWS instead of yours.")
@scope_options
def doctor(scope: dict[str, Any], local: bool) -> None:
    """Check the installation, the credentials and the way to AWS. Exit code 1 when something essential is broken."""
    import asyncio

    with prompt_interrupts(), scoped(scope, local) as scope:
        fine = True
        for check in _installation():
            tell(check)
            fine = fine and check.fine
        fine = asyncio.run(_cloud(scope)) and fine
    raise click.exceptions.Exit(0 if fine else 1)


def _installation() -> Iterator[Check]:
    from importlib.metadata import PackageNotFoundError, version

    from cirql.localcloud.packages import INSTALL, missing_package

    yield Check(True, f"cirql {__version__} on Python {platform.python_version()}")
    for package in _ENGINE_PACKAGES:
        try:
            yield Check(True, f"{package} {version(package)}")
        except PackageNotFoundError:
            yield Check(False, f"{package} is not installed", "install cirql again: pip install --force-reinstall cirql")
    yield _catalog()
    missing = missing_package()
    without = f"local AWS: SageMaker's images and resources with a state of their own; other services need {missing!r}: {INSTALL}"
    yield Check(True, without if missing else "local AWS: with all services of moto")


def _catalog() -> Check:
    from cirql.catalog.lookup import Catalog

    try:
        with Catalog.open() as catalog:
            count = len(catalog.names())
            return Check(True, f"catalog: {count:,} tables, from {catalog.version}")
    except Error as error:
        return Check(False, f"catalog: {error.message}", error.hint or "run `cirql catalog build`")


async def _cloud(scope: dict[str, Any]) -> bool:
    """Print the checks of settings, credentials and endpoints as they are made; whether all are fine."""
    from cirql.cloud.client import CloudClient
    from cirql.settings import Settings

    for check in _settings(scope):
        tell(check)
    try:
        settings = Settings.load(**scope, max_attempts=2, connect_timeout=5.0, read_timeout=10.0)
    except Error as error:
        tell(Check(False, f"settings: {error.message}", error.hint or ""))
        return False
    client = CloudClient(settings)
    fine = True
    try:
        async for check in _way_to_aws(client, settings):
            tell(check)
            fine = fine and check.fine
    finally:
        await client.close()
    return fine


def _settings(scope: dict[str, Any]) -> Iterator[Check]:
    """Each setting that is made, with its value and where it would be taken from; a mistake in them is told by who loads them."""
    from cirql.settings import Settings
    from cirql.settings.trust import looked_for

    for place, is_there in looked_for():
        yield Check(True, f"settings file {place}: {'read' if is_there else 'not there'}")
    try:
        origins = Settings.origins(**scope)
    except Error:
        return
    for origin in sorted(origins, key=lambda o: o.name):
        if origin.value in ({}, (), None):
            continue
        text = f"setting {origin.name} = {shown(origin.value)}, from {origin.source}"
        if origin.refused is None:
            yield Check(True, text)
        else:
            yield Check(False, f"{text}: refused, the file is not trusted", "look at the file, then say that it is meant: cirql trust")


async def _way_to_aws(client: CloudClient, settings: Settings) -> AsyncIterator[Check]:
    import asyncio

    from cirql.cloud.credentials import Keyring
    from cirql.cloud.reach import Reach
    from cirql.fetch.targets import find_targets
    from cirql.plan.places import Wanted

    keyring = Keyring(settings)
    for name in keyring.names:
        try:
            await keyring.keys(name)
            yield Check(True, f"credentials {name!r}: found, from {keyring.source(name)}")
        except Error as error:
            yield Check(False, f"credentials {name!r}: {error.message}", error.hint or "")
    try:
        targets = await find_targets(client, Reach.of(settings), Wanted(identified=True))
    except Error as error:
        yield Check(False, f"accounts and regions: {error.message}", error.hint or "")
        return
    yield Check(True, f"accounts: {', '.join(sorted({t.account for t in targets}))}")
    yield Check(True, f"regions: {', '.join(dict.fromkeys(t.region for t in targets))}")
    for check in await asyncio.gather(*(_answer_of(client, target) for target in targets[:_SHOWN_TARGETS])):
        yield check


async def _answer_of(client: CloudClient, target: Target) -> Check:
    """Ask who we are at one target: the call that needs no permission."""
    started = time.monotonic()
    try:
        account = (await client.call(target, "sts", "GetCallerIdentity", {}))["Account"]
    except Error as error:
        return Check(False, f"{target}: {error.message}", error.hint or "")
    took = round((time.monotonic() - started) * 1000)
    if target.account and account != target.account:
        return Check(False, f"{target}: the keys are those of account {account}", "check the account id of this profile")
    return Check(True, f"{target}: sts:GetCallerIdentity answered in {took} ms")
