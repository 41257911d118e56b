"""Accounts that are entered by a role: from a list, from tables, from an organization; renewed in time; refused in words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

import pytest

from cirql.cloud.client import CloudClient
from cirql.cloud.reach import Reach
from cirql.cloud.target import Target
from cirql.errors import AccessDenied, SettingsError
from cirql.fetch.targets import find_targets
from cirql.plan.places import Wanted
from cirql.settings import AccountRole, Credential, Settings
from tests.cloud.test_client import find

if TYPE_CHECKING:
    from tests.cloud.conftest import FakeAWS, Request

T = TypeVar("T")
OWN = Credential("own", "111111111111", "secret")
ACCOUNTS = {"111111111111": "r-1", "222222222222": "r-1", "333333333333": "ou-a", "444444444444": "ou-b", "555555555555": "ou-b"}
UNITS = {"r-1": ["ou-a"], "ou-a": ["ou-b"], "ou-b": []}


class Organization:
    """STS, Organizations and SageMaker as far as these tests ask: `denied` are accounts whose role cannot be assumed."""

    def __init__(self, aws: FakeAWS, denied: tuple[str, ...] = (), lasting: float = 3600.0) -> None:
        self.assumed: list[dict[str, str]] = []
        self._denied, self._lasting = denied, lasting
        aws.answer(self.answer)

    def answer(self, request: Request) -> dict[str, Any]:
        body = request.body.decode()
        match request.operation:
            case "AssumeRole":
                return self._assume(body)
            case "ListAccounts":
                states = {"555555555555": "SUSPENDED"}
                accounts = [{"Id": a, "Status": states.get(a, "ACTIVE")} for a in ACCOUNTS]
                start = int(json.loads(body).get("NextToken", "0"))
                more = {"NextToken": str(start + 2)} if start + 2 < len(accounts) else {}
                return {"body": json.dumps({"Accounts": accounts[start : start + 2], **more}).encode()}
            case "ListAccountsForParent":
                parent = json.loads(body)["ParentId"]
                found = [{"Id": a, "State": "ACTIVE"} for a, p in ACCOUNTS.items() if p == parent]
                return {"body": json.dumps({"Accounts": found}).encode()}
            case "ListOrganizationalUnitsForParent":
                units = [{"Id": u} for u in UNITS[json.loads(body)["ParentId"]]]
                return {"body": json.dumps({"OrganizationalUnits": units}).encode()}
        return {"body": json.dumps({"Images": [{"ImageName": request.access_key}]}).encode()}

    def _assume(self, body: str) -> dict[str, Any]:
        fields = {k: v[0] for k, v in parse_qs(body).items()}
        self.assumed.append(fields)
        account = fields["RoleArn"].split(":")[4]
        if account in self._denied:
            text = f"User: arn:aws:iam::111111111111:user/own is not authorized to perform: sts:AssumeRole on resource: {fields['RoleArn']}"
            xml = f"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{text}</Message></Error></ErrorResponse>"
            return {"body": xml.encode(), "status": 403}
        until = (datetime.now(UTC) + timedelta(seconds=self._lasting)).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = (
            f"<AccessKeyId>KEY{account}N{len(self.assumed)}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        )
        result = f"<Credentials>{keys}<Expiration>{until}</Expiration></Credentials>"
        return {"body": f"<AssumeRoleResponse><AssumeRoleResult>{result}</AssumeRoleResult></AssumeRoleResponse>".encode()}


def using(aws: FakeAWS, scenario: Callable[[CloudClient], Awaitable[T]], **settings: Any) -> T:
    given = {"credentials": (OWN,), "regions": ("us-east-1",), "endpoint_url": aws.url, "read_timeout": 2.0, **settings}

    async def run() -> T:
        client = CloudClient(Settings(**given))
        try:
            return await scenario(client)
        finally:
            await client.close()

    return asyncio.run(run())


async def accounts_of(client: CloudClient) -> list[str]:
    return [t.account for t in await find(client)]


def test_a_list_with_a_role_is_entered_account_by_account(aws: FakeAWS) -> None:
    organization = Organization(aws)

    async def scenario(client: CloudClient) -> list[str]:
        targets = await find(client, regions=frozenset({"us-east-1", "eu-west-1"}))
        answers = [await client.call(t, "sagemaker", "ListImages", {}) for t in targets]
        return [a["Images"][0]["ImageName"] for a in answers]

    keys = using(aws, scenario, accounts=("222222222222", "333333333333"), role="cirql-reader", external_id="x-1")
    assert keys == ["KEY222222222222N1", "KEY222222222222N1", "KEY333333333333N2", "KEY333333333333N2"]
    assert [a["RoleArn"] for a in organization.assumed] == [
        "arn:aws:iam::222222222222:role/cirql-reader",
        "arn:aws:iam::333333333333:role/cirql-reader",
    ]
    assert {a["ExternalId"] for a in organization.assumed} == {"x-1"}


def test_one_s_own_account_needs_no_role(aws: FakeAWS) -> None:
    organization = Organization(aws)

    async def scenario(client: CloudClient) -> str:
        (target,) = await find(client)
        return str((await client.call(target, "sagemaker", "ListImages", {}))["Images"][0]["ImageName"])

    assert using(aws, scenario, accounts=("111111111111",), role="cirql-reader") == "111111111111"
    assert organization.assumed == []


def test_tables_name_a_role_each(aws: FakeAWS) -> None:
    organization = Organization(aws)
    role = "arn:aws:iam::444444444444:role/path/audit"
    accounts = (AccountRole("333333333333", "reader"), AccountRole("444444444444", role, profile="own", external_id="ext"))

    async def scenario(client: CloudClient) -> None:
        for target in await find(client):
            await client.call(target, "sagemaker", "ListImages", {})

    using(aws, scenario, account_roles=accounts)
    assert [a["RoleArn"] for a in organization.assumed] == ["arn:aws:iam::333333333333:role/reader", role]


def test_an_organization_is_all_its_active_accounts(aws: FakeAWS) -> None:
    Organization(aws)
    settings = {"accounts": ("organization",), "role": "cirql-reader"}
    assert using(aws, accounts_of, **settings) == ["111111111111", "222222222222", "333333333333", "444444444444"]
    assert using(aws, accounts_of, **settings, exclude_accounts=("333333333333",)) == ["111111111111", "222222222222", "444444444444"]


def test_units_stand_for_the_accounts_in_them_and_below(aws: FakeAWS) -> None:
    Organization(aws)
    settings = {"accounts": ("organization",), "role": "cirql-reader"}
    assert using(aws, accounts_of, **settings, organizational_units=("ou-b",)) == ["444444444444", "555555555555"]
    assert using(aws, accounts_of, **settings, organizational_units=("ou-a",)) == ["333333333333", "444444444444", "555555555555"]


def test_a_statement_s_account_is_chosen_before_any_role_is_assumed(aws: FakeAWS) -> None:
    organization = Organization(aws)

    async def scenario(client: CloudClient) -> list[Target]:
        return list(await find(client, accounts=frozenset({"444444444444"})))

    (target,) = using(aws, scenario, accounts=("organization",), role="cirql-reader")
    assert target.account == "444444444444"
    assert organization.assumed == []


def test_keys_are_renewed_before_they_end(aws: FakeAWS) -> None:
    organization = Organization(aws, lasting=300.0)

    async def scenario(client: CloudClient) -> list[str]:
        (target,) = await find(client)
        answers = [await client.call(target, "sagemaker", "ListImages", {}) for _ in range(3)]
        return [a["Images"][0]["ImageName"] for a in answers]

    names = using(aws, scenario, accounts=("222222222222",), role="cirql-reader")
    assert names == [f"KEY222222222222N{n}" for n in (1, 2, 3)]
    assert len(organization.assumed) == 3


def test_keys_that_aws_calls_expired_are_renewed_in_mid_query(aws: FakeAWS) -> None:
    organization = Organization(aws)

    async def scenario(client: CloudClient) -> str:
        (target,) = await find(client)
        await client.call(target, "sagemaker", "ListImages", {})
        aws.then(body=b'{"__type":"ExpiredTokenException","message":"expired"}', status=400)
        return str((await client.call(target, "sagemaker", "ListImages", {}))["Images"][0]["ImageName"])

    assert using(aws, scenario, accounts=("222222222222",), role="cirql-reader") == "KEY222222222222N2"
    assert len(organization.assumed) == 2


def test_a_role_that_is_refused_says_so_and_is_asked_for_once(aws: FakeAWS) -> None:
    organization = Organization(aws, denied=("222222222222",))

    async def scenario(client: CloudClient) -> list[AccessDenied]:
        errors = []
        for target in await find(client, regions=frozenset({"us-east-1", "eu-west-1"})):
            with pytest.raises(AccessDenied) as caught:
                await client.call(target, "sagemaker", "ListImages", {})
            errors.append(caught.value)
        return errors

    first, _ = using(aws, scenario, accounts=("222222222222",), role="cirql-reader")
    assert first.failure is not None
    assert (first.failure.account, first.failure.operation, first.failure.reason) == ("222222222222", "AssumeRole", "denied")
    assert first.hint is not None
    assert "trust" in first.hint
    assert len(organization.assumed) == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"accounts": ("organization",)}, "needs a role"),
        ({"accounts": ("organization", "111111111111"), "role": "r"}, "write it alone"),
        ({"role": "r"}, "no accounts"),
        ({"organizational_units": ("ou-a",)}, "narrow"),
        ({"accounts": ("12",)}, "account id"),
        ({"account_roles": (AccountRole("111111111111", "r", profile="no"),)}, "not among"),
    ],
)
def test_settings_that_make_no_sense_together_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings(**settings)


@pytest.mark.parametrize(
    ("region", "code", "message", "reason"),
    [
        ("us-east-1", "AccessDeniedException", "not authorized because no identity-based policy allows it", "denied"),
        (
            "us-east-1",
            "AccessDeniedException",
            "not authorized with an explicit deny in a service control policy",
            "denied-by-organization",
        ),
        ("us-east-1", "AccessDeniedException", "because no resource control policy allows the action", "denied-by-organization"),
        ("ap-east-1", "UnrecognizedClientException", "The security token included in the request is invalid", "region-not-enabled"),
    ],
)
def test_denials_are_told_apart(aws: FakeAWS, region: str, code: str, message: str, reason: str) -> None:
    aws.always(body=json.dumps({"__type": code, "message": message}).encode(), status=400)

    async def scenario(client: CloudClient) -> AccessDenied:
        with pytest.raises(AccessDenied) as caught:
            await client.call(Target("111111111111", region, "own"), "sagemaker", "ListImages", {})
        return caught.value

    error = using(aws, scenario)
    assert error.failure is not None
    assert error.failure.reason == reason


def test_a_configuration_file_names_accounts_and_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRQL_CONFIG", "cirql.toml")
    Path("cirql.toml").write_text(
        'accounts = "organization"\nrole = "cirql-reader"\nexclude_accounts = "999999999999"\norganizational_units = ["ou-a"]\n\n'
        '[[account]]\nid = "111111111111"\nrole = "audit"\n',
        encoding="utf-8",
    )
    settings = Settings.load()
    assert (settings.accounts, settings.role, settings.exclude_accounts) == (("organization",), "cirql-reader", ("999999999999",))
    assert settings.account_roles == (AccountRole("111111111111", "audit"),)
    Path("cirql.toml").write_text('[[account]]\nid = "111111111111"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="needs its role"):
        Settings.load()


def test_a_session_that_is_confined_enters_no_account_but_those_it_was_opened_with(aws: FakeAWS) -> None:
    Organization(aws)

    async def scenario(client: CloudClient) -> list[tuple[str, ...]]:
        found = []
        for account in ("444444444444", "222222222222"):
            for confined in (False, True):
                reach = replace(Reach.of(replace(client.settings, accounts=(account,)), client.settings), confined=confined)
                found.append(tuple(t.account for t in await find_targets(client, reach, Wanted())))
        return found

    settings = {"accounts": ("organization",), "role": "cirql-reader", "organizational_units": ("ou-b",)}
    entered = using(aws, scenario, **settings)
    assert entered == [("444444444444",), ("444444444444",), ("222222222222",), ()]
