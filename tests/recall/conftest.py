"""A small world of images in a local AWS, and sessions over it that remember."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.session import Session
from cirql.settings import Credential, Settings

Connect = Callable[..., Session]


def opener(cloud: LocalCloud, store: Path, opened: list[Session]) -> Connect:
    """A function that opens sessions over the local AWS with one store; further settings as keywords."""

    def open_(**settings: Any) -> Session:
        credentials = tuple(Credential(a, a, "local", account=a) for a in ACCOUNTS)
        scope: dict[str, Any] = {"credentials": credentials, "regions": tuple(REGIONS), "endpoint_url": cloud.endpoint_url}
        session = Session(Settings(**{**scope, "store": str(store), "read_timeout": 5, "max_attempts": 2, **settings}))
        opened.append(session)
        return session

    return open_


@pytest.fixture
def connect(cloud: LocalCloud, tmp_path: Path) -> Iterator[Connect]:
    """Open a session over the local AWS with a store of the test's own."""
    opened: list[Session] = []
    yield opener(cloud, tmp_path / "store", opened)
    for session in opened:
        session.close()


def rows(session: Session, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a statement, sorted, so that the order in which targets answer does not matter."""
    return sorted(session.execute(sql).fetchall(), key=repr)
