"""PostgreSQL's catalog as DuckDB has it here: the columns of its tables, and its functions as macros.

Tables that are always empty (triggers, policies, publications …) are here all the same: tools join them.
"""

from __future__ import annotations

import re

_O, _T, _B, _I = "UINTEGER", "VARCHAR", "BOOLEAN", "INTEGER"
_TABLES = {
    "pg_namespace": "oid o, nspname t, nspowner o, nspacl t[]",
    "pg_class": (
        "oid o, relname t, relnamespace o, reltype o, reloftype o, relowner o, relam o, relfilenode o, reltablespace o, relpages i, "
        "reltuples f, relallvisible i, reltoastrelid o, relhasindex b, relisshared b, relpersistence t, relkind t, relnatts i, "
        "relchecks i, relhasrules b, relhastriggers b, relhassubclass b, relrowsecurity b, relforcerowsecurity b, "
        "relispopulated b, relreplident t, "
        "relispartition b, relrewrite o, relacl t[], reloptions t[], relpartbound t"
    ),
    "pg_attribute": (
        "attrelid o, attname t, atttypid o, attstattarget i, attlen i, attnum i, attndims i, attcacheoff i, atttypmod i, attbyval b, "
        "attstorage t, attalign t, attcompression t, attnotnull b, atthasdef b, atthasmissing b, attidentity t, attgenerated t, "
        "attisdropped b, attislocal b, attinhcount i, attcollation o, attacl t[], attoptions t[], attfdwoptions t[]"
    ),
    "pg_type": (
        "oid o, typname t, typnamespace o, typowner o, typlen i, typbyval b, typtype t, typcategory t, typispreferred b, typisdefined b, "
        "typdelim t, typrelid o, typelem o, typarray o, typinput o, typoutput o, typreceive o, typsend o, typmodin o, typmodout o, "
        "typalign t, typstorage t, typnotnull b, typbasetype o, typtypmod i, typndims i, typcollation o, typdefault t, typsubscript o"
    ),
    "pg_description": "objoid o, classoid o, objsubid i, description t",
    "pg_constraint": (
        "oid o, conname t, connamespace o, contype t, condeferrable b, condeferred b, convalidated b, conrelid o, contypid o, "
        "conindid o, "
        "conparentid o, confrelid o, confupdtype t, confdeltype t, confmatchtype t, conislocal b, coninhcount i, connoinherit b, "
        "conkey i[], confkey i[], confdelsetcols i[]"
    ),
    "pg_index": (
        "indexrelid o, indrelid o, indnatts i, indnkeyatts i, indisunique b, indisprimary b, indisexclusion b, indimmediate b, "
        "indisclustered b, indisvalid b, indcheckxmin b, indisready b, indislive b, indisreplident b, indnullsnotdistinct b, indkey i[], "
        "indcollation o[], indclass o[], indoption i[], indexprs t, indpred t"
    ),
    "pg_database": (
        "oid o, datname t, datdba o, encoding i, datlocprovider t, datistemplate b, datallowconn b, datconnlimit i, dattablespace o, "
        "datcollate t, datctype t, daticulocale t, datcollversion t, datacl t[]"
    ),
    "pg_roles": (
        "oid o, rolname t, rolsuper b, rolinherit b, rolcreaterole b, rolcreatedb b, rolcanlogin b, rolreplication b, rolconnlimit i, "
        "rolpassword t, rolvaliduntil t, rolbypassrls b, rolconfig t[]"
    ),
    "pg_am": "oid o, amname t, amhandler o, amtype t",
    "pg_attrdef": "oid o, adrelid o, adnum i, adbin t",
    "pg_inherits": "inhrelid o, inhparent o, inhseqno i, inhdetachpending b",
    "pg_proc": (
        "oid o, proname t, pronamespace o, prokind t, prorettype o, proargtypes o[], proallargtypes o[], proargnames t[], proargmodes t[], "
        "proargdefaults t, proretset b, proisagg b, pronargs i, prolang o"
    ),
    "pg_trigger": "oid o, tgrelid o, tgname t, tgenabled t, tgisinternal b, tgparentid o, tgfoid o, tgtype i",
    "pg_rewrite": "oid o, rulename t, ev_class o, ev_type t, ev_enabled t",
    "pg_policy": "oid o, polname t, polrelid o, polcmd t, polpermissive b, polroles o[], polqual t, polwithcheck t",
    "pg_statistic_ext": "oid o, stxrelid o, stxname t, stxnamespace o, stxowner o, stxstattarget i, stxkeys i[], stxkind t[]",
    "pg_publication": ("oid o, pubname t, pubowner o, puballtables b, pubinsert b, pubupdate b, pubdelete b, pubtruncate b, pubviaroot b"),
    "pg_publication_rel": "oid o, prpubid o, prrelid o, prqual t, prattrs i[]",
    "pg_publication_namespace": "oid o, pnpubid o, pnnspid o",
    "pg_foreign_table": "ftrelid o, ftserver o, ftoptions t[]",
    "pg_foreign_server": "oid o, srvname t, srvowner o, srvfdw o, srvtype t, srvversion t, srvacl t[], srvoptions t[]",
    "pg_foreign_data_wrapper": "oid o, fdwname t, fdwowner o, fdwhandler o, fdwvalidator o, fdwacl t[], fdwoptions t[]",
    "pg_user_mappings": "umid o, srvid o, srvname t, umuser o, usename t, umoptions t[]",
    "pg_enum": "oid o, enumtypid o, enumsortorder f, enumlabel t",
    "pg_range": "rngtypid o, rngsubtype o, rngmultitypid o",
    "pg_extension": "oid o, extname t, extnamespace o, extversion t, extrelocatable b, extowner o",
    "pg_collation": (
        "oid o, collname t, collnamespace o, collowner o, collprovider t, collisdeterministic b, collencoding i, "
        "collcollate t, collctype t, colliculocale t, colllocale t, collicurules t, collversion t"
    ),
    "pg_depend": "classid o, objid o, objsubid i, refclassid o, refobjid o, refobjsubid i, deptype t",
    "pg_tablespace": "oid o, spcname t, spcowner o",
    "pg_event_trigger": "oid o, evtname t, evtevent t, evtowner o, evtfoid o, evtenabled t, evttags t[]",
    "pg_sequence": "seqrelid o, seqtypid o, seqstart i, seqincrement i, seqmax i, seqmin i, seqcache i, seqcycle b",
    "pg_sequences": "schemaname t, sequencename t",
    "pg_language": (
        "oid o, tableoid o, lanname t, lanowner o, lanispl b, lanpltrusted b, lanplcallfoid o, laninline o, lanvalidator o, lanacl t[]"
    ),
    "pg_cast": "oid o, castsource o, casttarget o, castfunc o, castcontext t, castmethod t",
    "pg_conversion": "oid o, conname t, connamespace o, conowner o, conforencoding i, contoencoding i, conproc o, condefault b",
    "pg_ts_config": "oid o, cfgname t, cfgnamespace o, cfgowner o, cfgparser o",
    "pg_operator": (
        "oid o, oprname t, oprnamespace o, oprowner o, oprkind t, oprleft o, oprright o, oprresult o, oprcom o, oprnegate o, oprcode o, "
        "oprrest o, oprjoin o, oprcanmerge b, oprcanhash b"
    ),
    "pg_default_acl": "oid o, defaclrole o, defaclnamespace o, defaclobjtype t, defaclacl t[]",
    "pg_db_role_setting": "setdatabase o, setrole o, setconfig t[]",
    "pg_shdescription": "objoid o, classoid o, description t",
    "pg_available_extensions": "name t, default_version t, installed_version t, comment t",
    "pg_partitioned_table": "partrelid o, partstrat t, partnatts i, partdefid o, partattrs i[]",
    "pg_opclass": "oid o, opcname t, opcdefault b",
    "pg_matviews": "schemaname t, matviewname t",
    "pg_auth_members": "roleid o, member o, grantor o, admin_option b",
    "pg_seclabels": "objoid o, classoid o, objsubid i, objtype t, objnamespace o, objname t, provider t, label t",
    "pg_seclabel": "objoid o, classoid o, objsubid i, provider t, label t",
    "pg_shseclabel": "objoid o, classoid o, provider t, label t",
    "pg_ts_parser": "oid o, prsname t, prsnamespace o",
    "pg_ts_dict": "oid o, dictname t, dictnamespace o, dictowner o, dicttemplate o, dictinitoption t",
    "pg_ts_template": "oid o, tmplname t, tmplnamespace o",
    "pg_ts_config_map": "mapcfg o, maptokentype i, mapseqno i, mapdict o",
    "pg_subscription": "oid o, subdbid o, subname t, subowner o, subenabled b, subslotname t, subsynccommit t, subpublications t[]",
    "pg_shdepend": "dbid o, classid o, objid o, objsubid i, refclassid o, refobjid o, deptype t",
    "pg_aggregate": "aggfnoid o, aggkind t, aggnumdirectargs i, aggtransfn o",
    "pg_policies": "schemaname t, tablename t, policyname t, permissive t, roles t[], cmd t, qual t, with_check t",
    "pg_stats": "schemaname t, tablename t, attname t, inherited b, null_frac f, avg_width i, n_distinct f",
    "pg_locks": "locktype t, database o, relation o, virtualtransaction t, transactionid n, pid i, mode t, granted b, classid o, page i",
    "pg_prepared_xacts": "transaction n, gid t, prepared z, owner t, database t",
    "pg_replication_slots": "slot_name t, plugin t, slot_type t, database t, active b",
    "pg_stat_replication": "pid i, usename t, application_name t, client_addr t, state t",
    "pg_stat_database": (
        "datid o, datname t, numbackends i, xact_commit n, xact_rollback n, blks_read n, blks_hit n, tup_returned n, tup_fetched n, "
        "tup_inserted n, tup_updated n, tup_deleted n, conflicts n, temp_files n, temp_bytes n, deadlocks n, blk_read_time f, "
        "blk_write_time f, stats_reset z"
    ),
    "pg_stat_all_tables": (
        "relid o, schemaname t, relname t, seq_scan n, seq_tup_read n, idx_scan n, idx_tup_fetch n, n_tup_ins n, n_tup_upd n, n_tup_del n, "
        "n_tup_hot_upd n, n_live_tup n, n_dead_tup n, last_vacuum z, last_autovacuum z, last_analyze z, last_autoanalyze z, "
        "vacuum_count n, autovacuum_count n, analyze_count n, autoanalyze_count n"
    ),
    "pg_stat_all_indexes": "relid o, indexrelid o, schemaname t, relname t, indexrelname t, idx_scan n, idx_tup_read n, idx_tup_fetch n",
    "pg_statio_all_tables": (
        "relid o, schemaname t, relname t, heap_blks_read n, heap_blks_hit n, idx_blks_read n, idx_blks_hit n, toast_blks_read n, "
        "toast_blks_hit n, tidx_blks_read n, tidx_blks_hit n"
    ),
    "pg_statio_all_indexes": "relid o, indexrelid o, schemaname t, relname t, indexrelname t, idx_blks_read n, idx_blks_hit n",
    "pg_statio_all_sequences": "relid o, schemaname t, relname t, blks_read n, blks_hit n",
}
_LIVE_TABLES = {
    "pg_stat_activity": (
        "datid o, datname t, pid i, leader_pid i, usesysid o, usename t, application_name t, client_addr t, client_hostname t, "
        "client_port i, backend_start z, xact_start z, query_start z, state_change z, wait_event_type t, wait_event t, state t, "
        "backend_xid t, backend_xmin t, query_id n, query t, backend_type t"
    ),
    "pg_stat_ssl": "pid i, ssl b, version t, cipher t, bits i, client_dn t, client_serial n, issuer_dn t",
    "pg_stat_gssapi": "pid i, gss_authenticated b, principal t, encrypted b, credentials_delegated b",
}
"""Tables that say what goes on; each question finds them as they are then."""
ALWAYS_EMPTY = frozenset(
    {"pg_inherits", "pg_trigger", "pg_rewrite", "pg_policy", "pg_foreign_table", "pg_attrdef", "pg_sequence"}
) | frozenset(
    {"pg_statistic_ext", "pg_publication", "pg_publication_rel", "pg_publication_namespace", "pg_partitioned_table", "pg_enum", "pg_range"}
)
DATABASE = 16_384
"""The number of the one database: the first that is not one of PostgreSQL's own, which tools leave out."""
INDEX_DEFINITIONS = 500_000_000
"""What the number of an index has added where its definition is: its constraint has the same number."""
_OWN_TABLES = {
    "type_titles": "oid UINTEGER, typtitle VARCHAR",
    "definition_texts": "oid UINTEGER, definition VARCHAR",
}
"""Tables that functions read: the names of types, and the definitions of constraints and indexes, which no function puts together."""
_LETTERS = {"o": _O, "t": _T, "b": _B, "i": _I, "f": "FLOAT", "n": "BIGINT", "z": "TIMESTAMPTZ"}
_VIEWS = (
    "CREATE VIEW pg_user AS SELECT rolname AS usename, oid AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper FROM pg_roles",
    "CREATE VIEW pg_authid AS SELECT * FROM pg_roles",
    "CREATE VIEW pg_tables AS SELECT n.nspname AS schemaname, c.relname AS tablename, 'aws' AS tableowner, NULL::VARCHAR AS tablespace, "
    "false AS hasindexes, false AS hasrules, false AS hastriggers, false AS rowsecurity "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'",
    "CREATE VIEW pg_views AS SELECT n.nspname AS schemaname, c.relname AS viewname, 'aws' AS viewowner, '' AS definition "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v'",
)
OWN_NUMBERS = {"pg_type": 1247, "pg_attribute": 1249, "pg_proc": 1255, "pg_class": 1259, "pg_database": 1262, "pg_attrdef": 2604} | {
    "pg_constraint": 2606,
    "pg_description": 2609,
    "pg_index": 2610,
    "pg_namespace": 2615,
}
"""The numbers of PostgreSQL's own tables, by which a comment says what it is about. In `pg_class` they are not: they would want columns."""
_OWN_NUMBER = f"MAP {OWN_NUMBERS}[replace(s, 'pg_catalog.', '')]"
_FUNCTIONS = {
    "pg_get_userbyid(o)": "'aws'",
    "pg_table_is_visible(o)": "(SELECT c.relnamespace = 20000 FROM pg_class c WHERE c.oid = o)",
    "pg_conversion_is_visible(o)": "true",
    "pg_operator_is_visible(o)": "true",
    "pg_ts_config_is_visible(o)": "true",
    "pg_statistics_obj_is_visible(o)": "true",
    "pg_char_to_encoding(s)": "6",
    "pg_type_is_visible(o)": "true",
    "pg_function_is_visible(o)": "true",
    "pg_collation_is_visible(o)": "true",
    "pg_get_expr(a, b)": "NULL::VARCHAR",
    "pg_get_viewdef(o)": "''",
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
    "pg_size_pretty(o)": "'0 bytes'",
    "pg_tablespace_location(o)": "''",
    "pg_tablespace_size(o)": "0::BIGINT",
    "pg_database_size(o)": "0::BIGINT",
    "pg_blocking_pids(o)": "[]::INTEGER[]",
    "pg_my_temp_schema()": "0::UINTEGER",
    "pg_postmaster_start_time()": "current_timestamp",
    "pg_is_wal_replay_paused()": "false",
    "pg_get_function_sqlbody(o)": "NULL::VARCHAR",
    "obj_description(o)": "(SELECT d.description FROM pg_description d WHERE d.objoid = o AND d.objsubid = 0 LIMIT 1)",
    "col_description(o, n)": "(SELECT d.description FROM pg_description d WHERE d.objoid = o AND d.objsubid = n LIMIT 1)",
    "shobj_description(o, n)": "NULL::VARCHAR",
    "pg_partition_ancestors(o)": "unnest([]::UINTEGER[])",
    "pg_get_constraintdef(o)": "(SELECT x.definition FROM definition_texts x WHERE x.oid = o)",
    "pg_get_indexdef(o)": f"(SELECT x.definition FROM definition_texts x WHERE x.oid = o + {INDEX_DEFINITIONS})",
    "format_type(o, n)": ("CASE WHEN o IS NULL THEN NULL ELSE coalesce((SELECT t.typtitle FROM type_titles t WHERE t.oid = o), '???') END"),
    "regclass_name(o)": "(SELECT c.relname FROM pg_class c WHERE c.oid = o)",
    "regclass_oid(s)": (
        "coalesce(TRY_CAST(s AS UINTEGER), "
        + _OWN_NUMBER
        + ", (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname || '.' || c.relname = replace(replace(s, '\"', ''), 'aws.aws.', 'aws.') "
        "OR (c.relname = s AND n.nspname = 'aws') LIMIT 1))"
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
_SETTINGS = ", ".join(
    f"{name} VARCHAR"
    for name in (
        *("name", "setting", "unit", "category", "short_desc", "extra_desc", "context", "vartype", "source", "min_val", "max_val"),
        *("boot_val", "reset_val", "enumvals", "sourcefile", "sourceline", "pending_restart"),
    )
)
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
    return frozenset({*_TABLES, *_LIVE_TABLES, *(v.split()[2] for v in _VIEWS), "pg_settings"})


def function_names() -> frozenset[str]:
    """Every function that is a macro here."""
    return frozenset(signature.partition("(")[0] for signature in _FUNCTIONS)


def stored_tables() -> tuple[str, ...]:
    """The tables that depend on the catalog alone."""
    return (*_OWN_TABLES, *_TABLES)


def statements() -> list[str]:
    """What makes all of it in an empty DuckDB."""
    made = [f"CREATE TABLE {name} ({columns})" for name, columns in _OWN_TABLES.items()]
    made.append(f"CREATE TABLE pg_settings ({_SETTINGS})")
    for table, columns in (_TABLES | _LIVE_TABLES).items():
        made.append(f"CREATE TABLE {table} ({', '.join(map(_column, columns.split(', ')))})")
    made += _VIEWS
    # A macro may call another: each comes after those it calls.
    made += [f"CREATE MACRO c_{signature} AS {_calls(body)}" for signature, body in _FUNCTIONS.items()]
    return made


def _column(text: str) -> str:
    name, _, letters = text.partition(" ")
    return f"{name} {_LETTERS[letters.removesuffix('[]')]}{'[]' if letters.endswith('[]') else ''}"


def _calls(body: str) -> str:
    """A macro's body: what it calls, and its tables by names that no caller's columns are captured by."""
    apart = re.sub(r"\b(pg_\w+|type_titles|definition_texts) ([a-z])\b", r"\1 own_\2", body)
    apart = re.sub(r"(?<!\w)([a-z])\.(?=\w)", r"own_\1.", apart)
    return f"c_{apart}" if apart.startswith(("regclass_oid(", "regtype_oid(")) else apart
