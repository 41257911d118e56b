"""Every error cirql raises, in one tree.

The names at the top are those of PEP 249, so that database code catches what it expects::

    Error
    +-- InterfaceError                       the library was used wrongly
    |   +-- SettingsError            F0000   a setting cannot be used
    +-- DatabaseError
        +-- DataError
        |   +-- InvalidText          22P02   a value does not read as its type (a malformed ARN, a bad number)
        |   +-- InvalidProperty      22023   a property breaks a rule of its resource's schema
        +-- OperationalError
        |   +-- CloudError           HV000   AWS answered with an error, or with something unusable
        |   |   +-- ResourceNotFound P0002   the one thing that was asked for does not exist
        |   +-- Throttled            53400   AWS kept throttling until the retry budget was spent
        |   +-- Unreachable          08006   no usable answer: refused, timed out, cut short
        |   +-- CredentialsError     28000   no credentials, or credentials AWS does not take
        |   +-- ChangeFailed         HV00L   a write reached AWS and failed there
        |   +-- Cancelled            57014   the user, or the end of the session, stopped the statement
        |   |   +-- TimedOut         57014   its time was up (statement_timeout), which PostgreSQL gives the same code
        |   +-- TooManyCalls         53000   it would have sent more requests than it may (max_calls)
        |   +-- TooManyRows          54000   it has more rows than it may give (max_rows)
        |   +-- OutOfMemory          53200   it needs more memory than it may have (memory)
        |   +-- ProtocolViolation    08P01   a client of the server sent what the protocol does not have
    |   +-- TooManyConnections   53300   the server has as many clients as it may have
    |   +-- ShuttingDown         57P01   the server, or the connection, was ended
    |   +-- FileUnreadable       58030   a local file could not be read
        |   +-- NotInInventory       55000   the inventory was to answer alone, and does not have it
    |   +-- StoreBusy            55P03   another process kept the inventory's write lock for too long
    |   +-- StoreUnwritable      53100   the inventory's disk is full, or may not be written
    |   +-- StoreDamaged         58P01   the inventory's files are not what its index says
        +-- IntegrityError
        |   +-- AlreadyExists        23505   the resource to create is there already
        +-- ProgrammingError
        |   +-- ParseError           42601   the text is not a statement
        |   +-- UnknownTable         42P01
        |   +-- UnknownColumn        42703
        |   +-- AmbiguousColumn      42702
        |   +-- UnknownFunction      42883
        |   +-- TypeMismatch         42804
        |   +-- MissingKey           42000   AWS needs a value that the statement does not give
        |   +-- LoginRefused         28P01   the server does not know the user, or the password is not the user's
        |   +-- UnknownDatabase      3D000   the server has no such database
        |   +-- UnknownStatement     26000   the client has prepared no such statement
        |   +-- UnknownPortal        34000   the client has no such portal
        |   +-- NoTransaction        25P01   what was asked for is for transactions, and none is open
        |   +-- UnknownSavepoint     3B001   the transaction has no such savepoint
        |   +-- TransactionFailed    25P02   the transaction had an error: only its end can follow
        |   +-- AccessDenied         42501   the caller may not do this, here or in AWS
        |   +-- InvalidStatement     42P17   well formed, but cannot be run as written
        +-- NotSupportedError
        |   +-- NotSupported         0A000
        +-- InternalError
            +-- Internal             XX000   a defect in cirql

A SQLSTATE belongs to exactly one class, or to one that narrows it. Where AWS was involved, `failure` says where and what.
This module knows nothing of AWS codes: `cirql.cloud` maps those.
"""

from __future__ import annotations

from typing import Any

from cirql.startup.records import asdict, dataclass

_SHOWN = 5
_LONGEST = 8_000
_HIDDEN = "…@"
TOO_MANY_FILES = (
    "let the process open more, `ulimit -n 4096` before it starts, or set concurrency lower than the 256 connections of the default"
)
"""What to do where the system lets a process open no more files and connections."""


def without_user(text: str) -> str:
    """A text in which every `scheme://user:password@host` has lost what stands before the host. One pass, whatever the text."""
    shown, at = [], 0
    while (found := text.find("://", at)) >= 0:
        start = found + 3
        end = start
        while end < len(text) and text[end] not in "/?# \t\r\n'\"<>":
            end += 1
        user = text.rfind("@", start, end)
        shown.append(text[at:start] + (_HIDDEN if user >= 0 else ""))
        at = user + 1 if user >= 0 else start
    return "".join(shown) + text[at:]


def told(text: str) -> str:
    """A text as it is told to somebody: no user or password in its URLs, and no longer than can be read."""
    text = without_user(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … ({len(text) - _LONGEST} characters) … {text[-_LONGEST // 2 :]}"


@dataclass(frozen=True, slots=True)
class CloudFailure:
    """What went wrong at AWS, and where: one target, one operation.

    `reason` tells denials apart: `denied`, `denied-by-organization` (a service or resource control policy) and `region-not-enabled`.
    Where only single rows are concerned, `row` names one, and `columns` are those that are NULL in it.
    """

    account: str
    region: str
    service: str
    operation: str
    code: str
    message: str
    request_id: str | None = None
    table: str | None = None
    reason: str = ""
    row: str = ""
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", told(self.message))

    def __str__(self) -> str:
        where = f"{self.account}/{self.region}" if self.region else self.account
        asked = f" of {self.row}" if self.row else ""
        more = f" and {len(self.columns) - _SHOWN} more" if len(self.columns) > _SHOWN else ""
        lacking = f" (NULL there: {', '.join(self.columns[:_SHOWN])}{more})" if self.columns else ""
        return f"{where}: {self.service}:{self.operation}{asked}: {self.code}: {self.message}{lacking}"

    def to_json(self) -> dict[str, Any]:
        """A plain dict for `--stats` and other machine-readable output."""
        return asdict(self)


class Error(Exception):
    """Anything cirql reports: a message, and where it helps a hint and a place in the SQL.

    `position` is a 0-based character offset into the statement's text. Each class has a SQLSTATE, and one error may have PostgreSQL's
    narrower one for it (PostgreSQL, Appendix A).
    """

    sqlstate: str = "XX000"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        position: int | None = None,
        failure: CloudFailure | None = None,
        sqlstate: str | None = None,
    ) -> None:
        message = told(message)
        super().__init__(message)
        if sqlstate is not None:
            self.sqlstate = sqlstate
        self.message = message
        self.hint = None if hint is None else told(hint)
        self.position = position
        self.failure = failure

    def __str__(self) -> str:
        """All that a traceback or a log should say: the message, where in the statement, and what to do."""
        place = "" if self.position is None else f"\nat character {self.position + 1} of the statement"
        return self.message + place + (f"\nhint: {self.hint}" if self.hint else "")


class InterfaceError(Error):
    """The library was used wrongly: nothing was asked of AWS or of the engine."""

    sqlstate = "F0001"


class DatabaseError(Error):
    """The statement could not be answered."""


class DataError(DatabaseError):
    """A value is unusable."""

    sqlstate = "22000"


class OperationalError(DatabaseError):
    """The statement was fine; the world was not."""

    sqlstate = "58000"


class IntegrityError(DatabaseError):
    """The change would break a uniqueness rule."""

    sqlstate = "23000"


class InternalError(DatabaseError):
    """A defect in cirql itself."""


class ProgrammingError(DatabaseError):
    """The statement is wrong."""

    sqlstate = "42000"


class NotSupportedError(DatabaseError):
    """The statement asks for something cirql does not do."""

    sqlstate = "0A000"


class SettingsError(InterfaceError):
    """A setting cannot be used: unknown, of the wrong type, or naming something that is not there."""

    sqlstate = "F0000"


class InvalidText(DataError):
    """A value does not read as its type."""

    sqlstate = "22P02"


class NotADocument(InvalidText):
    """A text that is no JSON stands beside a column of JSON: `column`, of `relation` as far as that is known, and the text itself."""

    def __init__(self, error: InvalidText, column: str, relation: str, value: str) -> None:
        super().__init__(error.message, hint=error.hint, position=error.position)
        self.column = column
        self.relation = relation
        self.value = value


class InvalidProperty(DataError):
    """A property breaks a rule of its resource's schema."""

    sqlstate = "22023"


class CloudError(OperationalError):
    """AWS answered with an error, or with something that cannot be understood."""

    sqlstate = "HV000"


class ResourceNotFound(CloudError):
    """What was asked for by name or identifier does not exist in that account and region."""

    sqlstate = "P0002"


class Throttled(OperationalError):
    """AWS kept throttling until the retry budget was spent."""

    sqlstate = "53400"


class Unreachable(OperationalError):
    """No usable answer came: refused, timed out, dropped or cut short."""

    sqlstate = "08006"


class CredentialsError(OperationalError):
    """There are no credentials, or AWS does not take them."""

    sqlstate = "28000"


class ChangeFailed(OperationalError):
    """A write reached AWS and failed there."""

    sqlstate = "HV00L"


class Cancelled(OperationalError):
    """The user, a limit, or the end of the session stopped the statement."""

    sqlstate = "57014"


class TimedOut(Cancelled):
    """The statement took longer than `statement_timeout`."""


class TooManyCalls(OperationalError):
    """The statement would have sent more requests than `max_calls`."""

    sqlstate = "53000"


class TooManyRows(OperationalError):
    """The statement has more rows than `max_rows`."""

    sqlstate = "54000"


class OutOfMemory(OperationalError):
    """The statement needs more memory than there is, or than `memory` allows."""

    sqlstate = "53200"


class ProtocolViolation(OperationalError):
    """A client of the server sent what the protocol does not have."""

    sqlstate = "08P01"


class TooManyConnections(OperationalError):
    """The server has as many clients as it may have."""

    sqlstate = "53300"


class ShuttingDown(OperationalError):
    """The server is ending, or has ended this connection."""

    sqlstate = "57P01"


class FileUnreadable(OperationalError):
    """A local file that the statement names could not be read."""

    sqlstate = "58030"


class StoreBusy(OperationalError):
    """Another process kept the inventory's write lock for longer than this one was told to wait."""

    sqlstate = "55P03"


class StoreUnwritable(OperationalError):
    """The inventory's disk is full, or its files may not be written."""

    sqlstate = "53100"


class StoreDamaged(OperationalError):
    """The inventory's files are not what its index says, or were written by a version that this one cannot read."""

    sqlstate = "58P01"


class NotInInventory(OperationalError):
    """The inventory was to answer without AWS (offline, or as of a moment), and was never told what is asked."""

    sqlstate = "55000"


class AlreadyExists(IntegrityError):
    """The resource to create is there already."""

    sqlstate = "23505"


class ParseError(ProgrammingError):
    """The text is not a statement."""

    sqlstate = "42601"


class UnknownTable(ProgrammingError):
    """No table has that name."""

    sqlstate = "42P01"


class UnknownColumn(ProgrammingError):
    """No column in reach has that name."""

    sqlstate = "42703"


class AmbiguousColumn(ProgrammingError):
    """Several tables in reach have a column of that name."""

    sqlstate = "42702"


class UnknownFunction(ProgrammingError):
    """No function has that name and those argument types."""

    sqlstate = "42883"


class TypeMismatch(ProgrammingError):
    """An operator or function does not take values of these types."""

    sqlstate = "42804"


class MissingKey(ProgrammingError):
    """AWS needs a value that neither the statement nor a parent table gives."""

    sqlstate = "42000"


class LoginRefused(ProgrammingError):
    """The server does not know the user, or the password is not the user's."""

    sqlstate = "28P01"


class UnknownDatabase(ProgrammingError):
    """The server has no database of that name."""

    sqlstate = "3D000"


class UnknownStatement(ProgrammingError):
    """The client has prepared no statement of that name."""

    sqlstate = "26000"


class UnknownPortal(ProgrammingError):
    """The client has no portal of that name."""

    sqlstate = "34000"


class NoTransaction(ProgrammingError):
    """What was asked for is for transactions, and none is open."""

    sqlstate = "25P01"


class UnknownSavepoint(ProgrammingError):
    """The transaction has no savepoint of that name."""

    sqlstate = "3B001"


class TransactionFailed(ProgrammingError):
    """A statement of this transaction failed: only its end can follow."""

    sqlstate = "25P02"


class AccessDenied(ProgrammingError):
    """The caller may not do this, in cirql (a read-only session) or in AWS (a policy)."""

    sqlstate = "42501"


class InvalidStatement(ProgrammingError):
    """The statement is well formed but cannot be run as written."""

    sqlstate = "42P17"


class NotSupported(NotSupportedError):
    """A construct that cirql names and refuses rather than half understands."""

    sqlstate = "0A000"


class Internal(InternalError):
    """A defect in cirql: please report it."""

    sqlstate = "XX000"
