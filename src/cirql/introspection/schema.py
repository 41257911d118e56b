"""information_schema, as the SQL standard has it (ISO/IEC 9075-11): what tools ask first.

Datasets are in schema `aws` of catalog `cirql`; resources in catalog `aws`, in a schema for each service; cirql's own relations in
the schemas `cirql` and `information_schema` of catalog `cirql`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Column, Face
from cirql.introspection.names import published
from cirql.introspection.relations import Relation, Row, Wish, define
from cirql.names import Scheme, TableName
from cirql.types import ColumnType

_TEXT, _NUMBER = ColumnType.VARCHAR, ColumnType.BIGINT
_HOME, _PROVIDER = "cirql", "aws"
System = Callable[[], tuple[Relation, ...]]


def place(name: TableName) -> tuple[str, str, str]:
    """The catalog, schema and table of a name: (cirql, aws, sagemaker_image) or (aws, sagemaker, image)."""
    return (_HOME, *name.parts) if len(name.parts) == 2 else name.parts  # type: ignore[return-value]


def relations(system: System) -> tuple[Relation, ...]:
    """The three relations; `system` gives all relations that are answered without AWS, these included."""
    return (
        define(
            "information_schema.schemata",
            "The schemas: `aws` for datasets, one for each service for resources.",
            (
                ("catalog_name", _TEXT, "`cirql` for datasets and for cirql's own relations, `aws` for resources."),
                ("schema_name", _TEXT, "`aws`, or the service."),
                ("schema_owner", _TEXT, ""),
            ),
            _schemata,
        ),
        define(
            "information_schema.tables",
            "Every table, under each of its published names.",
            (
                ("table_catalog", _TEXT, "`cirql` for datasets, `aws` for resources."),
                ("table_schema", _TEXT, "`aws` for datasets, the service for resources."),
                ("table_name", _TEXT, "The last part of the name."),
                ("table_type", _TEXT, "`BASE TABLE`, or `VIEW` for a `_list_only` or `_tags` table and for cirql's own relations."),
                ("is_insertable_into", _TEXT, "`YES` where INSERT creates a resource."),
            ),
            lambda catalog, wish: _tables(catalog, wish, system()),
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
            lambda catalog, wish: _columns(catalog, wish, system()),
        ),
    )


def _schemata(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    owners = [(_HOME, _PROVIDER), (_HOME, "cirql"), (_HOME, "information_schema")]
    owners += [(_PROVIDER, service) for service in catalog.services(Scheme.RESOURCE)]
    for owner, schema in sorted(owners):
        yield {"catalog_name": owner, "schema_name": schema, "schema_owner": "cirql"}


def _wanted(catalog: Catalog, wish: Wish) -> Iterator[Found]:
    """The names that the conditions on table_catalog, table_schema and table_name leave."""
    schemas, names = wish.values.get("table_schema"), wish.values.get("table_name")
    if schemas is None:
        yield from published(catalog)
    elif names is not None:
        yield from published(catalog, names=[f"aws.{n}" if s == _PROVIDER else f"aws.{s}.{n}" for s in schemas for n in names])
    elif _PROVIDER in schemas:
        yield from published(catalog)
    else:
        yield from published(catalog, services=map(str, schemas))


def _tables(catalog: Catalog, wish: Wish, system: tuple[Relation, ...]) -> Iterator[Row]:
    for relation in system:
        yield {**_place_row(relation.table.name), "table_type": "VIEW", "is_insertable_into": "NO"}
    if "is_insertable_into" not in wish.columns and wish.values.get("table_schema") is None:
        yield from _named_tables(catalog)
        return
    for found in _wanted(catalog, wish):
        is_view = found.face in (Face.LIST_ONLY, Face.TAGS)
        creates = found.face in (Face.SINGULAR, Face.PLURAL) and any(m.verb == "INSERT" for m in found.table.methods)
        yield {
            **_place_row(found.name),
            "table_type": "VIEW" if is_view else "BASE TABLE",
            "is_insertable_into": "YES" if creates else "NO",
        }


def _named_tables(catalog: Catalog) -> Iterator[Row]:
    """All tables by what their names alone say, which needs no table to be read."""
    for spelling in catalog.spellings():
        if spelling.published:
            is_view = spelling.face in (Face.LIST_ONLY, Face.TAGS)
            yield {**_place_row(TableName(tuple(spelling.name.split(".")))), "table_type": "VIEW" if is_view else "BASE TABLE"}


def _columns(catalog: Catalog, wish: Wish, system: tuple[Relation, ...]) -> Iterator[Row]:
    for relation in system:
        yield from _column_rows(_place_row(relation.table.name), relation.table.columns, is_view=True)
    for found in _wanted(catalog, wish):
        yield from _column_rows(_place_row(found.name), found.star, is_view=found.face in (Face.DATASET, Face.TAGS, Face.LIST_ONLY))


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
            "column_comment": column.description or None,
        }


def _place_row(name: TableName) -> Row:
    return dict(zip(("table_catalog", "table_schema", "table_name"), place(name), strict=True))
