"""Who is asked, decided from data alone: what the statement wants, the session's reach, and what is known of accounts and regions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Table
from cirql.cloud.reach import Reach
from cirql.cloud.survey import Account, Survey, of_settings
from cirql.cloud.target import EVERYWHERE
from cirql.plan.model import Scan
from cirql.plan.places import Wanted, places, targets
from cirql.settings import AccountRole, Credential, Settings

ANA = Account("111111111111", "ana", "eu-west-1", ("eu-west-1", "us-east-1", "us-west-2"))
BEN = Account("222222222222", "ben", "us-west-2", ("us-west-2",))
BOTH = Survey((ANA, BEN))
GOVERNMENT = Account("333333333333", "gov", "us-gov-east-1", ("us-gov-east-1", "us-gov-west-1"))


def asked(want: Wanted, reach: Reach, survey: Survey = BOTH) -> list[str]:
    return [str(t) for t in targets(want, reach, survey)]


def of(regions: str = "", accounts: str = "", **more: Any) -> Wanted:
    return Wanted(frozenset(regions.split()) if regions else None, frozenset(accounts.split()) if accounts else None, **more)


def test_the_reach_says_where_every_account_is_asked() -> None:
    assert asked(of(), Reach(("us-east-1", "eu-west-1"))) == [
        "111111111111/us-east-1",
        "111111111111/eu-west-1",
        "222222222222/us-east-1",
        "222222222222/eu-west-1",
    ]


def test_a_reach_of_every_region_is_those_that_an_account_has() -> None:
    assert asked(of(), Reach(("*",))) == [*(f"111111111111/{r}" for r in ANA.enabled or ()), "222222222222/us-west-2"]


def test_without_regions_each_account_is_asked_at_home() -> None:
    assert asked(of(), Reach()) == ["111111111111/eu-west-1", "222222222222/us-west-2"]


def test_what_a_statement_names_replaces_the_regions_and_narrows_the_accounts() -> None:
    assert asked(of("us-east-1", "222222222222"), Reach(("eu-west-1",))) == ["222222222222/us-east-1"]


def test_an_account_whose_id_is_not_known_may_be_the_one() -> None:
    assert asked(of(accounts="999999999999"), Reach(("us-east-1",)), Survey((Account(), ANA))) == ["default/us-east-1"]


@pytest.mark.parametrize(
    ("reach", "want", "region"),
    [
        (Reach(("eu-west-1", "us-east-1")), of(), "us-east-1"),
        (Reach(("eu-west-1", "us-west-2")), of(), "eu-west-1"),
        (Reach(("*",)), of(), "us-east-1"),
        (Reach(), of(), "eu-west-1"),
        (Reach(("us-east-1",)), of("us-west-2 eu-west-1"), "eu-west-1"),
    ],
)
def test_a_service_that_lives_once_in_an_account_is_asked_once(reach: Reach, want: Wanted, region: str) -> None:
    once = Wanted(want.regions, want.accounts, once=True)
    assert asked(once, reach, Survey((ANA,))) == [f"111111111111/{region}"]


@pytest.mark.parametrize(
    ("reach", "regions", "asked_in"),
    [
        (Reach(("us-east-1", "us-west-2")), "", ["us-west-2"]),
        (Reach(("eu-west-1",)), "", ["us-west-2"]),
        (Reach(("*",)), "", ["us-west-2"]),
        (Reach(), "", ["us-west-2"]),
        (Reach(("eu-west-1",)), "us-west-2", ["us-west-2"]),
        (Reach(("us-west-2",)), "eu-west-1", []),
        (Reach(("eu-west-1",), confined=True), "", []),
        (Reach(("cn-north-1",)), "", []),
    ],
)
def test_a_service_that_answers_for_the_account_from_one_region_is_asked_there(reach: Reach, regions: str, asked_in: list[str]) -> None:
    want = of(regions, once=True, homes=frozenset({"us-west-2", "us-gov-west-1"}))
    account = Account("111111111111", "ana", reach.regions[0] if reach.regions and "*" not in reach.regions else "eu-west-1", None)
    assert asked(want, reach, Survey((account,))) == [f"111111111111/{region}" for region in asked_in]


def test_no_list_of_regions_is_needed_for_it() -> None:
    assert not of(once=True).inquiry(Reach(("*",))).enabled
    assert of().inquiry(Reach(("*",))).enabled
    assert not of("us-east-1").inquiry(Reach(("*",))).enabled
    for account, centre in ((Account("1", "a", "us-gov-east-1"), "us-gov-west-1"), (Account("1", "a", "cn-north-1"), "cn-northwest-1")):
        assert asked(of(once=True), Reach(("*",)), Survey((account,))) == [f"1/{centre}"]


def test_a_target_is_in_the_partition_of_its_region() -> None:
    found = targets(of(), Reach(("*",)), Survey((ANA, GOVERNMENT)))
    assert {t.credentials: t.partition for t in found} == {"ana": "aws", "gov": "aws-us-gov"}


def test_an_account_that_does_not_say_which_regions_it_has_is_one_target() -> None:
    silent = Account("444444444444", "silent", "us-east-1", (EVERYWHERE,))
    assert asked(of(), Reach(("*",)), Survey((silent, BEN))) == ["444444444444/*", "222222222222/us-west-2"]


@pytest.mark.parametrize("want", [Wanted(regions=frozenset()), Wanted(accounts=frozenset())])
def test_conditions_that_leave_no_place_ask_nobody(want: Wanted) -> None:
    assert want.is_nowhere
    assert asked(want, Reach(("*",))) == []


@pytest.mark.parametrize(
    ("reach", "want", "regions"),
    [
        (Reach(("us-east-1",), confined=True), of("eu-west-1"), []),
        (Reach(("us-east-1", "eu-west-1"), confined=True), of("eu-west-1 us-west-2"), ["eu-west-1"]),
        (Reach(confined=True), of("us-west-2"), []),
        (Reach(confined=True), of("eu-west-1"), ["eu-west-1"]),
        (Reach(("*",), confined=True), of("us-west-2 ap-east-1"), ["us-west-2"]),
        (Reach(("*",), confined=True), of("us-west-2", once=True), ["us-west-2"]),
    ],
)
def test_in_a_confined_session_a_statement_only_narrows(reach: Reach, want: Wanted, regions: list[str]) -> None:
    assert asked(want, reach, Survey((ANA,))) == [f"111111111111/{region}" for region in regions]


@pytest.mark.parametrize(
    ("inner", "outer", "fits"),
    [
        ({"regions": ("us-east-1",)}, {"regions": ("us-east-1", "eu-west-1")}, True),
        ({"regions": ("us-east-1", "us-west-2")}, {"regions": ("us-east-1",)}, False),
        ({"regions": ("us-east-1",)}, {"regions": ("*",)}, True),
        ({"regions": ("*",)}, {"regions": ("us-east-1",)}, False),
        ({}, {"regions": ("us-east-1",)}, False),
        ({"regions": ("us-east-1",)}, {}, False),
        ({"accounts": ("111111111111",)}, {"accounts": ("111111111111", "222222222222")}, True),
        ({"accounts": ("333333333333",)}, {"accounts": ("111111111111", "222222222222")}, False),
        ({}, {"accounts": ("111111111111",)}, False),
        ({"accounts": ("111111111111",)}, {}, True),
    ],
)
def test_one_reach_is_within_another(inner: dict[str, Any], outer: dict[str, Any], fits: bool) -> None:
    assert Reach.of(Settings(**inner)).is_within(Reach.of(Settings(**outer))) is fits


def test_settings_alone_say_which_accounts_there_are_where_they_can() -> None:
    def known(**given: Any) -> list[str] | None:
        settings = Settings(**given)
        found = of_settings(settings, Reach.of(settings))
        return None if found is None else [a.id for a in found.accounts]

    assert known() == [""]
    assert known(profiles=("a", "b")) == ["", ""]
    assert known(credentials=(Credential("a", "k", "s", account="1" * 12), Credential("b", "k", "s"))) == ["1" * 12, ""]
    assert known(accounts=("1" * 12, "2" * 12), role="r", exclude_accounts=("2" * 12,)) == ["1" * 12]
    assert known(account_roles=(AccountRole("3" * 12, "r"), AccountRole("4" * 12, "r")), accounts=("4" * 12,)) == ["4" * 12]
    assert known(accounts=("organization",), role="r") is None


def test_an_errand_s_places_narrow_what_is_known() -> None:
    known = Survey((Account("1" * 12, "a", enabled=("us-east-1", "eu-west-1")), Account("2" * 12, "b", enabled=("us-east-1",))))
    reach, only = Reach(("*",)), frozenset({("1" * 12, "eu-west-1"), ("2" * 12, "eu-west-1")})
    assert asked(of(), reach, known.within(only)) == asked(of("eu-west-1", "1" * 12), reach, known)
    assert asked(of(), reach, known.within(None)) == asked(of(), reach, known)
    assert asked(of(), reach, known.within(frozenset())) == []


def test_a_region_out_of_a_confined_reach_is_told(images: Table) -> None:
    scan = Scan("scan_0", images, ("image_name",), images.fetches[0])
    for reach, told in (
        (Reach(("us-east-1",), confined=True), ("region eu-west-1 is not in this session's scope; it was not asked there",)),
        (Reach(("us-east-1",)), ()),
        (Reach(("*",), confined=True), ()),
    ):
        found = places(scan, of("eu-west-1"), reach, Survey((ANA,)), lambda *_: [])
        assert found.notices == told


@pytest.mark.parametrize(
    ("names", "reach", "told"),
    [
        ("eu-north-1", "us-east-1", "region eu-north-1 is not in this session's scope; it was looked in because the statement names it"),
        (
            "us-east-1 eu-north-1 eu-west-3",
            "us-east-1",
            "regions eu-north-1, eu-west-3 are not in this session's scope; they were looked in because the statement names them",
        ),
        ("us-east-1", "us-east-1 eu-west-1", None),
        ("eu-north-1", "*", None),
        ("eu-north-1", "", None),
    ],
)
def test_a_region_that_the_statement_names_and_the_session_does_not_is_told(
    images: Table, names: str, reach: str, told: str | None
) -> None:
    scan = Scan("scan_0", images, ("image_name",), images.fetches[0])
    want = of(names, told_regions=frozenset(names.split()))
    found = places(scan, want, Reach(tuple(reach.split())), Survey((ANA,)), lambda *_: [])
    assert found.notices == ((told,) if told else ())
    assert {t.region for t in found.targets} == set(names.split())


def test_a_table_that_does_not_exist_in_a_region_is_not_asked_there(images: Table) -> None:
    scan = Scan("scan_0", replace(images, regions=frozenset({"us-east-1"})), ("image_name",), images.fetches[0])
    found = places(scan, of(), Reach(("us-east-1", "eu-west-1")), BOTH, lambda *_: [])
    assert {t.region for t in found.targets} == {"us-east-1"}
    assert found.notices == ("aws.sagemaker_image does not exist in eu-west-1; it was not asked there",)


@pytest.fixture(scope="module")
def images() -> Table:
    with Catalog.open() as catalog:
        return catalog.find("aws.sagemaker_image").table
