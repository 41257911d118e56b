"""Where the keys of list calls come from when no name says it: a sibling that has them under another name."""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog

SUPPLIED = {
    "rds_orderable_db_instance_options": {"engine": "rds_db_engine_version.engine"},
    "ecr_image_scan_finding": {"repository_name": "ecr_image.repository_name", "image_digest": "ecr_image.image_digest"},
    "logs_import_task_batch": {"import_id": "logs_import_task.import_id"},
    "datazone_notebook": {"domain_identifier": "datazone_project.domain_identifier", "owning_project_identifier": "datazone_project.id"},
    "datazone_domain_units_for_parent": {"parent_domain_unit_identifier": "datazone_domain.root_domain_unit_id"},
    "ec2_managed_prefix_list_entry": {"prefix_list_id": "ec2_managed_prefix_list.prefix_list_id"},
    "guardduty_member_detector": {"own_account_id": "guardduty_member.own_account_id"},
    "budgets_subscribers_for_notification": {
        "budget_name": "budgets_notifications_for_budget.budget_name",
        "threshold": "budgets_notifications_for_budget.threshold",
    },
    "waf_rate_based_rule_managed_key": {"rule_id": "waf_rate_based_rule.rule_id"},
    "sagemaker_inference_recommendations_job_step": {"job_name": "sagemaker_inference_recommendations_job.job_name"},
    "connect_replication_finding": {"instance_id": "connect_instance.id"},
    "securityhub_finding_history": {"id": "securityhub_finding.id", "product_arn": "securityhub_finding.product_arn"},
    "config_aggregate_discovered_resource": {"resource_type": "config_aggregate_discovered_resource_count.group_name"},
    "synthetics_associated_group": {"resource_arn": "synthetics_canary.arn"},
    "glue.partition": {"catalog_id": "glue_table.catalog_id", "table_name": "glue_table.name"},
    "lambda.url": {"target_function_arn": "lambda_function.function_arn"},
    "opensearch_instance_type_detail": {"engine_version": "opensearch_version.version"},
}


@pytest.mark.parametrize("name", SUPPLIED)
def test_a_sibling_supplies_the_keys(catalog: Catalog, name: str) -> None:
    table = catalog.find(f"aws.{name}").table
    assert not table.problem
    assert SUPPLIED[name].items() <= {p.column: f"{p.table.resource}.{p.source}" for p in table.parents}.items()


def test_a_choice_that_a_model_does_not_list_is_asked_value_by_value(catalog: Catalog) -> None:
    for name, param in (("medialive_input_device_transfer", "TransferType"), ("partnercentral_channel_relationship", "catalog")):
        table = catalog.find(f"aws.{name}").table
        assert not table.problem
        assert next(i for i in table.fetches[0].inputs if i.param == param).values


def test_what_is_behind_a_path_is_no_reference_and_is_there(catalog: Catalog) -> None:
    """A path that no row of the parent has would make a table empty without a word: it begins with a list or a map."""
    wrong = []
    for table in catalog.tables():
        for parent in table.parents:
            column = catalog.find(parent.table).table.column(parent.source)
            if parent.path and (column is None or column.type.value not in ("JSON", "VARCHAR[]", "hstore")):
                wrong.append(f"{table.name}.{parent.column}")
            if parent.again and table.column(parent.again) is None:
                wrong.append(f"{table.name}: {parent.again}")
    assert wrong == []


AMONG = {
    "organizations_policies_for_target": {"root", "organizational_units_for_parent", "account"},
    "organizations_parent": {"organizational_units_for_parent", "account"},
    "iot_attached_policy": {"certificate", "thing_group", "cognito_identity_identity"},
    "lightsail_auto_snapshot": {"instance", "disk"},
    "swf_workflow_execution_history": {"open_workflow_execution", "closed_workflow_execution"},
    "vpc_lattice_access_log_subscription": {"service_network", "service"},
    "workmail_alias": {"user", "group", "resource"},
    "workmail_mailbox_permission": {"user", "resource"},
    "drs_launch_action": {"source_server", "launch_configuration_template"},
    "imagebuilder_lifecycle_execution": {"lifecycle_policy", "image_build_version"},
    "organizations_children": {"root", "organizational_units_for_parent"},
}


@pytest.mark.parametrize("name", AMONG)
def test_all_tables_that_have_values_of_a_key_supply_it(catalog: Catalog, name: str) -> None:
    table = catalog.find(f"aws.{name}").table
    assert not table.problem
    assert {p.table.resource.removeprefix(f"{table.service}_") for p in table.parents} == AMONG[name]
    assert all(p.among and not p.is_equal for p in table.parents)


def test_what_a_call_is_told_besides_for_one_tables_keys_is_a_column(catalog: Catalog) -> None:
    table = catalog.find("aws.iotsitewise_action").table
    assert {p.table.resource: dict(p.says) for p in table.parents} == {
        "iotsitewise_asset": {"target_resource_type": "ASSET"},
        "iotsitewise_computation_model": {"target_resource_type": "COMPUTATION_MODEL"},
    }
