"""A running local AWS, and real boto3 clients for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud

ClientMaker = Callable[..., Any]


@pytest.fixture(scope="module")
def running_cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(running_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The module's cloud in its first state."""
    running_cloud.reset()
    yield running_cloud


@pytest.fixture
def client(cloud: LocalCloud) -> ClientMaker:
    """`client("ec2", account=..., region=..., retries=...)`: a boto3 client; one attempt unless told otherwise."""

    def make(service: str, account: str = ACCOUNTS[0], region: str = REGIONS[0], attempts: int = 1, **config: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=cloud.endpoint_url,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}, **config),
        )

    return make
