"""One client's statements: answered by its settings, by PostgreSQL's catalog, or by the session.

Also the client's transaction as PostgreSQL has it: after an error nothing but its end can follow, and what was collected is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from cirql.catalog.views import INTERNAL, SCHEMAS
from cirql.errors import Error, InvalidStatement, NoTransaction, TransactionFailed, UnknownSavepoint
from cirql.result import Result, ResultColumn
from cirql.server.constants import ConstantAnswers
from cirql.server.copying import Copy, read_copy
from cirql.server.cursors import Close, Cursors, CursorStatement, CursorStep, Declare, RowCursor, read_cursor
from cirql.server.ledger import AuditLedger
from cirql.server.variables import OWN, REPORTED, Variables, read_discard, read_reset, read_set, read_show, spelled
from cirql.settings import searched
from cirql.sql.blanks import first_word
from cirql.sql.prepared import Deallocate
from cirql.sql.prepared import read as read_prepared
from cirql.sql.quoting import text as quoted
from cirql.startup.records import dataclass, replace
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from cirql.session import Session

_BEGINS = frozenset({"BEGIN", "START"})
_COMMITS = frozenset({"COMMIT", "END"})
_ROLLS_BACK = frozenset({"ROLLBACK", "ABORT"})
_SAVEPOINTS = frozenset({"SAVEPOINT", "RELEASE"})
_OF_CURSORS = frozenset({"DECLARE", "FETCH", "MOVE", "CLOSE"})
_NAMELESS = regex(r"\s*DROP\s+VIEW\s+IF\s+EXISTS\s*;?\s*", re.IGNORECASE)
"""What ibis sends, after the columns of a text, where sqlglot 29 or later is beside it: it loses the name. It may go when ibis has one."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a statement gives and takes: `columns` are None where it gives no rows, `parameters` their types' names in order."""

    columns: tuple[ResultColumn, ...] | None
    parameters: tuple[str, ...] = ()
    is_known: bool = True
    """Whether the columns are: of EXEC only the answer tells."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one statement. Without rows the tag is there; with rows it has their number added once they have been read."""

    result: Result | None
    tag: str
    has_rows: bool = False
    copy: Copy | None = None
    notices: tuple[str, ...] = ()
    """Warnings of the protocol's own: a transaction where there is one, none where one is ended."""
    changes: int = 0
    is_change: bool = False
    """Whether each of its rows is a change that was sent."""
    spent: Result | None = None
    """What was run where there are no rows: what it cost, what it could not read and its remarks are told of."""


class SystemCatalog(Protocol):
    """What answers questions about tables and types in PostgreSQL's own words."""

    def concerns(self, sql: str) -> bool:
        """Whether a statement asks it."""
        ...

    def lent(self, sql: str, desk: ClientDesk) -> Mapping[str, Any]:
        """The rows of its tables that a statement reads beside others, by their names, as Arrow tables."""
        ...

    def execute(self, sql: str, values: Sequence[Any], desk: ClientDesk) -> Result:
        """The answer."""
        ...

    def describe(self, sql: str, desk: ClientDesk) -> Told:
        """The columns and parameters."""
        ...


class ClientDesk:
    """Answers one client. Not to be used by two threads at once, but for `status`."""

    def __init__(
        self,
        session: Session,
        variables: Variables,
        catalog: SystemCatalog,
        constants: ConstantAnswers,
        ledger: AuditLedger,
        database: str = "aws",
        process: int = 0,
    ) -> None:
        """`process` is the number by which others know the connection."""
        self.ledger = ledger
        self.session = session
        self.variables = variables
        self.database = database
        self.user = session.user or "aws"
        self.process = process
        self.asked = ""
        """What it was asked last, as others see it."""
        self.status = "I"
        self.cursors = Cursors()
        self.forget: Callable[[str], bool] = lambda _: False
        """Drops a statement that the protocol prepared, or `all`: to DEALLOCATE it is a name like those of PREPARE."""
        self._catalog = catalog
        self._constants = constants
        self._told: dict[str, str] = {}
        self._seen: tuple[object, int] | None = None
        self._always = (*(s for s in session.settings.search_path if s in SCHEMAS), *((database,) if database in SCHEMAS else ()))
        self.searched: tuple[str, ...] = ()
        """The schemas whose tables are found without naming one."""
        self.search(self._path())

    # -- settings

    def search(self, path: str) -> None:
        """Look for names that have no schema among the views of a search path, then behind the first schema that is no such view's.

        Where a client came for another system's names they are found whatever the path: `aws` is a connection's schema there.
        """
        views = tuple(dict.fromkeys((*searched(path), *self._always)))
        self.session.adopt(replace(self.session.settings, search_path=views))
        names = [n.strip().strip('"').lower() for n in path.split(",")]
        first = next((n for n in names if n not in SCHEMAS), "aws")
        self.session.workspace.prefix = ("aws",) if first in ("", "aws", "$user", "public") else ("aws", first)
        theirs = [s for s in views if s in SCHEMAS]
        self.searched = (*theirs, *([INTERNAL] if theirs else []), self.session.workspace.prefix[-1])

    def _path(self) -> str:
        return self.variables.get("search_path", self.session.settings) or "aws"

    def set(self, name: str, value: str) -> str | None:
        """Set a setting; gives what a client should be told. Raises the errors of the setting."""
        key = name.lower()
        own = key.removeprefix("cirql.")
        if key == "statement_timeout" or (key.startswith("cirql.") and own in OWN):
            self.session.execute(f"SET {own} = {quoted('0' if value.lower() == 'default' else value)}").close()
            return None
        said = self.variables.put(name, value)
        if key == "search_path":
            self.search(value)
        return said

    def changed(self) -> list[tuple[str, str]]:
        """The settings that a client follows and has not been told of."""
        seen = (self.session.settings, self.variables.version)
        if self._seen is not None and self._seen[0] is seen[0] and self._seen[1] == seen[1]:
            return []
        self._seen = seen
        news = []
        for name in REPORTED:
            value = self.variables.get(name, self.session.settings) or ""
            if self._told.get(name) != value:
                self._told[name] = value
                news.append((name, value))
        return news

    # -- statements

    def is_instant(self, sql: str) -> bool:
        """Whether a statement is answered from what is at hand, so that no thread is needed for it."""
        if self.status != "E" and self._constants.knows(sql, self.session.settings.dialect):
            return True
        word = first_word(sql)
        if ";" in sql.rstrip("; \t\r\n") or self.session.in_transaction:
            return False
        if word in _BEGINS | _COMMITS | _ROLLS_BACK and not self.cursors:
            return True
        if word == "SET":
            assigned = read_set(sql)
            return assigned is not None and not assigned[0].lower().startswith(("cirql.", "statement_timeout"))
        return word == "SHOW" and read_show(sql) is not None and self._shown(read_show(sql) or "") is not None

    def said(self, sql: str) -> bytes | None:
        """The messages that answer a statement of constants, where they are remembered and there may be an answer now."""
        return self._constants.said(sql, self.session.settings.dialect) if self.status != "E" else None

    def say(self, sql: str, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Messages on their way out; those of a statement of constants are remembered."""
        dialect = self.session.settings.dialect
        if not self._constants.knows(sql, dialect):
            yield from parts
            return
        data = b"".join(parts)
        self._constants.say(sql, dialect, data)
        yield data

    def describe(self, sql: str, types: Sequence[str | None]) -> Told:
        """What a statement gives and takes; asks nobody. Raises its errors."""
        word = first_word(sql)
        if not word and not sql.strip(" \t\r\n;"):
            return Told(None)
        if (name := read_show(sql)) is not None and (found := self._shown(name)) is not None:
            return Told(found.columns)
        if self._is_control(sql, word) or read_copy(sql) is not None:
            return Told(None)
        self._refuse_failed(word)
        if word in _OF_CURSORS and (step := read_cursor(sql)) is not None:
            return self._told_of(step, types)
        if (known := self._constants.columns(sql, self.session.settings.dialect)) is not None:
            return Told(known)
        if self._catalog.concerns(sql):
            return self._catalog.describe(sql, self)
        self.session.workspace.lend(self._catalog.lent(sql, self))
        told = self.session.describe(sql, list(types))
        columns = told.columns or None
        return Told(columns, tuple(told.parameters.values()), is_known=told.columns is not None)

    def is_free(self, sql: str) -> bool:
        """Whether a statement surely sends nothing: a setting, or a transaction's beginning or end that has no changes to send."""
        word = first_word(sql)
        return self._is_control(sql, word) and not (word in _COMMITS and self.session.in_transaction)

    @staticmethod
    def _is_control(sql: str, word: str) -> bool:
        if word in _BEGINS | _COMMITS | _ROLLS_BACK | _SAVEPOINTS or _NAMELESS.fullmatch(sql):
            return True
        is_setting = any(read(sql) is not None for read in (read_set, read_reset, read_discard))
        return word == "UNLISTEN" or (word in ("SET", "RESET", "DISCARD") and is_setting)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Reply:
        """Answer a statement. Raises its errors; in a transaction, that is then the end of all but its end."""
        self.asked = sql
        try:
            return self._execute(sql, values)
        except Error:
            self.fail()
            raise

    def fail(self) -> None:
        """A statement failed: an open transaction can only be ended, or go back to a savepoint."""
        if self.status == "T":
            self.status = "E"

    def _execute(self, sql: str, values: Sequence[Any]) -> Reply:
        from cirql.statements.answering import answering, status_of

        dialect = self.session.settings.dialect
        if self.status != "E" and (known := self._constants.answer(sql, dialect)) is not None:
            return Reply(known, "SELECT", has_rows=True)
        word = first_word(sql)
        if (ended := self._transaction(sql, word)) is not None:
            return ended
        self._refuse_failed(word)
        if (local := self._setting(sql)) is not None:
            return local
        if word == "DEALLOCATE" and isinstance(dropped := read_prepared(sql), Deallocate) and self.forget(dropped.name):
            return Reply(None, "DEALLOCATE")
        if word in _OF_CURSORS and (step := read_cursor(sql)) is not None:
            return self._of_cursor(step, values)
        if (copy := read_copy(sql)) is not None:
            return Reply(self._execute(copy.query, values).result, "COPY", copy=copy)
        if self._catalog.concerns(sql):
            return Reply(self._catalog.execute(sql, values, self), "SELECT", has_rows=True)
        self.session.workspace.lend(self._catalog.lent(sql, self))
        told = answering(sql)
        if told.is_change and self.status == "T" and not self.session.in_transaction:
            self.session.execute("BEGIN").close()
        result = self.session.prepare(sql).execute(list(values)) if values else self.session.execute(sql)
        if told.has_rows:
            word = "INSERT 0" if told.word == "INSERT" else told.word
            if word == "SELECT" and not values:
                result = self._constants.learn(sql, dialect, result)
            return Reply(result, word, has_rows=True, is_change=told.is_change and told.word != "EXEC")
        status = status_of(result)
        count = 0 if status is not None else len(result.fetchall())
        sent = count if told.is_change and not self.session.in_transaction else 0
        return Reply(None, told.tag(count, status), changes=sent, spent=result)

    def _refuse_failed(self, word: str) -> None:
        if self.status == "E" and word not in _COMMITS | _ROLLS_BACK:
            raise TransactionFailed("current transaction is aborted, commands ignored until end of transaction block")

    def _transaction(self, sql: str, word: str) -> Reply | None:
        """BEGIN, COMMIT and ROLLBACK; None where the statement is none of them."""
        if word in _SAVEPOINTS or (word in _ROLLS_BACK and " TO " in f" {' '.join(sql.upper().split())} "):
            return self._savepoint(sql, word)
        if word in _BEGINS:
            self._refuse_failed(word)
            if self.status == "T":
                return Reply(None, "BEGIN", notices=("there is already a transaction in progress",))
            self.status = "T"
            self.session.workspace.transaction.begin()
            return Reply(None, "BEGIN" if word == "BEGIN" else "START TRANSACTION")
        if word not in _COMMITS | _ROLLS_BACK:
            return None
        before, self.status = self.status, "I"
        if before == "I":
            return Reply(None, "COMMIT" if word in _COMMITS else "ROLLBACK", notices=("there is no transaction in progress",))
        self.cursors.close_all(but_held=True)
        return self._ended(is_kept=before == "T" and word in _COMMITS)

    def _ended(self, *, is_kept: bool) -> Reply:
        """The end of a transaction: the session's own ends with it, where it has begun."""
        tag = "COMMIT" if is_kept else "ROLLBACK"
        if not self.session.in_transaction:
            own = self.session.workspace
            own.transaction.end() if is_kept else own.rollback()
            return Reply(None, tag)
        done = self.session.execute(tag)
        rows = done.to_arrow()
        sent = rows.num_rows if is_kept and rows.column_names != ["status"] else 0
        return Reply(None, tag, changes=sent, spent=done)

    def _savepoint(self, sql: str, word: str) -> Reply:
        """A savepoint among the changes that the session has collected; going back to one ends the failure since. Raises its errors."""
        if self.status == "I":
            raise NoTransaction(f"{word} can only be used in transaction blocks")
        if word not in _ROLLS_BACK:
            self._refuse_failed(word)
        if not self.session.in_transaction:
            if word != "SAVEPOINT":
                raise UnknownSavepoint("there is no savepoint", hint="SAVEPOINT name sets one")
            self.session.execute("BEGIN").close()
        done = self.session.execute(sql)
        done.to_arrow()
        self.status = "T"
        return Reply(None, "ROLLBACK" if word in _ROLLS_BACK else word, spent=done)

    # -- cursors

    def _of_cursor(self, step: CursorStatement, values: Sequence[Any]) -> Reply:
        match step:
            case Declare():
                return self._declare(step, values)
            case CursorStep():
                result = self.cursors.find(step.name).go(step)
                if not step.is_move:
                    return Reply(result, "FETCH", has_rows=True)
                return Reply(None, f"MOVE {result.to_arrow().num_rows}", spent=result)
            case Close(None):
                self.cursors.close_all()
                return Reply(None, "CLOSE CURSOR ALL")
            case Close():
                self.cursors.close(step.name or "")
        return Reply(None, "CLOSE CURSOR")

    def _declare(self, step: Declare, values: Sequence[Any]) -> Reply:
        if self.status == "I" and not step.holds:
            raise NoTransaction("DECLARE CURSOR can only be used in transaction blocks", hint="BEGIN, or declare it WITH HOLD")
        self.cursors.check_free(step.name)
        reply = self._execute(step.query, values)
        if reply.result is None or reply.is_change or reply.copy is not None:
            raise InvalidStatement("a cursor is declared for a query", hint="DECLARE name CURSOR FOR SELECT …", sqlstate="42P11")
        self.cursors.add(step.name, RowCursor(reply.result, scrolls=step.scrolls, holds=step.holds))
        return Reply(None, "DECLARE CURSOR")

    def _told_of(self, step: CursorStatement, types: Sequence[str | None]) -> Told:
        if isinstance(step, Declare):
            return Told(None, self.describe(step.query, types).parameters)
        return Told(self.cursors.find(step.name).columns if isinstance(step, CursorStep) and not step.is_move else None)

    def _setting(self, sql: str) -> Reply | None:
        if _NAMELESS.fullmatch(sql):
            return Reply(None, "DROP VIEW", notices=("no view was named, and none dropped",))
        if (name := read_show(sql)) is not None and (shown := self._shown(name)) is not None:
            return Reply(shown, "SHOW", has_rows=True)
        if (assigned := read_set(sql)) is not None:
            said = self.set(*assigned) if assigned[0] else None
            return Reply(None, "SET", notices=(said,) if said else ())
        if (forgotten := read_reset(sql)) is not None:
            self._reset(forgotten)
            return Reply(None, "RESET")
        if (dropped := read_discard(sql)) is not None:
            return self._discard(dropped)
        if first_word(sql) == "UNLISTEN":  # there is nothing to be told of: clients that give a connection back say so all the same
            return Reply(None, "UNLISTEN")
        return None

    def _reset(self, name: str) -> None:
        """A setting, or `all`, as it was when the client came. Raises the errors of the setting."""
        self.variables.reset(name)
        for own in (*OWN, "statement_timeout"):
            if name in ("all", own if own == "statement_timeout" else f"cirql.{own}"):
                self.session.execute(f"SET {own} = DEFAULT").close()
        if name in ("all", "search_path"):
            self.search(self._path())

    def _discard(self, what: str) -> Reply:
        """What the client has made for itself and left. Raises InvalidStatement in a transaction."""
        if what == "all":
            if self.status != "I":
                raise InvalidStatement("DISCARD ALL cannot run inside a transaction block", sqlstate="25001")
            self.cursors.close_all()
            self._reset("all")
            self.forget("all")
            self.session.workspace.deallocate("all").close()
        if what in ("all", "temp"):
            self.session.workspace.discard()
        return Reply(None, f"DISCARD {what.upper()}")

    def _shown(self, name: str) -> Result | None:
        if name == "all":
            rows = self.variables.every(self.session.settings)
            return _table({"name": [n for n, _ in rows], "setting": [v for _, v in rows]})
        value = self.variables.get(name, self.session.settings)
        return None if value is None else _table({spelled(name): [value]})

    def close(self) -> None:
        """End what runs, and the session."""
        self.cursors.close_all()
        self.session.close()


def _table(columns: dict[str, list[str]]) -> Result:
    import pyarrow as pa

    return Result(pa.table(columns).to_reader())
