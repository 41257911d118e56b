"""What people type first finds the table that they mean: by hand, for the words of a first day."""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog
from cirql.compiler.central import central_tables

# The first tables that a search gives, in any order among themselves.
MEANT = {
    "s3": "s3_bucket",
    "buckets": "s3_bucket",
    "instances": "ec2_instance",
    "ec2": "ec2_instance",
    "vm": "ec2_instance",
    "rds": "rds_db_instance",
    "databases": "rds_db_instance",
    "public ip": "ec2_address ec2_instance",
    "elastic ip": "ec2_address",
    "lambda": "lambda_function",
    "functions": "lambda_function",
    "vpc": "ec2_vpc",
    "subnets": "ec2_subnet",
    "security groups": "ec2_security_group",
    "route tables": "ec2_route_table",
    "nat gateway": "ec2_nat_gateway",
    "network interfaces": "ec2_network_interface",
    "launch templates": "ec2_launch_template",
    "volumes": "ec2_volume",
    "disks": "ec2_volume",
    "snapshots": "ec2_snapshot",
    "images": "ec2_image",
    "ami": "ec2_image",
    "users": "iam_user",
    "roles": "iam_role",
    "policies": "iam_policy",
    "access keys": "iam_access_key",
    "iam": "iam_user iam_role iam_group iam_policy",
    "keys": "kms_key",
    "encryption keys": "kms_key",
    "secrets": "secretsmanager_secret",
    "certificates": "acm_certificate",
    "queues": "sqs_queue",
    "topics": "sns_topic",
    "load balancers": "elbv2_load_balancer",
    "clusters": "ecs_cluster eks_cluster redshift_cluster",
    "kubernetes": "eks_cluster",
    "containers": "ecs_cluster ecs_service",
    "repositories": "ecr_repository",
    "dynamodb": "dynamodb_table",
    "redis": "elasticache_cache_cluster elasticache_replication_group",
    "log groups": "logs_log_group",
    "alarms": "cloudwatch_alarm",
    "hosted zones": "route53_hosted_zone",
    "stacks": "cloudformation_stack",
    "distributions": "cloudfront_distribution",
    "auto scaling groups": "autoscaling_auto_scaling_group",
    "parameters": "ssm_parameter",
    "state machines": "stepfunctions_state_machine",
    "cloudtrail": "cloudtrail_trail",
    "api gateway": "apigateway_rest_api apigatewayv2_api",
}

# The table of the thing, where the other words are of a condition that few descriptions have.
CONDITIONS = {
    "unencrypted volumes": "ec2_volume",
    "unattached disks": "ec2_volume",
    "old access keys": "iam_access_key",
    "idle load balancers": "elbv2_load_balancer",
    "unused elastic ips": "ec2_address",
    "orphaned snapshots": "ec2_snapshot",
    "untagged instances": "ec2_instance",
    "rds snapshots without encryption": "rds_db_snapshot",
    "lambda functions on an old runtime": "lambda_function",
    "log groups that never expire": "logs_log_group",
    "expired certificates": "acm_certificate",
    "cheap databases": "rds_db_instance",
    "queues without a dead letter queue": "sqs_queue",
    "subnets with few free addresses": "ec2_subnet",
    "unhealthy targets of load balancers": "elbv2_target_group",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.open()


@pytest.mark.parametrize(("words", "tables"), MEANT.items())
def test_the_table_that_is_meant_comes_first(catalog: Catalog, words: str, tables: str) -> None:
    meant = {f"aws.{name}" for name in tables.split()}
    assert {str(hit.table.name) for hit in catalog.search(words, len(meant))} == meant


@pytest.mark.parametrize(("words", "table"), CONDITIONS.items())
def test_words_of_a_condition_do_not_hide_the_table_of_the_thing(catalog: Catalog, words: str, table: str) -> None:
    assert [str(hit.table.name) for hit in catalog.search(words, 1)] == [f"aws.{table}"]


def test_a_table_that_the_words_name_in_full_is_found_beside_one_that_holds_more_of_them(catalog: Catalog) -> None:
    assert "aws.ec2_security_group" in [str(hit.table.name) for hit in catalog.search("security groups open to the world", 2)]


def test_words_that_no_table_has_are_left_out_and_known(catalog: Catalog) -> None:
    assert [h.table.name for h in catalog.search("buckets zzyzx", 5)] == [h.table.name for h in catalog.search("buckets", 5)]
    assert catalog.unknown("Zzyzx buckets of qwrtp") == ["zzyzx", "qwrtp"]
    assert catalog.unknown("unencrypted volumes") == []


def test_every_central_table_is_there_under_its_published_name(catalog: Catalog) -> None:
    assert [name for name in central_tables() if str(catalog.find(name).table.name) != name] == []
