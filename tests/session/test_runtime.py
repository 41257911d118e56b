"""One runtime, many sessions: what is shared, what is not, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

import cirql
from cirql.errors import AlreadyExists, InterfaceError, SettingsError, UnknownTable
from cirql.localcloud import LocalCloud
from cirql.runtime import Runtime
from cirql.settings import Settings

IMAGES = "SELECT image_name FROM aws.sagemaker_image"


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    with Runtime(settings) as opened:
        yield opened


def test_the_package_offers_it() -> None:
    assert cirql.Runtime is Runtime
    with pytest.raises(AttributeError, match="Runtimes"):
        cirql.Runtimes  # noqa: B018


def test_sessions_share_the_door_to_aws_the_catalog_and_the_loop(runtime: Runtime) -> None:
    one, two = runtime.session(), runtime.session()
    assert one.cloud is two.cloud
    assert one.catalog is two.catalog
    assert one.loop is two.loop


def test_definitions_and_settings_are_of_one_session_alone(runtime: Runtime) -> None:
    one, two = runtime.session(), runtime.session()
    one.execute("CREATE TABLE mine AS SELECT 1 AS a").close()
    one.execute("CREATE VIEW seen AS SELECT 2 AS b").close()
    one.execute("PREPARE three AS SELECT 3").close()
    one.execute("SET dialect = 'ddsql'").close()
    assert one.execute("SELECT a, b FROM mine, seen").fetchall() == [(1, 2)]
    for statement in ("SELECT a FROM mine", "SELECT b FROM seen"):
        with pytest.raises(UnknownTable):
            two.execute(statement)
    two.execute("PREPARE three AS SELECT 4").close()
    assert two.execute("EXECUTE three").fetchall() == [(4,)]
    with pytest.raises(AlreadyExists):
        two.execute("PREPARE three AS SELECT 5")
    assert two.settings.dialect == "postgres"


def test_a_session_has_settings_of_its_own(runtime: Runtime) -> None:
    session = runtime.session(max_age="1 hour", writable=True, user="ada", dialect=None)
    assert (session.settings.max_age, session.settings.writable, session.user, session.settings.dialect) == (3600, True, "ada", "postgres")
    assert not runtime.session().settings.writable


def test_what_is_the_runtimes_cannot_be_a_sessions(runtime: Runtime) -> None:
    with pytest.raises(SettingsError, match="endpoint_url is the same for all sessions"):
        runtime.session(endpoint_url="http://127.0.0.1:9")
    with pytest.raises(SettingsError, match="unknown setting 'dialekt'"):
        runtime.session(dialekt="ddsql")


def test_a_closed_session_leaves_the_others_alone(runtime: Runtime, cloud: LocalCloud) -> None:
    one, two = runtime.session(), runtime.session()
    one.execute(IMAGES).fetchall()
    one.close()
    with pytest.raises(InterfaceError, match="the session is closed"):
        one.execute("SELECT 1")
    cloud.calls.clear()
    assert two.execute(IMAGES).fetchall()
    assert cloud.calls


def test_a_closed_runtime_closes_its_sessions(settings: Settings) -> None:
    runtime = Runtime(settings)
    session = runtime.session()
    session.execute("SELECT 1").fetchall()
    runtime.close()
    runtime.close()
    with pytest.raises(InterfaceError, match="closed"):
        session.execute("SELECT 1")
    with pytest.raises(InterfaceError, match="the runtime is closed"):
        runtime.session()


def test_no_thread_outlives_a_runtime(settings: Settings) -> None:
    before = set(threading.enumerate())
    with Runtime(settings) as runtime:
        for _ in range(3):
            runtime.session().execute(IMAGES).fetchall()
    for _ in range(1000):  # the local AWS notices a moment later that a connection was closed
        if set(threading.enumerate()) <= before:
            break
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before


def test_a_fork_is_told_that_the_session_is_not_its_own(runtime: Runtime) -> None:
    session = runtime.session()
    session.execute(IMAGES).fetchall()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            session.execute(IMAGES)
        except InterfaceError as error:
            os.write(writer, error.message.encode())
        finally:
            session.close()
            runtime.close()
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert "of which this one is a fork" in os.read(reader, 1000).decode()
    os.close(reader)
    assert session.execute(IMAGES).fetchall()


def test_a_program_that_never_closes_its_session_ends_quietly() -> None:
    script = "import cirql; print(cirql.connect(local=True).execute('SELECT count(*) > 0 FROM aws.iam_role').fetchall())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[(True,)]\n"
    assert "Traceback" not in done.stderr
