"""Every statement that a page shows is planned, for some services or all: placeholders filled, names bound, values against the schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Face
from cirql.docs.examples import examples, filled
from cirql.errors import Error
from cirql.introspection.names import published
from cirql.sql.parse import parse
from tests.introspection.planning import plan_change, plan_query

# The derived spellings share all of their planning with the singular: some services stand for all.
DERIVED = {Face.LIST_ONLY: ("ec2", "iam", "sagemaker"), Face.TAGS: ("ec2", "iam", "lambda", "route53", "sagemaker")}


def plan_selects(services: Collection[str] | None = None) -> Counter[Face]:
    """How many SELECT examples were planned, by face; none fails, and a table without one says why."""
    failed: list[str] = []
    silent: list[str] = []
    planned: Counter[Face] = Counter()
    with Catalog.open() as catalog:
        for found in published(catalog, services=services):
            if found.table.service not in DERIVED.get(found.face, (found.table.service,)):
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
    return planned


def plan_writes(verb: str, services: Collection[str] | None = None) -> tuple[int, Counter[str]]:
    """How many examples of a verb were planned, and the reasons of the tables that have none; none fails."""
    failed: list[str] = []
    planned = 0
    reasons: Counter[str] = Counter()
    with Catalog.open() as catalog:
        for found in published(catalog, services=services):
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
    return planned, reasons
