"""Tables that were wrong in a world where every operation answers by its model, and are right; the measure itself sees what is wrong."""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog
from cirql.compiler.keeping import provide
from tests.truth import world
from tests.truth.endpoint import Call
from tests.truth.measure import measured
from tests.truth.models import noun_of, tokens
from tests.truth.readings import judge


@pytest.fixture(scope="module", autouse=True)
def _fresh_catalog() -> None:
    provide()


# A token in a structure, one by another name, one for each part of a key, one that a paginator forgets, one row's own list.
CONTINUED = {
    "cloudfront": ("cloudfront_function", "cloudfront_key_group", "cloudfront_vpc_origin"),
    "lightsail": ("lightsail_distribution", "lightsail_alarm"),
    "servicecatalog": ("servicecatalog_portfolio_access",),
    "route53": ("route53_traffic_policy_instance", "route53_reusable_delegation_set"),
    # One whose endpoint rules know no other endpoint, and one that would ask where to ask.
    "signin": ("signin_resource_permission_statement",),
    "timestream-write": ("timestream_write_database",),
    "s3": ("s3_bucket_inventory_configuration",),
    # A position is a token, too.
    "apigateway": ("apigateway_domain_name_access_association",),
}

# Two lists in one answer, and keys that the ids which a row merely mentions did not make.
WHOLE = {
    "workdocs": ("workdocs_resource",),
    "elasticache": ("elasticache_cache_parameter",),
    "ec2": ("ec2_ipam_discovered_public_address", "ec2_ipam_discovered_resource_cidr"),
    "groundstation": ("groundstation_ephemeride",),
}


@pytest.mark.parametrize("service", CONTINUED)
def test_every_list_that_can_be_continued_is(service: str) -> None:
    for verdict in measured((service, tuple(f"aws.{name}" for name in CONTINUED[service]))):
        assert not verdict.misses, verdict.details


@pytest.mark.parametrize("service", WHOLE)
def test_rows_of_all_lists_are_there_and_each_has_a_key_of_its_own(service: str) -> None:
    for verdict in measured((service, tuple(f"aws.{name}" for name in WHOLE[service]))):
        assert not verdict.misses, verdict.details


def test_an_operation_answers_in_pages_and_for_the_row_that_it_is_asked_about() -> None:
    first = world.answer("sagemaker", "ListImages", {})
    second = world.answer("sagemaker", "ListImages", {"NextToken": first["NextToken"]})
    assert "NextToken" not in second
    names = [row["ImageName"] for page in (first, second) for row in page["Images"]]
    assert len(set(names)) == 2
    version = world.answer("sagemaker", "ListImageVersions", {"ImageName": names[1]}, whole=True)["ImageVersions"][0]
    described = world.answer("sagemaker", "DescribeImageVersion", {"ImageName": names[1], "Version": version["Version"]})
    assert {m: described[m] for m in version} == version


def test_a_table_that_loses_a_row_or_a_column_is_told() -> None:
    with Catalog.open() as catalog:
        table = catalog.find("aws.sagemaker_image").table
    calls = _calls("sagemaker", "ListImages", [{}, {"NextToken": "page-2"}])
    calls += _calls("sagemaker", "DescribeImage", [{"ImageName": "imagename-x1"}])
    names = [c.name for c in table.published]
    verdict = judge(table, calls, names, [tuple("x" for _ in names)], {})
    assert verdict.misses["rows lost"] == 1
    assert verdict.misses["column wrong"] > 5


def _calls(service: str, name: str, params: list[dict[str, object]]) -> list[Call]:
    return [Call(service, name, p) for p in params]


def test_tokens_are_found_where_botocore_says_nothing() -> None:
    assert tokens("cloudfront", "ListFunctions") == (("Marker",), (("FunctionList", "NextMarker"),))
    assert tokens("ecs", "DescribeClusters") == ((), ())
    assert noun_of("ListImages") == "Image"
