"""cirql.tables, cirql.columns, cirql.methods and cirql.permissions; and the `Directory`, which finds every relation by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Column, Face, Method, Role, Table
from cirql.catalog.pages import plain
from cirql.catalog.references import Reference
from cirql.catalog.views import SchemaView
from cirql.errors import UnknownFunction
from cirql.introspection import schema
from cirql.introspection.names import aliases, published
from cirql.introspection.relations import Relation, Row, Wish, define
from cirql.names import Scheme, TableName, snake
from cirql.types import ColumnType

if TYPE_CHECKING:
    from sqlglot import exp

MakeRelation = Callable[["tuple[exp.Expr, ...]"], Relation]
_TEXT, _NUMBER, _YES, _LIST = ColumnType.VARCHAR, ColumnType.BIGINT, ColumnType.BOOLEAN, ColumnType.VARCHAR_LIST
_NAME = ("table_name", _TEXT, "The published name, as FROM takes it.")
_KEY = ("table_name", "service")
_SERVICE = ("service", _TEXT, "The service, as the names spell it.")


class Directory:
    """Finds a table by name: one that is answered without AWS, or one of the catalog.

    `own` are further relations, such as those that remember changes or the one that a SHOW is answered from. `functions` make a
    relation from arguments: `cirql.history('aws.ec2_vpc')`. `catalog_name` is what information_schema calls the catalog of everything.
    `scans` gives the rows of `cirql.last_scans`.
    """

    def __init__(
        self,
        catalog: Catalog,
        own: Iterable[Relation] = (),
        functions: Mapping[str, MakeRelation] | None = None,
        catalog_name: str | None = None,
        scans: Callable[[], Iterable[Row]] = tuple,
    ) -> None:
        self._catalog = catalog
        self._own = tuple(own)
        self._functions = functions or {}
        self._catalog_name = catalog_name
        self._scans = scans
        self._called: dict[str, Relation] = {}

    @cached_property
    def relations(self) -> dict[str, Relation]:
        """Every relation that is answered without AWS, by name."""
        from cirql.introspection.steampipe import relations

        standard = schema.relations(lambda: tuple(self.relations.values()), self._catalog_name)
        return {str(r.table.name): r for r in (*standard, *_catalog_relations(), *self._own, *relations(self._scans))}

    def find(self, name: TableName | str) -> Found:
        """The relation or table of that name. Raises UnknownTable."""
        relation = self.relations.get(str(name).lower())
        if relation is None:
            return self._catalog.find(name)
        return Found(relation.table, Face.DATASET, relation.table.name)

    def view(self, name: str) -> SchemaView | None:
        """The view of another system's name, or None."""
        found = self._catalog.view(name)
        if found is None and name.startswith("steampipe."):
            from cirql.introspection.steampipe import view

            return view(name)
        return found

    def call(self, name: str, arguments: tuple[exp.Expr, ...]) -> Found:
        """The relation that a function of that name makes of its arguments. Raises UnknownFunction."""
        make = self._functions.get(name)
        if make is None:
            raise UnknownFunction(f"there is no table function {name}", hint=f"there are {', '.join(sorted(self._functions))}")
        relation = make(arguments)
        self._called[str(relation.table.name)] = relation
        return Found(relation.table, Face.DATASET, relation.table.name)

    def rows(self, name: TableName, wish: Wish) -> Iterable[Row]:
        """The rows of one of the relations."""
        found = self._called.get(str(name)) or self.relations[str(name)]
        return found.rows(self._catalog, wish)


def _catalog_relations() -> tuple[Relation, ...]:
    return (
        define(
            "cirql.tables",
            "Every table, under each of its names: the published ones, and aliases.",
            (
                _NAME,
                ("scheme", _TEXT, "`dataset` (aws.<service>_<resource>) or `resource` (aws.<service>.<resource>)."),
                ("face", _TEXT, "`dataset`, `singular`, `plural`, `list_only` or `tags`."),
                _SERVICE,
                ("table_of", _TEXT, "The table that this is a name of: the singular, for a resource."),
                ("is_alias", _YES, "A name that is taken and not printed: `aws.ebs_volume` of `aws.ec2_volume`."),
                ("title", _TEXT, ""),
                ("description", _TEXT, "What AWS says about it."),
                ("type_name", _TEXT, "The CloudFormation type."),
                ("scope", _TEXT, "`regional`, or `global`: asked once per account."),
                ("regions", _LIST, "The regions that have it; NULL where all do."),
                ("identifier", _LIST, "The columns of the primary identifier, in order."),
                ("verbs", _LIST, "What can be done: SELECT, INSERT, UPDATE, DELETE."),
                ("problem", _TEXT, "Why it cannot be read without help; NULL where it can."),
            ),
            _tables,
            _KEY,
        ),
        define(
            "cirql.columns",
            "Every column that can be named, the hidden ones included, under the published names of its table.",
            (
                _NAME,
                _SERVICE,
                ("column_name", _TEXT, ""),
                ("ordinal_position", _NUMBER, "Counted from 1, in the order of `SELECT *`, then the hidden ones."),
                ("type", _TEXT, "The type, as SQL has it."),
                ("declared", _TEXT, "The type, as the table's page prints it."),
                ("description", _TEXT, "What AWS says about it."),
                ("is_hidden", _YES, "Not in `SELECT *`; there when named."),
                ("is_required", _YES, "INSERT needs it."),
                ("access", _TEXT, "`read-only`, `read-write`, `create-only`, `write-only` or `write-once`."),
                ("member", _TEXT, "Its name in AWS's API."),
                ("aliases", _LIST, "Further names that it is found by."),
                ("filled_by", _LIST, "The calls that give it, any one of which will do."),
            ),
            _columns,
            _KEY,
        ),
        define(
            "cirql.methods",
            "What can be done with a table, as SHOW METHODS prints it.",
            (
                _NAME,
                _SERVICE,
                ("method_name", _TEXT, ""),
                ("verb", _TEXT, "The SQL verb."),
                ("required_params", _LIST, "What it cannot do without."),
            ),
            _methods,
            _KEY,
        ),
        define(
            "cirql.permissions",
            "The IAM actions that each verb of a table needs.",
            (_NAME, _SERVICE, ("verb", _TEXT, "`read`, `list`, `create`, `update` or `delete`."), ("action", _TEXT, "The IAM action.")),
            _permissions,
            _KEY,
        ),
        define(
            "cirql.relations",
            "Which column of which table names rows of which other table, and how sure that is.",
            (
                _NAME,
                _SERVICE,
                ("column_name", _TEXT, "The column that has the values."),
                ("member", _TEXT, "Where in a JSON column they stand: `[].GroupId`; NULL where the column is the value."),
                ("other_table", _TEXT, "The table whose rows they name."),
                ("other_column", _TEXT, "The column of that table."),
                ("percent", _NUMBER, "How many of a hundred such are right, as far as they were read."),
                (
                    "reason",
                    _TEXT,
                    "`parent`, `known` (throughout AWS), `name` (within the service), `ending` (`source_vpc_id`) or `part` (of a key).",
                ),
            ),
            _relations,
        ),
    )


def _relations(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    names = wish.values.get("table_name")
    others = wish.values.get("other_table")
    found: Iterator[Reference]
    if names is not None:
        found = (r for name in sorted(map(str, names)) for r in catalog.references(name))
    elif others is not None:
        found = (r for name in sorted(map(str, others)) for r in catalog.referrers(name))
    else:
        found = catalog.references()
    for r in found:
        service = TableName.parse(r.table).parts[1] if r.table.count(".") == 2 else catalog.find(r.table).table.service
        yield {
            "table_name": r.table,
            "service": service,
            "column_name": r.column,
            "member": r.member or None,
            "other_table": r.other,
            "other_column": r.other_column,
            "percent": r.percent,
            "reason": r.reason,
        }


def _wanted(catalog: Catalog, wish: Wish, *, with_aliases: bool = False) -> Iterator[Found]:
    names, services, passes = wish.values.get("table_name"), wish.values.get("service"), wish.passes
    return published(
        catalog,
        names=None if names is None else map(str, names),
        services=None if services is None else map(str, services),
        keep=None if passes is None else lambda every: passes([{"table_name": s.name, "service": s.service} for s in every]),
        with_aliases=with_aliases,
    )


def _tables(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    others = aliases(catalog)
    for found in _wanted(catalog, wish, with_aliases=True):
        table = found.table
        yield {
            "table_name": str(found.name),
            "scheme": table.name.scheme.value,
            "face": found.face.value,
            "service": table.service,
            "table_of": str(table.name),
            "is_alias": str(found.name) in others,
            "title": table.title,
            "description": plain(table.description) or None,
            "type_name": table.cfn_type,
            "scope": table.scope.value,
            "regions": None if table.regions is None else sorted(table.regions),
            "identifier": list(table.identifier) or None,
            "verbs": list(dict.fromkeys(m.verb for m in methods_of(found))),
            "problem": table.problem or None,
        }


def named_columns(found: Found) -> tuple[Column, ...]:
    """Every column that can be named of a table in this spelling: those of `SELECT *` first."""
    star = found.star
    shown = {c.name for c in star}
    return (*star, *(c for c in found.shape.columns if c.name not in shown))


# What is said of a column under every name of its table.
_OF_COLUMN: Mapping[str, Callable[[Column], Any]] = {
    "column_name": lambda c: c.name,
    "type": lambda c: c.type.value,
    "declared": lambda c: c.declared,
    "description": lambda c: plain(c.description) or None,
    "is_required": lambda c: c.required,
    "access": lambda c: c.access.value,
    "member": lambda c: c.member or None,
    "aliases": lambda c: list(c.aliases),
}


def _columns(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    wanted = [(name, read) for name, read in _OF_COLUMN.items() if name in wish.columns]
    for table, spellings in groupby(_wanted(catalog, wish), key=lambda found: found.table):
        sources = _sources(table) if "filled_by" in wish.columns else {}
        own = {c.name: {field: read(c) for field, read in wanted} | {"filled_by": sources.get(c.name)} for c in table.columns}
        for found in spellings:
            name, shown = str(found.name), len(found.star)
            for number, column in enumerate(named_columns(found), 1):
                row = own[column.name] if found.face is not Face.TAGS else {field: read(column) for field, read in wanted}
                yield {"table_name": name, "service": table.service, **row, "ordinal_position": number, "is_hidden": number > shown}


def _sources(table: Table) -> dict[str, list[str]]:
    sources: dict[str, list[str]] = {}
    for fetch in table.fetches:
        # A call that completes rows is told their keys, and names them again only to say which row it speaks of.
        for column in sorted(fetch.gives - fetch.required if fetch.role is Role.ENRICH else fetch.gives):
            call = f"{fetch.service}:{fetch.operation}"
            if call not in sources.setdefault(column, []):
                sources[column].append(call)
    return sources


def methods_of(found: Found) -> tuple[Method, ...]:
    """The methods that a table's page prints; a dataset has none of its own, so its calls are named."""
    if found.table.name.scheme is Scheme.RESOURCE:
        return found.methods
    calls = dict.fromkeys(snake(f.operation) for f in found.table.fetches if f.role is not Role.ENRICH)
    return tuple(Method(name, "SELECT", (), Face.DATASET) for name in calls)


def _methods(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    for found in _wanted(catalog, wish):
        for method in methods_of(found):
            yield {
                "table_name": str(found.name),
                "service": found.table.service,
                "method_name": method.name,
                "verb": method.verb,
                "required_params": list(method.required),
            }


def _permissions(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    from cirql.catalog.pages import permission_verbs

    for found in _wanted(catalog, wish):
        verbs = tuple(found.table.permissions) if found.face is Face.DATASET else permission_verbs(found)
        for verb in verbs:
            for action in found.table.permissions[verb]:
                yield {"table_name": str(found.name), "service": found.table.service, "verb": verb, "action": action}
