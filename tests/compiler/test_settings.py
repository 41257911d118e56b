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
