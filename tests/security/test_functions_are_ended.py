"""A function over one value, or over one batch of rows, ends with its statement, however long it would take by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from cirql import errors
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.settings import Settings
from cirql.sql.aside import Aside
from cirql.sql.interruption import Interruption

NUMBERS = "(SELECT jsonb_agg(g) FROM generate_series({}, {}) AS t(g))"
WITHOUT_END = (
    f"SELECT jsonb_path_exists({NUMBERS.format(1, 200000)}, '$[*] ? (@ == $[*] && @ < 0)')",
    f"SELECT {NUMBERS.format(1, 200000)} @> {NUMBERS.format(1, 200000)}",
    "SELECT length(regexp_replace(repeat('a,', 20000000), 'a', 'bb', 'g'))",
    "SELECT cardinality(string_to_array(repeat('a,', 1500000), ','))",
    "SELECT count(*) FROM generate_series(1, 2000) AS t(g) WHERE repeat('a', 14) || '!c' || g ~ '^(a|a)+(?=c)c'",
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session(Settings(regions=("us-east-1",), endpoint_url="http://127.0.0.1:9")) as opened:
        yield opened


@pytest.mark.parametrize("sql", WITHOUT_END)
def test_what_would_go_on_ends_with_its_statement(sql: str, session: Session) -> None:
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            session.execute(sql).fetchall()
        except errors.Error as error:
            ended.append(error)

    session.execute("SET statement_timeout = '1 s'")
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(30)  # more than any of them takes to hear of it, and less than it would take
    assert [type(error) for error in ended] == [errors.TimedOut]
    session.execute("SET statement_timeout = '0'")
    assert session.execute("SELECT jsonb_path_exists('[1]', '$[*] ? (@ == 1)')").fetchall() == [(True,)]


def test_an_interruption_reaches_what_runs_and_nothing_after_it() -> None:
    work, told, outcomes = Interruption(), threading.Event(), list[object]()

    def go_on() -> None:
        told.set()
        while True:
            time.sleep(0)

    def both() -> None:
        try:
            work.run(go_on)
        except ValueError as error:
            outcomes.append(str(error))
        outcomes.append(work.run(lambda: sum(range(1000))))

    thread = threading.Thread(target=both, daemon=True)
    thread.start()
    told.wait(10)
    for _ in range(50):
        work.interrupt()
    thread.join(10)
    assert outcomes == ["the function was interrupted", 499500]
    work.interrupt()
    assert work.run(lambda: 1) == 1


def test_who_waits_for_what_nothing_can_end_is_let_go_and_what_it_used_is_freed_after_it() -> None:
    pressed, go_on, freed = threading.Event(), threading.Event(), threading.Event()
    aside = Aside(pressed.set)
    outcomes: list[object] = []

    def ask() -> None:
        try:
            aside.do(lambda: go_on.wait(60))
        except errors.Cancelled as error:
            outcomes.append(error.message)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    while asking.is_alive():
        aside.interrupted()
        asking.join(0.05)
    assert outcomes == ["the statement was ended while it computed a value"]
    aside.close(go_on.set, lambda: freed.set)
    assert pressed.wait(10)
    assert not (freed.is_set() or go_on.is_set())
    with pytest.raises(errors.Cancelled):
        aside.do(lambda: 1)
    go_on.set()
    assert freed.wait(10)


def test_a_session_closes_while_something_of_it_goes_on() -> None:
    with Session(Settings(regions=("us-east-1",), endpoint_url="http://127.0.0.1:9")) as session:
        session.execute("CREATE TABLE kept AS SELECT 1 AS a")
        session.execute("SET statement_timeout = '1 s'")
        with pytest.raises(errors.TimedOut):
            session.execute("SELECT length(regexp_replace(repeat('a,', 20000000 + a), 'a', 'bb', 'g')) FROM kept").fetchall()
        session.execute("SET statement_timeout = '0'")
        assert session.execute("SELECT upper('a'), a FROM kept").fetchall() == [("A", 1)]


def test_a_runtime_closes_under_statements_of_every_kind_and_raises_nothing_of_the_engine_s() -> None:
    outcomes: list[type[BaseException]] = []

    def ask(runtime: Runtime, sql: str) -> None:
        try:
            runtime.session().execute(sql).fetchall()
        except BaseException as error:  # noqa: BLE001 (a raw one is what is looked for)
            outcomes.append(type(error))

    with Runtime(Settings(regions=("us-east-1",), endpoint_url="http://127.0.0.1:9")) as runtime:
        asking = [threading.Thread(target=ask, args=(runtime, sql), daemon=True) for sql in WITHOUT_END * 2]
        for thread in asking:
            thread.start()
        time.sleep(1)
    for thread in asking:
        thread.join(30)
    assert len(outcomes) == len(asking)
    assert set(outcomes) <= {errors.Cancelled, errors.InterfaceError, errors.DataError}
