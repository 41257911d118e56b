"""A pack run over the local AWS: verdicts, what is not read, and how often AWS is asked."""

from __future__ import annotations

import pytest

from cirql.checks.model import CheckRule, Severity, Status
from cirql.checks.packs import Pack, find_pack
from cirql.checks.remediation import planned
from cirql.checks.run import checking
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule as Fault
from cirql.settings import Settings


def rule(name: str, query: str, remediation: str | None = None) -> CheckRule:
    return CheckRule(name, name, Severity.MEDIUM, query, remediation=remediation)


VOLUMES = "SELECT volume_id AS resource, account_id, CASE WHEN encrypted THEN 'ok' ELSE 'alarm' END AS status FROM aws.ec2_volume"
ZONES = "SELECT volume_id AS resource, account_id, 'ok' AS status, availability_zone AS reason FROM aws.ec2_volume"


def test_rules_over_one_table_ask_aws_once(settings: Settings, cloud: LocalCloud) -> None:
    pack = Pack("p", tuple(rule(f"r{n}", VOLUMES if n % 2 else ZONES) for n in range(6)))
    with checking(settings) as checker:
        report = checker.run(pack)
    places = 6
    assert cloud.calls.counts()["ec2:DescribeVolumes"] == places
    assert report.calls_wanted - report.calls >= places * 5
    assert [v.status for v in report.verdicts] == [Status.OK, Status.ALARM] * 3
    assert len(report.verdicts[0].findings) == len(report.verdicts[1].findings) > places


def test_a_region_that_is_denied_makes_its_rules_errors_and_never_ok(settings: Settings, cloud: LocalCloud) -> None:
    cloud.faults.add(Fault(region="eu-west-1", account="111111111111", service="ec2", kind="access_denied"))
    with checking(settings) as checker:
        report = checker.run(Pack("p", (rule("bad", VOLUMES), rule("good", ZONES))))
    for verdict in report.verdicts:
        assert verdict.status is Status.ERROR
        assert any("111111111111/eu-west-1" in problem for problem in verdict.problems)
    assert report.verdicts[0].open_alarms, "what was read is told all the same"


def test_throttles_that_pass_change_no_verdict(settings: Settings, cloud: LocalCloud) -> None:
    cloud.faults.add(Fault(service="ec2", kind="throttle", rate=0.1))
    with checking(settings) as checker:
        report = checker.run(Pack("p", (rule("bad", VOLUMES), rule("good", ZONES))))
    assert [v.status for v in report.verdicts] == [Status.ALARM, Status.OK]


def test_what_a_refused_call_would_have_told_of_single_rows_is_not_known(settings: Settings, cloud: LocalCloud) -> None:
    chosen = find_pack("builtin:aws-security").choose(["s3-bucket-policy-not-public", "ec2-vpc-flow-logs"])
    cloud.faults.add(Fault(service="s3", operation="GetBucketPolicy", account="111111111111", kind="access_denied"))
    cloud.faults.add(Fault(service="ec2", operation="DescribeFlowLogs", region="eu-west-1", kind="access_denied"))
    with checking(settings) as checker:
        verdicts = {v.rule.id: v for v in checker.run(chosen).verdicts}
    buckets, networks = verdicts["s3-bucket-policy-not-public"], verdicts["ec2-vpc-flow-logs"]
    assert {v.status for v in verdicts.values()} == {Status.ERROR}
    assert {f.status for f in buckets.findings if f.account == "111111111111"} == {Status.ERROR}
    assert {f.status for f in buckets.findings if f.account == "222222222222"} == {Status.OK, Status.ALARM}
    assert {f.status for f in networks.findings if f.region == "eu-west-1"} == {Status.ERROR}
    assert {f.status for f in networks.findings if f.region == "us-east-1"} == {Status.ALARM}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 1 AS one", "no column 'resource'"),
        ("SELECT 'x' AS resource", "no column 'status'"),
        ("SELECT * FROM aws.nothing", "nothing"),
        ("SELEKT 1", ""),
        ("UPDATE aws.s3.bucket SET tags = NULL WHERE bucket_name = 'x'", ""),
        ("SELECT * FROM read_csv('/etc/passwd')", ""),
    ],
)
def test_a_query_that_cannot_be_a_rule_is_an_error_of_that_rule(settings: Settings, query: str, said: str) -> None:
    with checking(settings) as checker:
        bad, good = checker.run(Pack("p", (rule("bad", query), rule("good", "SELECT 'x' AS resource, 'ok' AS status")))).verdicts
    assert bad.status is Status.ERROR and said in bad.problems[0]
    assert good.status is Status.OK


@pytest.mark.parametrize("setting", ["SET regions = 'us-east-1'", "CREATE VIEW aws_v AS SELECT 1"])
def test_a_rule_changes_nothing_for_those_beside_it(settings: Settings, cloud: LocalCloud, setting: str) -> None:
    """A rule that narrows the regions would make others `ok` where nothing was read."""
    with checking(settings) as checker:
        checker.run(Pack("p", (rule("bad", setting),)))
        bad, good = checker.run(Pack("p", (rule("bad", setting), rule("good", ZONES)))).verdicts
    assert bad.status is Status.ERROR
    assert "a rule is a query" in bad.problems[0]
    assert {f.reason[:-1] for f in good.findings} == {"eu-west-1", "us-east-1", "us-west-2"}


def test_what_is_not_known_or_is_no_status_is_an_error_of_that_resource(settings: Settings) -> None:
    query = "SELECT * FROM (VALUES ('a', NULL), ('b', 'fine'), ('c', 'ok')) AS t(resource, status)"
    with checking(settings) as checker:
        (verdict,) = checker.run(Pack("p", (rule("r", query),))).verdicts
    assert [f.status for f in verdict.findings] == [Status.ERROR, Status.ERROR, Status.OK]
    assert verdict.status is Status.ERROR


def test_a_remediation_is_planned_with_the_values_of_the_row_and_changes_nothing(settings: Settings, cloud: LocalCloud) -> None:
    query = """SELECT name AS resource, name, account_id, 'us-east-1' AS region, 'alarm' AS status
               FROM aws.s3_bucket WHERE name LIKE 'acme-public-%'"""
    mend = """UPDATE aws.s3.bucket SET versioning_configuration = '{"Status": "Enabled"}'
              WHERE bucket_name = :name AND region = :region AND account_id = :account_id"""
    with checking(settings) as checker:
        report = checker.run(Pack("p", (rule("r", query, mend), rule("no", query), rule("lacking", query, "UPDATE x SET y = :z"))))
        lines = list(planned(checker.session, report))
    text = "\n".join(lines)
    assert "Enabled" in text and "no statement mends this" in text and "gives no column 'z'" in text
    assert not [call for call in cloud.calls.counts() if "Update" in call or "Put" in call]


def test_a_pack_under_throttles_and_a_denied_region_says_ok_of_nothing_that_was_not_read(settings: Settings, cloud: LocalCloud) -> None:
    chosen = find_pack("builtin:aws-security").choose(["ec2", "rds", "sqs"])
    cloud.faults.add(Fault(region="eu-west-1", account="111111111111", kind="access_denied"), Fault(kind="throttle", rate=0.1))
    with checking(settings) as checker:
        report = checker.run(chosen)
    assert len(report.verdicts) > 30
    there = [f for f in report.findings if f.account == "111111111111" and f.region == "eu-west-1"]
    assert Status.OK not in {f.status for f in there}
    assert {v.status for v in report.verdicts} == {Status.ERROR}
    assert any(f.status is Status.OK for f in report.findings), "what was read is told all the same"
