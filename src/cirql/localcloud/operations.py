"""Which operation a request asks for, in botocore's names, whatever the protocol.

JSON names it in `X-Amz-Target`, query and ec2 in `Action`, rpc-v2-cbor in the path; REST protocols are matched against the
request URIs of the models whose signing name the signature carries. Models are read straight from botocore's data
files and kept; only the head of each file is read to learn who signs as what.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from cirql.localcloud.listener import HttpRequest
from cirql.localcloud.wire import Protocol, WireOperation
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

# Services whose requests are frequent or answered here: known without reading any model.
_KNOWN_TARGETS = {
    "SageMaker": "sagemaker",
    "CloudApiService": "cloudcontrol",
    "ResourceGroupsTaggingAPI_20170126": "resourcegroupstaggingapi",
}
# Among services that share a signing name and an API version, the one that is meant when nothing else tells.
_PREFERRED = ("rds", "iot", "es", "sagemaker", "lambda")
_CBOR_PATH = regex(r"/service/([^/]+)/operation/([^/]+)$")


@dataclass(frozen=True, slots=True)
class _Route:
    """One REST operation: a pattern for the path, the query pairs and headers it must have, and how specific it is.

    An empty value of a query pair stands for any. The weight prefers, in this order, more conditions, more fixed text in the path, and what
    is not deprecated.
    """

    operation: WireOperation
    pattern: re.Pattern[str]
    query: tuple[tuple[str, str], ...]
    headers: tuple[str, ...]
    weight: tuple[int, int, bool]

    def matches(self, request: HttpRequest, path: str, query: Mapping[str, str]) -> bool:
        """Whether a request may be for this operation."""
        return (
            all(query.get(key) == value or (not value and key in query) for key, value in self.query)
            and all(name in request.headers for name in self.headers)
            and self.pattern.fullmatch(path) is not None
        )


def identify(request: HttpRequest, signing_name: str) -> WireOperation:
    """The operation that `request` asks for; its name is `Unknown` where no model has such a request."""
    target = request.headers.get("x-amz-target")
    if target:
        return _identify_target(target, request, signing_name)
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor" and (match := _CBOR_PATH.search(request.path)):
        service = _service_of_target(match.group(1), match.group(2), signing_name)
        return WireOperation(service, match.group(2), Protocol.CBOR)
    action = read_parameters(request).get("Action")
    if action:
        return _identify_action(action, read_parameters(request).get("Version", ""), signing_name)
    return _identify_rest(request, signing_name or "s3")


def read_parameters(request: HttpRequest) -> dict[str, str]:
    """The parameters of a query-protocol request: the form body where there is one, else the query string."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded") and request.body:
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return dict(parse_qsl(request.query, keep_blank_values=True)) if "Action=" in request.query else {}


def _identify_target(target: str, request: HttpRequest, signing_name: str) -> WireOperation:
    prefix, _, name = target.rpartition(".")
    version = "1.0" if "json-1.0" in request.headers.get("content-type", "") else "1.1"
    service = _KNOWN_TARGETS.get(prefix) or _service_of_target(prefix, name, signing_name)
    return WireOperation(service, name, Protocol.JSON, version)


def _service_of_target(prefix: str, name: str, signing_name: str) -> str:
    found = [service for service, head in service_heads().items() if head.get("targetPrefix") == prefix]
    if len(found) > 1:
        found = [service for service in found if name in service_model(service)["operations"]] or found
    return found[0] if found else signing_name


def _identify_action(action: str, version: str, signing_name: str) -> WireOperation:
    heads = service_heads()
    candidates = [s for s in services_signing_as(signing_name) if heads[s].get("apiVersion") == version]
    candidates = candidates or list(services_signing_as(signing_name)) or [signing_name]
    service = next((s for s in _PREFERRED if s in candidates), candidates[0])
    protocol = Protocol.EC2 if heads.get(service, {}).get("protocol") == "ec2" else Protocol.QUERY
    return WireOperation(service, action, protocol)


def _identify_rest(request: HttpRequest, signing_name: str) -> WireOperation:
    path = request.path.rstrip("/") or "/"
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    best: _Route | None = None
    for service in services_signing_as(signing_name):
        for route in _routes(service).get(request.method, ()):
            if best is not None and route.weight <= best.weight:
                continue
            if route.matches(request, path, query):
                best = route
    if best is not None:
        return best.operation
    service = next(iter(services_signing_as(signing_name)), signing_name)
    protocol = Protocol(service_heads()[service]["protocol"]) if service in service_heads() else Protocol.REST_JSON
    return WireOperation(service, "Unknown", protocol)


@cache
def _routes(service: str) -> Mapping[str, tuple[_Route, ...]]:
    """The REST operations of a service by HTTP method, the most specific first."""
    model = service_model(service)
    protocol = Protocol(model["metadata"]["protocol"])
    routes: dict[str, list[_Route]] = {}
    if protocol not in (Protocol.REST_JSON, Protocol.REST_XML):
        return {}
    for name, operation in model["operations"].items():
        uri, _, query = operation["http"]["requestUri"].partition("?")
        pieces = re.split(r"(\{[^}]+\})", uri.rstrip("/") or "/")
        pattern = "".join(
            (".+" if piece.endswith("+}") else "[^/]+") if piece.startswith("{") else re.escape(unquote(piece)) for piece in pieces
        )
        needed = _required_members(model, operation)
        constants = (*parse_qsl(query, keep_blank_values=True), *((key, "") for key in needed.get("querystring", ())))
        headers = tuple(header.lower() for header in needed.get("header", ()))
        literal = sum(len(piece) for piece in pieces if not piece.startswith("{"))
        weight = (len(constants) + len(headers), literal, not operation.get("deprecated", False))
        route = _Route(WireOperation(service, name, protocol), re.compile(pattern), constants, headers, weight)
        routes.setdefault(operation["http"]["method"], []).append(route)
    return {method: tuple(sorted(found, key=lambda r: r.weight, reverse=True)) for method, found in routes.items()}


def _required_members(model: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, list[str]]:
    """The wire names of an operation's required members by where they travel: `{"querystring": ["uploadId"]}`."""
    shape = model["shapes"].get(operation.get("input", {}).get("shape", ""), {})
    needed: dict[str, list[str]] = {}
    for name in shape.get("required", ()):
        member = shape["members"][name]
        needed.setdefault(member.get("location", "body"), []).append(member.get("locationName", name))
    return needed


@cache
def services_signing_as(signing_name: str) -> tuple[str, ...]:
    """The services whose requests are signed under a name, `("sagemaker", "sagemaker-runtime", ...)`."""
    heads = service_heads()
    return tuple(sorted(s for s, head in heads.items() if (head.get("signingName") or head["endpointPrefix"]) == signing_name))


@cache
def service_heads() -> Mapping[str, Mapping[str, Any]]:
    """The `metadata` of every botocore model by service. Reads 4 KB of each file: 70 ms once, instead of seconds."""
    heads: dict[str, Mapping[str, Any]] = {}
    for folder in sorted(_data_folder().iterdir()):
        file = _model_file(folder) if folder.is_dir() else None
        if file is None:
            continue
        with file.open("rb") as stream:
            text = zlib.decompressobj(31).decompress(stream.read(4096), 4096).decode("utf-8", "ignore")
        start = text.find('"metadata":') + len('"metadata":')
        heads[folder.name] = json.JSONDecoder().raw_decode(text[start:].lstrip())[0]
    return heads


@cache
def service_model(service: str, kind: str = "service-2") -> dict[str, Any]:
    """One botocore model as data (`kind` may be `paginators-1`); empty where the service has no such file."""
    file = _model_file(_data_folder() / service)
    if file is None:
        return {}
    # Some kinds are compressed and some are not.
    packed, plain = file.with_name(f"{kind}.json.gz"), file.with_name(f"{kind}.json")
    if not packed.exists() and not plain.exists():
        return {}
    model: dict[str, Any] = json.loads(gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes())
    return model


def _model_file(folder: Path) -> Path | None:
    files = sorted(folder.glob("*/service-2.json.gz"))
    return files[-1] if files else None


@cache
def _data_folder() -> Path:
    spec = importlib.util.find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the local AWS needs botocore's data files: install cirql[demo]")
    return Path(spec.submodule_search_locations[0]) / "data"
