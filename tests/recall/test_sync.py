"""`cirql sync`: what is read, what is left out, and what a run that was cut short goes on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cirql import errors
from cirql.filling.sync import Summary, begin, choose, expected_calls, sync
from cirql.inventory.store import open_store
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud, Rule
from cirql.session import Session
from tests.cli.conftest import Cirql, cirql, command, environment
from tests.recall.conftest import Connect, rows

__all__ = ["cirql"]
UNLISTABLE = "aws.ce_cost_comparison_driver"
TABLES = ("aws.sagemaker_image", "aws.sagemaker_image_version")


def run(session: Session, tables: tuple[str, ...] = TABLES) -> Summary:
    return sync(session, begin(session, tables, datetime.now(UTC)))


def test_names_patterns_services_and_all(connect: Connect) -> None:
    catalog = connect().catalog
    assert choose(catalog, ["aws.sagemaker.image_versions", "AWS.EC2_VPC"]) == ("aws.sagemaker.image_version", "aws.ec2_vpc")
    assert set(choose(catalog, ["sagemaker_image*"])) >= set(TABLES)
    assert choose(catalog, ["aws.sagemaker.image"]) == ("aws.sagemaker.image",)
    service = choose(catalog, ["sagemaker"])
    assert set(TABLES) < set(service)
    assert all(name.startswith("aws.sagemaker_") for name in service)
    assert set(service) < set(choose(catalog, ["all"]))
    for wrong in ("sagemaker_nothing*", "nothing"):
        with pytest.raises(errors.UnknownTable):
            choose(catalog, [wrong])


def test_a_run_reads_everything_and_says_what_changed(connect: Connect, cloud: LocalCloud) -> None:
    first = run(connect())
    assert first.is_complete
    by_table = {t.table: t for t in first.tables}
    assert {t.places for t in first.tables} == {len(ACCOUNTS) * len(REGIONS)}
    versions = by_table["aws.sagemaker_image_version"]
    assert versions.rows == versions.created > 0
    assert sum(t.calls for t in first.tables) == sum(cloud.calls.counts().values())
    second = run(connect())
    assert {(t.created, t.changed, t.gone) for t in second.tables} == {(0, 0, 0)}
    cloud.calls.clear()
    offline = connect(max_age=float("inf"))
    assert len(rows(offline, "SELECT * FROM aws.sagemaker_image_version")) == versions.rows
    assert {r[0].split()[0] for r in rows(offline, "SELECT DISTINCT by FROM cirql.scans")} == {"sync"}
    assert cloud.calls.counts() == {}


def test_what_failed_is_named_and_the_rest_is_kept(connect: Connect, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(region=REGIONS[1], operation="ListImages", kind="access_denied"))
    summary = run(connect())
    assert not summary.is_complete
    assert {t.places for t in summary.failed} == {len(ACCOUNTS) * (len(REGIONS) - 1)}
    assert all(REGIONS[1] in f for t in summary.failed for f in t.failures)


def test_a_table_that_cannot_be_listed_is_left_out(connect: Connect) -> None:
    summary = run(connect(), (UNLISTABLE, TABLES[0]))
    skipped = {t.table: t.skipped for t in summary.tables}
    assert "cannot be listed without" in skipped[UNLISTABLE]
    assert skipped[TABLES[0]] == ""
    assert summary.is_complete


def test_a_run_that_was_cut_short_goes_on_with_what_is_missing(connect: Connect, cloud: LocalCloud) -> None:
    session = connect()
    cut = begin(session, TABLES, datetime.now(UTC))
    sync(session, replace(cut, tables=TABLES[:1], note=None))
    cloud.faults.add(Rule(region=REGIONS[2], operation="ListImageVersions", kind="access_denied"))
    sync(session, replace(cut, note=None))
    cloud.faults.clear()
    cloud.calls.clear()
    other = connect()
    again = begin(other, TABLES, datetime.now(UTC))
    assert (again.id, again.started, again.resumed) == (cut.id, cut.started, True)
    summary = sync(other, again)
    assert summary.is_complete
    assert {c.region for c in cloud.calls} == {REGIONS[2]}
    assert not begin(other, TABLES, datetime.now(UTC)).resumed, "a run that ended is over"


def test_a_killed_process_loses_and_repeats_no_finished_partition(connect: Connect, cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.faults.add(Rule(operation="ListImageVersions", region=REGIONS[1], kind="latency", seconds=30))
    credentials = {"AWS_ACCESS_KEY_ID": ACCOUNTS[0], "AWS_SECRET_ACCESS_KEY": "local", "AWS_ENDPOINT_URL": str(cloud.endpoint_url)}
    words = ["sync", *TABLES, "--store", str(tmp_path / "own"), *(w for r in REGIONS for w in ("--region", r))]
    child = subprocess.Popen(
        command(*words), env=environment(**credentials), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path
    )
    deadline = time.monotonic() + 30
    while len(_finished(tmp_path / "own")) < 5 and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    cloud.faults.clear()
    cloud.calls.clear()
    done = subprocess.run([*command(*words, "--json")], env=environment(**credentials), capture_output=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"going on with the run" in done.stderr
    assert {c.region for c in cloud.calls if c.operation.startswith("ListImage")} == {REGIONS[1]}
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(r["places"] for r in reports) == 1
    assert len(_finished(tmp_path / "own")) == 6
    verified = subprocess.run(
        command("store", "verify", "--store", str(tmp_path / "own")), env=environment(), capture_output=True, check=False
    )
    assert verified.returncode == 0, verified.stdout


def _finished(store: Path) -> set[tuple[str, str]]:
    if not (store / "index.sqlite").exists():
        return set()
    with open_store(store) as opened:
        return {(s.partition.table, s.partition.region) for s in opened.scans() if s.complete}


def test_the_command_s_exit_codes_and_streams(cirql: Cirql, tmp_path: Path) -> None:
    store = str(tmp_path / "own")
    done = cirql("sync", *TABLES, "--local", "--store", store)
    assert done.code == 0
    assert len(done.stdout.splitlines()) == 2
    assert "tables, " in done.stderr_lines[-1]
    answered = cirql("query", "SELECT count(*) AS n FROM aws.sagemaker_image", "--max-age", "unlimited", "--store", store, "-o", "csv")
    assert answered.code == 0, answered.stderr
    assert int(answered.stdout.splitlines()[1]) > 0
    assert cirql("sync", "no_such_table", "--store", store).code == 1
    assert cirql("sync", "--store", store).code == 2
    for wrong in ("soon", "0", "unlimited"):
        assert cirql("sync", TABLES[0], "--every", wrong).code == 2


def test_tables_come_in_the_order_in_which_they_are_due(connect: Connect) -> None:
    image, version = TABLES
    run(connect(), (version,))
    assert begin(connect(), (version, image), datetime.now(UTC)).tables == (image, version), "what was never read comes first"
    run(connect(), (image,))
    run(connect(), (image,))
    assert begin(connect(), (image, version), datetime.now(UTC)).tables == (version, image), "nothing had changed in images"


def test_time_left_is_known_from_the_last_run(connect: Connect) -> None:
    session = connect()
    assert expected_calls(session, TABLES) == dict.fromkeys(TABLES, 0)
    first = run(session)
    assert expected_calls(connect(), TABLES) == {t.table: t.calls for t in first.tables}


def test_upkeep_commands(connect: Connect, tmp_path: Path) -> None:
    """In this process: starting one for each costs more than all that they do."""
    from click.testing import CliRunner

    from cirql.cli.main import app

    def code(*words: str) -> int:
        return CliRunner().invoke(app, ["store", *words]).exit_code

    store, copy, out = (str(tmp_path / n) for n in ("store", "copy", "out"))
    assert code("verify", "--store", store) == 1, "there is none yet"
    session = connect()
    run(session, TABLES[:1])
    session.close()
    assert code("compact", "--store", store, "--keep", "90 days") == 0
    assert code("compact", "--store", store, "--keep", "for ever") == 2
    assert code("export", out, "--store", store) == 0
    assert code("import", out, "--store", copy) == 0
    assert code("import", out, "--store", copy) == 1, "it is there already"
    assert CliRunner().invoke(app, ["store", "list", "--store", copy]).stdout.startswith("aws.sagemaker_image: 6 places")
    assert code("verify", "--store", copy) == 0
