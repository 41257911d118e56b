"""PostgreSQL's catalog as DuckDB has it here: the columns of its tables, and its functions as macros.

Tables that are always empty (triggers, policies, publications …) are here all the same: tools join them.
"""

from __future__ import annotations

import re

from cirql.server.system import standard
from cirql.server.system.columns import COLUMNS, EVERY, NUMBERS, engine_type

_LIVE_TABLES = frozenset({"pg_stat_activity", "pg_stat_ssl", "pg_stat_gssapi"})
"""Tables that say what goes on; each question finds them as they are then."""
_EMPTY = (
    "pg_inherits pg_trigger pg_rewrite pg_policy pg_foreign_table pg_attrdef pg_sequence pg_statistic_ext pg_publication "
    "pg_publication_rel pg_publication_namespace pg_partitioned_table pg_enum pg_range"
)
ALWAYS_EMPTY = frozenset(_EMPTY.split()) | standard.EMPTY
DATABASE = 16_384
"""The number of the one database: the first that is not one of PostgreSQL's own, which tools leave out."""
INDEX_DEFINITIONS = 500_000_000
"""What the number of an index has added where its definition is: its constraint has the same number."""
SETTINGS = "pg_settings"
_OWN_TABLES = {
    "type_titles": "oid UINTEGER, typtitle VARCHAR",
    "definition_texts": "oid UINTEGER, definition VARCHAR",
}
"""Tables that functions read: the names of types, and the definitions of constraints and indexes, which no function puts together."""
_OF_A_CLASS = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
_VIEWS: dict[str, tuple[str, dict[str, str]]] = {
    "pg_user": ("FROM pg_roles", {"usename": "rolname", "usesysid": "oid", "usecreatedb": "rolcreatedb", "usesuper": "rolsuper"}),
    "pg_shadow": ("FROM pg_roles", {"usename": "rolname", "usesysid": "oid", "usecreatedb": "rolcreatedb", "usesuper": "rolsuper"}),
    "pg_authid": (
        "FROM pg_roles",
        {
            name: name
            for name in (
                *("oid", "rolname", "rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication"),
                *("rolbypassrls", "rolconnlimit", "rolpassword"),
            )
        },
    ),
    "pg_tables": (
        f"{_OF_A_CLASS} WHERE c.relkind = 'r'",
        {"schemaname": "n.nspname", "tablename": "c.relname", "tableowner": "'aws'", "hasindexes": "c.relhasindex"}
        | {"hasrules": "false", "hastriggers": "false", "rowsecurity": "false"},
    ),
    "pg_views": (
        f"{_OF_A_CLASS} LEFT JOIN definition_texts d ON d.oid = c.oid WHERE c.relkind = 'v'",
        {"schemaname": "n.nspname", "viewname": "c.relname", "viewowner": "'aws'", "definition": "d.definition"},
    ),
    "pg_indexes": (
        "FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid "
        f"JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN definition_texts d ON d.oid = i.indexrelid + {INDEX_DEFINITIONS}",
        {"schemaname": "n.nspname", "tablename": "c.relname", "indexname": "x.relname", "indexdef": "d.definition"},
    ),
}
"""What each view is made of: its tables, and its columns as far as there is something to say of them; the others are NULL."""
_OWN_NUMBER = f"MAP {NUMBERS}[replace(s, 'pg_catalog.', '')]"
_FUNCTIONS = {
    "pg_get_userbyid(o)": "'aws'",
    "pg_table_is_visible(o, s)": (
        "(SELECT n.nspname = 'pg_catalog' OR list_contains(string_split(s, ','), n.nspname) "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = o)"
    ),
    "pg_conversion_is_visible(o)": "true",
    "pg_operator_is_visible(o)": "true",
    "pg_ts_config_is_visible(o)": "true",
    "pg_statistics_obj_is_visible(o)": "true",
    "pg_char_to_encoding(s)": "6",
    "pg_type_is_visible(o)": "true",
    "pg_function_is_visible(o)": "true",
    "pg_collation_is_visible(o)": "true",
    "pg_get_expr(a, b)": "a::VARCHAR",
    "pg_get_viewdef(o)": "coalesce((SELECT x.definition FROM definition_texts x WHERE x.oid = o), '')",
    "pg_get_ruledef(o)": "NULL::VARCHAR",
    "pg_get_triggerdef(o)": "NULL::VARCHAR",
    "pg_get_functiondef(o)": "NULL::VARCHAR",
    "pg_get_partkeydef(o)": "NULL::VARCHAR",
    "pg_get_function_result(o)": "NULL::VARCHAR",
    "pg_get_function_arguments(o)": "NULL::VARCHAR",
    "pg_get_function_identity_arguments(o)": "NULL::VARCHAR",
    "pg_get_serial_sequence(a, b)": "NULL::VARCHAR",
    "pg_get_statisticsobjdef_columns(o)": "NULL::VARCHAR",
    "pg_encoding_to_char(o)": "'UTF8'",
    "pg_relation_is_publishable(o)": "false",
    "pg_is_in_recovery()": "false",
    "pg_relation_size(o)": "0::BIGINT",
    "pg_table_size(o)": "0::BIGINT",
    "pg_total_relation_size(o)": "0::BIGINT",
    "pg_size_pretty(o)": (
        "CASE WHEN abs(o) < 10240 THEN o || ' bytes' WHEN abs(o) < 10485247 THEN round(o / 1024)::BIGINT || ' kB' "
        "WHEN abs(o) < 10736893952 THEN round(o / 1048576)::BIGINT || ' MB' "
        "WHEN abs(o) < 10994579406848 THEN round(o / 1073741824)::BIGINT || ' GB' ELSE round(o / 1099511627776)::BIGINT || ' TB' END"
    ),
    "pg_advisory_unlock_all()": "NULL::VARCHAR",
    "pg_tablespace_location(o)": "''",
    "pg_tablespace_size(o)": "0::BIGINT",
    "pg_database_size(o)": "0::BIGINT",
    "pg_blocking_pids(o)": "[]::INTEGER[]",
    "pg_my_temp_schema()": "0::UINTEGER",
    "pg_is_other_temp_schema(o)": "false",
    "pg_postmaster_start_time()": "current_timestamp",
    "pg_is_wal_replay_paused()": "false",
    "pg_get_function_sqlbody(o)": "NULL::VARCHAR",
    "obj_description(o)": "(SELECT d.description FROM pg_description d WHERE d.objoid = o AND d.objsubid = 0 LIMIT 1)",
    "col_description(o, n)": "(SELECT d.description FROM pg_description d WHERE d.objoid = o AND d.objsubid = n LIMIT 1)",
    "shobj_description(o, n)": "NULL::VARCHAR",
    "pg_partition_ancestors(o)": "unnest([]::UINTEGER[])",
    "pg_get_constraintdef(o)": "(SELECT x.definition FROM definition_texts x WHERE x.oid = o)",
    "pg_get_indexdef(o)": f"(SELECT x.definition FROM definition_texts x WHERE x.oid = o + {INDEX_DEFINITIONS})",
    "format_type(o, n)": (
        "CASE WHEN o IS NULL THEN NULL WHEN o = 1700 AND n > 4 THEN printf('numeric(%d,%d)', (n - 4) >> 16, (n - 4) & 65535) "
        "ELSE coalesce((SELECT t.typtitle FROM type_titles t WHERE t.oid = o), '???') END"
    ),
    "regclass_name(o)": "(SELECT c.relname FROM pg_class c WHERE c.oid = o)",
    "regclass_oid(s)": (
        "coalesce(TRY_CAST(s AS UINTEGER), "
        + _OWN_NUMBER
        + ", (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname || '.' || c.relname = replace(replace(s, '\"', ''), 'aws.aws.', 'aws.') "
        "OR (c.relname = replace(s, '\"', '') AND n.nspname = 'aws') LIMIT 1))"
    ),
    "regtype_oid(s)": (
        "coalesce(TRY_CAST(s AS UINTEGER), (SELECT t.oid FROM pg_type t WHERE t.typname = s LIMIT 1), "
        "(SELECT t.oid FROM type_titles t WHERE t.typtitle = s LIMIT 1))"
    ),
    "regnamespace_oid(s)": "coalesce(TRY_CAST(s AS UINTEGER), (SELECT n.oid FROM pg_namespace n WHERE n.nspname = s LIMIT 1))",
    "regnamespace_name(o)": "(SELECT n.nspname FROM pg_namespace n WHERE n.oid = o)",
    "regproc_oid(s)": (
        "coalesce(TRY_CAST(s AS UINTEGER), (SELECT p.oid FROM pg_proc p WHERE p.proname = replace(s, 'pg_catalog.', '') LIMIT 1))"
    ),
    "regproc_name(o)": "coalesce((SELECT p.proname FROM pg_proc p WHERE p.oid = o), '-')",
    "to_regclass(s)": "regclass_oid(s)",
    "to_regtype(s)": "regtype_oid(s)",
    "quote_ident(s)": "CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_$]*') THEN s ELSE '\"' || replace(s, '\"', '\"\"') || '\"' END",
    "array_upper(a, n)": "nullif(len(a), 0)",
    "array_lower(a, n)": "CASE WHEN len(a) > 0 THEN 1 END",
    "acldefault(a, b)": "NULL::VARCHAR[]",
    "aclexplode(a)": "unnest([]::STRUCT(grantor UINTEGER, grantee UINTEGER, privilege_type VARCHAR, is_grantable BOOLEAN)[])",
    "expandarray(a)": "unnest(list_transform(a, lambda x, i: {'x': x, 'n': i}))",
}
OVERLOADED = {
    "pg_get_expr": 2,
    "pg_get_viewdef": 1,
    "pg_get_ruledef": 1,
    "pg_get_triggerdef": 1,
    "pg_get_constraintdef": 1,
    "pg_get_indexdef": 1,
    "obj_description": 1,
    "pg_size_pretty": 1,
}
"""Functions with further arguments that change nothing here: how many count."""


def table_names() -> frozenset[str]:
    """Every table and view of the catalog."""
    return frozenset(EVERY)


def function_names() -> frozenset[str]:
    """Every function that is a macro here."""
    return frozenset(signature.partition("(")[0] for signature in _FUNCTIONS)


def stored_tables() -> tuple[str, ...]:
    """The tables that depend on the catalog alone."""
    return (
        *_OWN_TABLES,
        standard.CHANGEABLE,
        *(name for name in COLUMNS if name not in _LIVE_TABLES and name not in _VIEWS and name != SETTINGS),
    )


def statements() -> list[str]:
    """What makes all of it in an empty DuckDB."""
    made = [f"CREATE TABLE {name} ({columns})" for name, columns in _OWN_TABLES.items()]
    views = []
    for table, columns in COLUMNS.items():
        if table in _VIEWS:
            source, said = _VIEWS[table]
            shown = ", ".join(f'({said.get(name, "NULL")})::{engine_type(kind)} AS "{name}"' for name, kind in columns.items())
            views.append(f"CREATE VIEW {table} AS SELECT {shown} {source}")
        else:
            kept = ", ".join(f'"{name}" {engine_type(kind)}' for name, kind in columns.items())
            made.append(f"CREATE TABLE {table} ({kept})")
    made += views
    # A macro may call another: each comes after those it calls.
    made += [f"CREATE MACRO c_{signature} AS {_calls(body)}" for signature, body in _FUNCTIONS.items()]
    return [*made, *standard.statements()]


def _calls(body: str) -> str:
    """A macro's body: what it calls, and its tables by names that no caller's columns are captured by."""
    apart = re.sub(r"\b(pg_\w+|type_titles|definition_texts) ([a-z])\b", r"\1 own_\2", body)
    apart = re.sub(r"(?<!\w)([a-z])\.(?=\w)", r"own_\1.", apart)
    return f"c_{apart}" if apart.startswith(("regclass_oid(", "regtype_oid(")) else apart
