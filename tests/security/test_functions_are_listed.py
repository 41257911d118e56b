"""A statement calls the functions of a list, in every spelling: none that reads a file, the environment, a setting, or SQL from a text."""

from __future__ import annotations

import re

import duckdb
import pytest

from cirql import errors
from cirql.engine import Database, Engine
from cirql.session import Session
from cirql.sql.admission import allowed_functions

REFUSED = {
    "reads a file as what is no table, or lists files": r"glob read_text read_blob read_duckdb read_json_objects\w* read_ndjson_objects "
    r"read_single_\w+ sniff_csv parquet_(?!scan)\w+ which_secret copy_database import_database",
    "reads what a program holds in memory": r"arrow_scan\w* pandas_scan python_\w+ seq_scan",
    "makes SQL of a text": r"query query_table json_execute_serialized_sql json_serialize_\w+ json_deserialize_sql invoke",
    "shows settings, secrets or the insides of the engine": r"current_setting getvariable duckdb_\w+ pragma_\w+ current_query\w* "
    r"current_connection_id current_transaction_id txid_current in_search_path summary test_\w+ \w*external_resource\w* "
    r"icu_calendar_names stats vector_type get_block_size parse_duckdb_log_message",
    "changes something": r"nextval setval currval setseed write_log checkpoint force_checkpoint (?:en|dis)able_\w+ truncate_\w+",
    "waits": r"sleep_ms pg_sleep",
    "is the engine's own": r"__\w+ collate_\w+ icu_\w+ to_aggregate_state finalize combine combine_aggr index_key remap_struct "
    r"cast_to_type create_sort_key \w+_byte_comparable constant_or_null can_cast_implicitly sum_no_overflow replace_type make_type "
    r"get_type json_copy_\w+ hive_partition_component alias is_histogram_other_bin error",
}
_PATTERNS = {reason: re.compile("|".join(names.split())) for reason, names in REFUSED.items()}

HOSTILE = (
    "read_blob('/proc/self/environ')",
    "read_text('/proc/self/environ')",
    "read_csv('/proc/self/environ', header := false, delim := '|')",
    "sniff_csv('/etc/passwd')",
    "parquet_metadata('/etc/passwd')",
    "read_json_objects('/etc/passwd')",
    "read_duckdb('/tmp/x.db')",
    "query('SELECT 1')",
    "query_table('t')",
    "duckdb_secrets()",
    "duckdb_settings()",
    "pragma_version()",
    "json_execute_serialized_sql('{}')",
    "enable_logging()",
    "duckdb_logs()",
    "duckdb_columns()",
    "arrow_scan(1, 2, 3)",
    "checkpoint()",
)


def _spellings(call: str) -> list[str]:
    name, _, rest = call.partition("(")
    names = [name, name.upper(), f'"{name}"', f'"{name.upper()}"', f"main.{name}", f'system.main."{name}"', f'"MAIN".{name.title()}']
    return [*(f"{n}({rest}" for n in names), f"pg_catalog.{name}({rest}", f"{name} /* x */ (\n{rest}", f"LATERAL {name}({rest}"]


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    rows = duckdb.connect().execute("SELECT function_name, function_type FROM duckdb_functions()").fetchall()
    found: dict[str, set[str]] = {}
    for name, kind in rows:
        found.setdefault(name.lower(), set()).add(kind)
    return found


def test_every_function_of_duckdb_is_in_the_list_or_refused_for_a_reason(known: dict[str, set[str]]) -> None:
    words = {n for n, kinds in known.items() if kinds != {"pragma"} and re.fullmatch(r"\w+", n)}
    refused = {n for n in words if any(p.fullmatch(n) for p in _PATTERNS.values())}
    assert not refused & allowed_functions()
    assert words - refused == allowed_functions()


@pytest.mark.parametrize("call", HOSTILE)
def test_no_spelling_reaches_a_function_that_is_not_in_the_list(call: str, session: Session) -> None:
    scalar = call.replace("header := false, delim := '|'", "1")
    statements = [f"SELECT * FROM {c}" for c in _spellings(call)]
    statements += [f"SELECT {c}" for c in _spellings(scalar) if not c.startswith("LATERAL")]
    statements += [
        f"SELECT * FROM ROWS FROM ({call})",
        f"SELECT (SELECT count(*) FROM {call})",
        f"SELECT 1 WHERE EXISTS (SELECT 1 FROM {call})",
    ]
    statements += [f"WITH q AS (SELECT * FROM {call}) SELECT * FROM q", f"SELECT * FROM (VALUES (1)) AS v(a), {call} AS materialized(c)"]
    for sql in statements:
        with pytest.raises(errors.Error) as caught:
            session.execute(sql).fetchall()
        assert not isinstance(caught.value, errors.Internal), sql


def test_glob_is_a_word_of_another_system_and_looks_into_no_directory(session: Session) -> None:
    for call in _spellings("glob('/etc/*')"):
        for sql in (f"SELECT * FROM {call}", f"SELECT (SELECT max(q::text) FROM {call} AS q)", f"SELECT {call.removeprefix('LATERAL ')}"):
            try:
                found = session.execute(sql).fetchall()
            except errors.Error as error:
                assert not isinstance(error, errors.Internal), sql
            else:
                assert found in ([("/etc/%",)], [("(/etc/%)",)]), sql


@pytest.mark.parametrize(
    "call", ["current_setting('home_directory')", "getenv('HOME')", "getvariable('x')", "json_serialize_sql('SELECT 1')"]
)
def test_a_definition_or_a_change_calls_no_other_functions_than_a_query(call: str, session: Session) -> None:
    session.execute("CREATE TABLE t (a text)")
    for sql in (
        f"CREATE TABLE u (a text DEFAULT {call})",
        f"CREATE TABLE u (a text, CHECK (a <> {call}))",
        f"CREATE TABLE u (a text GENERATED ALWAYS AS ({call}) STORED)",
        f"INSERT INTO t VALUES ({call})",
        f"INSERT INTO t SELECT {call}",
        f"UPDATE t SET a = {call}",
        f"UPDATE t SET a = v.b FROM (SELECT {call} AS b) AS v",
        f"DELETE FROM t WHERE a = {call}",
    ):
        with pytest.raises(errors.Error):
            session.execute(sql)
    session.execute("DROP TABLE t")


def test_the_engine_looks_at_the_tree_where_a_name_only_looks_like_a_call() -> None:
    database = Database()
    engine = Engine(database)
    assert engine.rows("WITH read_blob(a) AS (SELECT 1) SELECT * FROM read_blob AS pragma_version(b)") == [(1,)]
    for sql in (
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM (VALUES (1)) AS v(a), read_blob('/proc/self/environ') AS materialized(c)",
        "SELECT * FROM (DESCRIBE SELECT 1)",
        "SELECT * FROM (SHOW TABLES)",
        "SELECT '/proc/self/environ'.read_text()",
        "FROM query('SELECT 1')",
    ):
        with pytest.raises(errors.Error):
            engine.check(sql)
    engine.close()
    database.close()


def test_functions_that_only_duckdb_has_can_be_called(session: Session) -> None:
    assert session.execute("SELECT levenshtein('ab', 'ac'), list_value(1, 2), json_valid('{')").fetchall() == [(1, [1, 2], False)]
