"""Every table and every operation against what gateways, odd services and odd names do."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from botocore.loaders import create_loader
from botocore.model import OperationModel, ServiceModel

from cirql.catalog.lookup import Catalog
from cirql.cloud.answers import read_error
from cirql.cloud.failures import Place, of_answer
from cirql.cloud.retry import classify
from cirql.cloud.target import Target
from cirql.errors import ResourceNotFound
from cirql.fetch.batches import record_batch
from tests.sweeps.figures import tell

ODD: tuple[Any, ...] = (2**63, -(2**80), 7.5, float("nan"), "half \ud83d", b"\xff", {"a": "\ud83d"}, [1, "x", None], True, "", "2026-13-45")
PLAIN: dict[str, Any] = {
    "VARCHAR": "plain",
    "BIGINT": 7,
    "DOUBLE": 1.5,
    "BOOLEAN": True,
    "TIMESTAMP": datetime(2026, 1, 1),
    "JSON": {"a": 1},
}
XHTML = b"<html xmlns='http://www.w3.org/1999/xhtml'><body><Code>NoSuchPage</Code></body></html>"
GATEWAYS = (b"<html><body><h1>404 Not Found</h1></body></html>", b"", b'{"message": "no Route matched"}', b"not found", b"[]", XHTML)


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


def operations(catalog: Catalog) -> dict[tuple[str, str], OperationModel]:
    """Every operation that reads something for a table."""
    found = {(f.service, f.operation) for name in catalog.names() for f in catalog.find(str(name)).table.fetches}
    return {key: model(key[0]).operation_model(key[1]) for key in sorted(found)}


def test_a_page_that_a_gateway_does_not_have_is_never_a_thing_that_is_gone() -> None:
    with Catalog.open() as catalog:
        every = operations(catalog)
    wrong = []
    for (service, name), operation in every.items():
        place = Place(Target("111111111111", "eu-west-1"), service, name)
        for body in GATEWAYS:
            answer = read_error(operation, {"status_code": 404, "headers": {}, "body": body, "context": {"operation_name": name}})
            verdict = classify(answer.code, answer.status, operation)
            is_head = operation.http.get("method") == "HEAD"
            error = of_answer(place, answer.code, answer.message, None, verdict, 1, is_head=is_head)
            if isinstance(error, ResourceNotFound) is not is_head:
                wrong.append(f"{service}:{name} {body!r}")
    tell("nameless 404s", {"operations": len(every), "pages each": len(GATEWAYS), "taken for a thing that is gone": len(wrong)})
    assert len(every) > 4000
    assert wrong == []


def test_no_odd_value_in_any_column_of_any_table_costs_another() -> None:
    count, told_of, wrong = 0, 0, []
    with Catalog.open() as catalog:
        for table in catalog.tables():
            plain = {c.name: PLAIN.get(c.type.name) for c in table.columns}
            names = tuple(plain)
            rows = [*(dict.fromkeys(names, odd) for odd in ODD), plain]
            told: set[tuple[int, str]] = set()
            batch = record_batch(table, names, rows, lambda at, column, *_, told=told: told.add((at, column)))
            count += len(names)
            told_of += len(told)
            wrong += [f"{table.name}.{name}" for name in names if not _is_right(batch.column(name), plain[name], _told(told, name))]
    tell("odd values", {"columns": count, "values each": len(ODD), "told": told_of, "columns wrong": len(wrong)})
    assert wrong == []


def _told(told: set[tuple[int, str]], name: str) -> set[int]:
    return {at for at, column in told if column == name}


def _is_right(column: Any, plain: Any, told: set[int]) -> bool:
    """Whether each odd value is there or was told of, and the plain one after them is there."""
    return (
        len(ODD) not in told
        and column[-1].is_valid is (plain is not None)
        and all(column[at].is_valid is not (at in told) for at in range(len(ODD)))
    )
