"""Page sizes of calls that corrections make: written by hand they say how they page, and the model how much a page may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cirql.catalog.model import Fetch, Paging, Table
from cirql.compiler.services import Service
from cirql.startup.records import replace

Sizes = Mapping[tuple[str, str], Paging]
"""How operations page that corrections speak of, by service and operation."""


def sizes_of(service: Service, operations: Iterable[str]) -> dict[tuple[str, str], Paging]:
    """How those operations page that have a page size."""
    known = service.model.operation_names
    found = ((name, service.paging(name)) for name in operations if name in known)
    return {(service.name, name): paging for name, paging in found if paging is not None and paging.size is not None}


def with_page_sizes(tables: Iterable[Table], sizes: Sizes) -> list[Table]:
    """The tables with the page size of each call that a correction made without one."""
    return [replace(t, fetches=tuple(_sized(f, sizes.get((f.service, f.operation))) for f in t.fetches)) for t in tables]


def _sized(fetch: Fetch, known: Paging | None) -> Fetch:
    own = fetch.paging
    if own is None or known is None or known.limit is None or own.size is not None or own.input_tokens != known.input_tokens:
        return fetch
    if known.limit in fetch.constants or any(i.param == known.limit for i in fetch.inputs):
        return fetch
    return replace(fetch, paging=replace(own, limit=known.limit, size=known.size))
