"""The stores that the suite is run on. A new implementation is a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from cirql.inventory.store import Store, open_store

Open = Callable[[Path], AbstractContextManager[Store]]
"""Opens, or creates, a store that has what it keeps in or by a directory: called with the same one, it opens the same store."""

KINDS: Mapping[str, Open] = {"embedded": open_store, "iceberg": lambda place: open_store(f"iceberg:{place}")}
