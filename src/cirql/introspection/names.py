"""Which published names a statement can be about: the whole catalog, some services, or those that its conditions leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.spellings import Spelling
from cirql.errors import UnknownTable

Keep = Callable[[Sequence[Spelling]], Sequence[bool]]


def published(
    catalog: Catalog, *, services: Iterable[str] | None = None, names: Iterable[str] | None = None, keep: Keep | None = None
) -> Iterator[Found]:
    """Every published name with its table, table by table; those of some services, just these names, or those kept, where given.

    No more tables are read than the names that are left belong to, and one at a time.
    """
    if names is not None:
        yield from _named(catalog, names)
        return
    spellings = published_spellings(catalog, services)
    if keep is not None:
        spellings = [s for s, kept in zip(spellings, keep(spellings), strict=True) if kept]
    by_table: dict[str, list[Spelling]] = {}
    for spelling in spellings:
        by_table.setdefault(spelling.table, []).append(spelling)
    is_whole = keep is None and services is None
    for table in catalog.tables(names=None if is_whole else by_table):
        for spelling in by_table[str(table.name)]:
            yield catalog.found(table, spelling)


def published_spellings(catalog: Catalog, services: Iterable[str] | None = None) -> list[Spelling]:
    """Every published name, or those of some services: what is known without reading a table."""
    wanted: Iterable[str | None] = [None] if services is None else sorted(set(services))
    return [s for service in wanted for s in catalog.spellings(service) if s.published]


def _named(catalog: Catalog, names: Iterable[str]) -> Iterator[Found]:
    for name in sorted(set(names)):
        try:
            found = catalog.find(name)
        except UnknownTable:
            continue
        if catalog.is_published(name):
            yield found
