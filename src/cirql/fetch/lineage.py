"""Keys that a parent's row gives: the values of its columns, or what stands in the elements of a list there, each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from cirql.catalog.model import ANY_KEY, Table
from cirql.fetch.rows import Row
from cirql.plan.model import ParentScan


class Lineage:
    """Which keys of a table each row of its parent gives."""

    def __init__(self, table: Table, parent: ParentScan) -> None:
        paths = {(p.column, p.source): p.path for p in table.parents if p.table == parent.scan.table.name}
        self._says = dict(parent.says)
        self._sources = [(child, source, paths.get((child, source), ())) for child, source in parent.bindings]
        self.columns = frozenset(child for child, _, _ in self._sources) | frozenset(self._says)
        self.sources = frozenset(source for _, source, _ in self._sources)

    def keys(self, row: Row) -> Iterator[dict[str, Any]]:
        """The keys that one row gives: one, or one for each element."""
        found = [[(child, value) for value in _behind(row.get(source), path)] for child, source, path in self._sources]
        yield from ({**dict(keys), **self._says} for keys in product(*found))


def _behind(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from _behind(element, path)
    elif path == ANY_KEY:
        yield value
    elif isinstance(value, dict):
        yield from _behind(value.get(path[0]), path[1:])
