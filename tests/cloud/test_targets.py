"""Whom the client asks: credentials, accounts, regions and endpoints, from settings, profiles and the environment."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cirql.cloud.client import CloudClient
from cirql.cloud.target import Target
from cirql.errors import (
    InvalidText,
    SettingsError,
)
from cirql.settings import Credential
from tests.cloud.test_client import ANA, BEN, call, find, identity, refusal, using

if TYPE_CHECKING:
    from tests.cloud.conftest import FakeAWS, Request


def test_two_accounts_are_signed_with_their_own_keys_by_one_service(aws: FakeAWS) -> None:
    aws.always(body=b'{"Images": []}')

    async def scenario(client: CloudClient) -> list[Target]:
        targets = await find(client, regions=frozenset({"us-east-1", "eu-west-1"}))
        await asyncio.gather(*(client.call(t, "sagemaker", "ListImages", {}) for t in targets))
        return list(targets)

    targets = using(aws, scenario, credentials=(ANA, BEN))
    assert [str(t) for t in targets] == [f"{a}/{r}" for a in ("111111111111", "222222222222") for r in ("eu-west-1", "us-east-1")]
    signed = {(r.access_key, r.headers["authorization"].split("/")[2], r.headers.get("x-amz-security-token")) for r in aws.requests}
    assert signed == {
        ("111111111111", "us-east-1", None),
        ("111111111111", "eu-west-1", None),
        ("222222222222", "us-east-1", "ben-token"),
        ("222222222222", "eu-west-1", "ben-token"),
    }


def test_a_name_that_is_no_region_is_an_error_before_any_call(aws: FakeAWS) -> None:
    with pytest.raises(InvalidText, match="us-eats-1") as caught:
        using(aws, lambda c: find(c, regions=frozenset({"us-eats-1"}), identified=True))
    assert "us-east-1" in (caught.value.hint or "")
    assert aws.requests == []


def test_no_region_anywhere_is_an_error_with_a_way_out(aws: FakeAWS) -> None:
    with pytest.raises(SettingsError, match="no AWS region") as caught:
        using(aws, find, regions=())
    assert "AWS_REGION" in (caught.value.hint or "")


def test_the_region_of_the_configuration_is_the_default(aws: FakeAWS, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    assert [t.region for t in using(aws, find, regions=())] == ["sa-east-1"]


def test_a_star_is_every_enabled_region_asked_once(aws: FakeAWS) -> None:
    def item(name: str, status: str) -> str:
        return f"<item><regionName>{name}</regionName><optInStatus>{status}</optInStatus></item>"

    regions = item("us-east-1", "opt-in-not-required") + item("af-south-1", "not-opted-in") + item("ap-east-1", "opted-in")
    aws.always(body=f"<DescribeRegionsResponse><regionInfo>{regions}</regionInfo></DescribeRegionsResponse>".encode())

    async def scenario(client: CloudClient) -> list[str]:
        await find(client)
        targets = [t.region for t in await find(client)]
        assert dict(client.stats.calls) == {"ec2:DescribeRegions": 1}
        return targets

    assert using(aws, scenario, regions=("*",)) == ["ap-east-1", "us-east-1"]


def described(request: Request) -> dict[str, Any]:
    """The regions of the partition that a request was signed for."""
    signed = request.headers["authorization"].split("/")[2]
    names = ("us-gov-east-1", "us-gov-west-1") if signed.startswith("us-gov-") else ("eu-west-1", "us-east-1")
    items = "".join(f"<item><regionName>{n}</regionName><optInStatus>opt-in-not-required</optInStatus></item>" for n in names)
    return {"body": f"<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>".encode()}


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_star_is_the_regions_of_the_partition_that_the_environment_names(
    aws: FakeAWS, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    aws.answer(described)
    monkeypatch.setenv(variable, "us-gov-west-1")
    found = using(aws, find, regions=("*",))
    assert [(t.region, t.partition) for t in found] == [("us-gov-east-1", "aws-us-gov"), ("us-gov-west-1", "aws-us-gov")]
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    if variable == "AWS_REGION":
        assert using(aws, find, regions=("*",)) == found, "it counts more than the other"


@pytest.mark.parametrize("empty", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_an_empty_variable_names_no_region(aws: FakeAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    aws.answer(described)
    monkeypatch.setenv("AWS_REGION", "cn-north-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    monkeypatch.setenv(empty, "")
    assert [t.region for t in using(aws, lambda c: find(c, once=True), regions=())] == ["cn-north-1"]
    monkeypatch.setenv("AWS_REGION", "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    config = tmp_path / "config"
    config.write_text("[profile gov]\naws_access_key_id = 111111111111\naws_secret_access_key = s\nregion = us-gov-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert [t.region for t in using(aws, find, credentials=(), profiles=("gov",), regions=())] == ["us-gov-west-1"]


def test_a_service_that_lives_once_in_an_account_is_asked_in_the_environment_s_partition(
    aws: FakeAWS, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-gov-east-1")
    assert [t.region for t in using(aws, lambda c: find(c, once=True), regions=("*",))] == ["us-gov-west-1"]
    assert aws.requests == []


def test_profiles_of_several_partitions_are_each_asked_in_their_own(aws: FakeAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = "aws_access_key_id = 11111111111{n}\naws_secret_access_key = s\n"
    config = tmp_path / "config"
    config.write_text(f"[profile a]\n{keys.format(n=1)}region = us-gov-west-1\n[profile b]\n{keys.format(n=2)}region = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    aws.answer(described)
    found = using(aws, find, credentials=(), profiles=("a", "b"), regions=("*",))
    assert [(t.credentials, t.region) for t in found] == [
        ("a", "us-gov-east-1"),
        ("a", "us-gov-west-1"),
        ("b", "eu-west-1"),
        ("b", "us-east-1"),
    ]


def test_the_account_is_asked_of_sts_once_and_only_when_it_matters(aws: FakeAWS) -> None:
    aws.always(body=identity("444444444444"))
    stranger = Credential("x", "AKIAEXAMPLE", "s")

    async def scenario(client: CloudClient) -> None:
        assert (await find(client))[0].account == ""
        assert aws.requests == []
        found = await asyncio.gather(*(find(client, identified=True) for _ in range(5)))
        assert {t.account for targets in found for t in targets} == {"444444444444"}

    using(aws, scenario, credentials=(stranger,))
    assert len(aws.requests) == 1


def test_accounts_filter_the_targets(aws: FakeAWS) -> None:
    async def scenario(client: CloudClient) -> list[str]:
        return [t.account for t in await find(client, accounts=frozenset({"222222222222", "999999999999"}))]

    assert using(aws, scenario, credentials=(ANA, BEN)) == ["222222222222"]


def test_one_account_that_cannot_sign_in_does_not_hide_the_others(aws: FakeAWS) -> None:
    def give(request: Request) -> dict[str, Any]:
        return refusal("iam", "InvalidClientTokenId") if request.access_key == "AKIABAD" else {"body": identity("555555555555")}

    aws.answer(give)
    credentials = (Credential("bad", "AKIABAD", "s"), Credential("good", "AKIAGOOD", "s"))
    targets = using(aws, find, credentials=credentials)
    assert [(t.credentials, t.account) for t in targets] == [("bad", ""), ("good", "555555555555")]


def test_a_profile_brings_its_keys_region_and_endpoint(aws: FakeAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile audit]\naws_access_key_id = AUDITKEY\naws_secret_access_key = s\nregion = ca-central-1\nservices = local\n"
        f"[services local]\nsagemaker =\n  endpoint_url = {aws.url}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    async def scenario(client: CloudClient) -> None:
        (target,) = await find(client)
        assert target.region == "ca-central-1"
        await client.call(target, "sagemaker", "ListImages", {})

    using(aws, scenario, credentials=(), profiles=("audit",), regions=(), endpoint_url=None)
    assert aws.requests[0].access_key == "AUDITKEY"
    assert "ca-central-1" in aws.requests[0].headers["authorization"]


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER"])
def test_the_endpoint_of_the_environment_is_honoured(aws: FakeAWS, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, aws.url)
    call(aws, "sagemaker", "ListImages", endpoint_url=None)
    assert len(aws.requests) == 1


def test_an_unknown_profile_is_named_with_the_nearest(aws: FakeAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[profile production]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(SettingsError, match="prodution") as caught:
        using(
            aws,
            lambda c: c.call(Target("", "us-east-1", "prodution"), "sts", "GetCallerIdentity", {}),
            credentials=(),
            profiles=("prodution",),
        )
    assert "production" in (caught.value.hint or "")


# many at once


def test_account_management_says_which_regions_there_are_where_ec2_does_not(aws: FakeAWS) -> None:
    denied = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>"
    pages = {
        None: {"Regions": [{"RegionName": "us-east-1"}], "NextToken": "2"},
        "2": {"Regions": [{"RegionName": "ap-east-1"}]},
    }

    def answer(request: Request) -> dict[str, Any]:
        if request.operation == "DescribeRegions":
            return {"body": denied.encode(), "status": 403}
        return {"body": json.dumps(pages[json.loads(request.body).get("NextToken")]).encode()}

    aws.answer(answer)
    assert [t.region for t in using(aws, find, regions=("*",))] == ["ap-east-1", "us-east-1"]
