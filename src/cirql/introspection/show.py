"""SHOW and DESCRIBE, as StackQL writes them, turned into a query over a relation that is made for the one statement.

SHOW [EXTENDED] PROVIDERS | SERVICES [IN aws] | RESOURCES IN aws.<service> | METHODS IN <table> [LIKE 'pattern'] [WHERE condition]
SHOW TABLES [IN aws | aws.<service>] [LIKE 'pattern'] [WHERE condition]
SHOW INSERT [/*+ REQUIRED */] INTO <table>
DESCRIBE [EXTENDED] <table>
DESCRIBE METHOD [EXTENDED] <table>.<method>
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from cirql import __version__
from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Column, Face, Table
from cirql.catalog.pages import plain
from cirql.errors import ParseError, UnknownTable
from cirql.introspection import described
from cirql.introspection.directory import Directory, methods_of
from cirql.introspection.forms import DESCRIBE, FIRST, INSERT, ISOLATION, REGISTRY, SHOW
from cirql.introspection.insert_template import insert_template
from cirql.introspection.names import published
from cirql.introspection.relations import Relation, Row, define
from cirql.names import Scheme
from cirql.startup.records import dataclass
from cirql.types import ColumnType

_SHOWN = "cirql.shown"
_HINT = (
    "SHOW PROVIDERS | SERVICES IN aws | RESOURCES IN aws.<service> | METHODS IN <table> | TABLES | INSERT INTO <table>, DESCRIBE <table>"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a SHOW or DESCRIBE comes down to: a query, the relation that it reads, and what the reader should know besides."""

    query: str
    relation: Relation
    notices: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """What its WHERE can be."""
        names = ", ".join(c.member or c.name for c in self.relation.table.columns)
        return f"SHOW … WHERE takes one condition on {names}"


Outlines = Callable[[Table, Column], Sequence[str]]


def read(text: str, catalog: Catalog, outline: Outlines | None = None) -> Shown:
    """What a SHOW or DESCRIBE asks. `outline` says what is in a table's JSON columns.

    Raises ParseError where it is neither form, UnknownTable where it names nothing.
    """
    if match := SHOW.match(text):
        return _show(match, catalog)
    if match := INSERT.match(text):
        hinted = f"{match['hint'] or ''}{match['hint2'] or ''}".upper()
        template = insert_template(catalog, _find(match["name"], catalog), required_only="REQUIRED" in hinted)
        return _answer(("template",), [{"template": template}])
    if ISOLATION.match(text):
        return _answer(("transaction_isolation",), [{"transaction_isolation": "read committed"}])
    if match := REGISTRY.match(text):
        wanted = match["name"]
        return _answer(("name", "version"), [r for r in _providers() if wanted is None or r["name"] == _clean(wanted)])
    if match := DESCRIBE.match(text):
        return _describe(match, catalog, outline)
    first = FIRST.match(text)
    word = first[1].upper() if first else "SHOW"
    raise ParseError(f"this {word} is not understood", hint=_HINT, position=first.start(1) if first else None)


def _clean(name: str) -> str:
    return name.replace('"', "").lower()


def _find(name: str, catalog: Catalog) -> Found:
    return Directory(catalog).find(_clean(name))


def _show(match: re.Match[str], catalog: Catalog) -> Shown:
    name, extended, kind = match["name"], match["extended"] is not None, match["kind"].upper()
    match kind:
        case "PROVIDERS":
            columns, rows = ("name", "version"), _providers()
        case "SERVICES":
            _check_provider(name, "SERVICES")
            columns, rows = ("id", "name", "title", *(("description", "version", "preferred") if extended else ())), _services(catalog)
        case "RESOURCES":
            columns, rows = ("name", "id", *(("description",) if extended else ())), _resources(catalog, name)
        case "METHODS":
            if name is None:
                raise ParseError("SHOW METHODS needs a table", hint="SHOW METHODS IN aws.sagemaker.image_version")
            columns = ("MethodName", "RequiredParams", "SQLVerb", *(("description",) if extended else ()))
            rows = described.methods(_find(name, catalog))
        case _:
            columns, rows = ("table_name", "title", *(("description",) if extended else ())), _tables(catalog, name)
    return _answer(columns, rows, match["like"], match["where"], sort=kind != "METHODS")


def _answer(
    columns: tuple[str, ...], rows: Iterable[Row], like: str | None = None, where: str | None = None, *, sort: bool = False
) -> Shown:
    """A query for these columns, narrowed by LIKE on the name (case does not matter, as in StackQL) and by WHERE."""
    made = list(rows)
    relation = define(_SHOWN, "", ((c, ColumnType.VARCHAR, "") for c in columns), lambda catalog, wish: made)
    key = "table_name" if "table_name" in columns else "MethodName" if "MethodName" in columns else "name"
    conditions = [f'"{key}" ILIKE {like}'] if like else []
    conditions += [f"({where}\n)"] if where else []
    query = "SELECT " + ", ".join(f'"{c}"' for c in columns) + f" FROM {_SHOWN}"
    query += " WHERE " + " AND ".join(conditions) if conditions else ""
    return Shown(query + (f' ORDER BY "{key}"' if sort else ""), relation)


def _providers() -> Iterator[Row]:
    for name in ("aws", "awscc"):
        yield {"name": name, "version": f"v{__version__}"}


def _check_provider(name: str | None, what: str) -> None:
    if name is not None and _clean(name) not in ("aws", "awscc"):
        raise UnknownTable(f"there is no provider {name}", hint=f"SHOW {what} IN aws")


def _services(catalog: Catalog) -> Iterator[Row]:
    datasets = catalog.services(Scheme.DATASET)
    for service, count in sorted(catalog.services(Scheme.RESOURCE).items()):
        first = catalog.names(f"aws.{service}.", scheme=Scheme.RESOURCE)[0]
        type_name = catalog.find(first).table.cfn_type
        inventory = f", {datasets[service]} datasets" if service in datasets else ""
        yield {
            "id": service,
            "name": service,
            "title": type_name.split("::")[1] if type_name else "Cloud Control",
            "description": f"{count} {'resource' if count == 1 else 'resources'}{inventory}",
            "version": str(catalog.version),
            "preferred": "true",
        }


def _service_of(catalog: Catalog, name: str | None, what: str) -> str:
    parts = _clean(name).split(".") if name else []
    if len(parts) != 2 or parts[0] not in ("aws", "awscc"):
        raise ParseError(f"SHOW {what} needs a service", hint=f"SHOW {what} IN aws.sagemaker")
    services = catalog.services(Scheme.RESOURCE)
    if parts[1] not in services:
        near = difflib.get_close_matches(parts[1], services, n=3)
        raise UnknownTable(
            f"there is no service aws.{parts[1]}", hint=f"did you mean {' or '.join(near)}?" if near else "SHOW SERVICES IN aws"
        )
    return parts[1]


def _resources(catalog: Catalog, name: str | None) -> Iterator[Row]:
    for found in published(catalog, services=[_service_of(catalog, name, "RESOURCES")]):
        if found.face is not Face.DATASET:
            yield {"name": found.name.resource, "id": str(found.name), "description": plain(found.table.description)}


def _tables(catalog: Catalog, name: str | None) -> Iterator[Row]:
    prefix = "aws." if name is None or _clean(name) in ("aws", "awscc") else f"aws.{_service_of(catalog, name, 'TABLES')}"
    services = None if prefix == "aws." else [prefix.removeprefix("aws.")]
    for found in published(catalog, services=services):
        yield {"table_name": str(found.name), "title": found.table.title, "description": plain(found.table.description)}


def _describe(match: re.Match[str], catalog: Catalog, outline: Outlines | None) -> Shown:
    words, name = match["words"].upper().split(), match["name"]
    extended = "EXTENDED" in words
    more = ("description",) if extended else ()
    if "METHOD" not in words:
        found = _find(name, catalog)
        inside = partial(outline, found.table) if outline is not None else None
        members = ("members",) if extended else ()
        shown = _answer(("name", "type", *more, *members), described.columns(found, extended=extended, outline=inside))
        return Shown(shown.query, shown.relation, tuple(_notices(found)) if extended else ())
    found, method_name = _find_method(name, catalog)
    rows = described.method(catalog, found, described.method_of(found, method_name))
    return _answer(("name", "type", *more, "param_type", "shape"), rows)


def _find_method(name: str, catalog: Catalog) -> tuple[Found, str]:
    """The table and the method that a dotted name ends in. Raises UnknownTable, and says so where it names a table alone."""
    table, _, method = _clean(name).rpartition(".")
    try:
        return _find(table, catalog), method
    except UnknownTable:
        try:
            found = _find(name, catalog)
        except UnknownTable:
            pass
        else:
            every = " | ".join(m.name for m in methods_of(found))
            raise ParseError("DESCRIBE METHOD needs a method", hint=f"DESCRIBE METHOD {found.name}.{every or '<method>'}") from None
        raise


def _notices(found: Found) -> Iterator[str]:
    """What no column says: that a table cannot be read without help, and where it is not."""
    table = found.table
    if table.problem:
        yield f"{found.name} cannot be read without help: {table.problem}"
    if table.regions is not None:
        yield f"{found.name} exists in these regions only: {', '.join(sorted(table.regions))}"
