"""The compiled catalog, as the package was installed with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cirql.catalog.build import build, is_fresh
from cirql.catalog.lookup import Catalog


@pytest.fixture(scope="session")
def catalog() -> Iterator[Catalog]:
    if not is_fresh():
        build()
    with Catalog.open() as opened:
        yield opened
