"""Whatever a statement waits for, it ends soon once it is told to, with an error of its own, and the session goes on."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cirql.catalog.model import Paging
from cirql.cloud import Answer
from cirql.cloud.survey import Account, Inquiry, Survey
from cirql.cloud.target import Target
from cirql.errors import Cancelled, InterfaceError, TimedOut
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.result import Result
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.settings import Settings
from tests.clouds import SilentCloud

SOON = 10.0
"""Seconds; a tenth of that is meant."""
ALL_CALLS = 147
"""What a statement over all image versions makes when nothing ends it."""
IMAGES = "SELECT image_name FROM aws.sagemaker_image"
MANY = "(SELECT n FROM generate_series(1, 2000) AS n)"
ENDLESS = f"SELECT count(*) FROM {MANY} a, {MANY} b, {MANY} c, {MANY} d WHERE (a.n + b.n * c.n + d.n) % 7 = 3"
STREAM = f"SELECT a.n FROM {MANY} a, {MANY} b"
RECURSIVE = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"
JOINED = "SELECT count(*) FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_name = i.image_name"


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    with Runtime(settings) as opened:
        yield opened


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def hang(cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="List*", kind="latency", seconds=3))


def when(is_so: Callable[[], object]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ended(work: Future[Any]) -> BaseException | None:
    return work.exception(SOON)


@pytest.mark.parametrize("sql", [IMAGES, JOINED, f"EXPLAIN ANALYZE {IMAGES}", f"CREATE TABLE mine AS {IMAGES}"])
def test_a_statement_that_waits_for_aws_is_cancelled(session: Session, cloud: LocalCloud, pool: ThreadPoolExecutor, sql: str) -> None:
    hang(cloud)
    work = pool.submit(lambda: session.execute(sql).fetchall())
    when(lambda: cloud.calls)
    assert session.cancel() == 1
    error = ended(work)
    assert isinstance(error, Cancelled)
    assert (error.sqlstate, error.message) == ("57014", "the statement was cancelled")
    assert session.cancel() == 0
    cloud.faults.clear()
    assert session.execute(IMAGES).fetchall()


@pytest.mark.parametrize("sql", [ENDLESS, RECURSIVE, f"CREATE TABLE mine AS {ENDLESS}", f"PREPARE p AS {ENDLESS}; EXECUTE p"])
def test_a_statement_that_keeps_the_engine_busy_is_cancelled(session: Session, pool: ThreadPoolExecutor, sql: str) -> None:
    def run() -> None:
        for result in session.script(sql):
            result.fetchall()

    work = pool.submit(run)
    time.sleep(0.2)
    session.cancel()
    assert isinstance(ended(work), Cancelled)
    assert session.execute("SELECT 1").fetchall() == [(1,)]


def test_a_statement_that_is_cancelled_at_any_moment_ends(session: Session, pool: ThreadPoolExecutor) -> None:
    for pause in range(40):
        work = pool.submit(lambda: session.execute(ENDLESS).fetchall())
        time.sleep(pause / 1000)
        when(session.cancel)
        assert isinstance(ended(work), Cancelled)


def test_rows_that_wait_to_be_read_are_cancelled_with_the_rest(session: Session, cloud: LocalCloud) -> None:
    result = session.execute(STREAM)
    assert result.fetchone()
    assert session.cancel() == 1
    with pytest.raises(Cancelled):
        result.fetchall()
    streamed = session.execute(IMAGES)
    session.cancel()
    with pytest.raises(Cancelled):
        streamed.fetchall()


def test_what_was_cancelled_asks_no_more(session: Session, cloud: LocalCloud, pool: ThreadPoolExecutor) -> None:
    cloud.faults.add(Rule(kind="latency", seconds=0.05))
    work = pool.submit(lambda: session.execute("SELECT * FROM aws.sagemaker_image_version").fetchall())
    when(lambda: len(cloud.calls) > 10)
    session.cancel()
    assert isinstance(ended(work), Cancelled)
    time.sleep(0.5)  # those that were on the line
    sent = len(cloud.calls)
    time.sleep(0.5)
    assert len(cloud.calls) == sent < ALL_CALLS


def test_a_session_cancels_its_own_statements_alone(runtime: Runtime, cloud: LocalCloud, pool: ThreadPoolExecutor) -> None:
    hang(cloud)
    one, two = runtime.session(), runtime.session()
    works = [pool.submit(lambda s=s: s.execute(IMAGES).fetchall()) for s in (one, two)]  # type: ignore[misc]
    time.sleep(0.5)  # their calls are on the line: the log has them when they are answered
    one.cancel()
    assert isinstance(ended(works[0]), Cancelled)
    assert works[1].result(SOON)


def test_a_limit_on_time_ends_what_waits_for_aws_and_what_keeps_the_engine_busy(runtime: Runtime, cloud: LocalCloud) -> None:
    hang(cloud)
    session = runtime.session(statement_timeout="200 ms")
    for sql in (IMAGES, JOINED, ENDLESS):
        with pytest.raises(TimedOut, match=r"took longer than 0\.2 s") as caught:
            session.execute(sql).fetchall()
        assert caught.value.sqlstate == "57014"
    cloud.faults.clear()
    session.settings = session.settings.changed(statement_timeout=60)
    assert session.execute(IMAGES).fetchall()


def test_a_write_that_waits_is_cancelled_and_stays_in_the_journal(
    settings: Settings, cloud: LocalCloud, pool: ThreadPoolExecutor, tmp_path: Path
) -> None:
    cloud.faults.add(Rule(service="cloudcontrol", operation="CreateResource", kind="latency", seconds=3))
    with Runtime(settings) as runtime:
        session = runtime.session(writable=True, journal=str(tmp_path / "changes.sqlite"))
        columns, account = "image_name, image_role_arn, region, account_id", settings.credentials[0].account
        sql = f"INSERT INTO aws.sagemaker.images ({columns}) VALUES ('n', 'arn:aws:iam::111111111111:role/r', 'us-east-1', '{account}')"
        work = pool.submit(lambda: session.execute(sql).fetchall())
        when(lambda: any(c.operation == "CreateResource" for c in cloud.calls))
        session.cancel()
        assert isinstance(ended(work), Cancelled)
        assert [e.state.is_open for e in session.writer.past.entries] == [True]


def test_cancelling_the_task_of_an_async_statement_ends_it(session: Session, cloud: LocalCloud) -> None:
    hang(cloud)

    async def main() -> None:
        task = asyncio.create_task(session.aexecute(IMAGES))
        await asyncio.sleep(0.5)  # its calls are on the line: the log has them when they are answered
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        cloud.faults.clear()
        assert (await session.aexecute(IMAGES)).fetchall()

    asyncio.run(main())


@pytest.mark.parametrize("sql", [IMAGES, ENDLESS])
def test_closing_ends_what_runs(settings: Settings, cloud: LocalCloud, pool: ThreadPoolExecutor, sql: str) -> None:
    hang(cloud)
    session = Session(settings)
    read = session.execute(STREAM)
    read.fetchone()
    works = [pool.submit(lambda: session.execute(sql).fetchall()) for _ in range(4)]
    time.sleep(0.3)
    session.close()
    for work in works:
        error = ended(work)
        assert isinstance(error, Cancelled)
        assert error.message == "the session was closed while the statement ran"
    with pytest.raises(Cancelled, match="the session was closed"):
        read.fetchall()
    with pytest.raises(InterfaceError, match="the session is closed"):
        session.execute("SELECT 1")


class Endless(SilentCloud):
    """One account whose list of images has no end."""

    def __init__(self) -> None:
        self.asked = 0
        self.reading = 0

    async def survey(self, inquiry: Inquiry) -> Survey:
        return Survey((Account("111111111111", home="us-east-1"),))

    async def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        assert operation == "ListImages"
        self.reading += 1
        try:
            while True:
                self.asked += 1
                await asyncio.sleep(0.001)
                yield {"Images": [{"ImageName": f"image-{self.asked}-{n}"} for n in range(500)]}
        finally:
            self.reading -= 1


@pytest.fixture
def endless() -> Endless:
    return Endless()


@pytest.fixture
def reader(endless: Endless) -> Iterator[Session]:
    with Session(Settings(regions=("us-east-1",)), cloud=endless) as opened:
        yield opened


def comes_to_rest(endless: Endless) -> int:
    """Wait until no further page is asked for; how many were."""
    before = -1
    while endless.asked != before:
        before = endless.asked
        assert before < 1000
        time.sleep(0.3)
    return before


def test_a_reader_who_pauses_makes_the_calls_pause(reader: Session, endless: Endless) -> None:
    result = reader.execute(IMAGES)
    assert result.fetchone()
    asked = comes_to_rest(endless)
    assert len(result.fetchmany(asked * 500)) == asked * 500
    assert comes_to_rest(endless) > asked


def test_a_result_that_is_closed_in_the_middle_stops_the_calls(reader: Session, endless: Endless) -> None:
    result = reader.execute(IMAGES)
    assert result.fetchone()
    assert endless.reading
    result.close()
    assert not endless.reading
    assert reader.cancel() == 0
    assert result.fetchall() == []


def test_a_result_that_nobody_has_any_more_stops_the_calls(reader: Session, endless: Endless) -> None:
    result: Result | None = reader.execute(IMAGES)
    assert result is not None
    assert result.fetchone()
    del result
    gc.collect()
    when(lambda: not endless.reading)
    assert reader.cancel() == 0


def test_a_result_may_be_closed_while_another_thread_reads_it(reader: Session, endless: Endless, pool: ThreadPoolExecutor) -> None:
    result = reader.execute(IMAGES)
    work = pool.submit(lambda: [None for _ in result])
    when(lambda: result.row_count > 5000)
    result.close()
    assert isinstance(ended(work), Cancelled)
    assert result.fetchall() == []
    assert not endless.reading
