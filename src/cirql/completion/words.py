"""SQL's own words by where they stand, and the values that settings and their columns can have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cirql.settings import Settings

BEGINNINGS = (
    "SELECT",
    "WITH",
    "EXPLAIN",
    "EXPLAIN ANALYZE",
    "EXPLAIN (FORMAT POLICY)",
    "INSERT INTO",
    "UPDATE",
    "DELETE FROM",
    "EXEC",
    "DESCRIBE",
    "SHOW",
    "SET",
    "USE",
    "CREATE VIEW",
    "CREATE TABLE",
    "CREATE MATERIALIZED VIEW",
    "REFRESH MATERIALIZED VIEW",
    "DROP VIEW",
    "DROP TABLE",
    "VALUES",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "ROLLBACK TO",
    "RELEASE",
    "PREPARE",
    "EXECUTE",
    "DEALLOCATE",
)
AFTER_TABLE = (
    "WHERE",
    "JOIN",
    "LEFT JOIN",
    "RIGHT JOIN",
    "FULL JOIN",
    "CROSS JOIN",
    "ON",
    "USING",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "UNION",
    "UNION ALL",
    "INTERSECT",
    "EXCEPT",
    "AS",
    "AS OF",
    "SET",
    "VALUES",
    "RETURNING",
)
IN_EXPRESSIONS = (
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "IN",
    "IS NULL",
    "IS NOT NULL",
    "LIKE",
    "ILIKE",
    "BETWEEN",
    "EXISTS",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "AS",
    "DISTINCT",
    "ASC",
    "DESC",
    "NULLS FIRST",
    "NULLS LAST",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "JOIN",
    "LEFT JOIN",
    "ON",
    "RETURNING",
    "NULL",
    "TRUE",
    "FALSE",
    "INTERVAL",
    "OVER",
    "PARTITION BY",
    "FILTER",
)


def setting_values(name: str, settings: Settings) -> Mapping[str, str]:
    """The values that a setting, or the column that it is about, can have, each with a word on it; those in scope first."""
    if name in ("regions", "region"):
        return _regions(settings)
    if name in ("accounts", "account_id"):
        from cirql.cloud.survey import named_accounts

        return {i: "in scope" for i in named_accounts(settings) if i.isdigit()}
    if name == "dialect":
        from cirql.settings import DIALECTS

        return dict.fromkeys(DIALECTS, "")
    return {"max_age": {"live": "always ask AWS", "15 minutes": "", "1 hour": "", "1 day": "", "unlimited": "the inventory alone"}}.get(
        name, {"true": "", "false": ""} if name == "strict" else {}
    )


def _regions(settings: Settings) -> Mapping[str, str]:
    from cirql.cloud.regions import region_names

    in_scope = dict.fromkeys((r for r in settings.regions if r != "*"), "in scope")
    return {**in_scope, **{r: "" for r in region_names() if r not in in_scope}}
