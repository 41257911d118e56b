"""What a transaction does to the tables and views of a session's own, so that ROLLBACK undoes it.

Each statement has a connection to DuckDB of its own, and a transaction of DuckDB's would be seen by one alone. So a table is copied inside
DuckDB before it is changed for the first time in a transaction, or since a savepoint, and put back from there. As in PostgreSQL, numbers
that a sequence has given are not taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cirql.errors import InvalidStatement
from cirql.sql.quoting import name as quoted
from cirql.startup.records import dataclass, field, replace

if TYPE_CHECKING:
    from cirql.engine import Database

_COPIES = "kept_copies"
"""The schema of the copies, where no statement of the user's looks."""


@dataclass(frozen=True, slots=True)
class KeptTable:
    """A name as it was: a view, a table with what makes it, its indexes and the name of its copy, or nothing."""

    view: Any
    made_by: tuple[str, ...] = ()
    copy: str = ""
    sequences: Mapping[str, str] = field(default_factory=dict)
    """What makes each of its sequences, where it has gone."""
    is_temporary: bool = False


@dataclass(slots=True)
class _Level:
    """What was changed since the transaction, or a savepoint, began."""

    savepoint: str
    kept: dict[str, KeptTable] = field(default_factory=dict)


class OwnTransaction:
    """The open transaction of a session's own tables, where there is one."""

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._levels: list[_Level] = []
        self._count = 0

    @property
    def is_open(self) -> bool:
        """Whether there is one."""
        return bool(self._levels)

    def begin(self) -> None:
        """Begin one; where there is one already, it goes on."""
        if not self._levels:
            self._levels.append(_Level(""))

    def save(self, savepoint: str) -> None:
        """Set a savepoint."""
        if self._levels:
            self._levels.append(_Level(savepoint))

    def release(self, savepoint: str) -> None:
        """Forget a savepoint and those after it: what was changed since is changed since the one before."""
        place = self._place(savepoint)
        while place and len(self._levels) > place:
            above = self._levels.pop()
            below = self._levels[-1].kept
            self.drop([kept.copy for name, kept in above.kept.items() if name in below and kept.copy])
            self._levels[-1].kept = above.kept | below

    def before(self, name: str, view: Any, sequences: Sequence[str], *, is_temporary: bool = False) -> None:
        """A statement is about to change what a name stands for."""
        if not self._levels or name in self._levels[-1].kept:
            return
        self._levels[-1].kept[name] = replace(self._kept(name, view, tuple(sequences)), is_temporary=is_temporary)

    def referring(self, name: str) -> list[str]:
        """The tables that refer to a table, and those that refer to these: it is put back with them."""
        if not self._levels:
            return []
        connection = self._database().connect()
        try:
            asked = "SELECT table_name, referenced_table FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'"
            references = connection.execute(asked).fetchall()
        finally:
            connection.close()
        found = [name]
        for each in found:
            found += [table for table, other in references if other == each and table not in found]
        return found[1:]

    def _kept(self, name: str, view: Any, sequences: tuple[str, ...]) -> KeptTable:
        connection = self._database().connect()
        try:
            made = connection.execute("SELECT sql FROM duckdb_tables() WHERE schema_name = 'main' AND table_name = ?", [name]).fetchone()
            if made is None:
                return KeptTable(view)
            asked = "SELECT sql FROM duckdb_indexes() WHERE schema_name = 'main' AND table_name = ?"
            indexes = connection.execute(asked, [name]).fetchall()
            self._count += 1
            copy = f"{quoted(_COPIES)}.{quoted(str(self._count))}"
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(_COPIES)}")
            connection.execute(f"CREATE TABLE {copy} AS SELECT * FROM main.{quoted(name)}")
            return KeptTable(view, (made[0], *(sql for (sql,) in indexes)), copy, _as_they_are(connection, sequences))
        finally:
            connection.close()

    def take_back(self, savepoint: str | None = None) -> Mapping[str, KeptTable]:
        """How things were when the transaction, or a savepoint, began; the one is over then, the other stays."""
        place = self._place(savepoint) if savepoint is not None else 0
        found: dict[str, KeptTable] = {}
        for level in reversed(self._levels[place:]):
            self.drop([kept.copy for name, kept in found.items() if name in level.kept and kept.copy])
            found |= level.kept
        del self._levels[place:]
        if savepoint is not None and place:
            self._levels.append(_Level(savepoint))
        return found

    def end(self) -> None:
        """Keep what was done, and let go of the copies."""
        copies = [kept.copy for level in self._levels for kept in level.kept.values() if kept.copy]
        self._levels.clear()
        self.drop(copies)

    def drop(self, copies: Sequence[str]) -> None:
        """Let go of copies."""
        if copies:
            connection = self._database().connect()
            try:
                for copy in copies:
                    connection.execute(f"DROP TABLE IF EXISTS {copy}")
            finally:
                connection.close()

    def _place(self, savepoint: str) -> int:
        """Where a savepoint is; 0 where there is none of that name, or it was set before there was anything to undo."""
        return next((n for n in reversed(range(1, len(self._levels))) if self._levels[n].savepoint == savepoint), 0)

    # -- putting back

    def put_back(self, tables: Mapping[str, KeptTable]) -> None:
        """Make tables as they were. Raises InvalidStatement where one cannot be, since another that was not changed refers to it."""
        steps = [
            [sql for kept in tables.values() for sql in kept.sequences.values()],
            [f"DROP TABLE IF EXISTS main.{quoted(name)}" for name in tables],
            [kept.made_by[0] for kept in tables.values() if kept.made_by],
            [f"INSERT INTO main.{quoted(name)} SELECT * FROM {kept.copy}" for name, kept in tables.items() if kept.copy],
            [sql for kept in tables.values() for sql in kept.made_by[1:]],
        ]
        connection = self._database().connect()
        try:
            for statements in steps:
                _in_some_order(connection, statements)
        finally:
            connection.close()
        self.drop([kept.copy for kept in tables.values() if kept.copy])


def _as_they_are(connection: Any, sequences: Sequence[str]) -> dict[str, str]:
    asked = "SELECT start_value, increment_by, last_value FROM duckdb_sequences() WHERE sequence_name = ?"
    found = {}
    for name in sequences:
        for start, step, last in connection.execute(asked, [name]).fetchall():
            begin = start if last is None else last + step
            found[name] = f"CREATE SEQUENCE IF NOT EXISTS {quoted(name)} START WITH {begin} INCREMENT BY {step}"
    return found


def _in_some_order(connection: Any, statements: list[str]) -> None:
    """Run statements of which some can only follow others: a table comes after those that it refers to."""
    import duckdb

    while statements:
        left = []
        for statement in statements:
            try:
                connection.execute(statement)
            except duckdb.Error as fault:
                left.append((statement, fault))
        if len(left) == len(statements):
            raise InvalidStatement(f"a table of your own could not be put back as it was: {left[0][1]}") from None
        statements = [statement for statement, _ in left]
