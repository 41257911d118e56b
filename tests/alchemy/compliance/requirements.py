"""What of SQLAlchemy's suite holds beyond what it takes for granted, and what does not apply, each with its reason."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

_HELD = (
    *("ctes", "ctes_with_values", "window_functions", "window_range", "intersect", "except_", "table_value_constructor"),
    *("array_type", "json_type", "uuid_data_type", "datetime_literals", "datetime_timezone", "datetime_historic", "date_historic"),
    *("timestamp_microseconds", "supports_distinct_on", "regexp_match", "regexp_replace", "fetch_first", "fetch_expression"),
    *("supports_bitwise_or", "supports_bitwise_and", "supports_bitwise_not", "supports_bitwise_shift", "supports_is_distinct_from"),
    *("nullsordering", "boolean_col_expressions", "tuple_in", "views", "isolation_level", "server_side_cursors"),
    *("implicit_default_schema", "unicode_ddl", "nested_aggregates", "order_by_label_with_expression", "mod_operator_as_percent_sign"),
    *("aggregate_order_by", "infinity_floats", "datetime_interval", "precision_numerics_many_significant_digits"),
    *(
        "precision_numerics_retains_significant_digits",
        "standalone_null_binds_whereclause",
        "fetch_no_order_by",
        "unusual_column_name_characters",
    ),
    *("foreign_keys", "foreign_key_ddl", "self_referential_foreign_keys", "autoincrement_insert", "insert_returning", "update_returning"),
    *("delete_returning", "ctes_on_dml", "empty_inserts", "reflect_table_options"),
    *("create_table_as", "table_ddl_if_exists", "insert_from_select", "float_or_double_precision_behaves_generically"),
)
_COLUMNS_ALONE = (
    "the suite asks for the names that constraints were given, which DuckDB does not keep; keys and indexes are there (test_dialect.py)"
)
_LASTROWID = "a new row's key comes by RETURNING"
_ONE = "a session's tables are its own, and the suite's engines are one session each"
_NOT_HELD = {
    "autocommit": "a session's own tables have no transactions: what a transaction holds back is AWS's changes",
    "table_reflection": _COLUMNS_ALONE,
    "primary_key_constraint_reflection": _COLUMNS_ALONE,
    "foreign_key_constraint_reflection": _COLUMNS_ALONE,
    "index_reflection": _COLUMNS_ALONE,
    "indexes_with_ascdesc": "there are no indexes",
    "reflect_indexes_with_ascdesc": "there are no indexes",
    "unique_constraint_reflection": _COLUMNS_ALONE,
    "on_update_cascade": "a session's tables have no actions",
    "recursive_fk_cascade": "a session's tables have no actions",
    "temp_table_reflection": "what a session makes is temporary as it is, and listed among its tables",
    "temporary_tables": "what a session makes is temporary as it is",
    "schemas": "schemas are AWS's: there is no CREATE SCHEMA",
    "schema_reflection": "schemas are AWS's: there is no CREATE SCHEMA",
    "index_ddl_if_exists": _COLUMNS_ALONE,
    "identity_columns": "GENERATED ALWAYS takes a value as BY DEFAULT does, and a sequence has no bounds",
    "implements_get_lastrowid": _LASTROWID,
    "independent_connections": _ONE,
    "independent_readonly_connections": _ONE,
}


class Requirements(SuiteRequirements):
    """The suite reads these as properties."""

    def get_isolation_levels(self, config: Any) -> dict[str, Any]:
        """The levels there are."""
        return {"default": "REPEATABLE READ", "supported": ["AUTOCOMMIT", "REPEATABLE READ"]}


def _always(requirements: object) -> Any:
    return exclusions.open()  # type: ignore[no-untyped-call]


def _never(reason: str, requirements: object) -> Any:
    return exclusions.skip_if(lambda config: True, reason)  # type: ignore[no-untyped-call]


for _name in _HELD:
    setattr(Requirements, _name, property(_always))
for _name, _reason in _NOT_HELD.items():
    setattr(Requirements, _name, property(partial(_never, _reason)))
