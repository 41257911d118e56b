"""What all tests share: an environment with no AWS configuration of the machine they run on, and a local AWS for those that want one."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.session import Session
from cirql.settings import Credential, Settings

for _name in list(os.environ):
    if _name.startswith(("AWS_", "CIRQL_")):
        del os.environ[_name]
os.environ["AWS_CONFIG_FILE"] = os.devnull
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
# The user's own settings are not the tests': nothing is in a directory that cannot be.
os.environ["XDG_CONFIG_HOME"] = f"{os.devnull}/config"
# Nor is the key of his journal's secrets theirs.
if "XDG_STATE_HOME" not in os.environ or not os.environ["XDG_STATE_HOME"].startswith(tempfile.gettempdir()):
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="cirql-state-")
    atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCloud]:
    """The demo world, one for each file of tests."""
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    """The same without faults, its calls counted from now on. What tests made in it stays."""
    running.faults.clear()
    running.calls.clear()
    yield running
    running.faults.clear()


@pytest.fixture
def settings(cloud: LocalCloud) -> Settings:
    """All of it in scope."""
    credentials = tuple(Credential(a, a, "local", account=a) for a in ACCOUNTS)
    return Settings(credentials=credentials, regions=tuple(REGIONS), endpoint_url=cloud.endpoint_url, read_timeout=30)


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    with Session(settings) as opened:
        yield opened
