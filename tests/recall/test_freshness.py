"""Reading through the inventory: when it answers, when AWS is asked, and what each row says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from cirql import errors
from cirql.cloud.lazy import Lazy
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud, Rule
from cirql.session import Session
from cirql.settings import Settings
from tests.recall.conftest import Connect, rows

ALL = "SELECT * FROM aws.sagemaker_image_version"
ARN = "arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/1"


def test_a_session_that_asks_for_no_age_and_no_store_reads_live_and_makes_no_file(
    connect: Connect, cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    session = connect(store=None)
    first = rows(session, ALL)
    calls = cloud.calls.counts()
    cloud.calls.clear()
    assert rows(session, ALL) == first
    assert cloud.calls.counts() == calls
    assert list(tmp_path.iterdir()) == []


def test_what_was_read_answers_again_without_a_call(connect: Connect, cloud: LocalCloud) -> None:
    first = rows(connect(max_age=3600), ALL)
    assert first
    cloud.calls.clear()
    assert rows(connect(max_age=3600), ALL) == first
    assert cloud.calls.counts() == {}


def test_an_answer_keeps_the_types_of_every_column(connect: Connect) -> None:
    session = connect(max_age=3600)
    live = session.execute(f"{ALL} ORDER BY _key").to_arrow()
    remembered = session.execute(f"{ALL} ORDER BY _key").to_arrow()
    assert remembered.schema == live.schema
    assert remembered.to_pylist() == live.to_pylist()


def test_rows_say_when_they_were_read_and_from_where(connect: Connect) -> None:
    sql = "SELECT _key, _source, _fetched_at FROM aws.sagemaker_image"
    live = rows(connect(max_age=3600), sql)
    remembered = rows(connect(max_age=3600), sql)
    assert {r[1] for r in live} == {"live"}
    assert {r[1] for r in remembered} == {"inventory"}
    assert all(r[2] <= live[0][2] for r in remembered), "a remembered row is never said to be younger than it is"


def test_an_age_of_nothing_is_live_and_still_remembers(connect: Connect, cloud: LocalCloud) -> None:
    session = connect(max_age=0)
    first = rows(session, ALL)
    cloud.calls.clear()
    assert rows(session, ALL) == first
    assert cloud.calls.counts() != {}
    cloud.calls.clear()
    assert rows(connect(max_age=3600), ALL) == first
    assert cloud.calls.counts() == {}


def test_a_named_store_alone_answers_for_datasets_and_reads_resources_live(connect: Connect, cloud: LocalCloud) -> None:
    session = connect()
    for sql in (ALL, "SELECT image_version_arn FROM aws.sagemaker.image_versions"):
        rows(session, sql)
    cloud.calls.clear()
    rows(session, ALL)
    assert cloud.calls.counts() == {}
    rows(session, "SELECT image_version_arn FROM aws.sagemaker.image_versions")
    assert cloud.calls.counts() != {}


def test_a_hint_sets_the_age_of_one_statement(connect: Connect, cloud: LocalCloud) -> None:
    session = connect(store=None)
    hinted = ALL.replace("SELECT", "SELECT /*+ max_age(5 minutes) */")
    rows(session, hinted)
    cloud.calls.clear()
    rows(session, hinted)
    assert cloud.calls.counts() == {}
    rows(session, ALL)
    assert cloud.calls.counts() != {}


def test_set_and_the_table_s_own_age(connect: Connect, cloud: LocalCloud) -> None:
    session = connect(table_max_age={"aws.sagemaker_image_*": 0.0})
    session.execute("SET max_age = '1 hour'")
    for sql in (ALL, "SELECT * FROM aws.sagemaker_image"):
        rows(session, sql)
        cloud.calls.clear()
    rows(session, "SELECT * FROM aws.sagemaker_image")
    assert cloud.calls.counts() == {}
    rows(session, ALL)
    assert cloud.calls.counts() != {}, "the table's own age counts more"


def test_a_bad_age_in_a_hint_is_an_error_with_its_place(connect: Connect) -> None:
    with pytest.raises(errors.ParseError, match="duration") as caught:
        connect().execute("SELECT /*+ max_age(soon) */ 1")
    assert caught.value.position == 7


def test_a_resource_is_remembered_by_its_identifier(connect: Connect, cloud: LocalCloud) -> None:
    session = connect(max_age=3600)
    sql = "SELECT region, image_version_arn, version, aliases, data__identifier FROM aws.sagemaker.image_versions"
    first = rows(session, sql)
    cloud.calls.clear()
    assert rows(session, sql) == first
    arn = first[0][1]
    one = rows(session, f"SELECT version FROM aws.sagemaker.image_version WHERE data__Identifier = '{arn}'")
    assert one == [(first[0][2],)]
    assert cloud.calls.counts() == {}, "what was read of all answers for one"


def test_a_global_service_is_one_set_of_rows_however_it_was_asked(connect: Connect, cloud: LocalCloud) -> None:
    first = rows(connect(max_age=3600), "SELECT role_name, region FROM aws.iam_role")
    assert first
    cloud.calls.clear()
    other = connect(max_age=3600, regions=("eu-west-1",))
    assert [r for r, _ in rows(other, "SELECT role_name, region FROM aws.iam_role")] == [r for r, _ in first]
    assert cloud.calls.counts() == {}


def test_an_in_memory_store_dies_with_its_session(connect: Connect, cloud: LocalCloud, tmp_path: Path) -> None:
    session = connect(store=None, max_age=3600)
    first = rows(session, ALL)
    cloud.calls.clear()
    assert rows(session, ALL) == first
    assert cloud.calls.counts() == {}
    session.close()
    assert not (tmp_path / "store").exists()
    assert rows(connect(store=None, max_age=3600), ALL) == first
    assert cloud.calls.counts() != {}


def test_a_change_made_here_is_seen_at_once(connect: Connect) -> None:
    session = connect(max_age=3600, writable=True, store=":memory:")
    sql = f"SELECT release_notes FROM aws.sagemaker.image_version WHERE data__identifier = '{ARN}'"
    before = rows(session, sql)
    assert before
    session.execute(f"UPDATE aws.sagemaker.image_version SET release_notes = 'seen' WHERE data__identifier = '{ARN}'").fetchall()
    assert {r for (r,) in rows(session, sql)} == {"seen"}


def test_offline_answers_without_credentials_and_asks_nothing(connect: Connect, cloud: LocalCloud, tmp_path: Path) -> None:
    first = rows(connect(max_age=3600), ALL)
    cloud.calls.clear()
    with Session(Settings(store=str(tmp_path / "store"), max_age=float("inf"))) as offline:
        assert rows(offline, ALL) == first
        assert len(rows(offline, f"{ALL} WHERE region = 'us-east-1' AND version = 1")) < len(first)
    assert cloud.calls.counts() == {}


def test_offline_says_what_it_has_not(connect: Connect, cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.faults.add(Rule(region=REGIONS[1], operation="ListImages", kind="access_denied"))
    rows(connect(max_age=3600), "SELECT * FROM aws.sagemaker_image")
    with Session(Settings(store=str(tmp_path / "store"), max_age=float("inf"))) as offline:
        result = offline.execute("SELECT region FROM aws.sagemaker_image")
        assert {r for (r,) in result.fetchall()} <= {REGIONS[0], REGIONS[2]}
        assert {(f.account, f.region, f.code) for f in result.failures} == {(a, REGIONS[1], "NotInInventory") for a in ACCOUNTS}
        with pytest.raises(errors.NotInInventory, match=r"aws\.ec2_vpc is not in the inventory"):
            offline.execute("SELECT * FROM aws.ec2_vpc").fetchall()
        with pytest.raises(errors.NotInInventory):
            offline.execute("SELECT * FROM aws.sagemaker_image WHERE region = 'ap-south-1'").fetchall()


def test_explain_of_a_statement_with_an_age_still_explains(connect: Connect) -> None:
    assert "sagemaker_image" in str(connect(max_age=3600).execute(f"EXPLAIN {ALL}").fetchall())


def test_a_fresh_inventory_answers_without_the_way_to_aws(connect: Connect, cloud: LocalCloud) -> None:
    first = rows(connect(max_age=3600), ALL)
    cloud.calls.clear()
    again = connect(max_age=3600)
    assert rows(again, ALL) == first
    assert len(rows(again, f"{ALL} WHERE region = '{REGIONS[0]}' AND account_id = '{ACCOUNTS[0]}'")) < len(first)
    assert isinstance(again.cloud, Lazy)
    assert not again.cloud.is_open, "nothing that reaches AWS was made"
    narrower = connect(max_age=3600, accounts=(ACCOUNTS[0],))
    assert {r[1] for r in rows(narrower, ALL)} == {ACCOUNTS[0]}
    for session in (again, narrower):
        store, name = session.memory.store(session.settings), f"scope {session.settings.scope_digest}"
        note = store.note(name)
        assert note is not None
        assert "local" not in note, "no secret is kept"
        assert store.swap_note(name, note, "not json")
    assert rows(connect(max_age=3600), ALL) == first
    assert cloud.calls.counts() == {}


def test_a_region_that_is_not_in_scope_is_asked_for_live(connect: Connect, cloud: LocalCloud) -> None:
    one = connect(max_age=3600, regions=(REGIONS[0],))
    rows(one, ALL)
    cloud.calls.clear()
    assert rows(one, f"{ALL} WHERE region = '{REGIONS[1]}'")
    assert {c.region for c in cloud.calls} == {REGIONS[1]}
