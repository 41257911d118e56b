"""Tables whose keys other tables give, or values that AWS requires: `SELECT` without a condition finds what boto3 made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cirql.errors import CloudError
from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import Aws
from tests.datasets.check import read


def make_users(aws: Aws) -> set[tuple[Any, ...]]:
    cognito = aws("cognito-idp")
    pools = [cognito.create_user_pool(PoolName=name)["UserPool"]["Id"] for name in ("a", "b")]
    for pool in pools:
        cognito.admin_create_user(UserPoolId=pool, Username="ann")
    return {(pool, "ann") for pool in pools}


def make_groups(aws: Aws) -> set[tuple[Any, ...]]:
    cognito = aws("cognito-idp")
    pool = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    cognito.create_group(UserPoolId=pool, GroupName="admins")
    return {(pool, "admins")}


def make_identity_pool(aws: Aws) -> set[tuple[Any, ...]]:
    pool = aws("cognito-identity").create_identity_pool(IdentityPoolName="guests", AllowUnauthenticatedIdentities=True)
    return {(pool["IdentityPoolId"], "guests")}


def make_objects(aws: Aws) -> set[tuple[Any, ...]]:
    s3 = aws("s3")
    for bucket in (f"{aws.account}-x", f"{aws.account}-y"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
    return {(f"{aws.account}-x", "k"), (f"{aws.account}-y", "k")}


def make_secret(aws: Aws) -> set[tuple[Any, ...]]:
    made = aws("secretsmanager").create_secret(Name="db", SecretString="s")
    return {(made["ARN"], made["VersionId"])}


def make_target(aws: Aws) -> set[tuple[Any, ...]]:
    events = aws("events")
    events.create_event_bus(Name="orders")
    events.put_rule(Name="all", EventBusName="orders", EventPattern="{}")
    events.put_targets(Rule="all", EventBusName="orders", Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:{aws.account}:q"}])
    return {("orders", "all", "q")}


def make_window_target(aws: Aws) -> set[tuple[Any, ...]]:
    ssm = aws("ssm")
    window = ssm.create_maintenance_window(Name="night", Schedule="rate(1 day)", Duration=2, Cutoff=1, AllowUnassociatedTargets=True)
    made = ssm.register_target_with_maintenance_window(
        WindowId=window["WindowId"], ResourceType="INSTANCE", Targets=[{"Key": "tag:env", "Values": ["test"]}]
    )
    return {(window["WindowId"], made["WindowTargetId"])}


def make_filter(aws: Aws) -> set[tuple[Any, ...]]:
    logs = aws("logs")
    for group in ("/a", "/b"):
        logs.create_log_group(logGroupName=group)
        logs.put_metric_filter(
            logGroupName=group,
            filterName="errors",
            filterPattern="ERROR",
            metricTransformations=[{"metricName": "errors", "metricNamespace": "app", "metricValue": "1"}],
        )
    return {("/a", "errors"), ("/b", "errors")}


def make_web_acl(aws: Aws) -> set[tuple[Any, ...]]:
    waf = aws("wafv2")
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    for scope in ("REGIONAL", "CLOUDFRONT"):
        waf.create_web_acl(Name=scope.lower(), Scope=scope, DefaultAction={"Allow": {}}, VisibilityConfig=seen, Description="all")
    return {("regional", "REGIONAL", "all"), ("cloudfront", "CLOUDFRONT", "all")}


def make_ip_set(aws: Aws) -> set[tuple[Any, ...]]:
    waf = aws("wafv2")
    for scope in ("REGIONAL", "CLOUDFRONT"):
        waf.create_ip_set(Name=scope.lower(), Scope=scope, IPAddressVersion="IPV4", Addresses=["10.0.0.0/8"])
    return {("regional", "REGIONAL", "IPV4"), ("cloudfront", "CLOUDFRONT", "IPV4")}


def make_domains(aws: Aws) -> set[tuple[Any, ...]]:
    """More than are described at once."""
    names = [f"search-{n}" for n in range(7)]
    for name in names:
        aws("opensearch").create_domain(DomainName=name, EngineVersion="OpenSearch_2.11")
    return {(name, "OpenSearch_2.11") for name in names}


def make_elasticsearch(aws: Aws) -> set[tuple[Any, ...]]:
    aws("es").create_elasticsearch_domain(DomainName="logs", ElasticsearchVersion="7.10")
    return {("logs", "7.10")}


def make_deployment(aws: Aws) -> set[tuple[Any, ...]]:
    deploy = aws("codedeploy")
    deploy.create_application(applicationName="app", computePlatform="Lambda")
    deploy.create_deployment_group(applicationName="app", deploymentGroupName="g", serviceRoleArn="arn:aws:iam::1:role/r")
    made = deploy.create_deployment(applicationName="app", deploymentGroupName="g", description="first")
    return {(made["deploymentId"], "app", "first")}


def make_dhcp_options(aws: Aws) -> set[tuple[Any, ...]]:
    made = aws("ec2").create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["example.com"]}])
    return {(made["DhcpOptions"]["DhcpOptionsId"],)}


@pytest.mark.parametrize(
    ("make", "columns"),
    [
        (make_users, "user_pool_id, username FROM aws.cognito_idp_user"),
        (make_groups, "user_pool_id, group_name FROM aws.cognito_idp_group"),
        (make_identity_pool, "identity_pool_id, identity_pool_name FROM aws.cognito_identity_identity_pool"),
        (make_objects, "bucket, key FROM aws.s3_object"),
        (make_objects, "bucket, key FROM aws.s3_object_version"),
        (make_secret, "secret_id, version_id FROM aws.secretsmanager_secret_version_id"),
        (make_target, "event_bus_name, rule, id FROM aws.events_target"),
        (make_window_target, "window_id, window_target_id FROM aws.ssm_maintenance_window_target"),
        (make_filter, "log_group_name, filter_name FROM aws.logs_metric_filter"),
        (make_web_acl, "name, scope, description FROM aws.wafv2_web_acl"),
        (make_ip_set, "name, scope, ip_address_version FROM aws.wafv2_ip_set"),
        (make_domains, "domain_name, engine_version FROM aws.opensearch_domain"),
        (make_elasticsearch, "domain_name, elasticsearch_version FROM aws.es_elasticsearch_domain"),
        (make_deployment, "deployment_id, application_name, description FROM aws.codedeploy_deployment"),
        (make_dhcp_options, "dhcp_options_id FROM aws.ec2_dhcp_options"),
    ],
)
def test_all_rows_are_found_without_a_condition(
    aws: Aws, session: Session, make: Callable[[Aws], set[tuple[Any, ...]]], columns: str
) -> None:
    made = make(aws)
    found = {tuple(row.values()) for row in read(session.execute(f"SELECT {columns}"))}
    assert made <= found


def test_an_object_is_described_without_its_content(aws: Aws, session: Session, cloud: LocalCloud) -> None:
    aws("s3").create_bucket(Bucket=f"{aws.account}-z")
    aws("s3").put_object(Bucket=f"{aws.account}-z", Key="k", Body=b"content", ContentType="text/plain")
    (row,) = read(session.execute("SELECT key, size, content_type FROM aws.s3_object WHERE bucket = $1", [f"{aws.account}-z"]))
    assert row == {"key": "k", "size": 7, "content_type": "text/plain"}
    assert "s3:GetObject" not in cloud.calls.counts()
    assert session.catalog.find("aws.s3_object").table.column("body") is None


def test_a_structured_key_is_given_as_json(session: Session, cloud: LocalCloud) -> None:
    period = '{"Start": "2026-01-01", "End": "2026-02-01"}'
    with pytest.raises(CloudError, match="does not implement ce:GetCostCategories"):
        session.execute("SELECT * FROM aws.ce_cost_category WHERE time_period = $1", [period]).fetchall()
    assert cloud.calls.counts() == {"ce:GetCostCategories": 1}
