"""Views that others' queries are written against: the names another system gives its tables, over our datasets.

A `SchemaView` is data: each column is a PostgreSQL expression over the view's origin. The catalog keeps them by name; `sql/views.py` puts
one in the place of its name, with the columns that a statement uses.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping

from cirql.startup.records import dataclass, field

LAYOUT = "CREATE TABLE views (name TEXT PRIMARY KEY, stored BLOB NOT NULL) WITHOUT ROWID;\n"
SCHEMAS = ("steampipe",)
"""The schemas that views are in: the systems whose names they are."""
INTERNAL = "steampipe_internal"
"""Where Steampipe tells of itself."""


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """One column: its name, the type that PostgreSQL calls it by there, and what it is made of."""

    name: str
    type: str
    expression: str


@dataclass(frozen=True, slots=True)
class SchemaView:
    """One view: `origin` is what stands after FROM. `lacking` are the columns that it has there and not here, each with the reason."""

    name: str
    origin: str
    columns: tuple[ViewColumn, ...]
    lacking: Mapping[str, str] = field(default_factory=dict)

    def select(self, names: frozenset[str] | None = None) -> str:
        """The query behind the view, with these columns or with all; with the first where it has none of them."""
        wanted = [c for c in self.columns if names is None or c.name in names] or self.columns[:1]
        items = ", ".join(f'{c.expression} AS "{c.name}"' for c in wanted)
        return f"SELECT {items} FROM {self.origin}"


def encode(view: SchemaView) -> bytes:
    """The view's stored form."""
    columns = [(c.name, c.type, c.expression) for c in view.columns]
    return zlib.compress(json.dumps([view.origin, columns, dict(view.lacking)]).encode())


def decode(name: str, stored: bytes) -> SchemaView:
    """The view that `encode` was given."""
    origin, columns, lacking = json.loads(zlib.decompress(stored))
    return SchemaView(name, origin, tuple(ViewColumn(*c) for c in columns), lacking)
