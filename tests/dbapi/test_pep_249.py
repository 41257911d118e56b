"""PEP 249, paragraph by paragraph."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from cirql import dbapi
from cirql.dbapi import Connection
from cirql.errors import Cancelled
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.session import Session
from cirql.settings import Settings

IMAGES = "SELECT DISTINCT image_name FROM aws.sagemaker_image ORDER BY 1"


# -- the module


def test_the_module_says_what_it_is() -> None:
    assert (dbapi.apilevel, dbapi.threadsafety, dbapi.paramstyle) == ("2.0", 2, "pyformat")


def test_connect_opens_a_connection_and_asks_nobody() -> None:
    connection = dbapi.connect(local=True)
    try:
        with connection.cursor() as cursor:
            assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    finally:
        connection.close()


def test_exceptions_are_a_tree_as_the_pep_draws_it() -> None:
    assert issubclass(dbapi.Warning, Exception)
    assert not issubclass(dbapi.Warning, dbapi.Error)
    assert issubclass(dbapi.InterfaceError, dbapi.Error)
    assert issubclass(dbapi.DatabaseError, dbapi.Error)
    for below in ("DataError", "OperationalError", "IntegrityError", "InternalError", "ProgrammingError", "NotSupportedError"):
        assert issubclass(getattr(dbapi, below), dbapi.DatabaseError)


def test_exceptions_are_attributes_of_connections(connection: Connection) -> None:
    for name in ("Warning", "Error", "InterfaceError", "DatabaseError", "DataError", "OperationalError", "IntegrityError"):
        assert getattr(connection, name) is getattr(dbapi, name)
    for name in ("InternalError", "ProgrammingError", "NotSupportedError"):
        assert getattr(connection, name) is getattr(dbapi, name)


def test_constructors_make_values_that_statements_take(connection: Connection) -> None:
    values: list[Any] = [dbapi.Date(2024, 2, 29), dbapi.Time(1, 2, 3), dbapi.Timestamp(2024, 2, 29, 1, 2, 3), dbapi.Binary(b"\x00\xff")]
    assert connection.cursor().execute("SELECT %s, %s, %s, %s", values).fetchone() == tuple(values)


def test_constructors_from_ticks_are_in_utc() -> None:
    assert dbapi.DateFromTicks(0) == date(1970, 1, 1)
    assert dbapi.TimeFromTicks(3600).hour == 1
    assert dbapi.TimestampFromTicks(86_400) == datetime(1970, 1, 2)


# -- connections


def test_a_closed_connection_refuses_everything(connection: Connection) -> None:
    cursor = connection.cursor()
    connection.close()
    connection.close()
    refused = (connection.commit, connection.rollback, connection.cursor, lambda: cursor.execute("SELECT 1"), cursor.fetchone)

    def turn_on() -> None:
        connection.autocommit = True

    for act in (*refused, turn_on):
        with pytest.raises(dbapi.InterfaceError, match="closed"):
            act()


def test_commit_and_rollback_without_changes_do_nothing(connection: Connection) -> None:
    connection.commit()
    connection.rollback()


def test_changes_wait_for_commit(connection: Connection, cloud: LocalCloud) -> None:
    cursor = connection.cursor()
    cursor.execute("INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES (%s, %s, 'us-east-1')", ["later", ROLE])
    assert "CreateResource" not in made(cloud)
    connection.commit()
    assert "CreateResource" in made(cloud)


def test_a_savepoint_begins_what_commit_sends(connection: Connection, cloud: LocalCloud) -> None:
    cursor = connection.cursor()
    cursor.execute("SAVEPOINT a")
    cursor.execute("INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES (%s, %s, 'us-east-1')", ["never", ROLE])
    cursor.execute("ROLLBACK TO a")
    connection.commit()
    assert "CreateResource" not in made(cloud)


def test_rollback_drops_changes(connection: Connection, cloud: LocalCloud) -> None:
    cursor = connection.cursor()
    cursor.execute("INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES (%s, %s, 'us-east-1')", ["never", ROLE])
    connection.rollback()
    connection.commit()
    assert "CreateResource" not in made(cloud)


def test_closing_without_commit_drops_changes(connection: Connection, cloud: LocalCloud) -> None:
    cursor = connection.cursor()
    cursor.execute("INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES (%s, %s, 'us-east-1')", ["never", ROLE])
    connection.close()
    assert "CreateResource" not in made(cloud)


def test_autocommit_is_off_and_setting_it_as_it_is_sends_nothing(connection: Connection, cloud: LocalCloud) -> None:
    assert connection.autocommit is False
    cursor = connection.cursor()
    cursor.execute("INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES (%s, %s, 'us-east-1')", ["never", ROLE])
    connection.autocommit = False
    assert "CreateResource" not in made(cloud)
    connection.rollback()
    connection.autocommit = True
    assert connection.autocommit is True
    assert "CreateResource" not in made(cloud)


def test_with_autocommit_changes_are_sent_at_once_and_may_return_rows(connection: Connection) -> None:
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(
        "INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES (%s, %s, 'us-east-1') RETURNING image_name",
        ["now", ROLE],
    )
    assert cursor.fetchall() == [("now",)]
    cursor.execute("DELETE FROM aws.sagemaker.images WHERE image_name = %s AND region = 'us-east-1'", ["now"])
    assert (cursor.description, cursor.rowcount) == (None, 1)


ROLE = "arn:aws:iam::111122223333:role/images"


def made(cloud: LocalCloud) -> set[str]:
    return {call.operation for call in cloud.calls}


def test_a_statement_is_cancelled_from_another_thread(connection: Connection, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", kind="latency", seconds=20))
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(lambda: connection.cursor().execute(IMAGES).fetchall())
        while not wait([asked], timeout=0.2).done:
            connection.cancel()
        with pytest.raises(dbapi.OperationalError) as raised:
            asked.result()
    assert raised.type is Cancelled
    assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]


# -- cursors: description, rowcount


def test_description_has_seven_items_for_each_column(connection: Connection) -> None:
    cursor = connection.cursor().execute("SELECT 'a' AS text, 1::decimal(10,2) AS price, ''::hstore AS tags")
    assert cursor.description == (
        ("text", "VARCHAR", None, None, None, None, None),
        ("price", "DECIMAL(10,2)", None, None, 10, 2, None),
        ("tags", "hstore", None, None, None, None, None),
    )


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("'a'", dbapi.STRING),
        ("'{}'::json", dbapi.STRING),
        ("'\\x00'::bytea", dbapi.BINARY),
        ("1", dbapi.NUMBER),
        ("1.5", dbapi.NUMBER),
        ("true", dbapi.NUMBER),
        ("current_date", dbapi.DATETIME),
        ("now()", dbapi.DATETIME),
        ("interval '1 hour'", dbapi.DATETIME),
    ],
)
def test_type_codes_equal_exactly_one_type_object(connection: Connection, expression: str, kind: dbapi.Kind) -> None:
    cursor = connection.cursor().execute(f"SELECT {expression}")
    assert cursor.description is not None
    code = cursor.description[0][1]
    kinds = [dbapi.STRING, dbapi.BINARY, dbapi.NUMBER, dbapi.DATETIME, dbapi.ROWID]
    assert [k for k in kinds if k == code] == [kind]


def test_there_is_no_description_before_a_query_and_after_a_statement_without_rows(connection: Connection) -> None:
    cursor = connection.cursor()
    assert cursor.description is None
    cursor.execute("CREATE TABLE mine (n int)")
    assert cursor.description is None


def test_rowcount_is_minus_one_until_it_is_known(connection: Connection) -> None:
    cursor = connection.cursor()
    assert cursor.rowcount == -1
    cursor.execute("SELECT * FROM (VALUES (1), (2)) AS t")
    cursor.fetchall()
    assert cursor.rowcount == 2


def test_rowcount_of_a_change_is_how_many_rows_it_changed(connection: Connection) -> None:
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE mine (n int)")
    assert cursor.execute("INSERT INTO mine VALUES (1), (2)").rowcount == 2
    assert cursor.execute("UPDATE mine SET n = 3").rowcount == 2
    assert cursor.execute("DELETE FROM mine WHERE n = 4").rowcount == 0


# -- cursors: running


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("SELECT %s + %s", [1, 2]),
        ("SELECT %(a)s + %(b)s", {"a": 1, "b": 2}),
        ("SELECT $1 + $2", [1, 2]),
        ("SELECT :a + :b", {"a": 1, "b": 2}),
    ],
)
def test_parameters_are_bound_in_every_style(connection: Connection, text: str, parameters: Any) -> None:
    assert connection.cursor().execute(text, parameters).fetchall() == [(3,)]


@pytest.mark.parametrize("value", ["it's", "%s", "x; DROP TABLE y", 1, 1.5, True, None, Decimal("1.25"), date(2024, 1, 1), b"\x00"])
def test_a_parameter_of_each_type_comes_back_as_it_was(connection: Connection, value: Any) -> None:
    assert connection.cursor().execute("SELECT %s", [value]).fetchone() == (value,)


def test_a_percent_sign_means_itself_without_parameters(connection: Connection) -> None:
    assert connection.cursor().execute("SELECT 7 % 4, 'x' LIKE '%s'").fetchone() == (3, False)


def test_executemany_runs_the_statement_with_each_and_sums_their_rows(connection: Connection) -> None:
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE mine (n int)")
    cursor.executemany("INSERT INTO mine VALUES (%s)", [[1], [2], [3]])
    assert cursor.rowcount == 3
    assert cursor.execute("SELECT sum(n) FROM mine").fetchone() == (6,)


def test_executemany_without_parameters_runs_nothing(connection: Connection) -> None:
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO mine VALUES (%s)", [])
    assert (cursor.description, cursor.rowcount) == (None, 0)


def test_executemany_of_changes_that_wait_does_not_know_how_many_rows_they_change(connection: Connection, cloud: LocalCloud) -> None:
    cursor = connection.cursor()
    insert = "INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES (%s, %s, 'us-east-1')"
    cursor.executemany(insert, [["one", ROLE], ["two", ROLE]])
    assert cursor.rowcount == -1
    connection.rollback()
    assert "CreateResource" not in made(cloud)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES (%s, 'r', 'us-east-1') RETURNING image_name", ["a"]),
        ("EXEC aws.sagemaker.delete_image @ImageName = %s, @region = 'us-east-1'", ["a"]),
    ],
)
def test_executemany_of_a_change_that_gives_rows_is_refused_before_anything_is_sent(
    connection: Connection, cloud: LocalCloud, text: str, parameters: list[str]
) -> None:
    connection.autocommit = True
    with pytest.raises(dbapi.ProgrammingError, match="executemany"):
        connection.cursor().executemany(text, [parameters, parameters])
    assert list(cloud.calls) == []


def test_executemany_of_a_query_is_refused(connection: Connection) -> None:
    with pytest.raises(dbapi.ProgrammingError, match="executemany"):
        connection.cursor().executemany("SELECT %s", [[1], [2]])


def test_callproc_is_refused_by_name(connection: Connection) -> None:
    with pytest.raises(dbapi.NotSupportedError, match="reboot"):
        connection.cursor().callproc("reboot", ["i-1"])


def test_nextset_before_anything_was_executed_is_an_error(connection: Connection) -> None:
    with pytest.raises(dbapi.ProgrammingError, match="executed"):
        connection.cursor().nextset()


def test_an_error_ends_a_script(connection: Connection, cloud: LocalCloud) -> None:
    cursor = connection.cursor().execute("SELECT 1; SELEC 2; SELECT count(*) FROM aws.sagemaker_image")
    with pytest.raises(dbapi.ProgrammingError):
        cursor.nextset()
    assert cursor.nextset() is None
    assert list(cloud.calls) == []


def test_nextset_goes_through_a_script(connection: Connection) -> None:
    cursor = connection.cursor().execute("SELECT 1; CREATE TABLE mine (n int); SELECT ';' AS s")
    assert cursor.fetchall() == [(1,)]
    assert cursor.nextset() is True
    assert cursor.description is None
    assert cursor.nextset() is True
    assert cursor.fetchall() == [(";",)]
    assert cursor.nextset() is None


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("SELECT %s, %s", [1]),
        ("SELECT %s", [1, 2]),
        ("SELECT %(a)s", {"b": 1}),
        ("SELECT %(a)s", {"a": 1, "b": 1}),
        ("SELECT %s", 5),
        ("SELECT %s", {1}),
        ("SELECT %s", iter([1])),
        (None, None),
        (b"SELECT 1", None),
        (5, [1]),
        ("", None),
        ("-- nothing", None),
    ],
)
def test_a_wrong_number_of_parameters_and_what_is_no_statement_are_programming_errors(
    connection: Connection, text: Any, parameters: Any
) -> None:
    with pytest.raises(dbapi.ProgrammingError):
        connection.cursor().execute(text, parameters)


def test_two_percent_signs_are_one_beside_parameters(connection: Connection) -> None:
    assert connection.cursor().execute("SELECT 7 %% 4, 'x' LIKE 'x%', %s", [1]).fetchone() == (3, True, 1)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("INSERT INTO mine VALUES (1)", dbapi.IntegrityError),
        ("INSERT INTO mine VALUES (NULL)", dbapi.IntegrityError),
        ("CREATE TABLE mine (n int)", dbapi.IntegrityError),
        ("SELECT 999999999999::int", dbapi.DataError),
        ("SELECT 1/0", dbapi.DataError),
        ("SELECT lo_import('/etc/passwd')", dbapi.ProgrammingError),
    ],
)
def test_errors_of_the_database_have_the_class_that_the_pep_gives_them(connection: Connection, text: str, error: type[Exception]) -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE mine (n int PRIMARY KEY); INSERT INTO mine VALUES (1)")
    cursor.nextset()
    with pytest.raises(error):
        cursor.execute(text).fetchall()


def test_a_failing_statement_raises_the_error_of_its_class(connection: Connection) -> None:
    cursor = connection.cursor()
    for text in ("SELEC 1", "SELECT * FROM aws.nowhere_at_all", "SELECT nothing FROM aws.sagemaker_image"):
        with pytest.raises(dbapi.ProgrammingError):
            cursor.execute(text)
    with pytest.raises(dbapi.DataError):
        cursor.execute("SELECT 'x'::int").fetchall()
    assert cursor.execute("SELECT 1").fetchone() == (1,)


# -- cursors: reading


def test_fetching_without_rows_is_an_error(connection: Connection) -> None:
    cursor = connection.cursor()
    for fetch in (cursor.fetchone, cursor.fetchmany, cursor.fetchall, cursor.fetch_arrow_table, cursor.fetch_record_batch, cursor.fetch_df):
        with pytest.raises(dbapi.ProgrammingError):
            fetch()
    cursor.execute("CREATE TABLE mine (n int)")
    with pytest.raises(dbapi.Error):
        cursor.fetchone()


def test_fetchone_fetchmany_and_fetchall_take_the_next_rows(connection: Connection) -> None:
    cursor = connection.cursor().execute("SELECT * FROM generate_series(1, 10) AS g(n) ORDER BY 1")
    assert cursor.fetchone() == (1,)
    assert cursor.rownumber == 1
    assert cursor.fetchmany(2) == [(2,), (3,)]
    assert (cursor.arraysize, cursor.fetchmany()) == (1, [(4,)])
    cursor.arraysize = 3
    assert cursor.fetchmany() == [(5,), (6,), (7,)]
    assert [row[0] for row in cursor] == [8, 9, 10]
    assert (cursor.fetchone(), cursor.fetchmany(), cursor.fetchall()) == (None, [], [])


def test_no_rows_are_asked_for_and_fewer_than_none_is_an_error(connection: Connection) -> None:
    cursor = connection.cursor().execute("SELECT 1")
    assert cursor.fetchmany(0) == []
    size: Any
    for size in (-1, "2"):
        with pytest.raises(dbapi.ProgrammingError, match="number of rows"):
            cursor.fetchmany(size)
    assert cursor.fetchall() == [(1,)]


def test_null_is_none(connection: Connection) -> None:
    assert connection.cursor().execute("SELECT NULL, NULL::int").fetchone() == (None, None)


def test_setting_sizes_does_nothing(connection: Connection) -> None:
    cursor = connection.cursor()
    cursor.setinputsizes([None, dbapi.STRING])
    cursor.setoutputsize(1000)
    cursor.setoutputsize(1000, 1)


def test_a_closed_cursor_refuses_everything(connection: Connection) -> None:
    cursor = connection.cursor().execute("SELECT 1")
    cursor.close()
    cursor.close()
    read = (cursor.fetchone, cursor.fetchmany, cursor.fetchall, cursor.fetch_arrow_table, cursor.fetch_record_batch, cursor.fetch_df)
    run = (lambda: cursor.execute("SELECT 1"), lambda: cursor.executemany("SELECT 1", []), lambda: cursor.callproc("a"))
    hints = (lambda: cursor.setinputsizes([]), lambda: cursor.setoutputsize(1))
    for act in (*read, *run, *hints, cursor.nextset, lambda: next(cursor)):
        with pytest.raises(dbapi.InterfaceError, match="closed"):
            act()


def test_cursors_of_a_connection_are_read_side_by_side(connection: Connection) -> None:
    one = connection.cursor().execute("SELECT * FROM generate_series(1, 3) AS g(n)")
    two = connection.cursor().execute("SELECT * FROM generate_series(4, 6) AS g(n)")
    assert [one.fetchone(), two.fetchone(), one.fetchone(), two.fetchone()] == [(1,), (4,), (2,), (5,)]


def test_a_connection_is_shared_by_threads(connection: Connection) -> None:
    def ask(number: int) -> Any:
        return connection.cursor().execute("SELECT %s, count(DISTINCT image_name) > 0 FROM aws.sagemaker_image", [number]).fetchone()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(8))) == [(number, True) for number in range(8)]


def test_a_connection_sees_what_its_cursors_change_and_others_do_not(connection: Connection, settings: Settings) -> None:
    connection.cursor().execute("CREATE TABLE mine (n int)")
    assert connection.cursor().execute("SELECT count(*) FROM mine").fetchone() == (0,)
    with Connection(Session(settings)) as other, pytest.raises(dbapi.ProgrammingError):
        other.cursor().execute("SELECT count(*) FROM mine")
