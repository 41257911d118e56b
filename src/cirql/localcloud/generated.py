"""The read-only values that AWS would make up for a new resource: ARNs, ids, names, times, states.

The first guess comes from the property's name; when the schema has a pattern that the guess breaks, the pattern itself is sampled. What
cannot be made to satisfy its pattern keeps the guess.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from cirql.changes.pattern_sample import sample_pattern
from cirql.localcloud.images import AccountRegion
from cirql.localcloud.models import Model, is_given, set_value, values_at
from cirql.localcloud.schemas import ResourceType
from cirql.localcloud.shapes import compile_pattern

_GLOBAL_ARNS = frozenset({"iam", "cloudfront", "organizations", "route53"})
_EC2_PREFIXES = {
    "Instance": "i",
    "SecurityGroup": "sg",
    "Volume": "vol",
    "InternetGateway": "igw",
    "NatGateway": "nat",
    "RouteTable": "rtb",
    "NetworkInterface": "eni",
    "LaunchTemplate": "lt",
    "NetworkAcl": "acl",
    "FlowLog": "fl",
    "VPCEndpoint": "vpce",
    "VPCPeeringConnection": "pcx",
    "TransitGateway": "tgw",
}


def fill_generated(kind: ResourceType, model: Model, place: AccountRegion, serial: int, now: float) -> None:
    """Give a new resource its read-only values, and its identifier where the desired state left that to AWS.

    `serial` makes values of one type differ; the same serial gives the same values.
    """
    maker = _Maker(kind, place, serial, now)
    missing = [path for path in kind.identifier if not is_given(model, path)]
    missing += [path for path in kind.read_only if path not in missing and not is_given(model, path)]
    # ARNs end in the resource's name or id: those come first.
    missing.sort(key=lambda path: path[-1].lower().endswith("arn"))
    for path in missing:
        if "*" not in path and not _inside_array(kind, path) and _has_place(kind, model, path):
            set_value(model, path, maker.make(path, model))


def _has_place(kind: ResourceType, model: Model, path: tuple[str, ...]) -> bool:
    """Whether a value inside an object belongs into this model: the object is there, names the resource, or is AWS's alone.

    An optional object that was not asked for stays away; with one member in it, it would not even satisfy the schema.
    """
    if len(path) == 1 or path in kind.identifier or is_given(model, path[:1]):
        return True
    return all((path[0], name) in kind.read_only for name in kind.property_schema(path[:1]).get("properties", ()))


def _inside_array(kind: ResourceType, path: tuple[str, ...]) -> bool:
    return any(kind.property_schema(path[:depth]).get("type") == "array" for depth in range(1, len(path)))


def make_name(kind: ResourceType, serial: int) -> str:
    """A name for a resource that was given none, as CloudFormation makes them up."""
    noun = kind.name.rpartition("::")[2].lower()
    return f"{noun}-{hashlib.sha256(f'{kind.name}/{serial}'.encode()).hexdigest()[:12]}"


class _Maker:
    """Makes the values of one new resource."""

    def __init__(self, kind: ResourceType, place: AccountRegion, serial: int, now: float) -> None:
        self._kind = kind
        self._place = place
        self._serial = serial
        self._now = now
        _, service, self._resource = kind.name.split("::")
        self._service = service.lower()
        self._digest = hashlib.sha256(f"{place.account}/{place.region}/{kind.name}/{serial}".encode()).hexdigest()

    def make(self, path: tuple[str, ...], model: Model) -> Any:
        schema = self._kind.property_schema(path)
        if path in self._kind.identifier and schema.get("type") == "integer":
            return max(schema.get("minimum", 1), self._serial)
        return self._make(schema, path[-1], model, depth=0)

    def _make(self, schema: Mapping[str, Any], name: str, model: Model, depth: int) -> Any:
        schema = self._kind.follow(schema)
        if schema.get("enum"):
            return schema["enum"][0]
        kind = schema.get("type", "string")
        match kind if isinstance(kind, str) else kind[0]:
            case "boolean":
                return False
            case "integer" | "number":
                return max(schema.get("minimum", 1), 1)
            case "array":
                return [self._make(schema.get("items", {}), name, model, depth + 1)] * schema.get("minItems", 0)
            case "object":
                wanted = schema.get("required", ()) if depth < 3 else ()
                return {key: self._make(schema.get("properties", {}).get(key, {}), key, model, depth + 1) for key in wanted}
            case _:
                return self._text(schema, name, model)

    def _text(self, schema: Mapping[str, Any], name: str, model: Model) -> str:
        guess = self._guess(name, model)
        guess = guess + self._digest[len(guess) : schema.get("minLength", 0)]
        guess = guess[: schema.get("maxLength", len(guess))]
        pattern = compile_pattern(schema["pattern"]) if "pattern" in schema else None
        if pattern is None or (pattern.search(guess) and len(guess) >= schema.get("minLength", 0)):
            return guess
        sampled = sample_pattern(schema["pattern"], f"{self._digest}/{name}")
        if sampled is None:
            return guess
        placed = self._place_arn(sampled)
        return placed if pattern.search(placed) else sampled

    def _guess(self, name: str, model: Model) -> str:
        lowered = name.lower()
        if lowered.endswith("arn"):
            return self._arn(model)
        if lowered.endswith(("time", "date", "timestamp")) or re.search(r"(ed|d)(At|On)$", name):
            return datetime.datetime.fromtimestamp(self._now, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if lowered.endswith(("status", "state")):
            return "ACTIVE"
        if lowered.endswith(("url", "uri")):
            return f"https://{self._digest[:10]}.{self._service}.{self._place.region}.amazonaws.com"
        if lowered.endswith(("endpoint", "domainname", "dnsname", "address")):
            return f"{self._digest[:10]}.{self._service}.{self._place.region}.amazonaws.com"
        if lowered.endswith(("accountid", "ownerid")) and lowered != f"{self._resource.lower()}id":
            return self._place.account
        if lowered.endswith("name"):
            return f"{self._resource.lower()}-{self._digest[:12]}"
        if self._service == "ec2" and lowered.endswith("id"):
            return f"{_EC2_PREFIXES.get(self._resource, self._resource.lower())}-{self._digest[:17]}"
        return self._digest[:16]

    def _arn(self, model: Model) -> str:
        own = [path for path in self._kind.identifier if not path[-1].lower().endswith("arn")]
        names = [next(values_at(model, path), None) for path in own]
        usual = ("name", f"{self._resource.lower()}name", f"{self._resource.lower()}id")
        names += [value for key, value in model.items() if key.lower() in usual]
        last = next((str(value) for value in names if value), self._digest[:16])
        region = "" if self._service in _GLOBAL_ARNS else self._place.region
        resource = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", self._resource).lower()
        return f"arn:aws:{self._service}:{region}:{self._place.account}:{resource}/{last}"

    def _place_arn(self, text: str) -> str:
        """A sampled ARN with this account and region instead of the sampled ones."""
        parts = text.split(":")
        if len(parts) < 6 or parts[0] != "arn":
            return text
        parts[1] = "aws"
        parts[3] = self._place.region if parts[3] else ""
        parts[4] = self._place.account if parts[4] else ""
        if parts[-1].endswith("/"):
            parts[-1] += self._digest[:12]
        return ":".join(parts)
