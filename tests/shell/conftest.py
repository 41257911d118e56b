"""Shells on terminals, which end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cirql.localcloud import ACCOUNTS, LocalCloud
from tests.shell.terminal import Terminal

Open = Callable[..., Terminal]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Open]:
    """Open a shell with arguments, on a terminal of its own."""
    opened: list[Terminal] = []

    def start(*arguments: str, **kept: object) -> Terminal:
        opened.append(Terminal(tmp_path, *arguments, **kept))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as running:
        yield running


def account(cloud: LocalCloud) -> dict[str, str]:
    """The environment of a user of one account of a local AWS."""
    keys = {"AWS_ACCESS_KEY_ID": ACCOUNTS[0], "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    return {"AWS_ENDPOINT_URL": cloud.endpoint_url, **keys}
