"""The rules from CloudFormation schema to table, on schemas made for the purpose."""

from __future__ import annotations

from typing import Any

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Access, Role, Scope, Table
from cirql.compiler.resources import compile_resource
from cirql.compiler.schemas import ResourceSchema
from cirql.types import ColumnType


def table(**body: Any) -> Table:
    schema: dict[str, Any] = {
        "description": "A widget.",
        "properties": {"WidgetName": {"type": "string"}},
        "primaryIdentifier": ["/properties/WidgetName"],
        "handlers": {"read": {"permissions": ["shop:GetWidget"]}, "list": {"permissions": ["shop:ListWidgets"]}},
        **body,
    }
    return compile_resource(ResourceSchema("AWS::Shop::Widget", schema, None), frozenset({"route53"}))


@pytest.mark.parametrize(
    ("definition", "column_type", "declared"),
    [
        ({"type": "string"}, ColumnType.VARCHAR, "string"),
        ({"type": "integer"}, ColumnType.BIGINT, "integer"),
        ({"type": "number"}, ColumnType.DOUBLE, "number"),
        ({"type": "boolean"}, ColumnType.BOOLEAN, "boolean"),
        ({"type": "object"}, ColumnType.JSON, "object"),
        ({"type": "array", "items": {"type": "string"}}, ColumnType.VARCHAR_LIST, "array"),
        ({"type": "array", "items": {"$ref": "#/definitions/Name"}}, ColumnType.VARCHAR_LIST, "array"),
        ({"type": "array", "items": {"type": "object"}}, ColumnType.JSON, "array"),
        ({"type": ["object", "string"]}, ColumnType.JSON, "object"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, ColumnType.JSON, "object"),
        ({"$ref": "#/definitions/Name"}, ColumnType.VARCHAR, "string"),
        ({"$ref": "#/definitions/Alias"}, ColumnType.VARCHAR, "string"),
    ],
)
def test_a_propertys_type_follows_its_schema(definition: dict[str, Any], column_type: ColumnType, declared: str) -> None:
    definitions = {"Name": {"type": "string"}, "Alias": {"$ref": "#/definitions/Name"}}
    column = table(properties={"WidgetName": {"type": "string"}, "Size": definition}, definitions=definitions).column("size")
    assert column is not None
    assert (column.type, column.declared) == (column_type, declared)


def test_identifier_and_required_properties_come_first() -> None:
    found = table(
        properties={n: {"type": "string"} for n in ("Colour", "Arn", "Zone", "Base", "WidgetName")},
        primaryIdentifier=["/properties/Arn"],
        required=["WidgetName", "Base"],
    )
    assert [c.name for c in found.published] == ["arn", "widget_name", "base", "colour", "zone", "region"]
    assert found.identifier == ("arn",)


def test_access_says_what_a_write_may_give_and_what_is_ever_read() -> None:
    found = table(
        properties={n: {"type": "string"} for n in ("WidgetName", "Arn", "Size", "Secret", "Seed")},
        readOnlyProperties=["/properties/Arn", "/properties/Size/Inner"],
        writeOnlyProperties=["/properties/Secret", "/properties/Seed"],
        createOnlyProperties=["/properties/WidgetName", "/properties/Seed"],
    )
    assert {c.name: c.access for c in found.published if c.name != "region"} == {
        "widget_name": Access.CREATE_ONLY,
        "arn": Access.READ_ONLY,
        "size": Access.READ_WRITE,
        "secret": Access.WRITE_ONLY,
        "seed": Access.WRITE_ONCE,
    }
    get = next(f for f in found.fetches if f.role is Role.GET)
    assert {"secret", "seed"}.isdisjoint(get.gives)


def test_a_list_call_asks_for_what_its_handler_requires() -> None:
    found = table(
        properties={"WidgetName": {"type": "string"}, "ShopId": {"type": "string"}},
        handlers={"list": {"permissions": ["shop:ListWidgets"], "handlerSchema": {"required": ["ShopId"]}}},
    )
    (fetch,) = found.fetches
    assert [(i.param, i.column) for i in fetch.inputs] == [("ResourceModel.ShopId", "shop_id")]
    assert fetch.json_params == ("ResourceModel",)
    assert fetch.constants == {"TypeName": "AWS::Shop::Widget"}
    assert fetch.gives == {"data__identifier", "widget_name", "shop_id"}
    assert fetch.permissions == ("cloudformation:ListResources", "shop:ListWidgets")


def test_a_list_call_with_alternatives_can_be_made_in_each_way() -> None:
    model = {
        "properties": {"Fleet": {"type": "string"}, "Stack": {"type": "string"}},
        "anyOf": [{"required": ["Fleet"]}, {"required": ["Stack"]}],
    }
    found = table(handlers={"list": {"permissions": ["shop:ListWidgets"], "handlerSchema": model}})
    assert [[i.column for i in f.inputs] for f in found.fetches] == [["fleet"], ["stack"]]
    for name in ("fleet", "stack"):
        column = found.column(name)
        assert column is not None
        assert column.hidden


def test_a_required_enum_can_be_asked_value_by_value() -> None:
    found = table(
        properties={"WidgetName": {"type": "string"}, "Scope": {"type": "string", "enum": ["NEAR", "FAR"]}},
        handlers={"list": {"permissions": ["shop:ListWidgets"], "handlerSchema": {"required": ["Scope"]}}},
    )
    assert found.fetches[0].inputs[0].values == ("NEAR", "FAR")


def test_own_properties_named_like_the_place_of_a_row_give_way_or_take_over() -> None:
    found = table(properties={n: {"type": "string"} for n in ("WidgetName", "Region", "AccountId", "Identifier")})
    assert [c.name for c in found.published] == ["widget_name", "account_id", "identifier", "own_region", "region"]
    assert found.account_column == "_account_id"
    assert found.column("_account_id") is not None
    identifier = found.column("Identifier")
    assert identifier is not None
    assert not identifier.hidden
    hidden = found.column("data__Identifier")
    assert hidden is not None
    assert hidden.aliases == ()


def test_a_nested_identifier_is_only_known_whole() -> None:
    found = table(primaryIdentifier=["/properties/WidgetName", "/properties/Device/Name"])
    assert found.identifier == ("data__identifier",)


def test_a_type_that_cannot_be_read_says_so() -> None:
    assert "no read or list handler" in table(handlers={}).problem


def test_a_service_without_regions_is_asked_once() -> None:
    schema = ResourceSchema("AWS::Route53::Zone", {"properties": {"Id": {"type": "string"}}}, None)
    assert compile_resource(schema, frozenset({"route53"})).scope is Scope.GLOBAL
    assert table().scope is Scope.REGIONAL


def test_a_compound_identifier_keeps_its_order(catalog: Catalog) -> None:
    assert catalog.find("aws.apigateway.deployment").table.identifier == ("deployment_id", "rest_api_id")


def test_every_parent_of_a_popular_type_is_found(catalog: Catalog) -> None:
    for name, column, parent in (
        ("aws.eks.nodegroup", "cluster_name", "aws.eks.cluster"),
        ("aws.apigateway.resource", "rest_api_id", "aws.apigateway.rest_api"),
        ("aws.cognito.user_pool_client", "user_pool_id", "aws.cognito.user_pool"),
    ):
        table = catalog.find(name).table
        assert (column, parent) in [(p.column, str(p.table)) for p in table.parents]
