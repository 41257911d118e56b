"""Every argument of every class of node that planning reads is looked at, or does not matter, and says why.

A word of SQL that the plan does not see changes what a condition means: BETWEEN SYMMETRIC read as BETWEEN lost rows. A new class
in `plan/`, or a new argument in a new sqlglot, fails here until somebody has thought about it.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlglot import exp

PLAN = Path(__file__).parents[2] / "src" / "cirql" / "plan"
BOTH = {"this", "expression"}
# Of queries: none of these is PostgreSQL's, or the parser refuses it, or `sql/` does.
NOT_POSTGRES = {
    *("by_name", "cluster", "connect", "distribute", "exclude", "format", "hint", "into", "kind", "match", "on", "operation_modifiers"),
    *("options", "pivots", "prewhere", "settings", "side", "sort", "for_", "locks"),
}
CLAUSES = {"limit", "offset", "order", "with_", "where", "group", "having", "joins", "laterals", "windows", "qualify", "distinct", "sample"}

LOOKED_AT: dict[str, set[str]] = {
    "Select": {*CLAUSES, "expressions", "from_"},
    "SetOperation": {*CLAUSES, *BOTH},
    "Union": {*CLAUSES, *BOTH},
    "Except": {*CLAUSES, *BOTH},
    "Subquery": {*CLAUSES, "this", "alias"},
    "Table": {"this", "db", "catalog", "alias", "joins", "laterals", "sample", "version", "ordinality"},
    "TableAlias": {"this", "columns"},
    "Values": {"expressions", "alias", "limit", "offset", "order"},
    "CTE": {"this", "alias"},
    "With": {"expressions", "recursive"},
    "From": {"this"},
    "Join": {"this", "on", "using", "side", "kind", "method"},
    "Lateral": {"this", "alias", "ordinality"},
    "Limit": BOTH,
    "Between": {"this", "low", "high", "symmetric"},
    "In": {"this", "expressions", "query"},
    "Is": {*BOTH, "negate"},
    "Like": {*BOTH, "negate"},
    "ILike": {*BOTH, "negate"},
    "RegexpLike": BOTH,
    "RegexpILike": BOTH,
    "Cast": {"this", "to"},
    "DataType": {"this", "expressions"},
    "Column": {"this", "table", "db", "catalog"},
    "Identifier": {"this", "quoted"},
    "Literal": {"this", "is_string"},
    "JSONExtract": BOTH,
    "JSONExtractScalar": BOTH,
    "JSONBExtract": BOTH,
    "JSONBExtractScalar": BOTH,
    "JSONPath": {"expressions"},
    "JSONPathKey": {"this"},
    "Alias": {"this", "alias"},
    "Anonymous": {"this", "expressions"},
    "AtTimeZone": {"this", "zone"},
    "Div": BOTH,
}
HARMLESS: dict[str, set[str]] = {
    "SetOperation": NOT_POSTGRES,
    "Union": NOT_POSTGRES,
    "Except": NOT_POSTGRES,
    "Select": NOT_POSTGRES,
    "Subquery": NOT_POSTGRES,
    # Other dialects' tables; `ONLY` means nothing without inheritance, AS OF is taken off by `sql/bind`.
    "Table": {"changes", "format", "hints", "indexed", "only", "partition", "pattern", "pivots", "rows_from", "system_time", "when"},
    "Values": {"pivots"},
    "CTE": {"scalar", "materialized", "key_expressions"},
    "With": {"search", "cycle", "udfs"},  # refused by the translation
    "Join": {"directed", "global_", "hint", "match_condition", "nearest", "pivots", "expressions"},
    "Lateral": {"view", "outer", "cross_apply"},
    "Limit": {"offset", "limit_options", "expressions"},  # MySQL's, T-SQL's and ClickHouse's
    "In": {"field", "is_global", "unnest"},
    "RegexpLike": {"flag", "full_match"},  # used for nothing but that NULL never matches
    "RegexpILike": {"flag"},
    "Cast": {"action", "default", "format", "safe"},
    "DataType": {"collate", "kind", "nested", "nullable", "values"},  # what is not one of the named types is no constant
    "Column": {"join_mark", "shadow"},
    "Identifier": {"global_", "temporary"},
    "JSONExtract": {
        "emits",
        "expressions",
        "json_query",
        "on_condition",
        "only_json_types",
        "option",
        "quote",
        "requires_json",
        "variant_extract",
    },
    "JSONExtractScalar": {"expressions", "json_subtype", "json_type", "only_json_types", "scalar_only"},
    "JSONBExtractScalar": {"json_type"},
    "JSONPathKey": {"quoted"},
    "Div": {"safe", "typed"},  # a literal of decimals divides, as the one looked for
    "Array": {"bracket_notation", "value_constructor", "struct_name_inheritance"},
}
# Looked for, never read: that there is one is all that matters; or made, not met.
ONLY_FOUND = {"Star", "Var", "Placeholder", "Parameter", "Interval", "Rand", "Uuid", "Window", "Unnest", "Explode", "AggFunc"}


def classes() -> dict[str, type[exp.Expr]]:
    found = {}
    for path in PLAN.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "exp":
                kind = getattr(exp, node.attr)
                if isinstance(kind, type) and issubclass(kind, exp.Expr):
                    found[node.attr] = kind
    return found


@pytest.mark.parametrize("name", sorted(set(classes()) - ONLY_FOUND))
def test_every_argument_of_a_node_that_is_planned_by_is_looked_at(name: str) -> None:
    arguments = set(classes()[name].arg_types)
    known = LOOKED_AT.get(name, BOTH | {"expressions"}) | HARMLESS.get(name, set())
    assert arguments - known == set()
    assert (LOOKED_AT.get(name, set()) | HARMLESS.get(name, set())) - arguments <= CLAUSES | NOT_POSTGRES
