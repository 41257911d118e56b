"""information_schema, as the SQL standard has it (ISO/IEC 9075-11), made as PostgreSQL makes it: views over its catalog.

Every view that PostgreSQL has is here; those of which there is nothing to say (triggers, domains, sequences …) are empty. Who asks, and by
which name of the database, are variables of a connection to the DuckDB.
"""

from __future__ import annotations

from cirql.server.system.columns import STANDARD, STANDARD_PREFIX, engine_type

DATABASE, WHO = "database", "who"
"""The variables: without them everything is in the database `aws`, and its user's."""
CHANGEABLE = "changeable"
"""The table of what may be changed: tables by their number and 0, columns by their table's and their own."""
_DB = f"coalesce(getvariable('{DATABASE}')::VARCHAR, 'aws')"
_WHO = f"coalesce(getvariable('{WHO}')::VARCHAR, 'aws')"
_CLASSES = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
_COLUMNS = (
    "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typlen = -1 "
    "LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum "
    "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'p', 'f')"
)
_OF_TABLE = {"table_catalog": _DB, "table_schema": "n.nspname", "table_name": "c.relname"}
_CONSTRAINTS = "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
_OF_CONSTRAINT = {"constraint_catalog": _DB, "constraint_schema": "n.nspname", "constraint_name": "k.conname"}
_REFERRED = "CASE WHEN k.contype = 'f' THEN k.confrelid ELSE k.conrelid END"
_GRANTED = {"grantor": "'aws'", "grantee": _WHO, "privilege_type": "'SELECT'", "is_grantable": "'NO'"}
_NO = "'NO'"


def _kind(type_: str, element: str) -> str:
    """What `data_type` is: PostgreSQL's own types by their names, arrays and all others by what they are."""
    own = f"c_format_type({type_}.oid, NULL)"
    return f"CASE WHEN {element}.oid IS NOT NULL THEN 'ARRAY' WHEN {type_}.oid >= 16384 THEN 'USER-DEFINED' ELSE {own} END"


def _among(cases: dict[tuple[int, ...], str]) -> str:
    """A value that goes by a column's type."""
    return "CASE " + " ".join(f"WHEN t.oid IN ({', '.join(map(str, oids))}) THEN {value}" for oids, value in cases.items()) + " END"


def _may(number: str) -> str:
    return f"CASE WHEN EXISTS (SELECT 1 FROM {CHANGEABLE} w WHERE w.oid = c.oid AND w.number = {number}) THEN 'YES' ELSE 'NO' END"


_NUMERIC = "a.atttypmod >= 4"
_VIEWS: dict[str, tuple[str, dict[str, str]]] = {
    "information_schema_catalog_name": ("FROM (SELECT 1)", {"catalog_name": _DB}),
    "schemata": ("FROM pg_namespace n", {"catalog_name": _DB, "schema_name": "n.nspname", "schema_owner": "'aws'"}),
    "tables": (
        f"{_CLASSES} WHERE c.relkind IN ('r', 'v', 'p', 'f')",
        _OF_TABLE
        | {
            "table_type": "CASE WHEN c.relkind = 'v' THEN 'VIEW' WHEN c.relpersistence = 't' THEN 'LOCAL TEMPORARY' ELSE 'BASE TABLE' END",
            "is_insertable_into": _may("0"),
            "is_typed": _NO,
        },
    ),
    "views": (
        f"{_CLASSES} LEFT JOIN definition_texts d ON d.oid = c.oid WHERE c.relkind = 'v'",
        _OF_TABLE
        | {"view_definition": "d.definition", "check_option": "'NONE'", "is_updatable": _NO, "is_insertable_into": _NO}
        | dict.fromkeys(("is_trigger_updatable", "is_trigger_deletable", "is_trigger_insertable_into"), _NO),
    ),
    "columns": (
        _COLUMNS,
        _OF_TABLE
        | {
            "column_name": "a.attname",
            "ordinal_position": "a.attnum",
            "column_default": "f.adbin",
            "is_nullable": "CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END",
            "data_type": _kind("t", "e"),
            "character_maximum_length": f"CASE WHEN t.oid IN (1042, 1043) AND {_NUMERIC} THEN a.atttypmod - 4 END",
            "character_octet_length": _among({(25, 1042, 1043): "1073741824"}),
            "numeric_precision": _among(
                {
                    (21,): "16",
                    (23,): "32",
                    (20,): "64",
                    (700,): "24",
                    (701,): "53",
                    (1700,): f"CASE WHEN {_NUMERIC} THEN (a.atttypmod - 4) >> 16 END",
                }
            ),
            "numeric_precision_radix": _among({(21, 23, 20, 700, 701): "2", (1700,): "10"}),
            "numeric_scale": _among({(21, 23, 20): "0", (1700,): f"CASE WHEN {_NUMERIC} THEN (a.atttypmod - 4) & 65535 END"}),
            "datetime_precision": _among({(1082,): "0", (1083, 1114, 1184, 1186, 1266): "6"}),
            "udt_catalog": _DB,
            "udt_schema": "'pg_catalog'",
            "udt_name": "t.typname",
            "dtd_identifier": "a.attnum",
            "is_updatable": _may("a.attnum"),
            "is_generated": "'NEVER'",
            "column_comment": "(SELECT s.description FROM pg_description s WHERE s.objoid = c.oid AND s.objsubid = a.attnum LIMIT 1)",
        }
        | dict.fromkeys(("is_self_referencing", "is_identity", "identity_cycle"), _NO),
    ),
    "element_types": (
        f"{_COLUMNS} AND e.oid IS NOT NULL",
        {
            "object_catalog": _DB,
            "object_schema": "n.nspname",
            "object_name": "c.relname",
            "object_type": "CASE WHEN c.relkind = 'v' THEN 'VIEW' ELSE 'TABLE' END",
            "collection_type_identifier": "a.attnum",
            "data_type": "CASE WHEN e.oid >= 16384 THEN 'USER-DEFINED' ELSE c_format_type(e.oid, NULL) END",
            "udt_catalog": _DB,
            "udt_schema": "'pg_catalog'",
            "udt_name": "e.typname",
            "dtd_identifier": "'a' || a.attnum",
        },
    ),
    "table_constraints": (
        f"{_CONSTRAINTS} WHERE k.contype IN ('p', 'u', 'f', 'c')",
        _OF_CONSTRAINT
        | _OF_TABLE
        | {
            "constraint_type": "MAP {'p': 'PRIMARY KEY', 'u': 'UNIQUE', 'f': 'FOREIGN KEY', 'c': 'CHECK'}[k.contype]",
            "is_deferrable": _NO,
            "initially_deferred": _NO,
            "enforced": "'YES'",
            "nulls_distinct": "CASE WHEN k.contype = 'u' THEN 'YES' END",
        },
    ),
    "key_column_usage": (
        "FROM (SELECT x.*, unnest(x.conkey) AS column_number, generate_subscripts(x.conkey, 1) AS place "
        "FROM pg_constraint x WHERE x.contype IN ('p', 'u', 'f')) k "
        "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.column_number "
        "LEFT JOIN pg_constraint u ON k.contype = 'f' AND u.contype IN ('p', 'u') AND u.conindid = k.conindid",
        _OF_CONSTRAINT
        | _OF_TABLE
        | {
            "column_name": "a.attname",
            "ordinal_position": "k.place",
            "position_in_unique_constraint": "nullif(list_position(u.conkey, k.confkey[k.place]), 0)",
        },
    ),
    "referential_constraints": (
        "FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace "
        # Some refer to a column that is a part of a key or of none: tools join the columns of both by their places.
        "LEFT JOIN pg_constraint u ON u.contype IN ('p', 'u') AND u.conindid = k.conindid AND list_sort(u.conkey) = list_sort(k.confkey) "
        "LEFT JOIN pg_namespace o ON o.oid = u.connamespace WHERE k.contype = 'f'",
        _OF_CONSTRAINT
        | {
            "unique_constraint_catalog": f"CASE WHEN u.oid IS NOT NULL THEN {_DB} END",
            "unique_constraint_schema": "o.nspname",
            "unique_constraint_name": "u.conname",
            "match_option": "'NONE'",
            "update_rule": "'NO ACTION'",
            "delete_rule": "'NO ACTION'",
        },
    ),
    "constraint_column_usage": (
        "FROM (SELECT x.*, unnest(CASE WHEN x.contype = 'f' THEN x.confkey ELSE x.conkey END) AS column_number FROM pg_constraint x) k "
        f"JOIN pg_class c ON c.oid = {_REFERRED} JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.column_number",
        _OF_TABLE
        | {
            "column_name": "a.attname",
            "constraint_catalog": _DB,
            "constraint_schema": "(SELECT o.nspname FROM pg_namespace o WHERE o.oid = k.connamespace)",
            "constraint_name": "k.conname",
        },
    ),
    "constraint_table_usage": (
        f"FROM pg_constraint k JOIN pg_class c ON c.oid = {_REFERRED} JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE k.contype IN ('p', 'u', 'f')",
        _OF_TABLE
        | {
            "constraint_catalog": _DB,
            "constraint_schema": "(SELECT o.nspname FROM pg_namespace o WHERE o.oid = k.connamespace)",
            "constraint_name": "k.conname",
        },
    ),
    "check_constraints": (
        "FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace LEFT JOIN definition_texts d ON d.oid = k.oid "
        "WHERE k.contype = 'c'",
        _OF_CONSTRAINT | {"check_clause": r"regexp_extract(d.definition, '^CHECK \((.*)\)$', 1)"},
    ),
    **dict.fromkeys(
        ("table_privileges", "role_table_grants"),
        (f"{_CLASSES} WHERE c.relkind IN ('r', 'v', 'p', 'f')", _GRANTED | _OF_TABLE | {"with_hierarchy": "'YES'"}),
    ),
    **dict.fromkeys(("column_privileges", "role_column_grants"), (_COLUMNS, _GRANTED | _OF_TABLE | {"column_name": "a.attname"})),
    "enabled_roles": ("FROM (SELECT 1)", {"role_name": _WHO}),
    "character_sets": (
        "FROM (SELECT 1)",
        {"character_set_name": "'UTF8'", "character_repertoire": "'UCS'", "form_of_use": "'UTF8'", "default_collate_catalog": _DB},
    ),
    "collations": (
        "FROM pg_collation o",
        {"collation_catalog": _DB, "collation_schema": "'pg_catalog'", "collation_name": "o.collname", "pad_attribute": "'NO PAD'"},
    ),
    "collation_character_set_applicability": (
        "FROM pg_collation o",
        {"collation_catalog": _DB, "collation_schema": "'pg_catalog'", "collation_name": "o.collname", "character_set_name": "'UTF8'"},
    ),
    "routines": (
        "FROM pg_proc p LEFT JOIN pg_type t ON t.oid = p.prorettype",
        {
            **dict.fromkeys(("specific_catalog", "routine_catalog"), _DB),
            **dict.fromkeys(("specific_schema", "routine_schema"), "'pg_catalog'"),
            "specific_name": "p.proname || '_' || p.oid",
            "routine_name": "p.proname",
            "routine_type": "'FUNCTION'",
            "data_type": "c_format_type(t.oid, NULL)",
            "type_udt_catalog": f"CASE WHEN t.oid IS NOT NULL THEN {_DB} END",
            "type_udt_schema": "CASE WHEN t.oid IS NOT NULL THEN 'pg_catalog' END",
            "type_udt_name": "t.typname",
            "routine_body": "'EXTERNAL'",
            "external_language": "'INTERNAL'",
            "parameter_style": "'GENERAL'",
            "is_deterministic": "'YES'",
            "sql_data_access": "'MODIFIES'",
            "schema_level_routine": "'YES'",
            "security_type": "'INVOKER'",
            "is_udt_dependent": _NO,
        },
    ),
    **dict.fromkeys(
        ("routine_privileges", "role_routine_grants"),
        (
            "FROM pg_proc p",
            _GRANTED
            | {
                **dict.fromkeys(("specific_catalog", "routine_catalog"), _DB),
                **dict.fromkeys(("specific_schema", "routine_schema"), "'pg_catalog'"),
                "specific_name": "p.proname || '_' || p.oid",
                "routine_name": "p.proname",
                "privilege_type": "'EXECUTE'",
            },
        ),
    ),
    "sql_implementation_info": (
        "FROM (VALUES ('17', 'DBMS NAME', 'PostgreSQL'), ('18', 'DBMS VERSION', '15.00.0000'), ('10003', 'CATALOG NAME', 'Y')) "
        "i(id, name, said)",
        {"implementation_info_id": "i.id", "implementation_info_name": "i.name", "character_value": "i.said"},
    ),
}
"""What each view is made of: its tables, and its columns as far as there is something to say of them; the others are NULL."""
EMPTY = frozenset(STANDARD) - {f"{STANDARD_PREFIX}{name}" for name in _VIEWS}
"""The views that have no rows, under the names that they have in the DuckDB."""


def statements() -> list[str]:
    """What makes them in a DuckDB that has PostgreSQL's catalog."""
    made = [f"CREATE TABLE {CHANGEABLE} (oid UINTEGER, number INTEGER)"]
    for table, columns in STANDARD.items():
        source, said = _VIEWS.get(table.removeprefix(STANDARD_PREFIX), ("WHERE false", {}))
        shown = ", ".join(f'({said.get(name, "NULL")})::{engine_type(kind)} AS "{name}"' for name, kind in columns.items())
        made.append(f"CREATE VIEW {table} AS SELECT {shown} {source}")
    return made
