"""Frames of the program as tables of the session, and rows back as frames."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from cirql import errors
from cirql.session import Session
from cirql.settings import Settings

ROWS = {"owner": ["111111111111", "x"], "since": [datetime(2026, 1, 2), None], "n": [1, 2]}


class Exported:
    """What exports Arrow's stream, as polars' frames do."""

    def __arrow_c_stream__(self, schema: object = None) -> Any:
        return pa.table(ROWS).__arrow_c_stream__(schema)


FRAMES = (pa.table(ROWS), pa.RecordBatch.from_pydict(ROWS), pa.table(ROWS).to_reader(), pd.DataFrame(ROWS), Exported())


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: type(f).__name__)
def test_a_frame_is_a_table_of_the_session(session: Session, frame: Any) -> None:
    session.register("owners", frame)
    assert session.execute("SELECT owner, since, n FROM owners ORDER BY n").fetchall() == [
        ("111111111111", datetime(2026, 1, 2), 1),
        ("x", None, 2),
    ]
    found = session.execute("SELECT DISTINCT i.account_id, n FROM aws.sagemaker_image i JOIN owners ON i.account_id = owner")
    assert found.fetchall() == [("111111111111", 1)]


def test_a_frame_takes_the_place_of_another_and_can_be_dropped(session: Session) -> None:
    session.register("f", pa.table({"a": [1]}))
    session.register("f", pd.DataFrame({"b": pd.Categorical(["u", "v"]), 7: pd.to_datetime(["2026-01-01", None], utc=True)}, index=[5, 6]))
    assert session.execute('SELECT b, "7" FROM f ORDER BY b').fetchall() == [("u", datetime(2026, 1, 1, tzinfo=UTC)), ("v", None)]
    session.execute("INSERT INTO f (b) VALUES ('w')")
    assert session.execute("SELECT count(*) FROM f").fetchall() == [(3,)]
    session.execute("DROP TABLE f")
    with pytest.raises(errors.UnknownTable):
        session.execute("SELECT * FROM f")


def test_the_rows_are_copies(session: Session) -> None:
    frame = pd.DataFrame({"a": [1]})
    session.register("f", frame)
    frame.loc[0, "a"] = 2
    assert session.execute("SELECT a FROM f").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("name", "frame", "error"),
    [
        ("Big", pa.table({"a": [1]}), errors.InvalidStatement),
        ("a.b", pa.table({"a": [1]}), errors.InvalidStatement),
        ('t" AS SELECT 1; --', pa.table({"a": [1]}), errors.InvalidStatement),
        ("v", pa.table({"a": [1]}), errors.AlreadyExists),
        ("t", pa.table({"a": [1], "A": [2]}), errors.InvalidStatement),
        ("t", pa.table({"": [1]}), errors.InvalidStatement),
        ("t", pa.table({}), errors.InvalidStatement),
        ("t", [1, 2], errors.InterfaceError),
        ("t", None, errors.InterfaceError),
        ("t", pd.DataFrame({"a": [1, "x"]}), errors.InterfaceError),
    ],
)
def test_what_is_no_table_is_refused(session: Session, name: str, frame: Any, error: type[Exception]) -> None:
    session.execute("CREATE VIEW v AS SELECT 1 AS x")
    with pytest.raises(error):
        session.register(name, frame)


def test_a_locked_or_closed_session_takes_none(settings: Settings) -> None:
    with Session(replace(settings, locked=True)) as locked, pytest.raises(errors.AccessDenied):
        locked.register("f", pa.table({"a": [1]}))
    with pytest.raises(errors.InterfaceError):
        locked.register("f", pa.table({"a": [1]}))
