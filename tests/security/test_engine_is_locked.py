"""DuckDB runs what was meant and nothing else: no file is written, none is read that was not named, no setting changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cirql import errors
from cirql.engine import Database, Engine
from cirql.session import Session
from cirql.sql.files import Files

NAMES = (
    "it's",
    'a"b',
    '""',
    '" AS SELECT 1; --',
    "a;b",
    "$$x$$",
    "two\nlines",
    "tab\there",
    "/* */ --",
    "select",
    "Ünïcode ☃",
    "\\",
    "%s $1 :x ?",
    "x" * 300,
)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def test_a_table_name_that_holds_sql_is_a_name(session: Session, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    name = f"t\" (a int); COPY (SELECT 1) TO '{target}'; --"
    session.execute(f"CREATE TABLE {quoted(name)} AS SELECT 1 AS a")
    assert not target.exists()
    assert session.execute(f"SELECT a FROM {quoted(name)}").fetchall() == [(1,)]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_names_a_table_a_column_a_view_and_an_alias(name: str, session: Session) -> None:
    q = quoted(name)
    session.execute(f"CREATE TABLE {q} ({q} text DEFAULT 'it''s; --', b bigint)")
    session.execute(f"INSERT INTO {q} ({q}, b) VALUES ('v', 1)")
    session.execute(f"INSERT INTO {q} ({q}, b) SELECT 'w', 2")
    session.execute(f"INSERT INTO {q} (b) VALUES (3)")
    session.execute(f"UPDATE {q} SET {q} = {q} || '!' WHERE b = 2")
    session.execute(f"DELETE FROM {q} WHERE {q} = 'nothing'")
    answer = session.execute(f"SELECT {q} AS {q} FROM {q} AS {q} ORDER BY b")
    assert [c.name for c in answer.columns] == [name]
    assert answer.fetchall() == [("v",), ("w!",), ("it's; --",)]
    session.execute(f"CREATE MATERIALIZED VIEW m AS SELECT {q} FROM {q}")
    session.execute("REFRESH MATERIALIZED VIEW m")
    session.execute(f"DROP TABLE {q}")
    session.execute(f"CREATE VIEW {q} AS SELECT 1 AS {q}")
    assert session.execute(f"WITH {quoted(name + '2')} AS (SELECT * FROM {q}) SELECT * FROM {quoted(name + '2')}").fetchall() == [(1,)]
    session.execute(f"DROP VIEW {q}")
    session.execute("DROP MATERIALIZED VIEW m")


@pytest.mark.parametrize("text", NAMES)
def test_any_text_is_a_value_a_key_of_json_and_a_pattern(text: str, session: Session) -> None:
    assert session.execute("SELECT $1::text", [text]).fetchall() == [(text,)]
    assert session.execute("SELECT jsonb_build_object($1::text, 1) ->> $1::text", [text]).fetchall() == [("1",)]
    literal = "'" + text.replace("'", "''") + "'"
    assert session.execute(f"SELECT {literal} = $1, {literal} IN ($1)", [text]).fetchall() == [(True, True)]
    assert session.execute(f"SELECT count(*) FROM aws.ec2_instance WHERE tags -> {literal} = {literal}").fetchall() == [(0,)]


WRITES = (
    "COPY (SELECT 1) TO '{path}'",
    "COPY (SELECT 1) TO '{path}' (USE_TMP_FILE false)",
    "ATTACH '{path}' AS other",
    "EXPORT DATABASE '{path}'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "SET temp_directory = '{path}'",
    "SET lock_configuration = false",
    "SET profiling_output = '{path}'",
    "RESET allowed_configs",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM duckdb_secrets()",
    "CALL enable_logging(storage = 'file', storage_path = '{path}')",
)


@pytest.mark.parametrize("sql", WRITES)
@pytest.mark.parametrize("files", [None, "named"])
def test_whatever_text_reaches_duckdb_it_opens_nothing_that_was_not_named(sql: str, files: str | None, tmp_path: Path) -> None:
    import duckdb

    readable = tmp_path / "in.csv"
    readable.write_text("a\n1\n")
    database = Database(Files((str(readable),)) if files else None)
    connection = database.connect()
    target = tmp_path / "out"
    with pytest.raises(duckdb.Error):
        connection.execute(sql.format(path=target)).fetchall()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv"]
    database.close()


@pytest.mark.parametrize(
    "sql", ["SELECT 1; SELECT 2", "COPY (SELECT 1) TO '/tmp/x'", "SET threads = 1", "PRAGMA version", "CHECKPOINT", ""]
)
def test_the_engine_takes_one_query_where_a_query_is_meant(sql: str) -> None:
    database = Database()
    engine = Engine(database)
    for run in (engine.check, engine.run, engine.rows, engine.value):
        with pytest.raises(errors.Error):
            run(sql)
    with pytest.raises(errors.Error):
        engine.change(sql)
    engine.close()
    database.close()


def test_a_name_in_from_is_never_a_variable_of_the_caller(session: Session) -> None:
    import pyarrow as pa

    session_secrets = pa.table({"key": ["s3cr3t"]})
    with pytest.raises(errors.UnknownTable):
        session.execute("SELECT * FROM session_secrets")
    database = Database()
    engine = Engine(database)
    with pytest.raises(errors.UnknownTable):
        engine.check("SELECT * FROM session_secrets")
    assert session_secrets.num_rows == 1
    engine.close()
    database.close()


def test_rows_that_do_not_fit_into_memory_go_to_a_directory_of_the_users_own() -> None:
    database = Database()
    (spill,) = database.connect().execute("SELECT current_setting('temp_directory')").fetchone()
    assert Path(spill).parent.stat().st_mode & 0o777 == 0o700
    assert Path.cwd() not in Path(spill).parents
    database.close()


def test_files_are_read_by_name_by_pattern_and_beside_tables_of_the_session(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").mkdir()
    for number in (1, 2):
        (tmp_path / "logs" / f"it's {number}.csv").write_text(f"a\n{number}\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "logs" / "it's 1.csv")
    (tmp_path / "rows.json").write_text('[{"a": 5}]')
    (tmp_path / "lines.json").write_text('{"a": 6}\n')
    monkeypatch.chdir(tmp_path)
    session.execute("CREATE TABLE mine AS SELECT 1 AS a, 'one' AS word")
    for sql, expected in (
        ("SELECT a FROM read_csv('logs/it''s 1.csv')", [(1,)]),
        ("SELECT a FROM read_csv('logs/*.csv') ORDER BY a", [(1,), (2,)]),
        ("SELECT a FROM read_csv(ARRAY['logs/it''s 1.csv', 'logs/it''s 2.csv'], header := true) ORDER BY a", [(1,), (2,)]),
        ('SELECT a FROM "link.csv"', [(1,)]),
        ("SELECT a FROM read_json('rows.json')", [(5,)]),
        ("SELECT a FROM read_ndjson('lines.json')", [(6,)]),
        ("SELECT word FROM read_csv('link.csv') JOIN mine USING (a)", [("one",)]),
        ("SELECT count(*) FROM aws.sagemaker_image WHERE image_name IN (SELECT a::text FROM read_csv('link.csv'))", [(0,)]),
    ):
        assert session.execute(sql).fetchall() == expected, sql
    session.execute("CREATE TABLE kept AS SELECT * FROM read_csv('link.csv')")
    session.execute("INSERT INTO kept SELECT * FROM read_csv('link.csv')")
    session.execute("CREATE VIEW seen AS SELECT * FROM read_csv('link.csv')")
    assert session.execute("SELECT sum(a) FROM (SELECT a FROM kept UNION ALL SELECT a FROM seen) AS u").fetchall() == [(3,)]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELECT * FROM read_csv('/proc/self/environ')", errors.AccessDenied),
        ("SELECT * FROM read_csv('/proc/self/../self/environ')", errors.AccessDenied),
        ("SELECT * FROM read_csv('/proc/*/environ')", errors.AccessDenied),
        ('SELECT * FROM "/proc/self/environ.csv"', errors.AccessDenied),
        ("SELECT * FROM read_csv('environ-link')", errors.AccessDenied),
        ("SELECT * FROM read_json('/p*c/self/environ')", errors.NotSupported),
        ("SELECT * FROM read_json('/*/self/environ')", errors.NotSupported),
        ("SELECT * FROM read_csv('~nobody-of-that-name/a.csv')", errors.FileUnreadable),
        ("SELECT * FROM read_csv('a\0b.csv')", errors.FileUnreadable),
        ('SELECT * FROM "a\0b.csv"', errors.FileUnreadable),
        ("SELECT * FROM read_csv('in-a-circle.csv')", errors.FileUnreadable),
        ("SELECT * FROM read_csv('/etc/' || 'passwd')", errors.NotSupported),
        ("SELECT * FROM read_csv('https://example.com/a.csv')", errors.NotSupported),
        ("SELECT * FROM read_csv('s3://bucket/a.csv')", errors.NotSupported),
        ("UPDATE t SET a = (SELECT count(*) FROM read_csv('/etc/passwd'))", errors.NotSupported),
    ],
)
def test_files_that_no_table_is_in_are_refused_in_words(
    sql: str, error: type[errors.Error], session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "environ-link").symlink_to("/proc/self/environ")
    (tmp_path / "in-a-circle.csv").symlink_to("in-a-circle.csv")
    session.execute("CREATE TABLE t (a bigint)")
    with pytest.raises(error):
        session.execute(sql).fetchall()


def test_every_connection_has_the_settings_of_the_first() -> None:
    database = Database()
    for connection in (database.connect(), database.connect()):
        connection.execute("SELECT 7 / 2, current_setting('python_enable_replacements'), current_setting('enable_external_access')")
        assert connection.fetchone() == (3, False, False)
    database.close()
