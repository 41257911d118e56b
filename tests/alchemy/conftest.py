"""An engine over a local AWS, whose connections share one runtime."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa


@pytest.fixture(scope="module")
def engine() -> Iterator[sa.Engine]:
    opened = sa.create_engine("cirql:///?local=true")
    yield opened
    opened.dispose()
