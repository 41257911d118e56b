"""The services that botocore knows: their models, pagination, and what their names and IAM actions begin with.

Read at build time only; nothing here calls AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from cirql.catalog.model import Paging, Scope
from cirql.compiler.paging import paging
from cirql.names import snake
from cirql.startup.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Service:
    """One service: `name` is botocore's, `prefix` what its tables' names begin with, `actions` what its IAM actions do (or the only one).

    `is_own_account`: an account id that its requests require is the caller's. `url_encoded` names shapes whose text is percent-encoded.
    `is_keyed_by_id`: rows are told apart by ids, since ARNs are members that answers may lack. `tagged_by_id` names the only nouns that
    have tags where the service asks for those by id or name, and the member that has it. `arns` are the ARNs of nouns in whose answers
    there are none, as templates.
    `regions` are the only ones with an endpoint, where the models do not say.
    `paginators` are botocore's and the overlay's. `values` are all that a request member can be told, for all operations; `defaults` what
    a required one is told where a statement does not say, and `hours` how long a time frame is then.
    """

    name: str
    prefix: str
    title: str
    actions: str
    scope: Scope
    model: ServiceModel
    paginators: Mapping[str, Any]
    is_own_account: bool = False
    url_encoded: frozenset[str] = frozenset()
    is_keyed_by_id: bool = False
    tagged_by_id: Mapping[str, str] = field(default_factory=dict)
    arns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    hours: int | None = None
    regions: frozenset[str] | None = None

    def may_leave_out(self, operation: OperationModel, path: tuple[str, ...]) -> bool:
        """Whether an answer that is whole may lack the member that a path begins with: the model does not require it.

        A list without a wrapping element (flattened XML) is no element at all where it is empty, required or not.
        """
        shape = operation.output_shape
        if not path or shape is None or path[0] not in shape.members:
            return False
        member = shape.members[path[0]]
        is_flat = member.type_name == "list" and bool(member.serialization.get("flattened"))
        return path[0] not in shape.required_members or is_flat

    def operation(self, name: str) -> OperationModel:
        """The model of an operation."""
        return self.model.operation_model(name)

    def permissions(self, operation: str) -> tuple[str, ...]:
        """The IAM action that an operation needs; none where a token of its own is what gives access."""
        is_asked_by_token = self.model.metadata.get("signatureVersion") == "bearer" or self.operation(operation).auth_type == "none"
        if is_asked_by_token:
            return ()
        return (self.actions if ":" in self.actions else f"{self.actions}:{operation}",)

    def paging(self, operation: str) -> Paging | None:
        """How an operation pages; None where it does not."""
        return paging(self.operation(operation), self.paginators.get(operation))


@cache
def _loader() -> Loader:
    return Loader()


@cache
def _global_endpoints() -> frozenset[str]:
    """The endpoint prefixes of services that have one endpoint for all regions."""
    partitions = _loader().load_data("endpoints")["partitions"]
    return frozenset(
        name for p in partitions if p["partition"] == "aws" for name, s in p["services"].items() if s.get("isRegionalized") is False
    )


def names() -> list[str]:
    """Every service, by botocore's name."""
    return sorted(_loader().list_available_services("service-2"))


@cache
def model(name: str) -> ServiceModel:
    """A service as botocore describes it, without corrections."""
    return ServiceModel(_loader().load_service_model(name, "service-2"), name)


def load(name: str, corrections: Mapping[str, Any]) -> Service:
    """One service; `corrections` are what the overlay says of it."""
    raw = _loader().load_service_model(name, "service-2")
    try:
        paginators = _loader().load_service_model(name, "paginators-1")["pagination"]
    except DataNotFoundError:
        paginators = {}
    metadata = raw["metadata"]
    title = metadata.get("serviceId", name)
    is_global = metadata["endpointPrefix"] in _global_endpoints()
    return Service(
        name=name,
        prefix=corrections.get("prefix", snake(name)),
        title=title,
        actions=corrections.get("actions", metadata.get("signingName", metadata["endpointPrefix"])),
        scope=Scope(corrections.get("scope", Scope.GLOBAL if is_global else Scope.REGIONAL)),
        model=ServiceModel(raw, name),
        paginators={**paginators, **corrections.get("paginators", {})},
        is_own_account=corrections.get("own_account", False),
        url_encoded=frozenset(corrections.get("url_encoded", ())),
        is_keyed_by_id=corrections.get("key_by", "arn") == "id",
        tagged_by_id=corrections.get("tagged_by_id", {}),
        arns=corrections.get("arns", {}),
        values={member: tuple(values) for member, values in corrections.get("values", {}).items()},
        defaults=corrections.get("defaults", {}),
        hours=corrections.get("hours"),
        regions=frozenset(corrections["regions"]) if "regions" in corrections else None,
    )
