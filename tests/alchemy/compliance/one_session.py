"""The dialect with one connection for all: a session's tables are its own, and the suite makes them on one and asks on another."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.pool import StaticPool

from cirql.alchemy.dialect import CirqlDialect


class OneSession(CirqlDialect):
    """All engines of the suite are one session each."""

    driver = "one"
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: Any) -> Any:
        """A single connection."""
        return StaticPool


registry.register("cirql.one", __name__, OneSession.__name__)
