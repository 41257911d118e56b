"""Every call of the catalog that pages asks for the largest page that its model or its documentation says."""

from __future__ import annotations

from functools import cache

import botocore.session
from botocore.model import ServiceModel

from cirql.catalog.lookup import Catalog
from cirql.compiler.prose import default_of, largest_of
from tests.sweeps.figures import tell


def test_no_call_leaves_out_a_page_size_that_is_documented() -> None:
    session = botocore.session.get_session()

    @cache
    def model(service: str) -> ServiceModel:
        return session.get_service_model(service)

    asked, lacking = 0, set()
    with Catalog.open() as catalog:
        for fetch in (f for t in catalog.tables() for f in t.fetches):
            paging = fetch.paging
            if paging is None or paging.limit is None:
                continue
            shape = model(fetch.service).operation_model(fetch.operation).input_shape
            member = shape.members[paging.limit]
            largest = largest_of(member.documentation)
            if paging.size is not None:
                asked += 1
                if largest is not None and paging.size > max(largest, 1) and fetch.service != "cloudcontrol":
                    lacking.add(f"{fetch.service}:{fetch.operation} asks for {paging.size}, {largest} is the most")
            elif largest is not None and largest > default_of(member.documentation, largest) and member.type_name != "string":
                lacking.add(f"{fetch.service}:{fetch.operation} could ask for {largest}")
    tell("page sizes", {"asked for": asked, "smaller than documented": len(lacking)})
    assert sorted(lacking) == []
    assert asked > 3000
