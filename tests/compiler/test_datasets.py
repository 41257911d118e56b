"""The rules from botocore model to dataset, on a service made for the purpose and on the popular real ones."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.model import ServiceModel

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role, Scope, Spread, Table
from cirql.compiler.datasets import compile_service
from cirql.compiler.overlay import Hint
from cirql.compiler.parents import with_parents
from cirql.compiler.services import Service
from cirql.types import ColumnType

TEXT = {"shape": "Text"}
SHAPES: dict[str, Any] = {
    "Text": {"type": "string"},
    "Number": {"type": "integer"},
    "Time": {"type": "timestamp"},
    "Limit": {"type": "integer", "max": 50},
    "Texts": {"type": "list", "member": TEXT},
    "Tag": {"type": "structure", "members": {"Key": TEXT, "Value": TEXT}},
    "Tags": {"type": "list", "member": {"shape": "Tag"}},
    "Gone": {"type": "structure", "members": {}, "error": {"code": "NoSuchThing"}, "exception": True},
}


def structure(required: list[str] | None = None, **members: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "structure", "members": {m: {"shape": s} for m, s in members.items()}}
    return {**made, "required": required} if required else made


def service(operations: dict[str, tuple[dict[str, Any], dict[str, Any]]], shapes: dict[str, Any], **facts: Any) -> Service:
    """A service whose operations are given as input and output structures."""
    model = {
        "metadata": {"protocol": "json", "endpointPrefix": "shop", "serviceId": "Shop", "apiVersion": "2026-01-01"},
        "shapes": {**SHAPES, **shapes},
        "operations": {},
    }
    for name, (taken, given) in operations.items():
        model["shapes"] |= {f"{name}Request": taken, f"{name}Response": given}
        model["operations"][name] = {
            "name": name,
            "http": {"method": "POST", "requestUri": "/"},
            "input": {"shape": f"{name}Request"},
            "output": {"shape": f"{name}Response"},
            "errors": [{"shape": "Gone"}],
        }
    return Service("shop", "shop", "Shop", "shop", Scope.REGIONAL, ServiceModel(model, "shop"), {}, **facts)


def tables(made: Service, hints: dict[tuple[str, str], Hint] | None = None) -> dict[str, Table]:
    return {str(t.name): t for t in with_parents(compile_service(made, hints or {}))}


WIDGET = {"Widget": structure(Name="Text", WidgetArn="Text", Made="Time"), "Widgets": {"type": "list", "member": {"shape": "Widget"}}}
LIST = (structure(NextToken="Text", MaxResults="Limit"), structure(Widgets="Widgets", NextToken="Text"))


def test_a_describe_call_completes_a_list_calls_rows() -> None:
    made = service(
        {"ListWidgets": LIST, "DescribeWidget": (structure(["WidgetName"], WidgetName="Text"), structure(Name="Text", Colour="Text"))},
        WIDGET,
    )
    table = tables(made)["aws.shop_widget"]
    assert [c.name for c in table.published] == ["_key", "account_id", "colour", "made", "name", "tags", "widget_arn"]
    assert [(f.role, f.operation) for f in table.fetches] == [(Role.LIST, "ListWidgets"), (Role.GET, "DescribeWidget")]
    assert [(i.param, i.column) for i in table.fetches[1].inputs] == [("WidgetName", "name")]
    assert table.fetches[1].not_found == ("NoSuchThing",)
    assert table.key == ("widget_arn",)
    assert table.title == "Shop Widget"
    paging = table.fetches[0].paging
    assert paging is not None
    assert (paging.input_tokens, paging.output_tokens, paging.limit, paging.size) == (("NextToken",), ("NextToken",), "MaxResults", 50)


def test_a_wrapped_answer_is_looked_into() -> None:
    made = service(
        {"ListWidgets": LIST, "GetWidget": (structure(["Name"], Name="Text"), structure(Widget="Detail", Extra="Text"))},
        {**WIDGET, "Detail": structure(Name="Text", Colour="Text")},
    )
    get = tables(made)["aws.shop_widget"].fetches[1]
    assert get.rows == ()
    assert {o.column: o.path for o in get.outputs} == {"name": ("Widget", "Name"), "colour": ("Widget", "Colour"), "extra": ("Extra",)}


def test_optional_inputs_say_which_row_where_the_required_ones_say_whose() -> None:
    made = service(
        {
            "ListWidgets": LIST,
            "ListParts": (structure(["WidgetName"], WidgetName="Text"), structure(Parts="Parts")),
            "DescribePart": (
                structure(["WidgetName"], WidgetName="Text", Number="Number", Verbose="Text"),
                structure(Number="Number", Size="Text"),
            ),
        },
        {**WIDGET, "Part": structure(Number="Number"), "Parts": {"type": "list", "member": {"shape": "Part"}}},
    )
    table = tables(made)["aws.shop_part"]
    assert [(i.param, i.column) for i in table.fetches[1].inputs] == [("WidgetName", "widget_name"), ("Number", "number")]
    assert [(p.column, str(p.table), p.source) for p in table.parents] == [("widget_name", "aws.shop_widget", "name")]
    assert table.key == ("widget_name", "number")
    owner = table.column("widget_name")
    assert owner is not None
    assert owner.hidden


def test_a_call_that_describes_many_is_asked_in_batches() -> None:
    made = service(
        {
            "ListWidgets": (structure(), structure(WidgetArns="Texts")),
            "DescribeWidgets": (structure(Widgets="Texts"), structure(Widgets="Widgets")),
        },
        WIDGET,
    )
    table = tables(made)["aws.shop_widget"]
    assert [f.operation for f in table.fetches] == ["ListWidgets", "DescribeWidgets"]
    assert [(i.param, i.column, i.batch) for i in table.fetches[1].inputs] == [("Widgets", "widget_arn", 100)]
    assert table.fetches[1].rows == ("Widgets",)


def test_a_list_call_that_shows_a_part_only_is_made_to_require_what_shows_the_rest(catalog: Catalog) -> None:
    table = catalog.find("aws.ecs_service").table
    assert [(p.column, str(p.table), p.source) for p in table.parents] == [("cluster", "aws.ecs_cluster", "cluster_arn")]
    assert [(i.param, i.column, i.batch) for i in table.fetches[1].inputs] == [("services", "service_arn", 10), ("cluster", "cluster", 1)]


def test_bare_strings_are_a_column_named_after_their_list() -> None:
    made = service({"ListWidgets": (structure(), structure(WidgetNames="Texts"))}, {})
    table = tables(made)["aws.shop_widget"]
    assert [(o.column, o.path) for o in table.fetches[0].outputs] == [("widget_name", ())]
    assert table.key == ("widget_name",)


def test_tags_come_from_the_row_where_it_has_them() -> None:
    shapes = {"Widget": structure(Name="Text", TagList="Tags"), "Widgets": {"type": "list", "member": {"shape": "Widget"}}}
    table = tables(service({"ListWidgets": (structure(), structure(Widgets="Widgets"))}, shapes))["aws.shop_widget"]
    (tags,) = [o for o in table.fetches[0].outputs if o.column == "tags"]
    assert (tags.path, tags.reading) == (("TagList",), "tags")
    column = table.column("tag_list")
    assert column is not None
    assert (column.name, column.type) == ("tags", ColumnType.HSTORE_CSV)


def test_tags_come_from_a_call_with_the_rows_arn_otherwise() -> None:
    made = service(
        {"ListWidgets": LIST, "ListTagsForResource": (structure(["ResourceArn"], ResourceArn="Text"), structure(Tags="Tags"))}, WIDGET
    )
    fetch = tables(made)["aws.shop_widget"].fetches[1]
    assert (fetch.role, fetch.collect, fetch.rows) == (Role.ENRICH, True, ("Tags",))
    assert [(i.param, i.column) for i in fetch.inputs] == [("ResourceArn", "widget_arn")]


def test_tags_without_a_source_are_a_column_all_the_same() -> None:
    table = tables(service({"ListWidgets": LIST}, WIDGET))["aws.shop_widget"]
    assert table.column("tags") in table.published


def test_a_list_call_declares_more_than_it_gives_where_a_hint_says_so() -> None:
    made = service({"ListWidgets": LIST, "GetWidget": (structure(["Name"], Name="Text"), structure(Widget="Widget"))}, WIDGET)
    table = tables(made, {("shop", "Widget"): Hint(lacks=("Made",))})["aws.shop_widget"]
    assert "made" not in table.fetches[0].gives
    assert "made" in table.fetches[1].gives


def test_members_that_mean_something_else_than_the_rows_place_give_way() -> None:
    shapes = {"Widget": structure(Name="Text", Region="Text", AccountId="Text"), "Widgets": {"type": "list", "member": {"shape": "Widget"}}}
    table = tables(service({"ListWidgets": (structure(), structure(Widgets="Widgets"))}, shapes))["aws.shop_widget"]
    assert [c.name for c in table.published] == ["_key", "account_id", "name", "own_account_id", "own_region", "tags"]


def test_a_key_that_nothing_supplies_is_a_stated_problem() -> None:
    made = service({"ListWidgets": (structure(["Warehouse"], Warehouse="Text"), structure(Widgets="Widgets"))}, WIDGET)
    assert "warehouse" in tables(made)["aws.shop_widget"].problem


def test_plain_filters_are_taken_from_the_request() -> None:
    request = structure(MadeAfter="Time", MadeBefore="Time", NameContains="Text")
    table = tables(service({"ListWidgets": (request, structure(Widgets="Widgets"))}, WIDGET))["aws.shop_widget"]
    assert [(i.param, i.column, i.operator, i.exact) for i in table.fetches[0].inputs] == [
        ("MadeAfter", "made", ">=", False),
        ("MadeBefore", "made", "<=", False),
        ("NameContains", "name", "contains", False),
    ]


@pytest.mark.parametrize(
    ("name", "operations", "columns"),
    [
        ("aws.ec2_instance", ["DescribeInstances"], {"instance_id", "owner_id", "reservation_id", "vpc_id", "state"}),
        ("aws.ec2_vpc", ["DescribeVpcs"], {"vpc_id", "cidr_block", "is_default"}),
        ("aws.ec2_subnet", ["DescribeSubnets"], {"subnet_id", "vpc_id"}),
        ("aws.ec2_security_group", ["DescribeSecurityGroups"], {"group_id", "group_name", "ip_permissions"}),
        ("aws.ec2_volume", ["DescribeVolumes"], {"volume_id", "encrypted", "size"}),
        (
            "aws.iam_role",
            ["ListRoles", "GetRole", "GetAccountAuthorizationDetails"],
            {"role_name", "assume_role_policy_document", "role_last_used"},
        ),
        ("aws.iam_user", ["ListUsers", "GetUser", "GetAccountAuthorizationDetails"], {"user_name", "permissions_boundary"}),
        ("aws.lambda_function", ["ListFunctions", "GetFunction"], {"function_name", "runtime", "state", "code"}),
        ("aws.ecr_repository", ["DescribeRepositories", "ListTagsForResource", "GetResources"], {"repository_name", "repository_uri"}),
        ("aws.rds_db_instance", ["DescribeDBInstances"], {"db_instance_identifier", "engine"}),
        (
            "aws.sqs_queue",
            ["ListQueues", "GetQueueAttributes", "ListQueueTags", "GetResources"],
            {"queue_url", "queue_arn", "visibility_timeout"},
        ),
        ("aws.dynamodb_table", ["ListTables", "DescribeTable", "ListTagsOfResource", "GetResources"], {"table_name", "item_count"}),
        ("aws.eks_cluster", ["ListClusters", "DescribeCluster"], {"name", "version", "endpoint"}),
    ],
)
def test_popular_datasets_are_read_by_the_right_calls(catalog: Catalog, name: str, operations: list[str], columns: set[str]) -> None:
    table = catalog.find(name).table
    published = {c.name for c in table.published}
    assert [f.operation for f in table.fetches if published & {o.column for o in f.outputs}] == operations
    assert columns <= {c.name for c in table.published}
    assert table.problem == ""
    assert any(o.column == "tags" for f in table.fetches for o in f.outputs)
    assert table.key


def test_buckets_are_listed_for_all_regions_and_looked_into_by_name(catalog: Catalog) -> None:
    table = catalog.find("aws.s3_bucket").table
    assert table.fetches[0].inputs == ()
    assert table.fetches[0].spread == Spread(("Name",), (("BucketRegion",),), whole=True, narrows="BucketRegion")
    assert {f.operation: f.permissions for f in table.fetches if f.role is Role.ENRICH}["GetBucketEncryption"] == (
        "s3:GetEncryptionConfiguration",
    )


def test_other_peoples_images_are_not_listed(catalog: Catalog) -> None:
    assert catalog.find("aws.ec2_image").table.fetches[0].constants["Owners"] == ["self"]
    assert catalog.find("aws.ec2_snapshot").table.fetches[0].constants == {"OwnerIds": ["self"]}


def test_iam_is_asked_once_and_its_lists_are_not_trusted_for_tags(catalog: Catalog) -> None:
    table = catalog.find("aws.iam_role").table
    assert table.scope is Scope.GLOBAL
    assert {"tags", "role_last_used"}.isdisjoint(table.fetches[0].gives)


def test_ec2_filters_are_those_its_documentation_names(catalog: Catalog) -> None:
    fetch = catalog.find("aws.ec2_instance").table.fetches[0]
    filters = {i.column: i.filter_name for i in fetch.inputs if i.filter_name}
    assert filters["vpc_id"] == "vpc-id"
    assert filters["instance_id"] == "instance-id"
    assert not any(i.exact or i.required for i in fetch.inputs)


def test_one_call_for_many_rows_is_preferred_where_it_tells_as_much() -> None:
    few = {"type": "list", "member": TEXT, "max": 25}
    operations = {
        "ListWidgets": LIST,
        "GetWidget": (structure(["Name"], Name="Text"), structure(Widget="Widget")),
        "BatchGetWidgets": (structure(["Names"], Names="Few"), structure(Widgets="Widgets", WidgetsNotFound="Texts")),
    }
    get = tables(service(operations, {**WIDGET, "Few": few}))["aws.shop_widget"].fetches[1]
    assert (get.operation, get.rows) == ("BatchGetWidgets", ("Widgets",))
    assert [(i.param, i.column, i.batch) for i in get.inputs] == [("Names", "name", 25)]


def test_a_call_for_one_row_stays_where_the_one_for_many_tells_less() -> None:
    operations = {
        "ListWidgets": LIST,
        "GetWidget": (structure(["Name"], Name="Text"), structure(Name="Text", Colour="Text")),
        "BatchGetWidgets": (structure(["Names"], Names="Texts"), structure(Widgets="Widgets")),
    }
    assert tables(service(operations, WIDGET))["aws.shop_widget"].fetches[1].operation == "GetWidget"


def test_a_bare_name_is_the_column_that_its_describe_call_asks_for() -> None:
    operations = {
        "ListWidgets": (structure(), structure(widgets="Texts")),
        "DescribeWidget": (structure(["name"], name="Text"), structure(widget="Widget")),
    }
    table = tables(service(operations, {"Widget": structure(name="Text", id="Text")}))["aws.shop_widget"]
    assert [c.name for c in table.published] == ["_key", "account_id", "id", "name", "tags"]
    assert [(o.column, o.path) for o in table.fetches[0].outputs] == [("name", ())]


def test_what_the_list_call_must_be_told_the_describe_call_is_told_too() -> None:
    operations = {
        "ListShelfs": (structure(), structure(Shelfs="Shelfs")),
        "ListWidgets": (structure(ShelfName="Text"), structure(Widgets="Widgets")),
        "DescribeWidget": (structure(["Name"], Name="Text", ShelfName="Text"), structure(Name="Text", Colour="Text")),
    }
    shapes = {**WIDGET, "Shelf": structure(ShelfName="Text"), "Shelfs": {"type": "list", "member": {"shape": "Shelf"}}}
    hints = {("shop", "Widget"): Hint(requires=("ShelfName",))}
    get = tables(service(operations, shapes), hints)["aws.shop_widget"].fetches[1]
    assert [(i.param, i.column) for i in get.inputs] == [("Name", "name"), ("ShelfName", "shelf_name")]


def test_tags_of_many_rows_are_asked_for_in_one_call() -> None:
    tagged = structure(ResourceArn="Text", Tags="Tags")
    shapes = {**WIDGET, "Tagged": tagged, "AllTagged": {"type": "list", "member": {"shape": "Tagged"}}}
    made = service(
        {"ListWidgets": LIST, "DescribeTags": (structure(["ResourceArns"], ResourceArns="Texts"), structure(Found="AllTagged"))}, shapes
    )
    fetch = tables(made)["aws.shop_widget"].fetches[1]
    assert (fetch.role, fetch.rows, fetch.collect) == (Role.ENRICH, ("Found",), False)
    assert [(i.param, i.column, i.batch) for i in fetch.inputs] == [("ResourceArns", "widget_arn", 20)]
    assert [(o.column, o.path) for o in fetch.outputs] == [("widget_arn", ("ResourceArn",)), ("tags", ("Tags",))]


def test_tags_wrapped_in_items_are_found() -> None:
    made = service(
        {"ListWidgets": LIST, "ListTagsForResource": (structure(["Resource"], Resource="Text"), structure(Tags="Wrapped"))},
        {**WIDGET, "Wrapped": structure(Items="Tags")},
    )
    assert tables(made)["aws.shop_widget"].fetches[1].rows == ("Tags", "Items")


def test_a_thing_that_cannot_be_tagged_has_no_tags_rather_than_no_rows() -> None:
    made = service(
        {"ListWidgets": LIST, "ListTagsForResource": (structure(["ResourceArn"], ResourceArn="Text"), structure(Tags="Tags"))}, WIDGET
    )
    assert tables(made)["aws.shop_widget"].fetches[1].not_found == ("NoSuchThing", "ValidationException")


def test_services_that_tag_by_id_are_asked_by_id_and_for_what_can_be_tagged_alone() -> None:
    shapes = {"Widget": structure(WidgetId="Text", WidgetArn="Text"), "Widgets": {"type": "list", "member": {"shape": "Widget"}}}
    operations = {"ListWidgets": LIST, "ListTagsForResource": (structure(["ResourceId"], ResourceId="Text"), structure(Tags="Tags"))}
    by_id = tables(service(operations, shapes, tagged_by_id={"Widget": "WidgetId"}))["aws.shop_widget"]
    assert [(i.param, i.column) for i in by_id.fetches[1].inputs] == [("ResourceId", "widget_id")]
    assert len(tables(service(operations, shapes, tagged_by_id={"Gadget": "GadgetId"}))["aws.shop_widget"].fetches) == 1


def test_a_map_of_text_becomes_typed_columns_where_a_hint_names_them() -> None:
    operations = {
        "ListWidgets": (structure(), structure(WidgetNames="Texts")),
        "GetWidgetAttributes": (structure(["WidgetName"], WidgetName="Text"), structure(Attributes="Map")),
    }
    made = service(operations, {"Map": {"type": "map", "key": TEXT, "value": TEXT}})
    attributes = {"Weight": ColumnType.BIGINT, "Label": ColumnType.VARCHAR}
    hint = Hint(get="GetWidgetAttributes", get_rows=("Attributes",), attributes=attributes)
    table = tables(made, {("shop", "Widget"): hint})["aws.shop_widget"]
    types = {c.name: c.type for c in table.published}
    assert (types["weight"], types["label"]) == (ColumnType.BIGINT, ColumnType.VARCHAR)
    get = table.fetches[1]
    assert get.rows == ("Attributes",)
    assert [(o.column, o.path, o.reading) for o in get.outputs] == [("weight", ("Weight",), "text"), ("label", ("Label",), "")]


def test_an_arn_that_no_answer_has_is_made_from_its_template() -> None:
    made = service(
        {"ListWidgets": LIST}, {"Widget": structure(Name="Text"), "Widgets": WIDGET["Widgets"]}, arns={"Widget": "arn:aws:shop:::{name}"}
    )
    table = tables(made)["aws.shop_widget"]
    assert table.key == ("arn",)
    assert table.arn is not None
    assert (table.arn.column, table.arn.template) == ("arn", "arn:aws:shop:::{name}")
    column = table.column("arn")
    assert column is not None
    assert column.hidden


def test_a_describe_call_that_pages_through_a_list_of_its_row_is_read_to_the_end(catalog: Catalog) -> None:
    get = catalog.find("aws.iam_group").table.fetches[1]
    assert get.paging is not None
    assert (get.paging.input_tokens, get.paging.more) == (("Marker",), "IsTruncated")
    assert "is_truncated" not in {c.name for c in catalog.find("aws.iam_group").table.columns}


def test_a_list_call_that_must_be_told_which_is_told_several_at_once() -> None:
    operations = {
        "ListWidgets": LIST,
        "DescribePrices": (structure(["WidgetArns"], WidgetArns="Some"), structure(Prices="Prices")),
    }
    shapes = {
        **WIDGET,
        "Some": {"type": "list", "member": TEXT, "max": 7},
        "Price": structure(Amount="Number"),
        "Prices": {"type": "list", "member": {"shape": "Price"}},
    }
    table = tables(service(operations, shapes))["aws.shop_price"]
    assert [(i.param, i.column, i.batch) for i in table.fetches[0].inputs] == [("WidgetArns", "widget_arn", 7)]
    assert [(p.column, str(p.table), p.source) for p in table.parents] == [("widget_arn", "aws.shop_widget", "widget_arn")]
    column = table.column("widget_arn")
    assert column is not None
    assert (column.type, column.hidden) == (ColumnType.VARCHAR, True)


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("aws.iam_access_key", "aws.iam_user"),
        ("aws.elbv2_listener", "aws.elbv2_load_balancer"),
        ("aws.elbv2_rule", "aws.elbv2_listener"),
        ("aws.events_rule", "aws.events_event_bus"),
        ("aws.efs_mount_target", "aws.efs_file_system"),
        ("aws.logs_log_stream", "aws.logs_log_group"),
        ("aws.kinesis_shard", "aws.kinesis_stream"),
        ("aws.stepfunctions_execution", "aws.stepfunctions_state_machine"),
        ("aws.cloudformation_stack_resource", "aws.cloudformation_stack"),
        ("aws.ec2_launch_template_version", "aws.ec2_launch_template"),
    ],
)
def test_what_aws_lists_by_its_owner_alone_has_an_owner_that_can_be_found(catalog: Catalog, name: str, parent: str) -> None:
    table = catalog.find(name).table
    assert table.problem == ""
    assert [str(p.table) for p in table.parents] == [parent]


@pytest.mark.parametrize(
    ("table", "constants"),
    [
        ("aws.ec2_instance", {"IncludeManagedResources": True}),
        ("aws.signer_signing_profile", {"includeCanceled": True}),
        ("aws.lightsail_bundle", {"includeInactive": True}),
        ("aws.apprunner_auto_scaling_configuration", {"LatestOnly": False}),
        ("aws.servicecatalog_record_history", {"AccessLevelFilter": {"Key": "Account", "Value": "self"}}),
    ],
)
def test_a_list_is_asked_for_what_it_would_leave_out(catalog: Catalog, table: str, constants: dict[str, object]) -> None:
    assert catalog.find(table).table.fetches[0].constants == constants


def test_a_list_of_one_kind_is_asked_for_each(catalog: Catalog) -> None:
    (queue, status) = catalog.find("aws.batch_job").table.fetches[0].inputs[:2]
    assert (queue.param, status.param) == ("jobQueue", "jobStatus")
    assert {"RUNNING", "SUCCEEDED", "FAILED"} <= set(status.values)


def test_a_page_says_what_is_left_out(catalog: Catalog) -> None:
    assert catalog.find("aws.rds_db_snapshot").table.description.endswith(
        "Left out: snapshots that other accounts share; public snapshots."
    )


@pytest.mark.parametrize(
    ("table", "operation"),
    [
        ("aws.glue_job", "GetTags"),
        ("aws.dms_endpoint", "ListTagsForResource"),
        ("aws.s3control_access_point", "ListTagsForResource"),
        ("aws.sagemaker_model_bias_job_definition", "ListTags"),
        ("aws.appconfig_environment", "ListTagsForResource"),
        ("aws.ssm_patch_baseline", "ListTagsForResource"),
        ("aws.route53_health_check", "ListTagsForResources"),
    ],
)
def test_tags_come_from_whatever_call_gives_them(catalog: Catalog, table: str, operation: str) -> None:
    found = catalog.find(table).table
    assert operation in {f.operation for f in found.fetches if any(o.column == "tags" for o in f.outputs)}


def test_tags_that_nothing_gives_say_so(catalog: Catalog) -> None:
    column = catalog.find("aws.ec2_account_attribute").table.column("tags")
    assert column is not None
    assert column.description == "Always NULL: AWS has no call that gives them."
