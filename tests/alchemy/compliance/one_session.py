"""The dialect with one connection for all: a session's tables are its own, and the suite makes them on one and asks on another."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.pool import StaticPool

from cirql.alchemy.dialect import CirqlDefinitions, CirqlDialect


class KeylessDefinitions(CirqlDefinitions):
    """Tables without keys: the suite leaves their numbers to serial columns, which a session's tables have not."""

    def visit_primary_key_constraint(self, constraint: Any, **kw: Any) -> str:
        """Nothing."""
        return ""

    def visit_foreign_key_constraint(self, constraint: Any, **kw: Any) -> str:
        """Nothing."""
        return ""

    def get_column_specification(self, column: Any, **kwargs: Any) -> str:
        """Its type alone."""
        kind = self.dialect.type_compiler_instance.process(column.type, type_expression=column)
        return f"{self.preparer.format_column(column)} {kind}"


class OneSession(CirqlDialect):
    """All engines of the suite are one session each."""

    ddl_compiler = KeylessDefinitions

    driver = "one"
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: Any) -> Any:
        """A single connection."""
        return StaticPool


registry.register("cirql.one", __name__, OneSession.__name__)
