"""Reads that want nothing: what an account, a region or a service is set to. Each is behind a table or a column, or says why it is not."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import botocore.session

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role
from tests.sweeps.figures import tell

_READ = re.compile(r"(Get|Describe)[A-Z].*")
_OF_ACCOUNT = {"accountid", "awsaccountid", "account_id"}
_SAYS_NOTHING = {"responsemetadata", "nexttoken", "marker", "requestid"}


def _reads() -> Iterator[str]:
    """The operations that describe without being told what, but for whose it is: `service:Operation`."""
    session = botocore.session.get_session()
    for service in session.get_available_services():
        model = session.get_service_model(service)
        for name in filter(_READ.fullmatch, model.operation_names):
            operation = model.operation_model(name)
            required = operation.input_shape.required_members if operation.input_shape is not None else ()
            if operation.deprecated or operation.output_shape is None or {m.lower() for m in required} - _OF_ACCOUNT:
                continue
            if {m.lower() for m in operation.output_shape.members} - _SAYS_NOTHING:
                yield f"{service}:{name}"


def test_each_read_that_wants_nothing_is_behind_a_table_or_a_column_or_says_why_not() -> None:
    reasons = {
        operation: reason["why"]
        for reason in tomllib.loads(Path(__file__).with_name("settings.toml").read_text(encoding="utf-8"))["reason"]
        for operation in reason["operations"]
    }
    with Catalog.open() as catalog:
        fetches = [(f, t.problem) for t in catalog.tables() for f in t.fetches]
    rows = {f"{f.service}:{f.operation}" for f, _ in fetches if f.role is Role.LIST}
    columns = {f"{f.service}:{f.operation}" for f, _ in fetches} - rows
    reads = set(_reads())
    tell(
        "reads that want nothing",
        {
            "operations": len(reads),
            "tables": len(reads & rows),
            "columns": len(reads & columns),
            **Counter(reasons.get(r, "no reason") for r in sorted(reads - rows - columns)),
        },
    )
    assert sorted(reads - rows - columns - reasons.keys()) == []
    assert sorted(reasons.keys() - (reads - rows - columns)) == []
