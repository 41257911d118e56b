"""What three generations of StackQL's pages publish of each CloudFormation type, derived from its schema by their rules, and what ours do.

A page has a spelling, fields with types, methods with what they require, permissions and SELECT examples. The first generation has a
singular and a plural page a type; the second and the third have a plural, a `_list_only` and a `_tags` page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.pages import permission_verbs
from cirql.compiler import overlay
from cirql.compiler.schemas import ResourceSchema, load
from cirql.docs.examples import filled
from cirql.errors import Error, MissingKey
from cirql.introspection.described import method_of
from cirql.names import plural, stackql_column, stackql_singulars
from cirql.sql.parse import parse
from tests.introspection.planning import plan_query
from tests.sweeps.figures import tell

# Services whose SELECT examples name no region.
_NO_REGION = ("cloudfront", "iam", "wafv2", "route53", "globalaccelerator", "shield")
_READ, _ONE = ("region",), ("data__Identifier", "region")


@dataclass(frozen=True)
class Page:
    """One page: where it is, and what is on it."""

    name: str
    fields: tuple[str, ...]
    methods: Mapping[str, tuple[str, ...]]
    permissions: tuple[str, ...]
    selects: tuple[str, ...]


@cache
def _schemas() -> tuple[ResourceSchema, ...]:
    return tuple(load())


def _pages(schema: ResourceSchema, generation: int) -> Iterator[Page]:
    """The pages of a type."""
    _, service, name = schema.type_name.split("::")
    service = service.lower()
    provider = "awscc" if generation == 3 else "aws"
    handlers = schema.body.get("handlers", {})
    one = stackql_singulars(service, name)[-1 if generation == 1 else 0]
    many = plural(stackql_singulars(service, name)[0])
    every = tuple(schema.body["properties"])
    paths = [p.split("/")[2:] for p in schema.body.get("primaryIdentifier", ())]
    if any(len(path) != 1 for path in paths):
        return  # an identifier inside a property is a path on the page, which is no SQL
    own = tuple(path[0] for path in paths)
    word = "Identifier" if generation == 3 else "data__Identifier"
    place = "" if generation == 1 and service in _NO_REGION else "region = 'us-east-1'"
    which = f"{word} = '{'|'.join(f'<{m}>' for m in own)}'"

    def select(table: str, members: tuple[str, ...], *conditions: str) -> str:
        columns = ",\n".join(["region", *(f'"{stackql_column(m)}"' for m in members)])
        said = " AND ".join(filter(None, conditions))
        return f"SELECT\n{columns}\nFROM {provider}.{service}.{table}" + (f"\nWHERE {said};" if said else ";")

    def has(handler: str) -> bool:
        return bool(schema.permissions(handler))

    update = {"update_resource": ("data__Identifier", "data__PatchDocument", "region")} if has("update") else {}
    get = {"get_resource": _ONE} if "read" in handlers else {}
    create = {"create_resource": (*schema.body.get("required", ()), "region")} if has("create") else {}
    delete = {"delete_resource": _ONE} if has("delete") else {}
    listed = {"list_resource" if generation == 1 else "list_resources": _READ} if "list" in handlers else {}
    can_get = "read" in handlers
    if generation == 1:
        selects = (select(one, every, place, which),) if can_get else ()
        yield Page(f"{provider}.{service}.{one}", every, {**update, **get}, ("read", "update"), selects)
        if many == one:
            return
        selects = (select(many, own, place),) if listed else ()
        yield Page(f"{provider}.{service}.{many}", own, {**create, **delete, **listed}, ("create", "delete", "list"), selects)
        return
    selects = (*((select(many, own, place),) if listed else ()), *((select(many, every, place, which),) if can_get else ()))
    verbs = ("create", "read", "update", "delete", "list")
    yield Page(f"{provider}.{service}.{many}", every, {**create, **delete, **update, **listed, **get}, verbs, selects)
    if listed and has("list"):
        yield Page(f"{provider}.{service}.{many}_list_only", own, listed, (), (select(f"{many}_list_only", own, place),))
    if generation == 2 and listed and "Tags" in every:
        rest = tuple(m for m in every if m != "Tags")
        yield Page(f"{provider}.{service}.{one}_tags", (*rest, "TagKey", "TagValue"), listed, (), (select(f"{one}_tags", rest, place),))


def _datatype(schema: ResourceSchema, member: str) -> str:
    kind: Any = schema.resolve(schema.body["properties"].get(member, {"type": "string"})).get("type", "object")
    return ("object" if "object" in kind else str(kind[0])) if isinstance(kind, list) else str(kind)


def _differences(catalog: Catalog, schema: ResourceSchema, page: Page) -> Iterator[tuple[str, str]]:
    """What of a page is not, or is otherwise, on ours: kind, and what."""
    try:
        found = catalog.find(page.name)
    except Error as error:
        yield "page", f"{page.name}: {error}"
        return
    yield from (("field", f"{page.name}.{what}") for what in _fields(found, schema, page))
    for name, required in page.methods.items():
        try:
            mine = method_of(found, name)
        except Error as error:
            yield "method", f"{page.name}: {error}"
            continue
        if mine.required != required or mine not in found.methods:
            yield "method", f"{page.name}.{name}: {mine.required}, not {required}"
    for verb in page.permissions:
        wanted = _corrected(schema.permissions(verb))
        if wanted and (verb not in permission_verbs(found) or found.table.permissions[verb] != wanted):
            yield "permission", f"{page.name}: {verb}"
    for sql in page.selects:
        try:
            plan_query(catalog, parse(filled(found.table, sql)))
        except MissingKey as error:
            # The page's own statement cannot be answered either: AWS lists these by a key that the page does not give.
            if not found.table.problem:
                yield "SELECT", f"{page.name}: {error}"
        except Error as error:
            yield "SELECT", f"{page.name}: {error}"


@cache
def _actions() -> Mapping[str, tuple[str, ...]]:
    return overlay.load().actions


def _corrected(actions: tuple[str, ...]) -> tuple[str, ...]:
    """Permissions as IAM knows them: some schemas name actions that there are none of."""

    def called(action: str) -> Iterator[str]:
        prefix, _, name = action.partition(":")
        key = next((k for k in (action, f"{prefix}:*") if k in _actions()), None)
        yield from (new.replace("*", name) for new in _actions()[key]) if key is not None else (action,)

    return tuple(dict.fromkeys(a for action in actions for a in called(action)))


def _fields(found: Found, schema: ResourceSchema, page: Page) -> Iterator[str]:
    for member in page.fields:
        # Where a row was read is `region` on every page, so that a property of that name has another.
        wanted = "own_region" if member == "Region" else stackql_column(member)
        mine = next((c for c in found.fields if wanted == c.name or wanted in c.aliases), None)
        if mine is None:
            yield f"{wanted} is not there"
        elif mine.declared != _datatype(schema, member):
            yield f"{wanted} is {mine.declared}, not {_datatype(schema, member)}"
    if found.fields[-1].name != "region":
        yield "region is not the last"


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_what_a_peers_pages_publish_is_on_ours(generation: int) -> None:
    counts, wrong = Counter[str](), []
    with Catalog.open() as catalog:
        for schema in _schemas():
            for page in _pages(schema, generation):
                counts.update(
                    {
                        "pages": 1,
                        "fields": len(page.fields),
                        "methods": len(page.methods),
                        "permissions": sum(bool(schema.permissions(v)) for v in page.permissions),
                        "SELECTs": len(page.selects),
                    }
                )
                wrong += list(_differences(catalog, schema, page))
    tell(f"generation {generation} of StackQL's pages", {**counts, **{f"{k} wrong": n for k, n in Counter(k for k, _ in wrong).items()}})
    assert [what for _, what in wrong] == []
