"""`regions = "*"` where an account does not say which regions it has: it is one failure, and the others answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cirql.errors import AccessDenied
from cirql.localcloud import LocalCloud, Rule
from cirql.session import Session
from cirql.settings import Settings

ACCOUNT = "111111111111"
SILENT = (
    Rule(account=ACCOUNT, service="ec2", operation="DescribeRegions", kind="access_denied"),
    Rule(account=ACCOUNT, service="account", kind="access_denied"),
)


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    with Session(settings.changed(regions="*")) as opened:
        yield opened


@pytest.mark.parametrize("where", ["true", "region <> 'us-west-2'", "region LIKE 'us-%'", "image_name = 'xgboost-inference'"])
def test_the_other_accounts_answer(session: Session, cloud: LocalCloud, where: str) -> None:
    cloud.faults.add(*SILENT)
    result = session.execute(f"SELECT DISTINCT account_id FROM aws.sagemaker_image WHERE {where}")
    assert result.fetchall() == [("222222222222",)]
    (failure,) = result.failures
    assert (failure.account, failure.operation, failure.reason) == (ACCOUNT, "DescribeRegions", "denied")
    rows = session.execute("SELECT region, code, complete FROM cirql.last_scans WHERE account = '111111111111'").fetchall()
    assert rows == [("*", "UnauthorizedOperation", False)]


def test_an_aggregate_over_a_join_warns_in_words(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(*SILENT)
    result = session.execute("SELECT count(*) FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v USING (image_arn, region)")
    assert result.fetchall()[0][0] > 0
    assert (ACCOUNT, "aws.sagemaker_image") in {(f.account, f.table) for f in result.failures}
    assert any("counts or compares" in n for n in result.notices)


def test_it_is_an_error_where_no_account_says(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(service="ec2", operation="DescribeRegions", kind="access_denied"), Rule(service="account", kind="access_denied"))
    with pytest.raises(AccessDenied) as caught:
        session.execute("SELECT image_name FROM aws.sagemaker_image").fetchall()
    assert "account:ListRegions" in (caught.value.hint or "")


def test_named_regions_and_global_services_need_no_list(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(*SILENT)
    session.execute("SELECT image_name FROM aws.sagemaker_image WHERE region = 'us-east-1'").fetchall()
    session.execute("SELECT role_name FROM aws.iam_role").fetchall()
    assert cloud.calls.counts() == {"sagemaker:ListImages": 2, "iam:ListRoles": 2}


def test_who_denied_it_is_told_apart(session: Session, cloud: LocalCloud) -> None:
    words = "with an explicit deny in a service control policy"
    cloud.faults.add(Rule(account=ACCOUNT, service="ec2", kind="access_denied", message=words), SILENT[1])
    result = session.execute("SELECT image_name FROM aws.sagemaker_image")
    result.fetchall()
    assert [f.reason for f in result.failures] == ["denied-by-organization"]
