"""Which published names a statement can be about: the whole catalog, one service, or the few that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Table
from cirql.errors import UnknownTable


def published(catalog: Catalog, *, services: Iterable[str] | None = None, names: Iterable[str] | None = None) -> Iterator[Found]:
    """Every published name with its table, in the order of the names; those of some services, or just these, where given."""
    if names is not None:
        yield from _named(catalog, names)
        return
    for service in [None] if services is None else sorted(set(services)):
        tables: dict[str, Table] = {str(t.name): t for t in catalog.tables(service)}
        for spelling in catalog.spellings(service):
            if spelling.published:
                yield catalog.found(tables[spelling.table], spelling)


def _named(catalog: Catalog, names: Iterable[str]) -> Iterator[Found]:
    for name in sorted(set(names)):
        try:
            found = catalog.find(name)
        except UnknownTable:
            continue
        if catalog.is_published(name):
            yield found
