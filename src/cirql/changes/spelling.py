"""Which operation of which service EXEC's words name, and which of its parameters: AWS's spelling, snake_case, and StackQL's.

A name is understood by its words: `instances_Start`, `start_instances`, `StartInstances` and, of the resource `instances`, `start`
are one operation. A service is named by botocore, by CloudFormation, or by one of its tables.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from cirql.errors import InvalidText, NotSupported
from cirql.names import singular, snake

# CloudFormation's name of a service where botocore has another.
_SERVICES = {
    "applicationautoscaling": "application-autoscaling",
    "certificatemanager": "acm",
    "cognito": "cognito-idp",
    "dms": "dms",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "emrserverless": "emr-serverless",
    "eventschemas": "schemas",
    "kinesisfirehose": "firehose",
    "lex": "lexv2-models",
    "msk": "kafka",
    "opensearchservice": "opensearch",
    "resourcegroups": "resource-groups",
    "servicecatalogappregistry": "servicecatalog-appregistry",
    "cloud_control": "cloudcontrol",
}


def read_operation(path: tuple[str, ...]) -> tuple[str, Any]:
    """The service and botocore's model of the operation that a dotted name means.

    Raises NotSupported for an unknown service or operation, and for words that several operations have.
    """
    service, beside = _service_named(path[1])
    model = service_model(service)
    resource = path[2] if len(path) == 4 else beside
    found = _operations(model, path[-1], resource)
    if len(found) == 1:
        return service, model.operation_model(found[0])
    if found:
        raise NotSupported(f"{path[-1]} may be several operations of {service}", hint=f"one of {', '.join(snake(n) for n in found[:5])}")
    near = difflib.get_close_matches(snake(path[-1]), [snake(n) for n in model.operation_names], n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else None
    raise NotSupported(f"{service} has no operation {path[-1]}", hint=hint)


def _operations(model: Any, written: str, resource: str | None) -> list[str]:
    """The operations with that name; else those with its words in any order; else those with the resource's words beside."""
    names = list(model.operation_names)
    exact = [n for n in names if _letters(n) == _letters(written)]
    if exact:
        return exact
    words = _words(written)
    for wanted in (sorted(words), sorted((*words, *_words(resource))) if resource else []):
        found = [n for n in names if wanted and sorted(_words(n)) == wanted]
        if len(found) > 1:  # DescribeInstance beside DescribeInstances: the number that was written
            whole = f"{written}_{resource}" if wanted != sorted(words) else written
            found = [n for n in found if sorted(snake(n).split("_")) == sorted(snake(whole).split("_"))] or found
        if found:
            return found
    return []


def _letters(name: str) -> str:
    return name.replace("_", "").lower()


@cache
def _words(name: str) -> tuple[str, ...]:
    return tuple(singular(word).removesuffix("s") for word in snake(name).split("_"))


def member_named(members: Mapping[str, Any], service: str, operation: str, name: str) -> str:
    """The request member that a parameter means: its name, as it goes over the wire, or the singular of a list's.

    Raises InvalidText where the operation takes none of that name.
    """
    wanted = _letters(name)
    for spellings in (_own, _sent, _singly):
        for member, shape in members.items():
            if wanted in spellings(member, shape):
                return member
    near = difflib.get_close_matches(name, list(members), n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it takes {', '.join(members) or 'none'}"
    raise InvalidText(f"{service}:{operation} has no parameter {name}", hint=hint)


def _own(member: str, shape: Any) -> Iterator[str]:
    yield member.lower()
    yield _letters(snake(member))


def _sent(member: str, shape: Any) -> Iterator[str]:
    """EC2 calls InstanceIds `InstanceId` on the wire, and StackQL's pages do."""
    for key in ("queryName", "name"):
        if key in shape.serialization:
            yield _letters(shape.serialization[key].replace("-", ""))


def _singly(member: str, shape: Any) -> Iterator[str]:
    if shape.type_name == "list":
        yield _letters(singular(member))


def _service_named(name: str) -> tuple[str, str | None]:
    """The service, and the resource where `name` is a table's: `ec2_instance` is the service ec2 and its resource `instance`."""
    known = _service_names()
    for candidate in (_SERVICES.get(name, name), name.replace("_", "-"), name.replace("_", ""), name.removesuffix("_api")):
        if candidate in known:
            return candidate, None
    parts = name.split("_")
    for count in range(len(parts) - 1, 0, -1):
        head = "_".join(parts[:count])
        for candidate in (_SERVICES.get(head, head), head.replace("_", "-"), head.replace("_", "")):
            if candidate in known:
                return candidate, "_".join(parts[count:])
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    raise NotSupported(f"there is no service {name}", hint=f"did you mean {' or '.join(near)}?" if near else None)


@cache
def _loader() -> Any:
    from botocore.loaders import Loader

    return Loader()


@cache
def _service_names() -> frozenset[str]:
    return frozenset(_loader().list_available_services("service-2"))


@cache
def service_model(service: str) -> Any:
    """The model that botocore has of a service, read once."""
    from botocore.model import ServiceModel

    return ServiceModel(_loader().load_service_model(service, "service-2"), service)
