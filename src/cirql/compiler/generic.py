"""Cloud Control's own tables, for any type there is: `aws.cloud_control.resource(s)` and `aws.cloud_control.resource_request(s)`.

They take the type as a value (`data__TypeName = 'AWS::Logs::LogGroup'`) where the other resource tables have it in their name, so they
reach types that the catalog does not know yet. Operations: Cloud Control API reference, version 2021-09-30.
"""

from __future__ import annotations

from collections.abc import Iterator

from cirql.catalog.model import IDENTIFIER, Column, Face, Fetch, Input, Method, Output, Paging, Role, Table
from cirql.names import TableName
from cirql.types import ColumnType

SERVICE = "cloud_control"
_API = "cloudcontrol"
_PAGING = Paging(("NextToken",), ("NextToken",), limit="MaxResults", size=100)
_NOT_FOUND = ("ResourceNotFoundException",)
_TEXT = (ColumnType.VARCHAR, "string")
_IDENTIFIERS = (Output(IDENTIFIER, ("Identifier",)), Output("identifier", ("Identifier",)))


def compile_generic() -> Iterator[Table]:
    """The two tables."""
    yield _resources()
    yield _requests()


def _hidden() -> tuple[Column, ...]:
    return (
        Column("account_id", *_TEXT, hidden=True),
        Column("_fetched_at", ColumnType.TIMESTAMP, "timestamp", hidden=True),
        Column("_source", *_TEXT, hidden=True),
    )


def _list(name: str, *inputs: Input) -> Fetch:
    return Fetch(
        name,
        Role.LIST,
        _API,
        "ListResources",
        inputs=inputs,
        outputs=_IDENTIFIERS,
        rows=("ResourceDescriptions",),
        rows_may_be_absent=True,
        paging=_PAGING,
        permissions=("cloudformation:ListResources",),
        not_found=_NOT_FOUND,
    )


def _region() -> Column:
    return Column("region", *_TEXT, "AWS region.")


def _resources() -> Table:
    model = Column("resource_model", *_TEXT, "What a list call needs to know, as JSON.", "ResourceModel", hidden=True)
    return Table(
        name=TableName(("aws", SERVICE, "resource")),
        service=SERVICE,
        title="Resource",
        description="Any resource that Cloud Control can read, by the name of its CloudFormation type.",
        columns=(
            Column("type_name", *_TEXT, "The CloudFormation type.", "TypeName", required=True, aliases=("data__typename",)),
            Column("identifier", *_TEXT, "The primary identifier, its parts joined by |.", "Identifier"),
            Column("properties", ColumnType.JSON, "object", "The resource's properties.", "Properties"),
            _region(),
            Column(IDENTIFIER, *_TEXT, hidden=True),
            model,
            *_hidden(),
        ),
        fetches=(
            # The one that takes what is given comes first: both cost one call.
            _list("list_with_model", Input("TypeName", "type_name"), Input("ResourceModel", model.name)),
            _list("list", Input("TypeName", "type_name")),
            Fetch(
                "get",
                Role.GET,
                _API,
                "GetResource",
                inputs=(Input("TypeName", "type_name"), Input("Identifier", IDENTIFIER)),
                outputs=(*_IDENTIFIERS, Output("properties", ("Properties",))),
                rows=("ResourceDescription",),
                json_members=("Properties",),
                permissions=("cloudformation:GetResource",),
                not_found=_NOT_FOUND,
            ),
        ),
        identifier=("identifier",),
        methods=(
            Method("get_resource", "SELECT", ("data__Identifier", "data__TypeName", "region")),
            Method("create_resource", "INSERT", ("data__DesiredState", "data__TypeName", "region"), Face.PLURAL),
            Method("update_resource", "UPDATE", ("data__Identifier", "data__PatchDocument", "data__TypeName", "region"), Face.PLURAL),
            Method("delete_resource", "DELETE", ("data__Identifier", "data__TypeName", "region"), Face.PLURAL),
            Method("list_resources", "SELECT", ("data__TypeName", "region"), Face.PLURAL),
        ),
        permissions={
            "read": ("cloudformation:GetResource",),
            "list": ("cloudformation:ListResources",),
            "create": ("cloudformation:CreateResource",),
            "update": ("cloudformation:UpdateResource",),
            "delete": ("cloudformation:DeleteResource",),
        },
        key=("type_name", IDENTIFIER),
        plural="resources",
    )


# Columns of a ProgressEvent, in the order of the API reference.
_EVENT = (
    ("TypeName", _TEXT, "The CloudFormation type."),
    ("Identifier", _TEXT, "The resource's primary identifier, once it is known."),
    ("RequestToken", _TEXT, "Names the request."),
    ("HooksRequestToken", _TEXT, "Names the request of the hooks."),
    ("Operation", _TEXT, "CREATE, UPDATE or DELETE."),
    ("OperationStatus", _TEXT, "PENDING, IN_PROGRESS, SUCCESS, FAILED, CANCEL_IN_PROGRESS or CANCEL_COMPLETE."),
    ("EventTime", (ColumnType.TIMESTAMP, "timestamp"), "When the request last changed."),
    ("ResourceModel", _TEXT, "The resource as JSON, where AWS gives it."),
    ("StatusMessage", _TEXT, "What AWS says about a failure."),
    ("ErrorCode", _TEXT, "The handler's error code."),
    ("RetryAfter", (ColumnType.TIMESTAMP, "timestamp"), "When to ask again."),
)
_NAMES = {
    "TypeName": "type_name",
    "Identifier": "identifier",
    "RequestToken": "request_token",
    "HooksRequestToken": "hooks_request_token",
    "Operation": "operation",
    "OperationStatus": "operation_status",
    "EventTime": "event_time",
    "ResourceModel": "resource_model",
    "StatusMessage": "status_message",
    "ErrorCode": "error_code",
    "RetryAfter": "retry_after",
}


_EVENT_OUTPUTS = tuple(Output(name, (member,)) for member, name in _NAMES.items())


def _list_requests(name: str, *inputs: Input) -> Fetch:
    return Fetch(
        name,
        Role.LIST,
        _API,
        "ListResourceRequests",
        inputs=inputs,
        outputs=_EVENT_OUTPUTS,
        rows=("ResourceRequestStatusSummaries",),
        rows_may_be_absent=True,
        paging=_PAGING,
        permissions=("cloudformation:ListResourceRequests",),
    )


def _requests() -> Table:
    wanted = Column(
        "resource_request_status_filter",
        *_TEXT,
        'Which requests to list, as JSON, as ListResourceRequests takes it: {"Operations": […], "OperationStatuses": […]}.',
        hidden=True,
        aliases=("data__resourcerequeststatusfilter", "resourcerequeststatusfilter"),
    )
    return Table(
        name=TableName(("aws", SERVICE, "resource_request")),
        service=SERVICE,
        title="Resource Request",
        description="The requests to create, update or delete resources that Cloud Control remembers, for seven days.",
        columns=(
            *(
                Column(_NAMES[member], *kind, description, member, aliases=("data__requesttoken",) if member == "RequestToken" else ())
                for member, kind, description in _EVENT
            ),
            _region(),
            wanted,
            *_hidden(),
        ),
        fetches=(
            _list_requests("list_with_filter", Input("ResourceRequestStatusFilter", wanted.name, is_structured=True)),
            _list_requests("list"),
            Fetch(
                "get",
                Role.GET,
                _API,
                "GetResourceRequestStatus",
                inputs=(Input("RequestToken", "request_token"),),
                outputs=_EVENT_OUTPUTS,
                rows=("ProgressEvent",),
                permissions=("cloudformation:GetResourceRequestStatus",),
                not_found=("RequestTokenNotFoundException",),
            ),
        ),
        identifier=("request_token",),
        methods=(
            Method("get_resource_request_status", "SELECT", ("data__RequestToken", "region")),
            Method("list_resource_requests", "SELECT", ("region",), Face.PLURAL),
        ),
        permissions={"read": ("cloudformation:GetResourceRequestStatus",), "list": ("cloudformation:ListResourceRequests",)},
        key=("request_token",),
        plural="resource_requests",
    )
