"""Cursors by name and savepoints, as drivers use them: DECLARE, FETCH, MOVE, CLOSE; nested transactions, also around changes."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import psycopg2
import psycopg2.errors
import pytest
import sqlalchemy as sa

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.runtime import Runtime
from cirql.server.cursors import Close, CursorStep, Declare, read_cursor
from cirql.server.listening import Server
from cirql.server.scram import Verifier
from cirql.server.users import User, UserRole

NUMBERS = "SELECT n, 'row ' || n AS t FROM generate_series(1, 10) AS g(n)"


def test_psycopgs_cursors_with_a_name_read_in_parts(address: str) -> None:
    with psycopg.connect(address) as client, client.cursor("all rows") as cursor:
        cursor.itersize = 3
        cursor.execute(f"{NUMBERS} WHERE n > %s", [2])
        assert [c.name for c in cursor.description or ()] == ["n", "t"]
        assert cursor.fetchone() == (3, "row 3")
        assert cursor.fetchmany(2) == [(4, "row 4"), (5, "row 5")]
        assert [n for n, _ in cursor] == [6, 7, 8, 9, 10]
        assert cursor.fetchone() is None


def test_psycopgs_cursors_go_both_ways_where_they_may(address: str) -> None:
    with psycopg.connect(address) as client, client.cursor("both", scrollable=True) as cursor:
        cursor.execute(NUMBERS)
        cursor.scroll(7)
        assert cursor.fetchone() == (8, "row 8")
        cursor.scroll(-4)
        assert cursor.fetchone() == (5, "row 5")
        cursor.scroll(0, mode="absolute")
        assert cursor.fetchone() == (1, "row 1")


def test_psycopg2s_cursors_with_a_name_read_in_parts(address: str) -> None:
    client = psycopg2.connect(address)
    with client, client.cursor("parts") as cursor:
        cursor.itersize = 4
        cursor.execute(NUMBERS)
        assert [n for n, _ in cursor] == list(range(1, 11))
    client.close()


def test_sqlalchemy_streams_by_a_cursor_with_a_name(address: str) -> None:
    engine = sa.create_engine(address.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.connect().execution_options(stream_results=True, max_row_buffer=3) as connection:
        assert [row.n for row in connection.execute(sa.text(NUMBERS))] == list(range(1, 11))
    engine.dispose()


STEPS = [
    ("FETCH c", [1], "FETCH 1"),
    ("FETCH FORWARD 2 FROM c", [2, 3], "FETCH 2"),
    ("FETCH PRIOR FROM c", [2], "FETCH 1"),
    ("FETCH 0 IN c", [2], "FETCH 1"),
    ("FETCH LAST FROM c", [10], "FETCH 1"),
    ("FETCH NEXT FROM c", [], "FETCH 0"),
    ("FETCH BACKWARD 3 IN c", [10, 9, 8], "FETCH 3"),
    ("FETCH ABSOLUTE 5 FROM c", [5], "FETCH 1"),
    ("FETCH ABSOLUTE -2 FROM c", [9], "FETCH 1"),
    ("FETCH RELATIVE -3 FROM c", [6], "FETCH 1"),
    ("FETCH -2 c", [5, 4], "FETCH 2"),
    ("FETCH BACKWARD ALL FROM c", [3, 2, 1], "FETCH 3"),
    ("FETCH BACKWARD FROM c", [], "FETCH 0"),
    ("FETCH ALL FROM c", list(range(1, 11)), "FETCH 10"),
    ("FETCH FIRST FROM c", [1], "FETCH 1"),
]


def test_a_cursor_with_scroll_stands_where_postgresqls_does(address: str) -> None:
    with psycopg.connect(address) as client:
        client.execute(f"DECLARE c SCROLL CURSOR FOR {NUMBERS}")
        for sql, rows, tag in STEPS:
            done = client.execute(sql)
            assert ([n for n, _ in done.fetchall()], done.statusmessage) == (rows, tag), sql
        assert client.execute("MOVE FORWARD 3 FROM c").statusmessage == "MOVE 3"
        assert client.execute("CLOSE c").statusmessage == "CLOSE CURSOR"
        with pytest.raises(psycopg.errors.InvalidCursorName):
            client.execute("FETCH c")


def test_a_cursor_goes_forwards_and_says_so_where_it_should_not(address: str) -> None:
    with psycopg.connect(address) as client:
        client.execute(f'DECLARE "A c" NO SCROLL CURSOR WITHOUT HOLD FOR {NUMBERS}')
        assert client.execute('MOVE 3 IN "A c"').statusmessage == "MOVE 3"
        assert client.execute('FETCH RELATIVE 2 FROM "A c"').fetchall() == [(5, "row 5")]
        assert client.execute('FETCH ABSOLUTE 7 FROM "A c"').fetchall() == [(7, "row 7")]
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="SCROLL"):
            client.execute('FETCH PRIOR FROM "A c"')


def test_cursors_end_with_their_transaction_but_for_those_that_are_held(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        with pytest.raises(psycopg.errors.NoActiveSqlTransaction):
            client.execute(f"DECLARE c CURSOR FOR {NUMBERS}")
        with client.transaction():
            client.execute(f"DECLARE c CURSOR FOR {NUMBERS}")
            client.execute(f"DECLARE h CURSOR WITH HOLD FOR {NUMBERS}")
            with pytest.raises(psycopg.errors.DuplicateCursor), client.transaction():
                client.execute(f"DECLARE c CURSOR FOR {NUMBERS}")
            assert client.execute("FETCH c").fetchone() == (1, "row 1")
        with pytest.raises(psycopg.errors.InvalidCursorName):
            client.execute("FETCH c")
        assert client.execute("FETCH h").fetchone() == (1, "row 1")
        assert client.execute("CLOSE ALL").statusmessage == "CLOSE CURSOR ALL"
        with pytest.raises(psycopg.errors.InvalidCursorName):
            client.execute("CLOSE h")


def test_a_cursor_over_the_cloud_tells_once_what_could_not_be_read(address: str, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    with psycopg.connect(address) as client:
        said: list[str] = []
        client.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
        client.execute("DECLARE c CURSOR FOR SELECT image_name FROM aws.sagemaker_image")
        assert client.execute("FETCH 1 FROM c").fetchall()
        assert client.execute("FETCH ALL FROM c").fetchall()
        assert client.execute("FETCH ALL FROM c").fetchall() == []
    assert sum("eu-west-1" in text for text in said) == 1


def test_a_statement_without_rows_tells_as_notices_what_could_not_be_read(address: str, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    with psycopg.connect(address) as client:
        said = heard_by(client)
        client.execute("DECLARE c CURSOR FOR SELECT image_name FROM aws.sagemaker_image")
        assert said == []
        assert client.execute("MOVE ALL FROM c").description is None
    assert [(severity, code) for severity, code, text in said if "eu-west-1" in text] == [("NOTICE", "HV000")]


def test_a_statement_without_rows_tells_its_remarks_as_notices(ada: psycopg.Connection[tuple[object, ...]], cloud: LocalCloud) -> None:
    said = heard_by(ada)
    ada.execute("BEGIN")
    assert ada.execute(INSERT, ["never"]).description is None
    assert ada.execute("ROLLBACK").statusmessage == "ROLLBACK"
    assert said == [("NOTICE", "00000", "1 changes queued until COMMIT"), ("NOTICE", "00000", "1 changes dropped")]
    assert "CreateResource" not in {call.operation for call in cloud.calls}


def heard_by(client: psycopg.Connection[tuple[object, ...]]) -> list[tuple[str, str, str]]:
    """What the server will tell it: severities, SQLSTATEs and texts."""
    said: list[tuple[str, str, str]] = []
    client.add_notice_handler(lambda told: said.append((str(told.severity), str(told.sqlstate), str(told.message_primary))))
    return said


def test_only_queries_have_cursors(address: str) -> None:
    with psycopg.connect(address) as client, pytest.raises(psycopg.errors.InvalidCursorDefinition):
        client.execute("DECLARE c CURSOR FOR SET search_path = aws")


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("DECLARE x CURSOR FOR SELECT 1", Declare("x", "SELECT 1", scrolls=False, holds=False)),
        ('declare "X y" binary insensitive scroll cursor with hold for table t', Declare("X y", "table t", scrolls=True, holds=True)),
        ("FETCH FORWARD ALL FROM x", CursorStep("x", is_move=False, way="FORWARD", count=None)),
        ("MOVE BACKWARD -2 IN x;", CursorStep("x", is_move=True, way="FORWARD", count=2)),
        ("CLOSE x", Close("x")),
        ("FETCH FROM x y", None),
        ("CLOSE", None),
    ],
)
def test_what_is_said_of_cursors_is_read(sql: str, read: object) -> None:
    assert read_cursor(sql) == read


# -- savepoints

INSERT = "INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES (%s, 'us-east-1')"


@pytest.fixture
def ada(runtime: Runtime) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A writer."""
    users = {"ada": User("ada", UserRole.WRITER, Verifier.of("hers"))}
    server = Server(runtime, port=0, users=users, is_writable=True)
    with server, psycopg.connect(f"postgresql://ada:hers@127.0.0.1:{server.port}/aws", autocommit=True) as client:
        yield client


def test_what_came_after_a_savepoint_is_forgotten_and_the_rest_is_sent(
    ada: psycopg.Connection[tuple[object, ...]], cloud: LocalCloud
) -> None:
    with ada.transaction():
        ada.execute(INSERT, ["kept"])
        with pytest.raises(psycopg.errors.UndefinedColumn), ada.transaction():
            ada.execute(INSERT, ["forgotten"])
            ada.execute("SELECT nothing FROM aws.s3_bucket")
        with ada.transaction():
            ada.execute(INSERT, ["kept-too"])
            with ada.transaction(force_rollback=True):
                ada.execute(INSERT, ["dropped"])
        assert "CreateResource" not in {c.operation for c in cloud.calls}
    names = ada.execute("SELECT log_group_name FROM aws.logs.log_groups WHERE region = 'us-east-1'").fetchall()
    assert {"kept", "kept-too"} <= {name for (name,) in names}
    assert not {"forgotten", "dropped"} & {name for (name,) in names}
    ada.execute("DELETE FROM aws.logs.log_groups WHERE log_group_name LIKE 'kept%' AND region = 'us-east-1'")


def test_a_savepoint_is_for_transactions_and_must_be_there(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as client:
        with pytest.raises(psycopg.errors.NoActiveSqlTransaction):
            client.execute("SAVEPOINT a")
        client.execute("BEGIN")
        with pytest.raises(psycopg.errors.InvalidSavepointSpecification):
            client.execute("ROLLBACK TO nothing")
        assert client.execute("ROLLBACK").statusmessage == "ROLLBACK"
        client.execute("BEGIN; SAVEPOINT a; SAVEPOINT a; RELEASE SAVEPOINT a")
        with pytest.raises(psycopg.errors.SyntaxError):
            client.execute("SELECT FROM FROM")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            client.execute("SAVEPOINT b")
        assert client.execute("ROLLBACK TO SAVEPOINT a").statusmessage == "ROLLBACK"
        assert client.execute("SELECT 1").fetchone() == (1,)
        client.execute("COMMIT")
