"""Every INSERT, UPDATE and DELETE that a page shows plans: it binds, its rows can be found, its values satisfy the type's schema."""

from __future__ import annotations

from collections import Counter

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Face
from cirql.catalog.pages import page
from cirql.docs.examples import examples, filled
from cirql.errors import Error
from cirql.introspection.names import published
from tests.introspection.planning import plan_change


@pytest.mark.parametrize("verb", ["INSERT", "UPDATE", "DELETE"])
def test_every_write_example_plans_and_what_has_none_says_why(verb: str) -> None:
    failed: list[str] = []
    planned = 0
    reasons: Counter[str] = Counter()
    with Catalog.open() as catalog:
        for found in published(catalog):
            table = found.table
            shown = [e for e in examples(catalog, found, verbs=(verb,)) if e.verb == verb]
            if found.face in (Face.SINGULAR, Face.PLURAL) and table.cfn_type is not None:
                assert len(shown) == sum(m.verb == verb for m in found.methods)
            for example in shown:
                if not example.sql:
                    reasons[example.reason.partition(":")[0]] += 1
                    continue
                try:
                    plan_change(catalog, filled(table, example.sql))
                except Error as error:
                    failed.append(f"{found.name}: {type(error).__name__}: {error}")
                planned += 1
    assert failed == []
    assert planned > 1_500
    assert (verb == "INSERT") <= (not reasons)
    assert ("There is nothing to update" in reasons) == (verb == "UPDATE")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("aws.apigateway.resource", "There is nothing to update: every property is set by AWS or fixed at creation."),
        ("aws.datazone.project", "There is none: with every update AWS needs `domain_identifier` again"),
    ],
)
def test_a_page_says_why_it_has_no_update_example(name: str, sentence: str) -> None:
    with Catalog.open() as catalog:
        found = catalog.find(name)
        assert f"## `UPDATE` Example\n\n{sentence}" in page(found, examples(catalog, found))
