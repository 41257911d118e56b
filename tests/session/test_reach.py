"""The scope of a session is what its settings say at each statement: SET changes whom the next one asks, and all after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.session import Session
from cirql.settings import MEMORY, AccountRole, Settings

ACCOUNT, OTHER_ACCOUNT = ACCOUNTS
REGION = REGIONS[1]
IMAGES = "SELECT image_name, region, account_id FROM aws.sagemaker_image"
VERSIONS = "aws.sagemaker.image_versions WHERE version = 2"


@pytest.fixture
def opened(settings: Settings, tmp_path: Path) -> Iterator[Session]:
    """A session that may write, and has asked AWS already."""
    with Session(replace(settings, writable=True, max_changes=100, journal=str(tmp_path / "changes.sqlite"))) as session:
        session.execute(IMAGES).fetchall()
        yield session


def places(cloud: LocalCloud) -> set[tuple[str, str]]:
    return {(c.account, c.region) for c in cloud.calls}


def planned(session: Session, statement: str) -> str:
    return "\n".join(line for (line,) in session.execute(f"EXPLAIN {statement}").fetchall())


def test_a_select_asks_the_regions_that_were_set_last(opened: Session, cloud: LocalCloud) -> None:
    opened.execute(f"SET regions = '{REGION}'")
    cloud.calls.clear()
    assert {row[1] for row in opened.execute(IMAGES).fetchall()} == {REGION}
    assert places(cloud) == {(a, REGION) for a in ACCOUNTS}


def test_a_select_asks_the_accounts_that_were_set_last(opened: Session, cloud: LocalCloud) -> None:
    opened.execute(f"SET accounts = '{OTHER_ACCOUNT}'")
    cloud.calls.clear()
    assert {row[2] for row in opened.execute(IMAGES).fetchall()} == {OTHER_ACCOUNT}
    opened.execute("SELECT role_name FROM aws.iam_role").fetchall()
    assert {account for account, _ in places(cloud)} == {OTHER_ACCOUNT}


def test_a_scope_can_be_widened_again(opened: Session) -> None:
    opened.execute(f"SET regions = '{REGION}'")
    opened.execute(IMAGES).fetchall()
    opened.execute(f"SET regions = '{','.join(REGIONS)}'")
    assert {row[1] for row in opened.execute(IMAGES).fetchall()} == set(REGIONS)


def test_changes_are_planned_in_the_scope_that_was_set_last(opened: Session) -> None:
    before = planned(opened, f"DELETE FROM {VERSIONS}")
    assert all(region in before for region in REGIONS)
    opened.execute(f"SET regions = '{REGION}'")
    opened.execute(f"SET accounts = '{ACCOUNT}'")
    after = planned(opened, f"DELETE FROM {VERSIONS}")
    assert REGION in after
    assert not [other for other in (*REGIONS, OTHER_ACCOUNT) if other != REGION and other in after]


def test_an_insert_goes_where_the_scope_was_set_to(opened: Session) -> None:
    opened.execute(f"SET regions = '{REGION}'")
    opened.execute(f"SET accounts = '{OTHER_ACCOUNT}'")
    said = planned(opened, "INSERT INTO aws.sagemaker.images (image_name, image_role_arn) VALUES ('n', 'arn:aws:iam::222222222222:role/r')")
    assert f"{OTHER_ACCOUNT}/{REGION}" in said


def test_the_forecast_counts_what_is_asked(opened: Session, cloud: LocalCloud) -> None:
    opened.execute(f"SET accounts = '{ACCOUNT}'")
    opened.execute(f"SET regions = '{REGIONS[0]},{REGIONS[1]}'")
    assert "in 2 targets:" in planned(opened, IMAGES)
    cloud.calls.clear()
    opened.execute(IMAGES).fetchall()
    assert len(cloud.calls) == 2


def test_the_inventory_answers_for_the_scope_that_was_set_last(settings: Settings, cloud: LocalCloud) -> None:
    with Session(replace(settings, store=MEMORY, max_age=3600.0)) as session:
        session.execute(IMAGES).fetchall()
        session.execute(f"SET regions = '{REGION}'")
        session.execute(f"SET accounts = '{ACCOUNT}'")
        cloud.calls.clear()
        assert {row[1:] for row in session.execute(IMAGES).fetchall()} == {(REGION, ACCOUNT)}
        session.execute("SET max_age = 'unlimited'")
        assert {row[1:] for row in session.execute(IMAGES).fetchall()} == {(REGION, ACCOUNT)}
        assert len(cloud.calls) == 0


def test_accounts_narrow_those_that_tables_give_a_role_for(settings: Settings, cloud: LocalCloud) -> None:
    roles = tuple(AccountRole(account, "reader") for account in ACCOUNTS)
    first = replace(settings, credentials=settings.credentials[:1], account_roles=roles)
    with Session(first) as session:
        assert {row[2] for row in session.execute(IMAGES).fetchall()} == set(ACCOUNTS)
        session.execute(f"SET accounts = '{OTHER_ACCOUNT}'")
        assert {row[2] for row in session.execute(IMAGES).fetchall()} == {OTHER_ACCOUNT}


def test_set_before_the_first_query_means_the_same(settings: Settings) -> None:
    both = replace(settings, credentials=settings.credentials[:1], role="reader", accounts=tuple(ACCOUNTS))
    for warm in (False, True):
        with Session(both) as session:
            if warm:
                session.execute(IMAGES).fetchall()
            session.execute(f"SET accounts = '{OTHER_ACCOUNT}'")
            assert {row[2] for row in session.execute(IMAGES).fetchall()} == {OTHER_ACCOUNT}


@pytest.mark.parametrize("table", ["aws.sagemaker_image", "aws.sagemaker.images", "aws.iam_role"])
def test_an_account_out_of_reach_is_told_and_not_just_no_rows(settings: Settings, table: str) -> None:
    outside = "account_id = '999999999999'"
    for one in (settings, replace(settings, credentials=settings.credentials[:1])):
        with Session(one) as session:
            result = session.execute(f"SELECT account_id FROM {table} WHERE {outside}")
            assert result.fetchall() == []
            assert result.notices == ("account 999999999999 is not in this session's scope; it was not asked",)


@pytest.mark.parametrize("condition", ["= 'eu-north-1'", "IN ('us-east-1', 'eu-north-1')"])
@pytest.mark.parametrize("table", ["aws.sagemaker_image", "aws.sagemaker.images"])
def test_a_region_out_of_scope_is_told_live_and_from_the_inventory(settings: Settings, table: str, condition: str) -> None:
    told = "region eu-north-1 is not in this session's scope; it was looked in because the statement names it"
    with Session(settings) as session:
        for age in ("0", "1 hour", "1 hour", "unlimited"):
            session.execute(f"SET max_age = '{age}'")
            result = session.execute(f"SELECT region FROM {table} WHERE region {condition}")
            assert "eu-north-1" not in {row[0] for row in result.fetchall()}
            assert result.notices == (told,), age
        session.execute("SET max_age = '0'")
        inside = session.execute(f"SELECT region FROM {table} WHERE region = 'us-east-1'")
        inside.fetchall()
        assert inside.notices == ()


def test_regions_that_rows_name_are_no_news(session: Session) -> None:
    named = "WITH others AS (SELECT replace(region, 'us-east', 'eu-north') AS place FROM aws.sagemaker_image WHERE region = 'us-east-1')"
    joined = session.execute(f"{named} SELECT i.region FROM aws.sagemaker_image i JOIN others ON i.region = place")
    joined.fetchall()
    assert joined.notices == ()


def test_accounts_that_rows_name_are_no_news(session: Session) -> None:
    told = session.execute("SELECT account_id FROM aws.sagemaker_image WHERE account_id IN ('111111111111', '8', '9')")
    told.fetchall()
    assert told.notices == ("accounts 8, 9 are not in this session's scope; they were not asked",)
    named = "WITH others AS (SELECT replace(account_id, '1', '9') AS owner FROM aws.sagemaker_image WHERE account_id = '111111111111')"
    joined = session.execute(f"{named} SELECT i.account_id FROM aws.sagemaker_image i JOIN others ON i.account_id = owner")
    assert joined.fetchall() == []
    assert joined.notices == ()
