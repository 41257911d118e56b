"""What an account is set to, and what a bucket is like: reads of one thing, as one row or as columns that only who names them pays for."""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role, Scope


@pytest.mark.parametrize(
    ("name", "operation", "column"),
    [
        ("iam_account_password_policy", "GetAccountPasswordPolicy", "minimum_password_length"),
        ("iam_account_summary", "GetAccountSummary", "summary_map"),
        ("ec2_ebs_encryption_by_default", "GetEbsEncryptionByDefault", "ebs_encryption_by_default"),
        ("s3control_public_access_block", "GetPublicAccessBlock", "block_public_acls"),
        ("lambda_account_settings", "GetAccountSettings", "account_limit"),
        ("autoscaling_account_limits", "DescribeAccountLimits", "max_number_of_auto_scaling_groups"),
        ("ec2_vpc_block_public_access_options", "DescribeVpcBlockPublicAccessOptions", "internet_gateway_block_mode"),
        ("macie2_automated_discovery_configuration", "GetAutomatedDiscoveryConfiguration", "auto_enable_organization_members"),
        ("organizations_organization", "DescribeOrganization", "master_account_id"),
    ],
)
def test_what_an_account_is_set_to_is_one_row(catalog: Catalog, name: str, operation: str, column: str) -> None:
    table = catalog.find(f"aws.{name}").table
    assert not table.problem
    assert [f.operation for f in table.fetches if f.role is Role.LIST] == [operation]
    assert column in {c.name for c in table.published}
    assert table.key == (("account_id",) if table.scope is Scope.GLOBAL else ("account_id", "region"))


def test_the_rest_of_a_bucket_is_there_when_named(catalog: Catalog) -> None:
    table = catalog.find("aws.s3_bucket").table
    rest = ("lifecycle_rules", "logging", "acl_grants", "cors_rules", "website_index_document", "replication", "policy_is_public")
    for name in rest:
        column = table.column(name)
        assert column is not None and column.hidden
        assert any(f.role is Role.ENRICH and name in f.gives for f in table.fetches)


def test_a_layer_says_who_may_use_it(catalog: Catalog) -> None:
    table = catalog.find("aws.lambda_layer").table
    assert {"policy", "revision_id"} <= {c.name for c in table.published}


@pytest.mark.parametrize(
    ("name", "operation", "column"),
    [
        ("kms_key", "GetKeyRotationStatus", "key_rotation_enabled"),
        ("ecr_repository", "GetRepositoryPolicy", "policy"),
        ("dynamodb_table", "DescribeTimeToLive", "time_to_live_description"),
        ("dynamodb_table", "DescribeContinuousBackups", "point_in_time_recovery_description"),
        ("cloudtrail_trail", "GetTrailStatus", "is_logging"),
        ("lambda_function", "GetFunctionConcurrency", "reserved_concurrent_executions"),
        ("ssm_document", "GetDocument", "content"),
    ],
)
def test_one_thing_more_of_a_row_is_a_hidden_column_of_one_call(catalog: Catalog, name: str, operation: str, column: str) -> None:
    table = catalog.find(f"aws.{name}").table
    (fetch,) = [f for f in table.fetches if f.operation == operation]
    found = table.column(column)
    assert found is not None and found.hidden
    assert fetch.role is Role.ENRICH and column in fetch.gives
    assert set(fetch.permissions) <= set(table.permissions["read"])


@pytest.mark.parametrize(
    "operation", ["GetActivityTask", "GetChangeToken", "GetRegistrationCode", "GetRandomPassword", "GetDownloadUrlForLayer"]
)
def test_what_hands_something_out_fills_no_column(catalog: Catalog, operation: str) -> None:
    assert not [str(t.name) for t in catalog.tables() if any(f.operation == operation for f in t.fetches)]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("iam_entities_for_policy", {"group_name", "user_name", "role_name"}),
        ("cloudtrail_event_selector", {"read_write_type", "field_selectors"}),
        ("s3_object_version", {"version_id", "size", "is_latest"}),
    ],
)
def test_all_lists_of_one_answer_are_rows(catalog: Catalog, name: str, columns: set[str]) -> None:
    table = catalog.find(f"aws.{name}").table
    assert table.fetches[0].beside
    assert columns <= {c.name for c in table.published}


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("braket_job", "SearchJobs"),
        ("servicecatalog_product", "SearchProducts"),
        ("marketplace_agreement_agreement", "SearchAgreements"),
        ("medical_imaging_image_set", "SearchImageSets"),
        ("ec2_transit_gateway_route", "SearchTransitGatewayRoutes"),
    ],
)
def test_a_search_lists_where_nothing_else_does(catalog: Catalog, name: str, operation: str) -> None:
    table = catalog.find(f"aws.{name}").table
    assert not table.problem
    assert table.fetches[0].operation == operation


@pytest.mark.parametrize(
    "name", ["marketplace_agreement_agreement_term", "medical_imaging_image_set_version", "servicecatalog_provisioning_artifact"]
)
def test_what_a_search_lists_gives_keys(catalog: Catalog, name: str) -> None:
    assert catalog.find(f"aws.{name}").table.problem == ""


def test_a_search_takes_no_noun_from_a_list(catalog: Catalog) -> None:
    assert catalog.find("aws.connect_user").table.fetches[0].operation == "ListUsers"
    assert catalog.find("aws.connectcases_cases_for_contact").table.fetches[0].operation == "ListCasesForContact"
