"""Text of more than a gigabyte: refused in words, whichever way it comes together."""

from __future__ import annotations

import pytest

from cirql import errors
from cirql.session import Session
from cirql.settings import Settings

GIANTS = (
    "SELECT repeat('x', 2000000) AS a FROM generate_series(1, 1200) AS t(g)",
    "SELECT string_agg(repeat('x', 1000000), '') AS a FROM generate_series(1, 1100) AS t(g)",
    "SELECT string_agg(repeat('x', 1000000), '') AS a FROM generate_series(1, 2200) AS t(g)",
)


@pytest.mark.parametrize("sql", GIANTS)
def test_more_text_than_there_may_be_is_told_in_words(sql: str) -> None:
    with Session(Settings(regions=("us-east-1",), endpoint_url="http://127.0.0.1:9")) as session:
        with pytest.raises(errors.DataError) as caught:
            session.execute(sql).fetchall()
        assert caught.value.sqlstate == "54000"
        assert session.execute("SELECT 1").fetchall() == [(1,)]
