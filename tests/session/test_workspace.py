"""Views, tables and settings of a session: made by statements, gone with the session."""

from __future__ import annotations

import datetime

import pytest

from cirql import errors
from cirql.localcloud import LocalCloud
from cirql.session import Session


def rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    return session.execute(sql).fetchall()


def test_a_view_passes_conditions_on_to_its_tables(session: Session, cloud: LocalCloud) -> None:
    assert rows(
        session, "CREATE VIEW gpu AS SELECT region, image_name, version FROM aws.sagemaker_image_version WHERE processor = 'GPU'"
    ) == [("CREATE VIEW",)]
    assert len(cloud.calls) == 0
    assert rows(session, "SELECT DISTINCT region FROM gpu WHERE region = 'us-east-1'") == [("us-east-1",)]
    assert {c.region for c in cloud.calls} == {"us-east-1"}


def test_views_name_views_and_can_be_replaced_and_dropped(session: Session) -> None:
    session.execute("CREATE VIEW a AS SELECT 1 AS x")
    session.execute("CREATE VIEW b AS SELECT x + 1 AS y FROM a")
    assert rows(session, "SELECT y FROM b") == [(2,)]
    with pytest.raises(errors.AlreadyExists):
        session.execute("CREATE VIEW a AS SELECT 5 AS x")
    session.execute("CREATE OR REPLACE VIEW a AS SELECT 5 AS x")
    assert rows(session, "SELECT y FROM b") == [(6,)]
    session.execute("DROP VIEW b")
    with pytest.raises(errors.UnknownTable):
        session.execute("SELECT y FROM b")


def test_the_columns_of_a_view_and_of_a_table_have_the_names_that_are_given(session: Session) -> None:
    for made in ("VIEW v", "MATERIALIZED VIEW m", "TABLE t"):
        session.execute(f'CREATE {made}(first, "the ""second""") AS SELECT 1 AS a, 2 AS b, 3 AS c')
        answer = session.execute(f"SELECT * FROM {made.split()[-1]}")
        assert [c.name for c in answer.columns] == ["first", 'the "second"', "c"], made
        assert answer.fetchall() == [(1, 2, 3)]
    with pytest.raises(errors.InvalidStatement, match='column "a" specified more than once'):
        session.execute("CREATE VIEW w (a, a) AS SELECT 1, 2")
    with pytest.raises(errors.InvalidStatement, match="3 columns specified"):
        session.execute("CREATE VIEW w (a, b, c) AS SELECT 1, 2")
    with pytest.raises(errors.NotSupported, match="takes no types"):
        session.execute("CREATE TABLE w (a int) AS SELECT 1")


def test_a_view_that_names_itself_is_refused(session: Session) -> None:
    session.execute("CREATE VIEW loop AS SELECT 1 AS x")
    session.execute("CREATE OR REPLACE VIEW other AS SELECT x FROM loop")
    with pytest.raises(errors.Error):
        session.execute("CREATE OR REPLACE VIEW loop AS SELECT x FROM other")
        session.execute("SELECT * FROM loop")


def test_a_wrong_view_is_refused_when_it_is_made(session: Session) -> None:
    with pytest.raises(errors.UnknownColumn):
        session.execute("CREATE VIEW wrong AS SELECT nope FROM aws.sagemaker_image")


def test_a_materialized_view_keeps_its_rows_until_it_is_refreshed(session: Session, cloud: LocalCloud) -> None:
    session.execute("CREATE MATERIALIZED VIEW images AS SELECT image_name, region FROM aws.sagemaker_image")
    cloud.calls.clear()
    first = rows(session, "SELECT count(*) FROM images")
    assert first[0][0] != 0
    assert len(cloud.calls) == 0
    assert rows(session, "REFRESH MATERIALIZED VIEW images") == [("REFRESH MATERIALIZED VIEW",)]
    assert len(cloud.calls) > 0
    session.execute("DROP MATERIALIZED VIEW images")
    with pytest.raises(errors.UnknownTable):
        session.execute("SELECT * FROM images")


def test_user_tables_join_cloud_tables(session: Session) -> None:
    session.execute("CREATE TABLE notes (image text, n int)")
    assert rows(session, "INSERT INTO notes VALUES ('xgboost-inference', 1), ('other', 2)") == [("INSERT 0 2",)]
    assert rows(session, "UPDATE notes SET n = n + 10 WHERE image = 'other'") == [("UPDATE 1",)]
    assert rows(session, "SELECT image, n FROM notes ORDER BY n") == [("xgboost-inference", 1), ("other", 12)]
    found = rows(session, "SELECT DISTINCT n FROM notes JOIN aws.sagemaker_image i ON i.image_name = notes.image")
    assert found == [(1,)]
    assert rows(session, "DELETE FROM notes WHERE n = 12") == [("DELETE 1",)]
    session.execute("CREATE TABLE copied AS SELECT image_name FROM aws.sagemaker_image WHERE region = 'us-east-1'")
    session.execute("INSERT INTO copied SELECT image FROM notes")
    assert ("xgboost-inference",) in rows(session, "SELECT image_name FROM copied")
    session.execute("DROP TABLE notes")
    with pytest.raises(errors.UnknownTable):
        session.execute("INSERT INTO notes VALUES ('x', 1)")


def test_sessions_do_not_see_each_other_s_tables(session: Session, settings: object) -> None:
    session.execute("CREATE TABLE mine (x int)")
    with Session(session.settings) as other, pytest.raises(errors.UnknownTable):
        other.execute("SELECT * FROM mine")


def test_set_changes_the_dialect_of_the_statements_after_it(session: Session) -> None:
    sunday = "SELECT EXTRACT(dow FROM TIMESTAMP '2026-11-22')"
    assert int(str(rows(session, sunday)[0][0])) == 0
    assert rows(session, "SET dialect = 'ddsql'") == [("SET",)]
    assert int(str(rows(session, sunday)[0][0])) == 7
    with pytest.raises(errors.SettingsError):
        session.execute("SET dialect = 'klingon'")


def test_set_cannot_touch_credentials_endpoints_or_the_right_to_write(session: Session) -> None:
    for name in ("endpoint_url", "credentials", "writable", "verify", "nonsense"):
        with pytest.raises(errors.Error):
            session.execute(f"SET {name} = 'x'")


def test_a_script_runs_statement_by_statement(session: Session) -> None:
    script = "CREATE VIEW s AS SELECT 'a;b' AS x; -- one; comment\nSELECT x FROM s; SELECT 2 AS y;"
    assert [r.fetchall() for r in session.script(script)] == [[("CREATE VIEW",)], [("a;b",)], [(2,)]]


def test_prepared_statements_take_parameters(session: Session, cloud: LocalCloud) -> None:
    arn = "arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2"
    assert rows(session, "PREPARE one (text) AS SELECT version FROM aws.sagemaker_image_version WHERE image_version_arn = $1") == [
        ("PREPARE",)
    ]
    assert rows(session, f"EXECUTE one('{arn}')") == [(2,)]
    assert {(c.account, c.region) for c in cloud.calls} == {("111111111111", "us-east-1")}
    with pytest.raises(errors.InvalidStatement):
        session.execute("EXECUTE one('a', 'b')")
    assert rows(session, "DEALLOCATE one") == [("DEALLOCATE",)]
    prepared = session.prepare("SELECT $1::int + 1")
    assert [prepared.execute([n]).fetchall() for n in (1, 2)] == [[(2,)], [(3,)]]


def test_psycopg_s_parameters_are_read_outside_strings_only(session: Session) -> None:
    sql = "SELECT %(x)s AS x, '100%% %(x)s' AS y, 7 %% 4 AS z"
    assert session.execute(sql, {"x": "it's"}).fetchall() == [("it's", "100%% %(x)s", 3)]
    assert session.execute("SELECT %s, %s", [1, None]).fetchall() == [(1, None)]
    assert session.execute("SELECT '%s' LIKE '%'").fetchall() == [(True,)]


def test_parameters_may_be_lists_dates_and_documents(session: Session) -> None:
    day = datetime.date(2026, 11, 22)
    found = session.execute("SELECT 'b' = ANY($1), $2 + 1, $3->>'k', $4", [["a", "b"], day, {"k": "v"}, b"x"]).fetchall()
    assert found[0][0] is True
    assert str(found[0][1]).startswith("2026-11-23")
    assert found[0][2:] == ("v", b"x")
    with pytest.raises(errors.NotSupported):
        session.execute("SELECT $1", [object()])


def test_use_completes_names(session: Session) -> None:
    assert rows(session, "USE aws") == [("USE",)]
    assert rows(session, "SELECT DISTINCT image_name FROM sagemaker.images WHERE image_name = 'xgboost-inference'") == [
        ("xgboost-inference",)
    ]
    assert rows(session, "SELECT count(*) > 0 FROM sagemaker_image") == [(True,)]
    session.execute("USE aws.sagemaker")
    assert rows(session, "SELECT count(*) > 0 FROM images") == [(True,)]
    with pytest.raises(errors.UnknownTable):
        session.execute("USE google")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT $$it's$$ AS x",
        "SELECT E'it\\'s' AS x",
        "SELECT U&'it\\0027s' AS x",
        "SELECT 'it''s' AS x /* a comment */ -- and another",
        "/*+ AWAIT */ SELECT 'it''s' AS x",
        "SELECT /*+ SHOWRESULTS */ 'it''s' AS x",
        'WITH "Ünïcode Name" AS (SELECT \'it\'\'s\' AS "x") SELECT "x" FROM "Ünïcode Name"',
        "SELECT 'it''s'::text AS x;",
    ],
)
def test_literals_comments_hints_and_names_are_read_as_postgresql_reads_them(session: Session, sql: str) -> None:
    assert rows(session, sql) == [("it's",)]


@pytest.fixture
def things(session: Session) -> Session:
    session.execute("CREATE TABLE IF NOT EXISTS things (id SERIAL PRIMARY KEY, name TEXT NOT NULL DEFAULT 'none', n INTEGER)")
    session.execute("INSERT INTO things (name, n) VALUES ('a', 7 / 2), (upper('b'), 4)")
    return session


def test_a_numbered_column_counts_and_defaults_are_taken(things: Session) -> None:
    assert rows(things, "INSERT INTO things DEFAULT VALUES RETURNING id, name") == [(3, "none")]
    assert rows(things, "INSERT INTO things (id, name) VALUES (DEFAULT, DEFAULT), (DEFAULT, DEFAULT) RETURNING id") == [(4,), (5,)]
    assert rows(things, "INSERT INTO things (id, n) VALUES (DEFAULT, 7 / 2) RETURNING n") == [(3,)]
    assert rows(things, "SELECT id, name, n FROM things ORDER BY id LIMIT 2") == [(1, "a", 3), (2, "B", 4)]
    things.execute("DROP TABLE things")
    things.execute("CREATE TABLE things (id INTEGER GENERATED BY DEFAULT AS IDENTITY (START WITH 5), name TEXT)")
    assert rows(things, "INSERT INTO things (name) VALUES ('x') RETURNING id") == [(5,)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("INSERT INTO things (name) VALUES ('c') RETURNING id, name || '!' AS said, id / 2", [(3, "c!", 1)]),
        ("INSERT INTO things AS t (name) SELECT 'd' RETURNING t.name", [("d",)]),
        ("WITH x AS (SELECT 'e' AS e) INSERT INTO things (name) SELECT e FROM x RETURNING name", [("e",)]),
        ("UPDATE things SET n = 7 / 2, name = to_char(n, 'FM000') WHERE name = 'B' RETURNING *", [(2, "004", 3)]),
        ("UPDATE things AS t SET (name, n) = ('z', t.n * 2) WHERE t.name ~* '^A' RETURNING t.n", [(6,)]),
        ("UPDATE things SET n = (SELECT max(n) FROM things) + 1 WHERE id = 1 RETURNING n", [(5,)]),
        ("UPDATE things SET name = o.b FROM (VALUES (1, 'one')) AS o(a, b) WHERE things.id = o.a RETURNING name", [("one",)]),
        ("UPDATE things SET name = DEFAULT WHERE id = 1 RETURNING name", [("none",)]),
        ("DELETE FROM things WHERE name SIMILAR TO '(a|b)' RETURNING id", [(1,)]),
        ("DELETE FROM things USING (VALUES (2)) AS o(a) WHERE things.id = o.a RETURNING name", [("B",)]),
    ],
)
def test_a_change_means_what_a_query_means_and_returns_what_it_wrote(things: Session, sql: str, expected: list[tuple[object, ...]]) -> None:
    told = [c.name for c in things.describe(sql).columns or ()]
    result = things.execute(sql)
    assert [c.name for c in result.columns] == told
    assert result.fetchall() == expected


def test_an_index_is_made_over_a_table_of_ones_own_and_no_other(things: Session) -> None:
    assert rows(things, "CREATE UNIQUE INDEX by_name ON things (name)") == [("CREATE INDEX",)]
    with pytest.raises(errors.IntegrityError):
        things.execute("INSERT INTO things (name) VALUES ('a')")
    assert rows(things, "DROP INDEX by_name") == [("DROP INDEX",)]
    with pytest.raises(errors.NotSupported):
        things.execute("CREATE INDEX i ON aws.s3_bucket (name)")


def test_the_precision_of_an_interval_is_no_number_of_seconds(session: Session) -> None:
    assert rows(session, "SELECT INTERVAL(3) '1 day', INTERVAL '1 day', '1 day'::interval(3)") == [(datetime.timedelta(days=1),) * 3]
