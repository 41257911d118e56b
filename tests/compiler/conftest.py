"""The compiled catalog, as the package was installed with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cirql.catalog.lookup import Catalog
from cirql.compiler.keeping import provide


@pytest.fixture(scope="session")
def catalog() -> Iterator[Catalog]:
    provide()
    with Catalog.open() as opened:
        yield opened
