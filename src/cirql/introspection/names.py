"""Which names a statement can be about: the whole catalog, some services, or those that its conditions leave; published, or aliases too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.spellings import Spelling
from cirql.errors import UnknownTable

Keep = Callable[[Sequence[Spelling]], Sequence[bool]]


def published(
    catalog: Catalog,
    *,
    services: Iterable[str] | None = None,
    names: Iterable[str] | None = None,
    keep: Keep | None = None,
    with_aliases: bool = False,
) -> Iterator[Found]:
    """Every published name with its table, table by table; those of some services, just these names, or those kept, where given.

    `with_aliases` adds the names that are only taken.

    No more tables are read than the names that are left belong to, and one at a time.
    """
    if names is not None:
        yield from _named(catalog, names, with_aliases=with_aliases)
        return
    spellings = listed_spellings(catalog, services, with_aliases=with_aliases)
    if keep is not None:
        spellings = [s for s, kept in zip(spellings, keep(spellings), strict=True) if kept]
    by_table: dict[str, list[Spelling]] = {}
    for spelling in spellings:
        by_table.setdefault(spelling.table, []).append(spelling)
    is_whole = keep is None and services is None
    for table in catalog.tables(names=None if is_whole else by_table):
        for spelling in by_table[str(table.name)]:
            yield catalog.found(table, spelling)


def listed_spellings(catalog: Catalog, services: Iterable[str] | None = None, *, with_aliases: bool = False) -> list[Spelling]:
    """Every published name, or those of some services, with the aliases if they are wanted: what is known without reading a table."""
    wanted: Iterable[str | None] = [None] if services is None else sorted(set(services))
    return [s for service in wanted for s in catalog.spellings(service) if s.published or with_aliases]


def _named(catalog: Catalog, names: Iterable[str], *, with_aliases: bool) -> Iterator[Found]:
    for name in sorted(set(names)):
        try:
            found = catalog.find(name)
        except UnknownTable:
            continue
        if with_aliases or catalog.is_published(name):
            yield found


def aliases(catalog: Catalog) -> frozenset[str]:
    """Every name that is only taken."""
    return frozenset(s.name for s in catalog.spellings() if not s.published)
