"""Answers what clients ask of PostgreSQL's catalog, in a DuckDB of its own that has no files, no network and no other tables."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cirql.engine import engine_error
from cirql.result import Result, ResultColumn
from cirql.rows import sql_type
from cirql.server.desk import ClientDesk, Told
from cirql.server.oids import is_internal, named
from cirql.server.system import standard
from cirql.server.system.activity import Activity, is_live
from cirql.server.system.columns import STANDARD_PREFIX
from cirql.server.system.contents import SystemRows
from cirql.server.system.definitions import statements
from cirql.server.system.inference import kinds_of
from cirql.server.system.kept import KeptContents
from cirql.server.system.narrowing import is_empty, narrowing
from cirql.server.system.own import OwnRows
from cirql.server.system.remembering import Answers, Query, Recent, with_any_number
from cirql.server.system.rewriting import ARRAY, concerns, lent, listed, parsed, rewritten
from cirql.sql.quoting import text as quoted
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    import pyarrow as pa

    from cirql.catalog.lookup import Catalog
    from cirql.catalog.model import Table

_OF_A_TABLE = regex(
    r"\bpg_(?:attribute|constraint|index|indexes|description|attrdef)\b|_description\s*\(|\bpg_get_viewdef\b|\bpg_views\b|"
    r"\binformation_schema\W+(?:\w*columns?\w*|\w*constraints?\w*|element_types|views)\b",
    re.IGNORECASE,
)
_OF_CHANGES = regex(r"\binformation_schema\W+tables\b", re.IGNORECASE), regex(r"\*|\bis_insertable_into\b", re.IGNORECASE)
"""A question that asks whether tables can be inserted into, which their columns' reading tells."""
_MEMORY = "1GB"
"""What all questions together may take; the whole catalog takes a fifth of it."""
_LOCKED = ("autoinstall_known_extensions = false", "autoload_known_extensions = false", "python_enable_replacements = false")
_OWN_PROCESS = "pg_backend_pid"
_QUIET = 1.0
"""Seconds without a question, after which reading ahead goes on."""


class SystemTables:
    """Shared by all clients; made when the first asks."""

    def __init__(
        self,
        catalog: Callable[[], Catalog],
        kept: Path | None = None,
        activity: Activity | None = None,
        told: Callable[[], Iterable[Table]] = tuple,
    ) -> None:
        """`kept` is a directory with what another server has read of the catalog; without one nothing is kept.

        `told` gives the tables of the schema cirql.
        """
        self._told = told
        self._catalog = catalog
        self._activity = activity or Activity()
        self._kept = kept
        self._lock = threading.Lock()
        self._connection: Any = None
        self._contents: SystemRows | None = None
        self._closing = threading.Event()
        self._asked = -_QUIET
        self._queries: Recent[Query] = Recent()
        self._answers = Answers()
        self._own: WeakKeyDictionary[ClientDesk, OwnRows] = WeakKeyDictionary()

    def concerns(self, sql: str) -> bool:
        """Whether a statement asks it."""
        return concerns(sql)

    def lent(self, sql: str, desk: ClientDesk) -> dict[str, pa.Table]:
        """The rows of the tables that a statement reads beside the cloud's or the session's own."""
        return {name: self._answer(f"SELECT * FROM {name}", (), desk)[0] for name in sorted(lent(sql))}

    def execute(self, sql: str, values: Sequence[Any], desk: ClientDesk) -> Result:
        """The answer to a question. Raises its errors."""
        table, kinds = self._answer(sql, values, desk)
        return Result(table.to_reader(), columns=_columns(table.schema, kinds))

    def describe(self, sql: str, desk: ClientDesk) -> Told:
        """The columns, and the parameters: numbers of tables where they are compared with such, else text."""
        count = max((int(n) for n in re.findall(r"\$(\d+)", sql)), default=0)
        kinds = tuple(_kind_of(sql, n) for n in range(1, count + 1))
        nothing = [None] * count
        table, types = self._answer(sql, nothing, desk, limit=0)
        return Told(_columns(table.schema, types), kinds)

    def read_ahead(self) -> None:
        """Read the columns of all tables, a part at a time while nobody asks; where they were kept there is nothing to do."""
        while not self._closing.is_set():
            if time.monotonic() - self._asked < _QUIET:
                self._closing.wait(_QUIET)
                continue
            with self._lock:
                if self._closing.is_set():
                    return
                contents = self._opened()
                if contents.is_whole:
                    return
                contents.fill_some()

    def _answer(
        self, sql: str, values: Sequence[Any], desk: ClientDesk, limit: int | None = None
    ) -> tuple[pa.Table, tuple[str | None, ...]]:
        """The rows, and what PostgreSQL calls the types of the columns where that is known."""
        self._asked = time.monotonic()
        facts = self._facts(desk)
        if _OWN_PROCESS in sql.lower():
            facts["pid"] = str(desk.process)
        query, number = self._query(sql, facts)
        text = query.text if query.is_empty else query.of(number)
        text = text if limit is None else f"SELECT * FROM ({text}) LIMIT {limit}"
        given = _given(text, values)
        own = self._own.setdefault(desk, OwnRows(desk.process))
        has_own = own.look(desk.session)
        has_settings = "pg_settings" in text
        named = {standard.DATABASE: desk.database, standard.WHO: desk.user} if STANDARD_PREFIX in text else {}
        asked = (text, "" if query.is_empty else repr((given, named)))
        if not (has_own or has_settings) and (known := self._answers.get(asked)) is not None:
            return known, query.kinds
        with self._lock:
            contents = self._opened()
            if query.is_of_tables and limit is None and not contents.is_whole:
                contents.fill_for(narrowing(parsed(sql), values))
            live = is_live(sql)
            if live:
                self._activity.fill(self._connection, desk.user)
            is_lasting = not (live or has_own or has_settings) and (contents.is_whole or query.is_empty or limit is not None)
            connection = self._connection.cursor()
        for name, value in named.items():
            connection.execute(f"SET VARIABLE {name} = {quoted(value)}")
        if has_settings:
            settings = [name for name, _ in desk.variables.every(desk.session.settings)]
            _lay_settings(connection, {name: facts[f"setting.{name.lower()}"] for name in settings})
        if has_own:
            own.lay_over(connection)
        answer = self._run(connection, text, given, desk)
        if is_lasting:
            with self._lock:
                self._answers.put(asked, answer)
        return answer, query.kinds

    def _query(self, sql: str, facts: dict[str, str]) -> tuple[Query, str]:
        """The question as DuckDB's, remembered for those who are told the same of themselves, and the table's number in it."""
        pattern, number = with_any_number(sql)
        key = (pattern, repr(facts))
        found = self._queries.get(key)
        if found is None:
            tree = parsed(pattern)
            nothing, kinds = is_empty(tree), kinds_of(tree)  # of the tree as it is written, which is used up then
            is_of_tables = _OF_A_TABLE.search(sql) is not None or all(pattern.search(sql) for pattern in _OF_CHANGES)
            found = Query(rewritten(tree, facts), is_of_tables, nothing, kinds)
            self._queries.put(key, found)
        return found, number

    def _run(self, connection: Any, text: str, given: dict[str, Any], desk: ClientDesk) -> pa.Table:
        """The answer, as one statement of the client's: nobody else waits for it, and it is ended as any other."""
        import duckdb

        try:
            with desk.session.work(connection.interrupt):
                return connection.sql(text, params=given or None).to_arrow_table()
        except duckdb.Error as fault:
            raise engine_error(fault) from None
        finally:
            connection.close()

    def _facts(self, desk: ClientDesk) -> dict[str, str]:
        schema = (desk.variables.get("search_path", desk.session.settings) or "aws").split(",")[0].strip().strip('"')
        facts = {"current_schema": schema, "current_database": desk.database, "current_user": desk.user, "session_user": desk.user}
        facts["version"] = f"PostgreSQL {desk.variables.get('server_version', desk.session.settings)}"
        facts["searched"] = ",".join(desk.searched)
        for name, value in (*desk.variables.custom().items(), *desk.variables.every(desk.session.settings)):
            facts[f"setting.{name.lower()}"] = value
        return facts

    def _opened(self) -> SystemRows:
        if self._contents is None:
            import duckdb

            self._connection = duckdb.connect(":memory:", config={"async_threads": 1, "memory_limit": _MEMORY, "temp_directory": ""})
            for setting in _LOCKED:
                self._connection.execute(f"SET GLOBAL {setting}")
            for statement in statements():
                self._connection.execute(statement)
            catalog = self._catalog()
            kept = KeptContents(self._kept, str(catalog.version)) if self._kept is not None else None
            contents = SystemRows(self._connection, catalog, kept, self._told)
            contents.begin()
            self._activity.begin(self._connection)
            self._connection.execute("SET GLOBAL enable_external_access = false")
            self._connection.execute("SET GLOBAL lock_configuration = true")
            self._contents = contents
        return self._contents

    def close(self) -> None:
        """Drop all of it."""
        self._closing.set()
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = self._contents = None


def _lay_settings(connection: Any, settings: Mapping[str, str]) -> None:
    """Put what a client's settings say in the place of what they say to begin with, for one connection to the DuckDB."""
    connection.execute("CREATE TEMP TABLE own_settings AS FROM memory.main.pg_settings LIMIT 0")
    rows = [(name, value, value, "user", "string", "default") for name, value in settings.items()]
    connection.executemany("INSERT INTO own_settings (name, setting, reset_val, context, vartype, source) VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.execute("CREATE TEMP VIEW pg_settings AS FROM temp.main.own_settings")


def _columns(schema: pa.Schema, kinds: Sequence[str | None]) -> tuple[ResultColumn, ...]:
    """The columns of an answer, with the types that PostgreSQL has and DuckDB has not."""
    known = kinds if len(kinds) == len(schema) else [None] * len(schema)
    return tuple(
        ResultColumn(f.name, kind if kind is not None and is_internal(kind) else sql_type(f.type))
        for f, kind in zip(schema, known, strict=True)
    )


def _given(query: str, values: Sequence[Any]) -> dict[str, Any]:
    """The parameters that are still in a statement: an argument that changes nothing here has gone, and its parameter with it."""
    given = {str(n): value for n, value in enumerate(values, 1) if re.search(rf"\${n}(?!\d)", query) is not None}
    for number, value in given.items():  # a list as text, whose type nobody told
        if isinstance(value, str) and (words := ARRAY.fullmatch(value)) and f"ANY(${number})" in query:
            given[number] = listed(words[1])
    return given


def _kind_of(sql: str, number: int) -> str:
    """The type of a parameter by the cast behind it, or by what it is compared with."""
    cast = re.search(rf"\${number}\s*::\s*([\w.]+(?:\[\])?)", sql)
    if cast is not None:
        kind = cast[1].lower().removeprefix("pg_catalog.")
        return kind if named(kind) != 25 or kind == "text" else "oid" if kind == "oid" else "text"
    place = re.search(rf"\${number}\b", sql)
    before = sql[: place.start()] if place is not None else ""
    return "oid" if re.search(r"\b(?:\w*oid|\w*relid)\s*=\s*$", before, re.IGNORECASE) else "text"
