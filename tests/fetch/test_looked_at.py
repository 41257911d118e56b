"""Which members of an answer a scan looks at: the rows have the same in every column that is wanted, whatever else is passed over."""

from __future__ import annotations

import random
from collections.abc import Iterator

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Fetch, Role, Table
from cirql.cloud.answers import read_success
from cirql.errors import CloudError
from cirql.fetch.looked_at import looked_at
from cirql.fetch.repeats import Naming
from cirql.fetch.rows import Row, rows_of
from cirql.plan.model import Scan
from tests.cloud.xml_documents import Writer, reads, response

SERVICES = ("ec2", "iam", "s3", "rds", "elbv2", "cloudformation", "autoscaling", "route53", "cloudfront", "sns", "elasticache")


def lists(tables: Iterator[Table]) -> Iterator[tuple[Table, Fetch]]:
    """Every list call of every table."""
    for table in tables:
        yield from ((table, fetch) for fetch in table.fetches if fetch.role is Role.LIST)


def naming(table: Table, fetch: Fetch) -> Naming | None:
    asked = {i.column for i in fetch.inputs if i.operator == "=" and i.required and i.batch == 1}
    return Naming.of(table, fetch, asked | {"region", table.account_column})


def test_every_wanted_column_of_every_xml_list_is_the_same_when_others_are_passed_over() -> None:
    models = {(m.service_model.service_name, m.name): m for m in reads(*SERVICES)}
    dice, compared, pruned = random.Random(1), 0, 0
    with Catalog.open() as catalog:
        for number, (table, fetch) in enumerate(lists(t for service in SERVICES for t in catalog.tables(service))):
            model = models.get((fetch.service, fetch.operation))
            if model is None:
                continue
            body = Writer(number).document(model)
            answer = read_success(model, response(body))
            assert isinstance(answer, dict)
            columns = tuple(c.name for c in table.columns if dice.random() < 0.2)
            look = looked_at(Scan("scan_0", table, columns, fetch), naming(table, fetch))
            less = read_success(model, response(body), look.only)
            assert isinstance(less, dict)
            try:
                whole = rows_of(fetch, answer)
            except CloudError:
                continue
            assert wanted(rows_of(look.fetch, less), columns) == wanted(whole, columns), (str(table.name), columns)
            compared += 1
            pruned += less != answer
    assert compared > 200
    assert pruned > 80


def wanted(rows: list[Row], columns: tuple[str, ...]) -> list[Row]:
    return [{c: row.get(c) for c in columns} for row in rows]


def test_where_what_tells_rows_apart_is_a_guess_all_members_are_looked_at() -> None:
    with Catalog.open() as catalog:
        guessed = next((t, f) for t, f in lists(catalog.tables("sagemaker")) if (n := naming(t, f)) is not None and not n.is_sure)
    look = looked_at(Scan("scan_0", guessed[0], (), guessed[1]), naming(*guessed))
    assert look.only is None
    assert look.fetch is guessed[1]


def test_what_only_narrows_a_list_is_not_looked_at_in_its_answer() -> None:
    with Catalog.open() as catalog:
        table = next(t for t in catalog.tables("ec2") if str(t.name).endswith("ec2_instance"))
        fetch = next(f for f in table.fetches if f.role is Role.LIST)
        look = looked_at(Scan("scan_0", table, ("instance_type",), fetch), naming(table, fetch))
    assert len([i for i in fetch.inputs if not i.required]) > 20
    given = {o.column for o in look.fetch.outputs}
    assert {"instance_id", "instance_type"} <= given
    assert len(given) < 6
