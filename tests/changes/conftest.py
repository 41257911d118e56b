"""Sessions that may write, over a local AWS of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.session import Session
from cirql.settings import Credential, Settings

ACCOUNT, OTHER_ACCOUNT = ACCOUNTS[0], ACCOUNTS[1]
REGION, OTHER_REGION = REGIONS[0], REGIONS[1]
Connect = Callable[..., Session]
# Cloud Control is asked 25 times a second in an account and region at first: what is to go fast is spread over many accounts.
ACCOUNTS_AT_ONCE = tuple(f"{200000000000 + n}" for n in range(48))


def many_accounts() -> tuple[Credential, ...]:
    """Credentials for all of them: the local AWS takes the account from the access key."""
    return tuple(Credential(a, a, "local", account=a) for a in ACCOUNTS_AT_ONCE)


def settings_over(cloud_url: str, journal: Path, **more: Any) -> Settings:
    """One account in one region of a local AWS, writable; `more` overrides."""
    known: dict[str, Any] = {
        "credentials": (Credential(ACCOUNT, ACCOUNT, "local", account=ACCOUNT),),
        "regions": (REGION,),
        "endpoint_url": cloud_url,
        "writable": True,
        "journal": str(journal),
        "max_attempts": 8,
    }
    return Settings(**{**known, **more})


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(settle_looks=1, settle_seconds=0.02) as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "data" / "changes.sqlite"


@pytest.fixture
def connect(cloud: LocalCloud, journal: Path) -> Iterator[Connect]:
    """Open a session; it is closed with the test. Keyword arguments are settings, but for `confirm`."""
    with ExitStack() as stack:

        def opened(**more: Any) -> Session:
            confirm = more.pop("confirm", None)
            return stack.enter_context(Session(settings_over(cloud.endpoint_url, journal, **more), confirm=confirm))

        yield opened


@pytest.fixture
def session(connect: Connect) -> Session:
    return connect()
