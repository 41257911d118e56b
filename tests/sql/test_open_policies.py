"""Whether a policy lets everybody in: spellings that mean the same, and conditions that narrow nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cirql.sql.open_policies import open_to_everybody

EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}


def _judged(**members: Any) -> bool | None:
    return open_to_everybody(json.dumps({"Version": "2012-10-17", "Statement": [{**EVERYBODY, **members}]}))


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["*"]}},
        {"Principal": {"AWS": ["arn:aws:iam::111111111111:root", "*"]}},
        {"Principal": {"Service": "sns.amazonaws.com", "AWS": "*"}},
        {"Principal": None, "NotPrincipal": {"AWS": "arn:aws:iam::111111111111:root"}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}},
        {"Condition": {"StringNotEquals": {"aws:SourceAccount": "111111111111"}}},
        {"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "111111111111"}}},
        {"Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-a/r-b"}}},
        {"Condition": {"StringLike": {"aws:PrincipalArn": "*"}}},
        {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:news"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "::/0"}}},
    ],
)
def test_a_statement_for_anybody_is_open_however_it_is_spelled(members: dict[str, Any]) -> None:
    assert _judged(**members) is True


@pytest.mark.parametrize(
    "members",
    [
        {"Effect": "Deny"},
        {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}},
        {"Principal": {"Service": "events.amazonaws.com"}},
        {"Condition": {"StringEquals": {"AWS:SourceOwner": "111111111111"}}},
        {"Condition": {"StringEquals": {"kms:CallerAccount": "111111111111"}, "Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}},
        {"Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a/r-b/*"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:acme-files"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:*"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}},
    ],
)
def test_a_statement_for_some_is_not(members: dict[str, Any]) -> None:
    assert _judged(**members) is False


def test_one_statement_that_is_no_list_counts_too() -> None:
    assert open_to_everybody(json.dumps({"Statement": {**EVERYBODY, "effect": "allow"}})) is True


@pytest.mark.parametrize("text", ["7", '"no policy"', "[]", '{"Statement": ["x"]}'])
def test_of_what_is_no_policy_nothing_is_known(text: str) -> None:
    assert open_to_everybody(text) is None
