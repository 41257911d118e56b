"""Every INSERT, UPDATE and DELETE that a page shows plans: it binds, its rows can be found, its values satisfy the type's schema."""

from __future__ import annotations

from collections import Counter, defaultdict

from cirql.catalog.lookup import Catalog
from cirql.docs.examples import examples, filled
from cirql.errors import Error
from cirql.introspection.names import published
from tests.introspection.planning import plan_change


def test_every_write_example_plans_and_nearly_everything_that_can_be_written_has_one() -> None:
    failed: list[str] = []
    planned: defaultdict[str, set[str]] = defaultdict(set)
    possible: defaultdict[str, set[str]] = defaultdict(set)
    with Catalog.open() as catalog:
        for found in published(catalog):
            table = found.table
            for method in table.methods if table.cfn_type and table.fetches else ():
                possible[method.verb].add(str(table.name))
            for example in examples(catalog, found):
                if example.verb == "SELECT":
                    continue
                try:
                    plan_change(catalog, filled(table, example.sql))
                except Error as error:
                    failed.append(f"{found.name}: {example.verb}: {type(error).__name__}: {error}")
                planned[example.verb].add(str(table.name))
    assert failed == []
    assert min(len(planned[verb]) for verb in ("INSERT", "UPDATE", "DELETE")) > 1_500
    lacking = Counter({verb: len(possible[verb] - planned[verb]) for verb in ("INSERT", "UPDATE", "DELETE")})
    assert lacking["INSERT"] < 10
    assert lacking["UPDATE"] < 50
    assert lacking["DELETE"] == 0
