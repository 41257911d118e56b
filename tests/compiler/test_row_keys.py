"""Which columns tell rows apart: found by rule, and never by what several rows share."""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog
from cirql.names import TableName
from cirql.types import ColumnType


def key(catalog: Catalog, name: str) -> tuple[str, ...]:
    found = catalog.find(TableName.parse(name))
    assert found is not None
    return found.table.key


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("aws.athena_data_catalog", ("arn",)),
        ("aws.ssm_instance_information", ("instance_id",)),
        ("aws.ec2_instance_status", ("instance_id",)),
        ("aws.codebuild_report", ("arn",)),
        ("aws.securityhub_member", ("own_account_id",)),
        ("aws.quicksight_dashboard_permission", ("account_id", "dashboard_id", "principal")),
        ("aws.servicecatalog_principals_for_portfolio", ("portfolio_id", "principal_arn")),
        ("aws.events_targets_by_rule", ("event_bus_name", "rule", "id")),
        ("aws.logs_metric_filter", ("log_group_name", "filter_name")),
        ("aws.sqs_dead_letter_source_queue", ("parent_queue_url", "queue_url")),
        # By what Describe, Delete or Update takes, and not by the ARN of what they are about, a bare name or a status.
        ("aws.backup_backup_job", ("backup_job_id",)),
        ("aws.workspaces_workspace_bundle", ("bundle_id",)),
        ("aws.workspaces_workspace_image", ("image_id",)),
        ("aws.networkmanager_attachment", ("attachment_id",)),
        ("aws.cleanrooms_schema", ("collaboration_identifier", "name")),
        ("aws.redshift_table_restore_status", ("table_restore_request_id",)),
        ("aws.organizations_create_account_status", ("id",)),
        ("aws.ec2_placement_group", ("group_id",)),
        ("aws.config_compliance_details_by_config_rule", ("config_rule_name", "evaluation_result_identifier")),
        # By what names them in a structure, and by no status, count or time of a last look.
        ("aws.swf_open_workflow_execution", ("domain", "execution")),
        ("aws.cognito_sync_record", ("identity_pool_id", "identity_id", "dataset_name", "key")),
        # With the version, where rows are versions.
        ("aws.sagemaker_model_card_version", ("model_card_name", "model_card_version")),
        ("aws.ssm_association_version", ("association_id", "association_version")),
        ("aws.qconnect_ai_agent_version", ("assistant_id", "ai_agent_id", "version_number")),
        ("aws.ram_permission_version", ("permission_arn", "version")),
        ("aws.elasticbeanstalk_platform_version", ("platform_arn",)),
    ],
)
def test_rows_are_told_apart_by_what_names_them(catalog: Catalog, name: str, columns: tuple[str, ...]) -> None:
    assert key(catalog, name) == columns


@pytest.mark.parametrize("name", ["aws.codecommit_pull_request_event", "aws.neptune_event", "aws.rds_event"])
def test_what_many_rows_share_is_no_key_alone(catalog: Catalog, name: str) -> None:
    """Nothing names an event: it is told from others by all that it says in plain values."""
    table = catalog.find(name).table
    given = {o.column for o in table.fetches[0].outputs}
    plain = {c.name for c in table.columns if c.name in given and c.type in (ColumnType.VARCHAR, ColumnType.TIMESTAMP)}
    assert len(table.key) > 2
    assert plain <= set(table.key)


def test_no_key_is_what_a_list_call_was_asked_with_alone(catalog: Catalog) -> None:
    """Then all rows of one parent would be one row to the inventory."""
    alone = {
        str(t.name)
        for t in catalog.tables()
        if t.cfn_type is None
        and t.fetches[0].operation.startswith("List")
        and t.key
        and set(t.key) <= {i.column for i in t.fetches[0].inputs if i.required}
    }
    assert alone == set()
