"""information_schema, as the SQL standard has it (ISO/IEC 9075-11): what tools ask first.

Datasets are in schema `aws` of catalog `cirql`; resources in catalog `aws`, in a schema for each service; cirql's own relations in
the schemas `cirql` and `information_schema` of catalog `cirql`, and so are the views of other systems' names. For a client of a
database all of them are in the catalog of that name, as PostgreSQL has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Column, Face
from cirql.catalog.pages import plain
from cirql.catalog.views import INTERNAL
from cirql.catalog.views import SCHEMAS as VIEW_SCHEMAS
from cirql.introspection.names import Keep, aliases, listed_spellings, published
from cirql.introspection.relations import Relation, Row, Wish, define
from cirql.names import Scheme
from cirql.types import ColumnType

_TEXT, _NUMBER = ColumnType.VARCHAR, ColumnType.BIGINT
_HOME, _PROVIDER = "cirql", "aws"
_KEY = ("table_catalog", "table_schema", "table_name")
_VIEW_TYPES = {
    "text": "VARCHAR",
    "bigint": "BIGINT",
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamptz": "TIMESTAMPTZ",
    "jsonb": "JSON",
    "inet": "INET",
    "cidr": "CIDR",
    "ltree": "VARCHAR",
}
"""What the types of views are called here."""
System = Callable[[], tuple[Relation, ...]]
Place = Callable[[Sequence[str]], Row]
"""The catalog, schema and table of a name of these parts: (cirql, aws, sagemaker_image) or (aws, sagemaker, image)."""


def relations(system: System, catalog_name: str | None = None) -> tuple[Relation, ...]:
    """The three relations; `system` gives all relations that are answered without AWS, these included.

    `catalog_name` is the one catalog that everything is in; None: `cirql` for datasets and `aws` for resources.
    """

    def place(parts: Sequence[str]) -> Row:
        catalog = catalog_name or (_HOME if len(parts) == 2 else parts[0])
        return dict(zip(_KEY, (catalog, *parts[-2:]), strict=True))

    return (
        define(
            "information_schema.schemata",
            "The schemas: `aws` for datasets, one for each service for resources.",
            (
                ("catalog_name", _TEXT, "`cirql` for datasets and for cirql's own relations, `aws` for resources."),
                ("schema_name", _TEXT, "`aws`, or the service."),
                ("schema_owner", _TEXT, ""),
            ),
            lambda catalog, wish: _schemata(catalog, catalog_name),
        ),
        define(
            "information_schema.tables",
            "Every table, under each of its names.",
            (
                ("table_catalog", _TEXT, "`cirql` for datasets, `aws` for resources."),
                ("table_schema", _TEXT, "`aws` for datasets, the service for resources."),
                ("table_name", _TEXT, "The last part of the name."),
                ("table_type", _TEXT, "`BASE TABLE`, or `VIEW` for an alias, a `_list_only` or `_tags` table and cirql's own relations."),
                ("is_insertable_into", _TEXT, "`YES` where INSERT creates a resource."),
            ),
            lambda catalog, wish: _tables(catalog, wish, system(), place),
            _KEY,
        ),
        define(
            "information_schema.columns",
            "The columns of `SELECT *` of every table.",
            (
                ("table_catalog", _TEXT, "`cirql` for datasets, `aws` for resources."),
                ("table_schema", _TEXT, "`aws` for datasets, the service for resources."),
                ("table_name", _TEXT, "The last part of the table's name."),
                ("column_name", _TEXT, ""),
                ("ordinal_position", _NUMBER, "Counted from 1, in the order of `SELECT *`."),
                ("column_default", _TEXT, "Always NULL."),
                ("is_nullable", _TEXT, "Always `YES`: AWS may leave anything out."),
                ("data_type", _TEXT, "The type, as cirql names it."),
                ("is_updatable", _TEXT, "`YES` where UPDATE can set it."),
                ("column_comment", _TEXT, "What AWS says about it."),
            ),
            lambda catalog, wish: _columns(catalog, wish, system(), place),
            _KEY,
        ),
    )


def _schemata(catalog: Catalog, catalog_name: str | None) -> Iterator[Row]:
    owners = [(_HOME, schema) for schema in (_PROVIDER, "cirql", "information_schema", *VIEW_SCHEMAS, INTERNAL)]
    owners += [(_PROVIDER, service) for service in catalog.services(Scheme.RESOURCE)]
    for owner, schema in sorted(owners):
        yield {"catalog_name": catalog_name or owner, "schema_name": schema, "schema_owner": "cirql"}


def _views(catalog: Catalog, wish: Wish) -> list[str]:
    """The names of views that the conditions on table_schema and table_name leave."""
    schemas, names = wish.values.get("table_schema"), wish.values.get("table_name")
    found = (name.split(".") for name in catalog.view_names()) if schemas is None or schemas & set(VIEW_SCHEMAS) else iter(())
    return [f"{s}.{n}" for s, n in found if (schemas is None or s in schemas) and (names is None or n in names)]


def _wanted(catalog: Catalog, wish: Wish, place: Place) -> Iterator[Found]:
    """The names that the conditions on table_catalog, table_schema and table_name leave."""
    schemas, names = wish.values.get("table_schema"), wish.values.get("table_name")
    if schemas is not None and names is not None:
        return published(
            catalog, names=[f"aws.{n}" if s == _PROVIDER else f"aws.{s}.{n}" for s in schemas for n in names], with_aliases=True
        )
    return published(catalog, services=_services(schemas), keep=_keep(wish, place), with_aliases=True)


def _services(schemas: frozenset[Any] | None) -> list[str] | None:
    """The services that schemas are named for; None, where datasets may be meant: they are in one schema whatever their service."""
    return None if schemas is None or _PROVIDER in schemas else sorted(map(str, schemas))


def _keep(wish: Wish, place: Place) -> Keep | None:
    passes = wish.passes
    return None if passes is None else lambda spellings: passes([place(s.name.split(".")) for s in spellings])


def _tables(catalog: Catalog, wish: Wish, system: tuple[Relation, ...], place: Place) -> Iterator[Row]:
    for relation in system:
        yield {**place(relation.table.name.parts), "table_type": "VIEW", "is_insertable_into": "NO"}
    for name in _views(catalog, wish):
        yield {**place(name.split(".")), "table_type": "VIEW", "is_insertable_into": "NO"}
    if "is_insertable_into" not in wish.columns:
        for spelling in listed_spellings(catalog, _services(wish.values.get("table_schema")), with_aliases=True):
            yield {
                **place(spelling.name.split(".")),
                "table_type": _kind(spelling.face, is_alias=not spelling.published),
            }  # which needs no table to be read
        return
    others = aliases(catalog)
    for found in _wanted(catalog, wish, place):
        creates = found.face in (Face.SINGULAR, Face.PLURAL) and any(m.verb == "INSERT" for m in found.table.methods)
        yield {
            **place(found.name.parts),
            "table_type": _kind(found.face, is_alias=str(found.name) in others),
            "is_insertable_into": "YES" if creates else "NO",
        }


def _kind(face: Face, *, is_alias: bool) -> str:
    return "VIEW" if is_alias or face in (Face.LIST_ONLY, Face.TAGS) else "BASE TABLE"


def _columns(catalog: Catalog, wish: Wish, system: tuple[Relation, ...], place: Place) -> Iterator[Row]:
    for relation in system:
        yield from _column_rows(place(relation.table.name.parts), relation.table.columns, is_view=True)
    for name in _views(catalog, wish):
        view = catalog.view(name)
        for number, column in enumerate(view.columns if view is not None else (), 1):
            yield {
                **place(name.split(".")),
                "column_name": column.name,
                "ordinal_position": number,
                "is_nullable": "YES",
                "data_type": _VIEW_TYPES[column.type],
                "is_updatable": "NO",
            }
    for found in _wanted(catalog, wish, place):
        yield from _column_rows(place(found.name.parts), found.star, is_view=found.face in (Face.DATASET, Face.TAGS, Face.LIST_ONLY))


def _column_rows(where: Row, columns: tuple[Column, ...], *, is_view: bool) -> Iterator[Row]:
    for number, column in enumerate(columns, 1):
        yield {
            **where,
            "column_name": column.name,
            "ordinal_position": number,
            "column_default": None,
            "is_nullable": "YES",
            "data_type": column.type.value,
            "is_updatable": "YES" if not is_view and column.access.is_updatable and column.member else "NO",
            "column_comment": plain(column.description) or None,
        }
