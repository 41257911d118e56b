"""Operations that moto has under an older name: the request is put in that name before moto sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cirql.localcloud.listener import HttpRequest
from cirql.localcloud.wire import Protocol, WireOperation
from cirql.startup.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class OlderName:
    """The operation that moto has instead, and the older names of its request members. The answers have the same members."""

    name: str
    members: Mapping[str, str] = field(default_factory=dict)


_OLDER = {
    ("kinesis", "ListTagsForResource"): OlderName("ListTagsForStream", {"ResourceARN": "StreamARN"}),
}


def with_older_name(request: HttpRequest, operation: WireOperation) -> HttpRequest:
    """The request as moto knows it; the request itself where moto knows the operation."""
    older = _OLDER.get((operation.service, operation.name))
    if older is None or operation.protocol is not Protocol.JSON:
        return request
    asked: dict[str, Any] = json.loads(request.body or b"{}")
    prefix = request.headers["x-amz-target"].rpartition(".")[0]
    body = json.dumps({older.members.get(member, member): value for member, value in asked.items()}).encode()
    return replace(request, headers={**request.headers, "x-amz-target": f"{prefix}.{older.name}"}, body=body)
