"""Where services are asked: one with a single endpoint for all regions is asked once for an account, or every row would come from each."""

from __future__ import annotations

from typing import Any

from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader

from cirql.catalog.model import Scope
from cirql.compiler import overlay, services

REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "ap-southeast-2")


def endpoints(loader: Loader, name: str) -> set[str]:
    rules = loader.load_service_model(name, "endpoint-rule-set-1")
    given: dict[str, Any] = {key: value["default"] for key, value in rules["parameters"].items() if "default" in value}
    provider = EndpointProvider(rules, loader.load_data("partitions"))
    found = set()
    for region in REGIONS:
        try:
            found.add(provider.resolve_endpoint(**given, **({"Region": region} if "Region" in rules["parameters"] else {})).url)
        except BotoCoreError:
            return set()  # it depends on what is asked
    return found


def test_what_has_one_endpoint_for_all_regions_is_asked_once() -> None:
    facts, loader = overlay.load(), Loader()
    single = [name for name in services.names() if len(endpoints(loader, name)) == 1]
    assert len(single) > 20
    for name in single:
        assert services.load(name, facts.services.get(name, {})).scope is Scope.GLOBAL, name


def test_what_answers_in_few_regions_says_which() -> None:
    facts = overlay.load()
    for name, said in facts.services.items():
        if "regions" in said:
            service = services.load(name, said)
            assert service.scope is Scope.GLOBAL
            assert service.regions
