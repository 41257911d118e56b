"""Every call of the catalog: what looks like a page token, read here without the compiler's rules, is used, or the overlay says why not."""

from __future__ import annotations

from functools import cache

from botocore.loaders import create_loader
from botocore.model import ServiceModel, StructureShape

from cirql.catalog.lookup import Catalog
from cirql.compiler import overlay
from tests.sweeps.figures import tell

_TOKENS = (
    "nexttoken",
    "nextmarker",
    "nextpagetoken",
    "paginationtoken",
    "nextcontinuationtoken",
    "continuationtoken",
    "marker",
    "pagetoken",
)


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


def tokens(shape: StructureShape) -> set[str]:
    """Members of an answer, and of the structures in it, that are spelled as page tokens are; read here without the compiler's rules."""
    found = {name for name, member in shape.members.items() if _is_token(name) and member.type_name == "string"}
    for name, member in shape.members.items():
        if isinstance(member, StructureShape):
            found |= {f"{name}.{inner}" for inner, of in member.members.items() if _is_token(inner) and of.type_name == "string"}
    return found


def _is_token(name: str) -> bool:
    return name.lower() in _TOKENS


def test_no_answer_has_a_page_token_that_nothing_uses() -> None:
    facts = overlay.load().services
    calls = {}
    with Catalog.open() as catalog:
        for table in catalog.tables():
            for fetch in table.fetches:
                if fetch.service != "cloudcontrol":
                    calls[fetch.service, fetch.operation] = fetch.paging is not None and bool(fetch.paging.output_tokens)
    continued = excused = 0
    unused = []
    for (service, operation), is_continued in sorted(calls.items()):
        shape = model(service).operation_model(operation).output_shape
        if shape is None or not tokens(shape):
            continue
        if is_continued:
            continued += 1
        elif operation in facts.get(service, {}).get("unused_tokens", {}):
            excused += 1
        else:
            unused.append(f"{service}:{operation} {sorted(tokens(shape))}")
    tell("tokens", {"operations": len(calls), "continued": continued, "excused by data": excused, "unused": len(unused)})
    assert unused == []
    assert continued > 3000
