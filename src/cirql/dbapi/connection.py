"""A PEP 249 connection: a session, and its transaction.

Changes are collected and sent by `commit`: a transaction begins by itself with the first, unless `autocommit` is set.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, NoReturn, Self

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
        self.messages: list[tuple[type[Exception], Exception]] = []
        """What the last `commit` or `rollback` had to say: classes, and notices or the error that was raised."""

    @property
    def session(self) -> Session:
        """The session behind it. Raises InterfaceError once it is closed."""
        if self._closed:
            raise errors.InterfaceError("the connection is closed")
        return self._session

    @property
    def autocommit(self) -> bool:
        """Whether each change is sent at once. Turning it on or off commits what is open; setting it as it is does nothing."""
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self.session  # noqa: B018 (raises where it is closed)
        if bool(value) != self._autocommit:
            self.commit()
            self._autocommit = bool(value)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def cursor(self) -> Cursor:
        """A new cursor. Several may be open, also in several threads."""
        self.session  # noqa: B018 (raises where it is closed)
        self.messages.clear()
        return Cursor(self)

    def commit(self) -> None:
        """Send the collected changes to AWS, and keep those of one's own tables. Raises ChangeFailed and the guards' errors."""
        self._end("COMMIT")
        self.session.workspace.transaction.end()

    def rollback(self) -> None:
        """Drop the collected changes, of which nothing was sent, and undo those of one's own tables."""
        self._end("ROLLBACK")
        self.session.workspace.rollback()

    def _end(self, word: str) -> None:
        """End the transaction, where one is open, and list what that had to say."""
        session = self.session
        self.messages.clear()
        if not session.in_transaction:
            return
        try:
            with session.execute(word) as result:
                said = (*map(str, result.failures), *result.notices)
        except errors.Error as error:
            self.messages.append((type(error), error))
            raise
        self.messages += [(Notice, Notice(text)) for text in said]

    # -- two-phase commit: AWS has none

    def xid(self, format_id: int, global_transaction_id: str, branch_qualifier: str) -> NoReturn:
        """Refused, as all of two-phase commit: what was sent to AWS is done. Raises NotSupportedError."""
        self._refuse_two_phases()

    def tpc_begin(self, xid: object) -> NoReturn:
        """Refused. Raises NotSupportedError."""
        self._refuse_two_phases()

    def tpc_prepare(self) -> NoReturn:
        """Refused. Raises NotSupportedError."""
        self._refuse_two_phases()

    def tpc_commit(self, xid: object = None) -> NoReturn:
        """Refused. Raises NotSupportedError."""
        self._refuse_two_phases()

    def tpc_rollback(self, xid: object = None) -> NoReturn:
        """Refused. Raises NotSupportedError."""
        self._refuse_two_phases()

    def tpc_recover(self) -> NoReturn:
        """Refused. Raises NotSupportedError."""
        self._refuse_two_phases()

    def _refuse_two_phases(self) -> NoReturn:
        self.session  # noqa: B018 (raises where it is closed)
        raise errors.NotSupportedError("there is no two-phase commit: what was sent to AWS is done", hint="use commit and rollback")

    # -- the end

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
