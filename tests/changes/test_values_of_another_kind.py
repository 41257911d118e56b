"""Values that are of another kind than their property are refused before anything is sent: none is turned into what it was not."""

from __future__ import annotations

import pytest

from cirql import errors
from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.changes.conftest import REGION
from tests.changes.test_statements import sent

DOCUMENT = """'{"a": 1}'"""


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("aws.logs.log_groups", "log_group_name", f"{DOCUMENT}::jsonb"),
        ("aws.logs.log_groups", "log_group_name", "true"),
        ("aws.ec2.volumes", "availability_zone", "false"),
        ("aws.ec2.volumes", "tags", """'[{"Key": "a", "Value": true}]'"""),
        ("aws.logs.log_groups", "retention_in_days", "true"),
        ("aws.logs.log_groups", "retention_in_days", "'true'"),
        ("aws.logs.log_groups", "retention_in_days", "3.7"),
        ("aws.logs.log_groups", "retention_in_days", "'3.7'"),
        ("aws.logs.log_groups", "retention_in_days", DOCUMENT),
        ("aws.logs.log_groups", "retention_in_days", "'[7]'::jsonb"),
        ("aws.logs.log_groups", "tags", "'nonsense'"),
        ("aws.ec2.volumes", "encrypted", "1"),
        ("aws.ec2.volumes", "encrypted", "'yes'"),
        ("aws.ec2.volumes", "tags", """'[{"Key": "a", "Value": {"b": 1}}]'"""),
        ("aws.ec2.volumes", "tags", """'[{"Key": "a", "Value": 5}]'"""),
    ],
)
def test_a_value_of_another_kind_is_refused(session: Session, cloud: LocalCloud, table: str, column: str, value: str) -> None:
    with pytest.raises(errors.InvalidProperty, match=f"{column}.* is not of type"):
        session.execute(f"INSERT INTO {table} ({column}, region) VALUES ({value}, '{REGION}')")
    assert sent(cloud) == []


@pytest.mark.parametrize("value", ["true", "3.7", "'3.7'", DOCUMENT])
def test_nor_is_one_that_a_resource_is_to_have(session: Session, value: str) -> None:
    session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('kept', '{REGION}')")
    with pytest.raises(errors.InvalidProperty, match="is not of type integer"):
        session.execute(f"UPDATE aws.logs.log_groups SET retention_in_days = {value} WHERE log_group_name = 'kept'")
    assert session.execute("SELECT retention_in_days FROM aws.logs.log_group WHERE data__Identifier = 'kept'").fetchall() == [(None,)]
