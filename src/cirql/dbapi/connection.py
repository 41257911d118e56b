"""A PEP 249 connection: a session, and its transaction.

Changes are collected and sent by `commit`: a transaction begins by itself with the first, unless `autocommit` is set.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

from cirql import errors
from cirql.dbapi.cursor import Cursor
from cirql.dbapi.notices import Warning as Notice

if TYPE_CHECKING:
    from cirql.session import Session


class Connection:
    """One session. As a context manager it commits, or after an error rolls back, and closes."""

    Warning: ClassVar = Notice
    Error: ClassVar = errors.Error
    InterfaceError: ClassVar = errors.InterfaceError
    DatabaseError: ClassVar = errors.DatabaseError
    DataError: ClassVar = errors.DataError
    OperationalError: ClassVar = errors.OperationalError
    IntegrityError: ClassVar = errors.IntegrityError
    InternalError: ClassVar = errors.InternalError
    ProgrammingError: ClassVar = errors.ProgrammingError
    NotSupportedError: ClassVar = errors.NotSupportedError

    def __init__(self, session: Session, *, autocommit: bool = False) -> None:
        """The connection owns the session, and closes it."""
        self._session = session
        self._autocommit = autocommit
        self._closed = False

    @property
    def session(self) -> Session:
        """The session behind it. Raises InterfaceError once it is closed."""
        if self._closed:
            raise errors.InterfaceError("the connection is closed")
        return self._session

    @property
    def autocommit(self) -> bool:
        """Whether each change is sent at once. Setting it commits what is open."""
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self.commit()
        self._autocommit = value

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def cursor(self) -> Cursor:
        """A new cursor. Several may be open, also in several threads."""
        self.session  # noqa: B018 (raises where it is closed)
        return Cursor(self)

    def commit(self) -> None:
        """Send the collected changes to AWS, and keep those of one's own tables. Raises ChangeFailed and the guards' errors."""
        if self.session.in_transaction:
            self.session.execute("COMMIT").close()
        self.session.workspace.transaction.end()

    def rollback(self) -> None:
        """Drop the collected changes, of which nothing was sent, and undo those of one's own tables."""
        if self.session.in_transaction:
            self.session.execute("ROLLBACK").close()
        self.session.workspace.rollback()

    def cancel(self) -> None:
        """End the statements that run, from any thread: whoever waits for them gets OperationalError (Cancelled)."""
        self.session.cancel()

    def close(self) -> None:
        """Roll back and close the session. Closing twice is fine; anything else then raises InterfaceError."""
        if not self._closed:
            self._closed = True
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if not self._closed:
                (self.commit if error is None else self.rollback)()
        finally:
            self.close()
