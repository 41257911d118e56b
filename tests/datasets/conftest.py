"""An empty local AWS in which every case has an account of its own, and a session that sees that account alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from cirql.catalog.lookup import Catalog
from cirql.compiler.keeping import provide
from cirql.localcloud import LocalCloud
from cirql.session import Session
from cirql.settings import Credential, Settings
from tests.datasets.case import REGION, Aws

pytest.register_assert_rewrite("tests.datasets.check")

_accounts = itertools.count(300_000_000_001)


@pytest.fixture(scope="session")
def running() -> Iterator[LocalCloud]:
    with LocalCloud(demo=False) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def catalog() -> Iterator[Catalog]:
    provide()
    with Catalog.open() as opened:
        yield opened


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    running.calls.clear()
    yield running


@pytest.fixture
def aws(running: LocalCloud) -> Iterator[Aws]:
    clients = Aws(running.endpoint_url, str(next(_accounts)))
    yield clients
    clients.close()


@pytest.fixture
def open_session(cloud: LocalCloud, aws: Aws, catalog: Catalog) -> Iterator[Callable[..., Session]]:
    """Opens a session over this test's account, in the regions given."""
    opened: list[Session] = []

    def make(*regions: str) -> Session:
        credential = Credential(aws.account, aws.account, "local", account=aws.account)
        settings = Settings(credentials=(credential,), regions=regions or (REGION,), endpoint_url=cloud.endpoint_url, read_timeout=30)
        opened.append(Session(settings, catalog=catalog))
        return opened[-1]

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    return open_session()
