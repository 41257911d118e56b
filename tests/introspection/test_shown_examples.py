"""Every statement that a page shows plans: both spellings of a resource bind, rows are found, values satisfy the type's schema.

Some services stand for all here; tests/sweeps plans the statements of all of them.
"""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Face
from cirql.catalog.pages import page
from cirql.docs.examples import examples
from tests.introspection.shown import plan_selects, plan_writes

SERVICES = ("apigateway", "cloudfront", "datazone", "dynamodb", "ec2", "ecs", "iam", "lambda", "route53", "s3", "sagemaker", "wafv2")


def test_every_select_example_plans_and_what_has_none_says_why() -> None:
    planned = plan_selects(SERVICES)
    assert planned[Face.SINGULAR] > 250
    assert planned[Face.PLURAL] > 250
    assert planned[Face.DATASET] > 400


@pytest.mark.parametrize("verb", ["INSERT", "UPDATE", "DELETE"])
def test_every_write_example_plans_and_what_has_none_says_why(verb: str) -> None:
    planned, reasons = plan_writes(verb, SERVICES)
    assert planned > 200
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
