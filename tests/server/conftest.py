"""A server over a local AWS whose calls are counted, and where its clients find it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.runtime import Runtime
from cirql.server.listening import Server
from cirql.settings import Settings


@pytest.fixture(scope="session")
def running() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture(scope="session")
def runtime(running: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    scope = settings_for(running.endpoint_url)
    scope["credentials"] = scope["credentials"][:1]
    journal: Path = tmp_path_factory.mktemp("server") / "changes.sqlite"
    with Runtime(Settings.load(**scope, journal=str(journal))) as opened:
        yield opened


@pytest.fixture(scope="session")
def server(runtime: Runtime) -> Iterator[Server]:
    with Server(runtime, port=0) as listening:
        yield listening


@pytest.fixture(scope="session")
def address(server: Server) -> str:
    return f"postgresql://aws@127.0.0.1:{server.port}/aws"
