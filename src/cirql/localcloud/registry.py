"""CloudFormation's registry, as far as it says which types an account has of its own: ListTypes and DescribeType.

Each account has registered one private type, `Example::Monitoring::Probe`. Types cannot be registered here, and Cloud Control does not
serve this one. API reference: CloudFormation ListTypes, DescribeType; errors: CFNRegistryException, TypeNotFoundException.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from cirql.localcloud.images import AccountRegion
from cirql.localcloud.listener import HttpAnswer
from cirql.localcloud.wire import ServiceError, new_request_id

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
_NAME = "Example::Monitoring::Probe"
SCHEMA: Mapping[str, Any] = {
    "typeName": _NAME,
    "description": "A probe that watches an address.",
    "properties": {
        "ProbeId": {"type": "string", "description": "Names the probe."},
        "Address": {"type": "string", "description": "What it watches.", "minLength": 1},
        "IntervalSeconds": {"type": "integer", "minimum": 10},
        "Tags": {"type": "array", "items": {"$ref": "#/definitions/Tag"}},
    },
    "definitions": {
        "Tag": {
            "type": "object",
            "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}},
            "required": ["Key", "Value"],
            "additionalProperties": False,
        }
    },
    "required": ["Address"],
    "readOnlyProperties": ["/properties/ProbeId"],
    "createOnlyProperties": ["/properties/Address"],
    "primaryIdentifier": ["/properties/ProbeId"],
    "handlers": {
        "create": {"permissions": ["ec2:DescribeInstances"]},
        "read": {"permissions": ["ec2:DescribeInstances"]},
        "update": {"permissions": ["ec2:DescribeInstances"]},
        "delete": {"permissions": ["ec2:DescribeInstances"]},
        "list": {"permissions": ["ec2:DescribeInstances"]},
    },
    "additionalProperties": False,
}


def answer_registry(place: AccountRegion, operation: str, asked: Mapping[str, str]) -> HttpAnswer | None:
    """The answer to ListTypes or DescribeType; None for every other operation. Raises ServiceError."""
    match operation:
        case "ListTypes":
            return _list_types(place, asked)
        case "DescribeType":
            return _describe_type(place, asked)
    return None


def _arn(place: AccountRegion) -> str:
    return f"arn:aws:cloudformation:{place.region}:{place.account}:type/resource/{_NAME.replace('::', '-')}"


def _list_types(place: AccountRegion, asked: Mapping[str, str]) -> HttpAnswer:
    is_listed = asked.get("Visibility", "PRIVATE") == "PRIVATE" and asked.get("Type", "RESOURCE") == "RESOURCE"
    member = (
        f"<member><Type>RESOURCE</Type><TypeName>{_NAME}</TypeName><DefaultVersionId>00000001</DefaultVersionId>"
        f"<TypeArn>{_arn(place)}</TypeArn><Description>{escape(SCHEMA['description'])}</Description></member>"
    )
    return _answer("ListTypes", f"<TypeSummaries>{member if is_listed else ''}</TypeSummaries>")


def _describe_type(place: AccountRegion, asked: Mapping[str, str]) -> HttpAnswer:
    if asked.get("Arn") != _arn(place) and asked.get("TypeName") != _NAME:
        name = asked.get("TypeName") or asked.get("Arn", "")
        raise ServiceError("TypeNotFoundException", f"The type '{name}' cannot be found.", 404)
    body = (
        f"<Arn>{_arn(place)}</Arn><Type>RESOURCE</Type><TypeName>{_NAME}</TypeName><DefaultVersionId>00000001</DefaultVersionId>"
        f"<IsDefaultVersion>true</IsDefaultVersion><Visibility>PRIVATE</Visibility><ProvisioningType>FULLY_MUTABLE</ProvisioningType>"
        f"<DeprecatedStatus>LIVE</DeprecatedStatus><Description>{escape(SCHEMA['description'])}</Description>"
        f"<Schema>{escape(json.dumps(SCHEMA))}</Schema>"
    )
    return _answer("DescribeType", body)


def _answer(operation: str, body: str) -> HttpAnswer:
    request_id = new_request_id()
    text = (
        f'<{operation}Response xmlns="{_NAMESPACE}"><{operation}Result>{body}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return HttpAnswer(200, (("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)), text.encode())
