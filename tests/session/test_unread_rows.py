"""Statements over rows of which one cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud, Rule
from cirql.session import Session
from cirql.settings import Settings

VERSIONS = "aws.sagemaker_image_version"


def deny(cloud: LocalCloud, operation: str, **more: str) -> None:
    cloud.faults.add(Rule(account=ACCOUNTS[0], region=REGIONS[0], operation=operation, kind="access_denied", times=1, **more))  # type: ignore[arg-type]


def test_a_refused_describe_leaves_the_others_and_names_the_row(session: Session, cloud: LocalCloud) -> None:
    sql = f"SELECT image_version_arn, base_image FROM {VERSIONS}"
    truth = dict(session.execute(sql).fetchall())
    deny(cloud, "DescribeImageVersion")
    result = session.execute(sql)
    found = dict(result.fetchall())
    (failure,) = result.failures
    lost = [arn for arn, image in found.items() if image is None]
    assert found.keys() == truth.keys()
    assert len(lost) == 1
    assert {arn: image for arn, image in found.items() if arn not in lost} == {a: i for a, i in truth.items() if a not in lost}
    assert (failure.account, failure.region, failure.operation) == (ACCOUNTS[0], REGIONS[0], "DescribeImageVersion")
    assert failure.row and all(part in lost[0] for part in failure.row.replace("image_name ", "").replace("version ", "").split(", "))
    assert "base_image" in failure.columns
    assert not result.complete


def test_a_refused_get_resource_leaves_the_others_and_names_the_identifier(session: Session, cloud: LocalCloud) -> None:
    sql = "SELECT image_name, image_display_name FROM aws.sagemaker.images"
    truth = session.execute(sql).fetchall()
    deny(cloud, "GetResource")
    result = session.execute(sql)
    assert len(result.fetchall()) == len(truth)
    (failure,) = result.failures
    assert failure.operation == "GetResource"
    assert failure.row


def test_a_refused_parent_leaves_the_others_and_is_named(session: Session, cloud: LocalCloud) -> None:
    sql = f"SELECT image_name, version FROM {VERSIONS}"
    truth = set(session.execute(sql).fetchall())
    deny(cloud, "ListImageVersions")
    result = session.execute(sql)
    found = set(result.fetchall())
    (failure,) = result.failures
    assert found <= truth
    assert failure.operation == "ListImageVersions"
    assert failure.row


def test_a_count_over_what_could_not_be_read_says_so(session: Session, cloud: LocalCloud) -> None:
    deny(cloud, "DescribeImageVersion")
    result = session.execute(f"SELECT count(base_image) FROM {VERSIONS}")
    result.fetchall()
    assert any("could not be read completely in 1 of" in notice for notice in result.notices)


def test_the_inventory_takes_no_unread_column_for_a_value(settings: Settings, cloud: LocalCloud, tmp_path: Path) -> None:
    import dataclasses

    kept = dataclasses.replace(settings, store=str(tmp_path / "store"), max_age=0)
    sql = f"SELECT _key, base_image FROM {VERSIONS} ORDER BY 1"
    with Session(kept) as session:
        truth = session.execute(sql).fetchall()
        between = datetime.now(UTC).isoformat()
        deny(cloud, "DescribeImageVersion")
        assert session.execute(sql).fetchall() != truth
    with Session(dataclasses.replace(kept, max_age=float("inf"))) as offline:
        assert offline.execute(sql).fetchall() == truth
        assert offline.execute(f"SELECT * FROM cirql.diff('{VERSIONS}', '{between}', 'now')").fetchall() == []


def test_strict_refuses_an_answer_with_an_unread_row(settings: Settings, cloud: LocalCloud) -> None:
    import dataclasses

    import pytest

    from cirql.errors import AccessDenied

    deny(cloud, "DescribeImageVersion")
    with Session(dataclasses.replace(settings, strict=True)) as session, pytest.raises(AccessDenied):
        session.execute(f"SELECT base_image FROM {VERSIONS}").fetchall()


def test_a_row_that_is_gone_when_it_is_described_is_told(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(
        Rule(
            region=REGIONS[0],
            account=ACCOUNTS[0],
            operation="DescribeImageVersion",
            kind="error",
            code="ResourceNotFound",
            status=400,
            times=2,
        )
    )
    result = session.execute(f"SELECT job_type FROM {VERSIONS}")
    result.fetchall()
    assert result.failures == ()

    assert any(
        "2 rows of aws.sagemaker_image_version" in n and "DescribeImageVersion no longer finds what was listed" in n for n in result.notices
    )
