"""One local AWS and one session for all the queries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.session import Session
from cirql.settings import Credential, Settings


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as running:
        yield running


@pytest.fixture(scope="session")
def settings(cloud: LocalCloud) -> Settings:
    credentials = tuple(Credential(a, a, "local", account=a) for a in ACCOUNTS)
    return Settings(credentials=credentials, regions=tuple(REGIONS), endpoint_url=cloud.endpoint_url)


@pytest.fixture(scope="session")
def session(settings: Settings) -> Iterator[Session]:
    with Session(settings) as opened:
        yield opened


@pytest.fixture
def world(cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The local AWS with no faults and an empty call log."""
    cloud.faults.clear()
    cloud.calls.clear()
    yield cloud
    cloud.faults.clear()
