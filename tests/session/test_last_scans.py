"""`cirql.last_scans`, and what is said of answers over scans that are not complete."""

from __future__ import annotations

import pytest

from cirql.errors import AccessDenied
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud, Rule
from cirql.session import Session

SCANS = "SELECT account, region, table_name, operation, code, rows, complete FROM cirql.last_scans ORDER BY 1, 2"
DENIED = Rule(region="eu-west-1", account="111111111111", kind="access_denied")


def test_each_account_and_region_has_a_row(session: Session, cloud: LocalCloud) -> None:
    rows = session.execute("SELECT image_arn FROM aws.sagemaker_image").fetchall()
    scans = session.execute(SCANS).fetchall()
    assert [s[:2] for s in scans] == sorted((a, r) for a in ACCOUNTS for r in REGIONS)
    assert {s[2:5] for s in scans} == {("aws.sagemaker_image", "sagemaker:ListImages", None)}
    assert sum(s[5] for s in scans) == len(rows)
    assert all(s[6] for s in scans)
    assert session.execute(SCANS).fetchall() == scans


def test_a_place_that_failed_says_why(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(DENIED)
    session.execute("SELECT image_arn FROM aws.sagemaker_image").fetchall()
    wanted = "SELECT account, region, code, reason, rows FROM cirql.last_scans WHERE NOT complete"
    assert session.execute(wanted).fetchall() == [("111111111111", "eu-west-1", "AccessDeniedException", "denied", 0)]


def test_a_statement_that_failed_altogether_leaves_its_scans(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(service="sagemaker", kind="access_denied"))
    with pytest.raises(AccessDenied):
        session.execute("SELECT image_arn FROM aws.sagemaker_image").fetchall()
    assert session.execute("SELECT count(*), count(code) FROM cirql.last_scans WHERE NOT complete").fetchall() == [(6, 6)]


def test_a_limit_that_was_met_leaves_a_scan_incomplete(session: Session, cloud: LocalCloud) -> None:
    session.execute("SELECT version FROM aws.sagemaker_image_version WHERE region = 'us-east-1' LIMIT 1").fetchall()
    assert (False,) in session.execute("SELECT DISTINCT complete FROM cirql.last_scans").fetchall()


def test_every_table_of_a_join_is_there(session: Session, cloud: LocalCloud) -> None:
    session.execute(
        "SELECT i.image_arn, v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v USING (image_arn)"
    ).fetchall()
    tables = session.execute("SELECT table_name, count(*) FROM cirql.last_scans GROUP BY 1 ORDER BY 1").fetchall()
    assert tables == [("aws.sagemaker_image", 6), ("aws.sagemaker_image_version", 6)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM aws.sagemaker_image",
        "SELECT image_name FROM aws.sagemaker_image GROUP BY 1 HAVING count(*) > 1",
        "SELECT image_name, row_number() OVER (ORDER BY image_arn) FROM aws.sagemaker_image",
        "SELECT 'x' EXCEPT SELECT image_name FROM aws.sagemaker_image",
        "SELECT role_name FROM aws.iam_role WHERE arn NOT IN (SELECT role_arn FROM aws.sagemaker_image)",
    ],
)
def test_an_answer_that_counts_or_compares_over_an_incomplete_scan_says_so(session: Session, cloud: LocalCloud, sql: str) -> None:
    result = session.execute(sql)
    result.fetchall()
    assert result.notices == ()
    cloud.faults.add(Rule(region="eu-west-1", account="111111111111", service="sagemaker", kind="access_denied"))
    result = session.execute(sql)
    result.fetchall()
    (notice,) = (n for n in result.notices if "counts or compares" in n)
    assert "aws.sagemaker_image" in notice
    assert "1 of 6 places: 111111111111/eu-west-1" in notice


def test_plain_rows_over_an_incomplete_scan_need_no_such_notice(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(DENIED)
    result = session.execute("SELECT image_name FROM aws.sagemaker_image WHERE NOT (image_name = 'x')")
    result.fetchall()
    assert (len(result.failures), result.notices) == (1, ())
