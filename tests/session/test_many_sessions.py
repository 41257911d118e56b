"""Many sessions of one runtime, each cancelled at random: all end, all go on, and nothing is left of them."""

from __future__ import annotations

import dataclasses
import gc
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cirql.engine import Database, Engine
from cirql.errors import Cancelled
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.runtime import Runtime
from cirql.settings import Settings

SESSIONS, ROUNDS = 32, 2
MANY = "(SELECT n FROM generate_series(1, 2000) AS n)"
STATEMENTS = (
    "SELECT image_name FROM aws.sagemaker_image WHERE region = 'us-east-1'",
    "SELECT v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v USING (image_arn) WHERE i.region = 'us-east-1' LIMIT 5",
    f"SELECT count(*) FROM {MANY} a, {MANY} b, {MANY} c WHERE (a.n + b.n * c.n) % 7 = 3",
    f"SELECT a.n FROM {MANY} a, generate_series(1, 50) AS b",
    "CREATE OR REPLACE TABLE mine AS SELECT n FROM generate_series(1, 1000) AS n",
)


def used() -> tuple[int, int, int]:
    """Threads, files and sockets, and DuckDB instances of this process."""
    gc.collect()
    descriptors = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    return threading.active_count(), descriptors, sum(isinstance(o, Database) and o.is_open for o in gc.get_objects())


def engines() -> int:
    """Statements' connections in this process."""
    gc.collect()
    return sum(isinstance(o, Engine) for o in gc.get_objects())


def differences(first: tuple[int, int, int], second: tuple[int, int, int]) -> tuple[bool, bool, bool]:
    """Whether threads, descriptors and instances are about as many as before.

    The loop's pool has a bound of its own, which a busy machine comes to late; a thread or a socket a session would be 32 more.
    """
    threads, descriptors, instances = (b - a for a, b in zip(first, second, strict=True))
    return threads < SESSIONS // 2, descriptors < SESSIONS, instances == 0


def at_rest(is_so: Callable[[], bool]) -> tuple[int, int, int]:
    """What is used, once it is as it should be, or ten seconds later: what was cancelled is let go of a moment after it has ended."""
    deadline = time.monotonic() + 10
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.1)
    return used()


def one(runtime: Runtime, seed: int) -> int:
    """One user: statements that are cancelled after a while, before they began, or by their limit; gives how many were."""
    chance, cancelled = random.Random(seed), 0
    with runtime.session(user=f"user {seed}", statement_timeout="2 s") as session:
        for _ in range(ROUNDS):
            timer = threading.Timer(chance.choice((0.0, 0.02, 0.2)), session.cancel)
            timer.start()
            try:
                session.execute(chance.choice(STATEMENTS)).to_arrow()
            except Cancelled:
                cancelled += 1
            timer.cancel()
            timer.join()
        session.settings = dataclasses.replace(session.settings, statement_timeout=None)
        assert session.execute("SELECT 1").fetchall() == [(1,)]
    return cancelled


def test_nothing_hangs_and_nothing_is_left(settings: Settings, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="Describe*", kind="latency", seconds=0.05))
    with Runtime(settings) as runtime:
        with ThreadPoolExecutor(SESSIONS) as threads:
            list(threads.map(lambda seed: one(runtime, seed), range(4)))  # the loop, its pool and the connections to AWS are there
        before = used()
        with ThreadPoolExecutor(SESSIONS) as threads:
            cancelled = sum(threads.map(lambda seed: one(runtime, seed), range(SESSIONS)))
        assert cancelled > 0
        after = used()
    # The loop's own pool of threads and its kept connections grow with the first crowd, to a bound; DuckDB instances go.
    assert after[0] - before[0] <= 40
    assert after[1] - before[1] <= 80
    assert after[2] == before[2]


def test_a_second_crowd_takes_no_more_than_the_first(settings: Settings) -> None:
    with Runtime(settings) as runtime, ThreadPoolExecutor(SESSIONS) as threads:
        list(threads.map(lambda seed: one(runtime, seed), range(SESSIONS)))
        first = used()
        list(threads.map(lambda seed: one(runtime, seed), range(SESSIONS, 2 * SESSIONS)))
        second = at_rest(lambda: differences(first, used()) == (True, True, True))
    assert differences(first, second) == (True, True, True)
    threads_left, _, instances = used()
    assert instances <= first[2]
    assert threads_left < second[0]


def test_no_connection_is_left_of_statements_that_were_cancelled_while_rows_came(settings: Settings, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="Describe*", kind="latency", seconds=0.02))

    def stopped(seed: int) -> int:
        with runtime.session() as session:
            timer = threading.Timer(random.Random(seed).random() * 0.4, session.cancel)
            timer.start()
            try:
                session.execute("SELECT * FROM aws.sagemaker_image_version").to_arrow()
            except Cancelled:
                return 1
            finally:
                timer.cancel()
            return 0

    before = engines()
    with Runtime(settings) as runtime, ThreadPoolExecutor(16) as threads:
        cancelled = sum(threads.map(stopped, range(64)))
    assert cancelled > 16
    assert engines() <= before
