"""Generated XML answers of every operation that reads: usual ones and odd ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from botocore.loaders import create_loader
from botocore.model import OperationModel, ServiceModel

from cirql.cloud.http import Headers

XML = ("query", "ec2", "rest-xml")
READS = ("List", "Describe", "Get", "BatchGet", "Search", "Head")
TEXTS = {
    "timestamp": "2026-01-02T03:04:05.678Z",
    "blob": "AAEC/w==",
    "integer": "7",
    "long": "-7",
    "float": "1.5",
    "double": "2e3",
    "boolean": "true",
}


def model_of(service: str) -> ServiceModel:
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


@cache
def models() -> tuple[ServiceModel, ...]:
    loader = create_loader()
    made = (ServiceModel(loader.load_service_model(name, "service-2"), name) for name in loader.list_available_services("service-2"))
    return tuple(model for model in made if model.resolved_protocol in XML)


def reads(*services: str) -> Iterator[OperationModel]:
    """The operations that read: of these services, else of all that speak XML."""
    for model in map(model_of, services) if services else models():
        for name in model.operation_names:
            if name.startswith(READS):
                operation = model.operation_model(name)
                if operation.output_shape is not None and not operation.has_streaming_output and not operation.has_event_stream_output:
                    yield operation


class Writer:
    """Writes a document of a shape. `odd`: how often something comes that a service would hardly send."""

    def __init__(self, seed: int, odd: float = 0.0) -> None:
        self._dice = random.Random(seed)
        self._odd = odd

    def document(self, model: OperationModel) -> bytes:
        shape: Any = model.output_shape
        payload = shape.serialization.get("payload")
        inner = self.members(shape if payload is None else shape.members[payload], 0)
        if "resultWrapper" in shape.serialization:
            inner = (
                self.element(shape.serialization["resultWrapper"], inner) + "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
            )
        elif model.service_model.resolved_protocol == "ec2":
            inner = f"<requestId>r</requestId>{inner}"
        namespace = quoteattr("http://example.com/doc/2026/")
        name = f"{model.name}Response"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns={namespace}>{inner}</{name}>'.encode()

    def happens(self) -> bool:
        return self._dice.random() < self._odd

    def element(self, name: str, inner: str, attributes: str = "") -> str:
        if self.happens():
            inner = self._dice.choice(["", f"<!-- c -->{inner}", f"\n  {inner}\n", "<x/>", f"<![CDATA[{escape(inner)}]]>", "true", "7.5"])
        return f"<{name}{attributes}>{inner}</{name}>"

    def members(self, shape: Any, depth: int) -> str:
        if shape.type_name != "structure":
            return self.value(shape, depth)
        parts = []
        members = list(shape.members.items())
        if shape.is_tagged_union:
            members = members[:1]
        for name, member in members:
            if (
                "location" in member.serialization
                or member.serialization.get("xmlAttribute")
                or (not shape.is_tagged_union and self._dice.random() < depth / 6)
            ):
                continue
            parts.append(self.member(member, name, depth))
            if self.happens():
                parts.append(self._dice.choice([parts[-1], "<NobodyKnowsThis><a/></NobodyKnowsThis>"]))
        if self.happens():
            self._dice.shuffle(parts)
        return "".join(parts)

    def member(self, shape: Any, name: str, depth: int) -> str:
        spelling = shape.serialization.get("name", name)
        if shape.serialization.get("flattened") and shape.type_name == "list":
            spelling = shape.member.serialization.get("name", spelling)
            return "".join(self.one(spelling, shape.member, depth + 1) for _ in range(2))
        if shape.serialization.get("flattened") and shape.type_name == "map":
            return "".join(self.element(spelling, self.entry(shape, key, depth)) for key in "ab")
        return self.one(spelling, shape, depth + 1)

    def one(self, spelling: str, shape: Any, depth: int) -> str:
        attributes = ""
        if shape.type_name == "structure":
            for member in shape.members.values():
                if member.serialization.get("xmlAttribute"):
                    prefix, _, _ = member.serialization["name"].partition(":")
                    attributes += f' xmlns:{prefix}="http://example.com/{prefix}" {member.serialization["name"]}="Kind"'
        return self.element(spelling, self.value(shape, depth), attributes)

    def entry(self, shape: Any, key: str, depth: int) -> str:
        names = shape.key.serialization.get("name") or "key", shape.value.serialization.get("name") or "value"
        pair = [self.element(names[0], key), self.one(names[1], shape.value, depth + 1)]
        if self.happens():
            pair.reverse()
        return "".join(pair[: 1 if self.happens() else 2])

    def value(self, shape: Any, depth: int) -> str:
        match shape.type_name:
            case "structure":
                return self.members(shape, depth) if depth < 6 or shape.is_tagged_union else ""
            case "list":
                name = shape.member.serialization.get("name", "member")
                return "".join(self.one(name, shape.member, depth + 1) for _ in range(2)) if depth < 6 else ""
            case "map":
                return "".join(self.element("entry", self.entry(shape, key, depth)) for key in "ab") if depth < 6 else ""
            case kind:
                return TEXTS.get(kind, escape("ü <&> " + "x" * self._dice.randrange(3)))


def response(body: bytes) -> dict[str, Any]:
    headers = Headers({"x-amz-request-charged": "requester", "etag": '"e"', "x-amzn-requestid": "r"})
    return {"body": body, "headers": headers, "status_code": 200, "context": {}}
