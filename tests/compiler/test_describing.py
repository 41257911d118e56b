"""Which call completes a list's rows: found by what tells rows apart, where names differ."""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role

# A table, the call that describes its rows, and which columns tell that which row is meant.
FOUND = {
    "sagemaker_model_bias_job_definition": ("DescribeModelBiasJobDefinition", {"JobDefinitionName": "monitoring_job_definition_name"}),
    "bedrock_custom_model": ("GetCustomModel", {"modelIdentifier": "model_arn"}),
    "network_firewall_firewall_policy": ("DescribeFirewallPolicy", {"FirewallPolicyName": "name"}),
    "iotsitewise_asset_property": ("DescribeAssetProperty", {"assetId": "asset_id", "propertyId": "id"}),
    "neptune_graph_export_task": ("GetExportTask", {"taskIdentifier": "task_id"}),
    "codeartifact_package_version": ("DescribePackageVersion", {"packageVersion": "version"}),
    "codeartifact_repository": ("DescribeRepository", {"domain": "domain_name", "repository": "name"}),
    "outposts_capacity_task": ("GetCapacityTask", {"OutpostIdentifier": "outpost_id"}),
    "route53_recovery_control_config_safety_rule": ("DescribeSafetyRule", {"SafetyRuleArn": "safety_rule_arn"}),
    "swf_activity_type": ("DescribeActivityType", {"activityType": "activity_type"}),
    "devicefarm_run": ("GetRun", {"arn": "arn"}),
    "iotwireless_wireless_device": ("GetWirelessDevice", {"Identifier": "id"}),
}


@pytest.mark.parametrize("name", FOUND)
def test_rows_are_described_by_what_tells_them_apart(catalog: Catalog, name: str) -> None:
    operation, asked = FOUND[name]
    table = catalog.find(f"aws.{name}").table
    get = next(f for f in table.fetches if f.operation == operation)
    assert get.role is Role.GET
    assert asked.items() <= {i.param: i.column for i in get.inputs}.items()


@pytest.mark.parametrize(
    ("name", "operation", "size"),
    [
        ("codedeploy_on_premises_instance", "BatchGetOnPremisesInstances", 25),
        ("ecs_task", "GetTaskProtection", 100),
        ("es_elasticsearch_domain", "DescribeElasticsearchDomains", 5),
        ("glue_data_quality_result", "BatchGetDataQualityResult", 100),
        ("glue_data_quality_ruleset_evaluation_run", "BatchGetDataQualityRulesetEvaluationRun", 100),
    ],
)
def test_many_rows_are_described_at_once_where_that_tells_as_much(catalog: Catalog, name: str, operation: str, size: int) -> None:
    table = catalog.find(f"aws.{name}").table
    (get,) = (f for f in table.fetches if f.operation == operation)
    (key,) = (i.column for i in get.inputs if i.batch > 1)
    assert get.batch == size
    assert key in {o.column for o in get.outputs}


def test_a_version_that_is_a_number_is_told_as_text(catalog: Catalog) -> None:
    for name, operation in (
        ("mq_configuration_revision", "DescribeConfigurationRevision"),
        ("pinpoint_campaign_version", "GetCampaignVersion"),
    ):
        get = next(f for f in catalog.find(f"aws.{name}").table.fetches if f.operation == operation)
        assert [i.is_text for i in get.inputs][-1]


def test_a_call_about_another_noun_completes_rows_and_gives_none(catalog: Catalog) -> None:
    table = catalog.find("aws.connect_entity_security_profile").table
    described = next(f for f in table.fetches if f.operation == "DescribeSecurityProfile")
    assert described.role is Role.ENRICH
    assert table.key == ("instance_id", "entity_type", "entity_arn", "id")


def test_versions_are_not_described_by_a_call_that_is_not_told_which(catalog: Catalog) -> None:
    told = catalog.find("aws.sagemaker_hub_content_version").table
    assert "HubContentVersion" in {i.param for f in told.fetches if f.operation == "DescribeHubContent" for i in f.inputs}
    untold = catalog.find("aws.lambda_versions_by_function").table
    assert not any(f.operation == "GetFunction" for f in untold.fetches)


def test_what_is_said_about_a_policy_goes_before_its_document(catalog: Catalog) -> None:
    table = catalog.find("aws.network_firewall_firewall_policy").table
    assert {"firewall_policy_id", "firewall_policy", "firewall_policy_status"} <= {c.name for c in table.published}


def test_a_place_is_not_described_by_its_continent_alone(catalog: Catalog) -> None:
    assert all(f.role is Role.LIST for f in catalog.find("aws.route53_geo_location").table.fetches)


def test_the_row_s_own_arn_is_the_one_that_the_list_gives(catalog: Catalog) -> None:
    assert catalog.find("aws.iot_thing_group").table.key == ("group_arn",)
    assert catalog.find("aws.connect_queue").table.key == ("arn",)
