"""A local AWS and a session over all of it, for tests that watch the calls a statement makes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.session import Session
from cirql.settings import Credential, Settings


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    running.faults.clear()
    running.calls.clear()
    yield running
    running.faults.clear()


@pytest.fixture
def settings(cloud: LocalCloud) -> Settings:
    credentials = tuple(Credential(a, a, "local", account=a) for a in ACCOUNTS)
    return Settings(credentials=credentials, regions=tuple(REGIONS), endpoint_url=cloud.endpoint_url, read_timeout=30)


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    with Session(settings) as opened:
        yield opened
