"""A change of AWS, and the control of a transaction, as a session runs them: its own tables go with its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cirql.result import Result
from cirql.sql.blanks import first_word
from cirql.sql.parse import OF_SAVEPOINTS, Statement

if TYPE_CHECKING:
    from cirql.changes.writer import Writer
    from cirql.inventory.memory import Memory
    from cirql.statements.workspace import Workspace


class TransactionHome(Protocol):
    """What a session has of a transaction."""

    @property
    def writer(self) -> Writer:
        """What collects the changes of AWS."""
        ...

    @property
    def workspace(self) -> Workspace:
        """Its own tables and views."""
        ...

    @property
    def memory(self) -> Memory:
        """Its inventory."""
        ...


def run_write(statement: Statement, session: TransactionHome) -> Result:
    """Run a change of AWS or the control of a transaction, which is one of the session's own tables as well. Raises the writer's errors."""
    from sqlglot import exp

    writer, workspace = session.writer, session.workspace
    was_open = writer.is_in_transaction
    try:
        result = writer.run(statement)
    except BaseException:
        if was_open and not writer.is_in_transaction:  # COMMIT failed: nothing is kept
            workspace.rollback()
        raise
    finally:
        session.memory.touch()
    tree = statement.tree
    if isinstance(tree, exp.Command) and tree.name in OF_SAVEPOINTS:
        move = {"SAVEPOINT": workspace.transaction.save, "RELEASE": workspace.transaction.release}.get(tree.name, workspace.rollback)
        move(tree.text("expression"))
    elif writer.is_in_transaction:
        workspace.transaction.begin()
    elif was_open:
        is_dropped = first_word(statement.text, statement.offset) in ("ROLLBACK", "ABORT")
        workspace.rollback() if is_dropped else workspace.transaction.end()
    return result
