"""Keys that stand in a list of the parent's, and keys that the rows themselves are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from cirql.catalog.model import Paging
from cirql.cloud import Answer
from cirql.cloud.survey import Account, Inquiry, Survey
from cirql.cloud.target import Target
from cirql.session import Session
from cirql.settings import Credential, Settings
from tests.clouds import SilentCloud

_ACCOUNT, _REGION = "111122223333", "us-east-1"
_UNITS = {"r-1": ["ou-a", "ou-b"], "ou-a": ["ou-aa"], "ou-aa": ["ou-aaa"], "ou-b": [], "ou-aaa": []}
_NAMES = {"AmazonEC2": ["instanceType", "location"], "AmazonS3": ["storageClass"]}


class _Trees(SilentCloud):
    """Units below units, and services with the names of their attributes in a list."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    async def pages(
        self,
        target: Target,
        service: str,
        operation: str,
        params: dict[str, Any],
        paging: Paging | None,
        only: frozenset[tuple[str, ...]] | None = None,
    ) -> AsyncIterator[Answer]:
        self.asked.append((operation, *map(str, params.values())))
        match operation:
            case "ListRoots":
                yield Answer({"Roots": [{"Id": "r-1", "Name": "Root"}]})
            case "ListOrganizationalUnitsForParent":
                yield Answer({"OrganizationalUnits": [{"Id": u, "Name": u.upper()} for u in _UNITS[params["ParentId"]]]})
            case "DescribeServices":
                yield Answer({"Services": [{"ServiceCode": s, "AttributeNames": names} for s, names in _NAMES.items()]})
            case "GetAttributeValues":
                yield Answer({"AttributeValues": [{"Value": f"{params['AttributeName']}-1"}]})
            case _:
                raise AssertionError(operation)

    async def survey(self, inquiry: Inquiry) -> Survey:
        return Survey((Account(_ACCOUNT, _ACCOUNT, _REGION, (_REGION,)),))


@pytest.fixture
def cloud() -> _Trees:
    return _Trees()


@pytest.fixture
def session(cloud: _Trees) -> Iterator[Session]:
    settings = Settings(credentials=(Credential(_ACCOUNT, _ACCOUNT, "local", account=_ACCOUNT),), regions=(_REGION,))
    with Session(settings, cloud=cloud) as opened:
        yield opened


def test_units_are_listed_for_the_roots_and_then_for_each_unit(session: Session) -> None:
    rows = session.execute("SELECT id, parent_id FROM aws.organizations_organizational_units_for_parent ORDER BY id").fetchall()
    assert rows == [("ou-a", "r-1"), ("ou-aa", "ou-a"), ("ou-aaa", "ou-aa"), ("ou-b", "r-1")]


def test_units_of_one_parent_are_one_call(session: Session, cloud: _Trees) -> None:
    rows = session.execute("SELECT id FROM aws.organizations_organizational_units_for_parent WHERE parent_id = 'ou-a'").fetchall()
    assert rows == [("ou-aa",)]
    assert cloud.asked == [("ListOrganizationalUnitsForParent", "ou-a")]


def test_a_condition_on_the_parent_drops_no_unit_on_the_way_to_it(session: Session) -> None:
    sql = "SELECT id FROM aws.organizations_organizational_units_for_parent WHERE parent_id LIKE 'ou-a_'"
    assert session.execute(sql).fetchall() == [("ou-aaa",)]


def test_each_element_of_a_parents_list_is_a_key(session: Session) -> None:
    rows = session.execute("SELECT service_code, attribute_name, value FROM aws.pricing_attribute_value ORDER BY 1, 2").fetchall()
    assert rows == [
        ("AmazonEC2", "instanceType", "instanceType-1"),
        ("AmazonEC2", "location", "location-1"),
        ("AmazonS3", "storageClass", "storageClass-1"),
    ]


def test_a_condition_on_an_element_is_not_one_on_the_list(session: Session, cloud: _Trees) -> None:
    rows = session.execute("SELECT service_code FROM aws.pricing_attribute_value WHERE attribute_name LIKE 'loc%'").fetchall()
    assert rows == [("AmazonEC2",)]
    assert ("DescribeServices",) in cloud.asked
