"""What AWS refuses a list call without although its model does not require it, as documentation says: it is given, or decided."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
from botocore.model import ServiceModel

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role, Table
from tests.sweeps.figures import tell

_MUST = re.compile(
    r"you must (specify|provide|include|supply|use)\b|must (specify|provide|include) (either|one|at least|exactly)\b"
    r"|(is|are) required (if|when|unless)\b"
    r"|at least one of"
    r"|\beither .* or .* (must|is required|are required)\b|required parameter|must be (specified|provided)"
    r"|one of (these|the following) (parameters )?(is|must)\b",
    re.IGNORECASE,
)
# Sentences about how pages are asked for, tags, and who may ask.
_OF_OTHER_THINGS = re.compile(
    r"tag key|token|permission|IAM|string of characters|wildcard|max|developer credentials|management account|Region", re.IGNORECASE
)


_SESSION = botocore.session.get_session()


@cache
def _model(service: str) -> ServiceModel:
    return _SESSION.get_service_model(service)


def _sentences(table: Table) -> Iterator[str]:
    """What the documentation of a table's list call says must be given, of the call and of the members that are not."""
    fetch = next(f for f in table.fetches if f.role is Role.LIST)
    operation = _model(fetch.service).operation_model(fetch.operation)
    given = {i.param.split(".")[0] for i in fetch.inputs if i.required} | set(fetch.constants)
    members = operation.input_shape.members if operation.input_shape is not None else {}
    texts = [operation.documentation, *(s.documentation for m, s in members.items() if m not in given)]
    for text in texts:
        bare = " ".join(re.sub(r"<[^>]+>", " ", text or "").split())
        yield from (said for said in bare.split(". ") if _MUST.search(said) and not _OF_OTHER_THINGS.search(said))


def _is_given(table: Table) -> bool:
    """Whether the call is told anything at all: then what else there is to choose from is of the same."""
    fetch = next(f for f in table.fetches if f.role is Role.LIST)
    return any(i.required for i in fetch.inputs) or bool(fetch.constants)


def test_what_aws_refuses_a_list_without_is_given_or_decided() -> None:
    decided = {
        f"aws.{name}": reason["why"]
        for reason in tomllib.loads(Path(__file__).with_name("refused.toml").read_text(encoding="utf-8"))["reason"]
        for name in reason["tables"]
    }
    with Catalog.open() as catalog:
        lists = [t for t in catalog.tables() if len(t.name.parts) == 2 and any(f.role is Role.LIST for f in t.fetches)]
    every = {str(t.name): said for t in lists if (said := list(_sentences(t)))}
    silent = {str(t.name) for t in lists if not _is_given(t)}
    found = {name: said for name, said in every.items() if name in silent}
    tell(
        "lists that AWS refuses without more than their models require",
        {"lists": len(lists), "say so": len(every), "given": len(every) - len(found), "decided one by one": len(decided)},
    )
    assert {name: found[name] for name in found.keys() - decided.keys()} == {}
    assert sorted(decided.keys() - found.keys()) == []
