"""The compiled catalog on disk: one SQLite file, a row per table and a row per spelling, looked up by key.

SQLite is in the standard library, opens in a fraction of a millisecond and reads only the pages that a lookup touches.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

from cirql.catalog import references, search, views
from cirql.catalog.codec import decode, encode, sample
from cirql.catalog.model import Face, Table
from cirql.catalog.references import Reference
from cirql.catalog.rules import LAYOUT as _RULES_LAYOUT
from cirql.catalog.spellings import Spelling

# Raise it whenever `codec` or the layout below changes: an older file is then rebuilt instead of misread.
FORMAT = 12
DEFAULT_PATH = Path(__file__).with_name("catalog.sqlite")

_LAYOUT = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE dictionaries (kind TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE tables (name TEXT PRIMARY KEY, scheme TEXT NOT NULL, service TEXT NOT NULL, title TEXT NOT NULL, stored BLOB NOT NULL);
CREATE TABLE spellings (name TEXT PRIMARY KEY, table_name TEXT NOT NULL, face TEXT NOT NULL, published INTEGER NOT NULL) WITHOUT ROWID;
"""
_SPELLINGS = "SELECT s.name, s.table_name, s.face, s.published, t.service FROM spellings s JOIN tables t ON t.name = s.table_name"


def write(
    path: Path,
    tables: Iterable[Table],
    spellings: Iterable[Spelling],
    meta: Mapping[str, str],
    rules: Iterable[tuple[str, bytes]] = (),
    named: Iterable[views.SchemaView] = (),
    central: Mapping[str, Sequence[str]] | None = None,
    refs: Iterable[Reference] = (),
) -> None:
    """Write the whole catalog, replacing the file in one step: a reader sees the old one or the new one. `central` is as search has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    unfinished.unlink(missing_ok=True)
    try:
        connection = sqlite3.connect(unfinished)
        # Fewer and larger pages: a stored table is a kilobyte, and what does not fit on a page wastes the rest of it.
        connection.execute("PRAGMA page_size = 16384")
        try:
            connection.executescript(_LAYOUT + _RULES_LAYOUT + search.LAYOUT + views.LAYOUT + references.LAYOUT)
            every = list(tables)
            dictionary = sample(every)
            connection.execute("INSERT INTO dictionaries VALUES ('tables', ?)", (dictionary,))
            rows = ((n, str(t.name), t.name.scheme.value, t.service, t.title, encode(t, dictionary)) for n, t in enumerate(every))
            connection.executemany("INSERT INTO tables(rowid, name, scheme, service, title, stored) VALUES (?, ?, ?, ?, ?, ?)", rows)
            search.write(connection, enumerate(every), central or {})
            references.write(connection, refs, {str(t.name): n for n, t in enumerate(every)})
            connection.executemany(
                "INSERT INTO spellings VALUES (?, ?, ?, ?)", ((s.name, s.table, s.face.value, s.published) for s in spellings)
            )
            connection.executemany("INSERT INTO rules VALUES (?, ?)", rules)
            connection.executemany("INSERT INTO views VALUES (?, ?)", ((v.name, views.encode(v)) for v in named))
            connection.executemany("INSERT INTO meta VALUES (?, ?)", {**meta, "format": str(FORMAT)}.items())
            connection.commit()
        finally:
            connection.close()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


class Artefact:
    """An open catalog file. Usable from any thread; reads only."""

    def __init__(self, path: Path) -> None:
        # `immutable` spares the locks: the file is only ever replaced as a whole.
        self.path = path
        self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @cached_property
    def _dictionary(self) -> bytes:
        found: bytes = self._connection.execute("SELECT content FROM dictionaries WHERE kind = 'tables'").fetchone()[0]
        return found

    def fault(self) -> str | None:
        """What is wrong with the file; None where nothing is. Reads all of it."""
        try:
            found = [text for (text,) in self._connection.execute("PRAGMA quick_check(1)")]
        except sqlite3.DatabaseError as error:
            return str(error)
        return None if found == ["ok"] else found[0].replace("\n", " ")

    def meta(self) -> dict[str, str]:
        """What the file was compiled from. Raises sqlite3.DatabaseError where this is no catalog."""
        return dict(self._connection.execute("SELECT key, value FROM meta"))

    def spelling(self, name: str) -> Spelling | None:
        """The spelling of that name, or None."""
        row = self._connection.execute(f"{_SPELLINGS} WHERE s.name = ?", (name,)).fetchone()
        return _spelling(row) if row else None

    def spellings(self, prefix: str = "", service: str | None = None) -> Iterator[Spelling]:
        """All spellings that begin with a prefix, in order; those of one service, or of all."""
        rows = self._connection.execute(
            f"{_SPELLINGS} WHERE s.name >= ? AND s.name < ? AND (? IS NULL OR t.service = ?) ORDER BY s.name",
            (prefix, prefix + "\uffff", service, service),
        )
        return map(_spelling, rows)

    def table(self, name: str) -> Table | None:
        """The table that is published under that name, or None."""
        row = self._connection.execute("SELECT stored FROM tables WHERE name = ?", (name,)).fetchone()
        return decode(row[0], self._dictionary) if row else None

    def rules(self, type_name: str) -> bytes | None:
        """The stored rules of a CloudFormation type, or None."""
        row = self._connection.execute("SELECT stored FROM rules WHERE type_name = ?", (type_name,)).fetchone()
        return row[0] if row else None

    def all_rules(self) -> list[tuple[str, bytes]]:
        """Every CloudFormation type with its stored rules."""
        return list(self._connection.execute("SELECT type_name, stored FROM rules ORDER BY type_name"))

    def view(self, name: str) -> views.SchemaView | None:
        """The view of that name, with its schema, or None."""
        row = self._connection.execute("SELECT stored FROM views WHERE name = ?", (name,)).fetchone()
        return views.decode(name, row[0]) if row else None

    def views(self) -> Iterator[views.SchemaView]:
        """Every view, in the order of their names."""
        for name, stored in self._connection.execute("SELECT name, stored FROM views ORDER BY name"):
            yield views.decode(name, stored)

    def view_names(self) -> list[str]:
        """The names of all views."""
        return [name for (name,) in self._connection.execute("SELECT name FROM views ORDER BY name")]

    def tables(self, names: Iterable[str] | None = None) -> Iterator[Table]:
        """Every table, or these, in the order of their names."""
        chosen = "" if names is None else "WHERE name IN (SELECT value FROM json_each(?)) "
        values = () if names is None else (json.dumps(list(names)),)
        for (stored,) in self._connection.execute(f"SELECT stored FROM tables {chosen}ORDER BY name", values):
            yield decode(stored, self._dictionary)

    def tables_of(self, service: str) -> Iterator[Table]:
        """Every table of one service, in the order of their names."""
        for (stored,) in self._connection.execute("SELECT stored FROM tables WHERE service = ? ORDER BY name", (service,)):
            yield decode(stored, self._dictionary)

    def references(self, table: str | None = None) -> Iterator[Reference]:
        """What the columns of a table name, the surest first; of all tables, where none is given."""
        return references.every(self._connection) if table is None else references.of(self._connection, table)

    def referrers(self, table: str) -> Iterator[Reference]:
        """Which columns name rows of a table, the surest first."""
        return references.to(self._connection, table)

    def search(self, words: str, limit: int) -> list[tuple[str, float]]:
        """The tables that hold these words and how well they fit (more is better), best first."""
        return search.find(self._connection, words, limit)

    def spelled(self, words: str) -> list[str]:
        """The words, misspelt ones put right."""
        return search.spelled(self._connection, words)

    def unknown(self, words: str) -> list[str]:
        """The words that no table has anywhere."""
        return search.unknown(self._connection, words)

    def services(self) -> list[tuple[str, str, int]]:
        """Every (scheme, service) and how many tables it has."""
        return list(
            self._connection.execute("SELECT scheme, service, count(*) FROM tables GROUP BY scheme, service ORDER BY service, scheme")
        )


def _spelling(row: tuple[str, str, str, int, str]) -> Spelling:
    name, table, face, is_published, service = row
    return Spelling(name, table, Face(face), bool(is_published), service)
