"""As everywhere, with time for what answers slowly on purpose."""

from __future__ import annotations

import pytest

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.settings import Credential, Settings


@pytest.fixture
def settings(cloud: LocalCloud) -> Settings:
    credentials = tuple(Credential(a, a, "local", account=a) for a in ACCOUNTS)
    return Settings(credentials=credentials, regions=tuple(REGIONS), endpoint_url=cloud.endpoint_url, read_timeout=30)
