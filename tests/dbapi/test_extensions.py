"""PEP 249's optional extensions, two-phase commit, and rows as Arrow by the names that ADBC has for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from cirql import dbapi
from cirql.dbapi import Connection
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule

IMAGES = "SELECT DISTINCT image_name FROM aws.sagemaker_image ORDER BY 1"
INSERT = (
    "INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) "
    "VALUES ('never', 'arn:aws:iam::111122223333:role/images', 'us-east-1')"
)


# -- attributes


def test_a_cursor_knows_its_connection_has_no_lastrowid_and_is_its_own_iterator(connection: Connection) -> None:
    cursor = connection.cursor().execute("SELECT * FROM generate_series(1, 3) AS g(n)")
    assert cursor.connection is connection
    assert cursor.lastrowid is None
    assert iter(cursor) is cursor
    assert next(cursor) == (1,)
    assert list(cursor) == [(2,), (3,)]
    with pytest.raises(StopIteration):
        next(cursor)


def test_rownumber_is_the_index_of_the_next_row_of_its_set(connection: Connection) -> None:
    cursor = connection.cursor()
    seen = [cursor.rownumber]
    cursor.execute("SELECT * FROM generate_series(1, 3) AS g(n); CREATE TABLE mine (n int); SELECT 1")
    seen.append(cursor.rownumber)
    cursor.fetchmany(2)
    seen.append(cursor.rownumber)
    cursor.nextset()
    seen.append(cursor.rownumber)
    cursor.nextset()
    assert [*seen, cursor.rownumber] == [None, 0, 2, None, 0]


def test_two_phase_commit_is_refused(connection: Connection) -> None:
    acts: tuple[Callable[[], object], ...] = (
        *(lambda: connection.xid(1, "a", "b"), lambda: connection.tpc_begin("a"), connection.tpc_prepare),
        *(connection.tpc_commit, lambda: connection.tpc_commit("a"), connection.tpc_rollback, connection.tpc_recover),
    )
    for act in acts:
        with pytest.raises(dbapi.NotSupportedError, match="two-phase"):
            act()
    connection.close()
    with pytest.raises(dbapi.InterfaceError, match="closed"):
        connection.tpc_begin("a")


def test_what_is_not_there_is_not_defined(connection: Connection) -> None:
    assert not hasattr(connection.cursor(), "scroll")
    assert not hasattr(connection, "errorhandler")


# -- messages


def test_a_place_that_failed_is_among_the_messages(connection: Connection, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    cursor = connection.cursor().execute(IMAGES)
    assert cursor.fetchall()
    assert [kind for kind, _ in cursor.messages] == [dbapi.Warning] * len(cursor.messages)
    assert any("eu-west-1" in str(message) for _, message in cursor.messages)
    cursor.execute("SELECT 1")
    assert cursor.messages == []


def test_an_error_is_among_the_messages_of_its_cursor(connection: Connection) -> None:
    cursor = connection.cursor()
    for text in ("SELEC 1", "SELECT 'x'::int"):
        with pytest.raises(dbapi.Error) as raised:
            cursor.execute(text).fetchall()
        assert cursor.messages == [(raised.type, raised.value)]


def test_every_call_but_fetching_and_closing_clears_the_messages(connection: Connection, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    cursor = connection.cursor()

    def refused() -> None:
        with pytest.raises(dbapi.NotSupportedError):
            cursor.callproc("a")

    clear = (cursor.nextset, lambda: cursor.setinputsizes([]), lambda: cursor.setoutputsize(1), refused)
    for act in (*clear, lambda: cursor.executemany("SELECT 1", [])):
        cursor.execute(IMAGES).fetchall()
        assert cursor.messages
        cursor.fetchone()
        assert cursor.messages
        act()
        assert cursor.messages == []


def test_closing_tells_of_the_places_that_failed_before_the_rows_were_left(connection: Connection, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    with connection.cursor() as cursor:
        cursor.execute(IMAGES).fetchone()
    assert any("eu-west-1" in str(message) for _, message in cursor.messages)


def test_a_connection_has_messages_of_its_own(connection: Connection) -> None:
    assert connection.messages == []
    connection.cursor().execute(INSERT)
    connection.rollback()
    assert [(kind, str(said)) for kind, said in connection.messages] == [(dbapi.Warning, "1 changes dropped")]
    connection.cursor()
    assert connection.messages == []


def test_a_commit_that_failed_is_among_the_messages_of_its_connection(connection: Connection, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="CreateResource", kind="access_denied"))
    connection.cursor().execute(INSERT)
    with pytest.raises(dbapi.DatabaseError) as raised:
        connection.commit()
    assert connection.messages == [(raised.type, raised.value)]
    connection.rollback()
    assert raised.value not in [said for _, said in connection.messages]


# -- Arrow


def test_rows_come_as_an_arrow_table(connection: Connection) -> None:
    table = connection.cursor().execute("SELECT 1 AS n, 'a' AS s").fetch_arrow_table()
    assert table.to_pylist() == [{"n": 1, "s": "a"}]


def test_rows_come_as_arrow_batches_while_they_are_read(connection: Connection) -> None:
    cursor = connection.cursor().execute("SELECT * FROM generate_series(1, 5000) AS g(n)")
    reader = cursor.fetch_record_batch()
    assert isinstance(reader, pa.RecordBatchReader)
    assert reader.schema.names == ["n"]
    assert sum(batch.num_rows for batch in reader) == 5000
    assert (cursor.rownumber, cursor.rowcount) == (5000, 5000)


@pytest.mark.parametrize("fetch", ["fetchall", "fetch_arrow_table", "fetch_record_batch", "fetch_df"])
def test_every_row_is_given_once_whatever_it_is_read_with(connection: Connection, fetch: str) -> None:
    cursor = connection.cursor().execute("SELECT * FROM generate_series(1, 5) AS g(n)")
    assert cursor.fetchone() == (1,)
    rows = getattr(cursor, fetch)()
    rows = rows.read_all() if fetch == "fetch_record_batch" else rows
    assert len(rows) == 4
    assert (cursor.rownumber, cursor.rowcount) == (5, 5)
    assert (cursor.fetchone(), cursor.fetchall(), cursor.fetch_arrow_table().num_rows, len(cursor.fetch_df())) == (None, [], 0, 0)
    assert cursor.fetch_record_batch().read_all().num_rows == 0
    assert cursor.fetch_arrow_table().schema.names == ["n"]


def test_rows_come_as_a_frame_with_dicts(connection: Connection) -> None:
    frame = connection.cursor().execute("SELECT 'a=>b'::hstore AS tags, '[1]'::json AS doc").fetch_df()
    assert frame.to_dict("records") == [{"tags": {"a": "b"}, "doc": "[1]"}]


def test_a_reader_whose_rows_are_gone_says_so(connection: Connection) -> None:
    for leave in ("close", "execute", "connection"):
        cursor = connection.cursor().execute("SELECT * FROM generate_series(1, 10000) AS g(n)")
        reader = cursor.fetch_record_batch()
        match leave:
            case "close":
                cursor.close()
            case "execute":
                cursor.execute("SELECT 1")
            case _:
                connection.close()
        with pytest.raises(dbapi.InterfaceError):
            reader.read_all()


def test_what_could_not_be_read_is_told_after_arrow_too(connection: Connection, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImages", region="eu-west-1", kind="access_denied"))
    cursor = connection.cursor()
    fetches: tuple[Callable[[], Any], ...] = (cursor.fetch_arrow_table, lambda: cursor.fetch_record_batch().read_all(), cursor.fetch_df)
    for fetch in fetches:
        cursor.execute(IMAGES)
        assert len(fetch())
        assert any("eu-west-1" in str(message) for _, message in cursor.messages)
