"""Every SELECT that a page shows plans, once its placeholders are filled: so both spellings of every resource bind and can be explained."""

from __future__ import annotations

from collections import Counter

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Face
from cirql.docs.examples import examples, filled
from cirql.errors import Error
from cirql.introspection.names import published
from cirql.sql.parse import parse
from tests.introspection.planning import plan_query

# The derived spellings share all of their planning with the singular: some services stand for all.
SAMPLED = {Face.LIST_ONLY: ("ec2", "iam", "sagemaker"), Face.TAGS: ("ec2", "iam", "lambda", "route53", "sagemaker")}


def test_every_select_example_plans_and_what_has_none_says_why() -> None:
    failed: list[str] = []
    silent: list[str] = []
    planned: Counter[Face] = Counter()
    with Catalog.open() as catalog:
        for found in published(catalog):
            if found.table.service not in SAMPLED.get(found.face, (found.table.service,)):
                continue
            example = next((e for e in examples(catalog, found, verbs=("SELECT",))), None)
            if example is None:
                silent += [] if found.table.problem else [str(found.name)]
                continue
            try:
                scans = plan_query(catalog, parse(filled(found.table, example.sql))).scans
            except Error as error:
                failed.append(f"{found.name}: {type(error).__name__}: {error}")
            else:
                assert [s.table.name for s in scans] == [found.table.name]
                planned[found.face] += 1
    assert failed == []
    assert silent == []
    assert planned[Face.SINGULAR] > 1_700
    assert planned[Face.PLURAL] > 1_700
    assert planned[Face.DATASET] > 3_800
