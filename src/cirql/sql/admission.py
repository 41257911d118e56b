"""What DuckDB is given at all: one statement, of the kind that was meant.

Every text that reaches it is made by cirql, with names and values through `quoting`. This is the second lock: should a text ever hold more
than was meant, it is not run. Beside it, a `Database` opens no file and lets no setting be changed, whatever it is told.
"""

from __future__ import annotations

from typing import Any

from cirql.errors import Internal

QUERY = frozenset({"SELECT"})
CHANGE = frozenset({"CREATE", "INSERT", "UPDATE", "DELETE", "DROP"})


def admit(connection: Any, sql: str, kinds: frozenset[str]) -> None:
    """Let one statement of these kinds through. Raises Internal for anything else, DuckDB's own error where it is no statement."""
    statements = connection.extract_statements(sql)
    found = [statement.type.name for statement in statements]
    if len(found) != 1 or found[0] not in kinds:
        raise Internal(f"a statement became {', '.join(found) or 'nothing'} on its way to the engine and was not run")
