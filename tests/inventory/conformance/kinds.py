"""The stores that the suite is run on. A new implementation is a line here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

from cirql.inventory.store import Store, open_store

Open = Callable[[Path], AbstractContextManager[Store]]
"""Opens, or creates, a store that has what it keeps in or by a directory: called with the same one, it opens the same store."""

SERVER = "TEST_POSTGRESQL"
"""The environment variable with the address of a PostgreSQL, for the processes that a test starts too."""


def shared(place: Path, tables: Path | None = None) -> AbstractContextManager[Store]:
    """A store whose catalog and log are in a PostgreSQL: what is in a directory is this machine's own, but for the `tables`."""
    tables = tables or place / "tables"
    name = "t" + hashlib.sha1(str(tables).encode(), usedforsecurity=False).hexdigest()[:16]
    options = {"catalog": name, "uri": os.environ[SERVER], "warehouse": f"file://{tables}", "log": "catalog", "log.schema": name}
    return open_store(f"iceberg:{place}?" + "&".join(f"{k}={quote(v, safe='')}" for k, v in options.items()))


KINDS: Mapping[str, Open] = {"embedded": open_store, "iceberg": lambda place: open_store(f"iceberg:{place}"), "shared": shared}
