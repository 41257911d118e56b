"""Connections over a local AWS, whose calls are counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cirql.dbapi import Connection
from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.session import Session
from cirql.settings import Settings


@pytest.fixture
def settings(cloud: LocalCloud, tmp_path: Path) -> Settings:
    scope = settings_for(cloud.endpoint_url)
    scope["credentials"] = scope["credentials"][:1]  # one account: what is inserted belongs to it
    return Settings.load(**scope, writable=True, journal=str(tmp_path / "changes.sqlite"))


@pytest.fixture
def connection(settings: Settings) -> Iterator[Connection]:
    with Connection(Session(settings)) as opened:
        yield opened
        if not opened.closed:
            opened.rollback()
