"""Every list call of every table: an answer without its list is no rows where the model does not require it, and an error where it does."""

from __future__ import annotations

from functools import cache

from botocore.loaders import create_loader
from botocore.model import ServiceModel

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role
from cirql.errors import CloudError
from cirql.fetch.rows import rows_of
from tests.sweeps.figures import tell


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


def test_a_list_that_is_left_out_is_empty_only_where_it_may_be() -> None:
    empty = refused = 0
    wrong = []
    with Catalog.open() as catalog:
        for name in catalog.names():
            table = catalog.find(str(name)).table
            for fetch in table.fetches:
                if fetch.role is not Role.LIST or not fetch.rows:
                    continue
                shape = model(fetch.service).operation_model(fetch.operation).output_shape
                member = shape.members[fetch.rows[0]]
                is_flat = member.type_name == "list" and bool(member.serialization.get("flattened"))
                may_be_absent = fetch.rows[0] not in shape.required_members or is_flat
                try:
                    rows = rows_of(fetch, {})
                except CloudError:
                    refused += 1
                    if may_be_absent:
                        wrong.append(f"{table.name} {fetch.operation}: refused")
                else:
                    empty += 1
                    if not may_be_absent or rows:
                        wrong.append(f"{table.name} {fetch.operation}: taken")
    tell("lists that are left out", {"no rows": empty, "an error": refused, "against their model": len(wrong)})
    assert wrong == []
    assert refused > 100


def test_base_path_mappings_that_are_left_out_are_none() -> None:
    with Catalog.open() as catalog:
        table = catalog.find("aws.apigateway_base_path_mapping").table
    listing = next(f for f in table.fetches if f.operation == "GetBasePathMappings")
    assert rows_of(listing, {}) == []
