"""What SQLAlchemy's inspector asks, answered from the catalog: schemas, tables, columns, keys, comments. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cirql.alchemy.kinds import type_of
from cirql.catalog.model import Face
from cirql.errors import Error
from cirql.names import TableName

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog, Found
    from cirql.session import Session
    from cirql.statements.own_described import OwnColumn, OwnConstraint, OwnRelation

DEFAULT = "aws"
"""The schema of names that have none, which the session's own tables have not either."""
_LISTED: WeakKeyDictionary[Catalog, dict[tuple[str, bool], list[str]]] = WeakKeyDictionary()
"""What was listed of a catalog, by schema and kind."""
_VIEWS = frozenset({Face.LIST_ONLY, Face.TAGS})


def schemas(session: Session) -> list[str]:
    """`aws`, which has the datasets; one for each service, with its resources; and those that tell of cirql itself."""
    services = {name.split(".")[1] for name in session.catalog.names() if name.count(".") == 2}
    return sorted({DEFAULT, "cirql", "information_schema", *services})


def names(session: Session, schema: str | None, *, views: bool) -> list[str]:
    """The names in a schema: of what is listed by AWS itself, or of views onto it."""
    wanted = (schema or DEFAULT).lower()
    if wanted in ("cirql", "information_schema"):
        return sorted(n.split(".")[1] for n in session.directory.relations if n.startswith(f"{wanted}.")) if views else []
    known = _LISTED.setdefault(session.catalog, {})
    if (wanted, views) not in known:
        known[wanted, views] = _listed(session.catalog, wanted, views=views)
    return list(known[wanted, views])


def _listed(catalog: Catalog, wanted: str, *, views: bool) -> list[str]:
    found = []
    for spelling in catalog.spellings(None if wanted == DEFAULT else wanted):
        parts = spelling.name.split(".")
        if (
            spelling.published
            and (spelling.face in _VIEWS) is views
            and parts[:-1] == ([DEFAULT] if wanted == DEFAULT else [DEFAULT, wanted])
        ):
            found.append(parts[-1])
    return sorted(found)


def own_names(session: Session, *, views: bool) -> list[str]:
    """The names of the session's own tables, or views."""
    return sorted(name for name in session.workspace.names if (session.workspace.view(name) is not None) is views)


def found_in(session: Session, name: str, schema: str | None) -> Found | None:
    """The table of that name in a schema; None where there is none, or where it is the session's own."""
    if schema is None and name in session.workspace.names:
        return None
    wanted = (schema or DEFAULT).lower()
    parts = (wanted, name) if wanted in (DEFAULT, "cirql", "information_schema") else (DEFAULT, wanted, name)
    try:
        return session.directory.find(TableName(parts))
    except (Error, ValueError):
        return None


def exists(session: Session, name: str, schema: str | None) -> bool:
    """Whether there is a table or view of that name."""
    return (schema is None and name in session.workspace.names) or found_in(session, name, schema) is not None


def columns(session: Session, name: str, found: Found | None) -> list[dict[str, Any]]:
    """The columns as SQLAlchemy describes them; of the session's own tables where nothing was found."""
    if found is None:
        own = own_relation(session, name)
        return [_own_column(column) for column in own.columns] if own is not None else []
    return [_column(c.name, str(c.type.value), c.description) for c in found.star]


def own_relation(session: Session, name: str) -> OwnRelation | None:
    """A table or view of the session's own, with its keys and indexes; None where there is none of that name."""
    from cirql.statements.own_described import described

    return next((relation for relation in described(session) if relation.name == name), None)


def own_keys(session: Session, name: str, kind: str) -> list[OwnConstraint]:
    """The constraints of one kind of a table of the session's own: p, u, f or c."""
    own = own_relation(session, name)
    return [key for key in own.constraints if key.kind == kind] if own is not None else []


def _own_column(column: OwnColumn) -> dict[str, Any]:
    told = _column(column.name, column.type, "")
    is_numbered = column.default is not None and column.default.startswith("nextval(")
    return told | {"nullable": column.is_nullable, "default": column.default, "autoincrement": is_numbered}


def _column(name: str, kind: str, comment: str) -> dict[str, Any]:
    kind = "hstore" if kind == "hstore_csv" else kind
    return {"name": name, "type": type_of(kind), "nullable": True, "default": None, "autoincrement": False, "comment": comment or None}


def key(found: Found) -> tuple[str, ...]:
    """What tells rows apart. A resource's identifier does within a region; a `_tags` table has many rows of one resource."""
    if found.name.parts[0] != DEFAULT or found.face is Face.TAGS:
        return ()
    if found.face is Face.DATASET:
        return ("_key",)
    return ("region", *found.table.identifier) if found.table.identifier else ()


def parents(found: Found) -> Iterator[tuple[str, TableName, str]]:
    """The columns that take another table's values: the column, that table, and its column."""
    here = {column.name for column in found.star}
    for parent in found.table.parents:
        if parent.column in here and not parent.among:
            yield parent.column, parent.table, parent.source
