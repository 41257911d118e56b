"""A statement that is read once and executed many times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cirql.result import Result
    from cirql.sql.parameters import Parameters
    from cirql.sql.parse import Statement
    from cirql.statements.running import Running
    from cirql.statements.workspace import Workspace

    Run = Callable[[Statement, Parameters | None], Result]


class Prepared:
    """A parsed statement of a session."""

    def __init__(self, run: Run, statement: Statement) -> None:
        self._run = run
        self._statement = statement

    def execute(self, params: Parameters | None = None) -> Result:
        """Run it with these parameters."""
        return self._run(self._statement, params)


def answer(sql: str, workspace: Callable[[], Workspace], run: Run, running: Running | None = None) -> Result | None:
    """Answer PREPARE, EXECUTE of a prepared statement, DEALLOCATE or SLEEP; None where the text is something else."""
    from cirql.sql.parse import parse
    from cirql.sql.prepared import Deallocate, Execute, Prepare, read
    from cirql.statements.pauses import milliseconds, rest

    if running is not None and (pause := milliseconds(sql)) is not None:
        return rest(pause, running)
    match read(sql):
        case Prepare(name, types, body):
            return workspace().prepare(name, types, parse(body))
        case Execute(name, arguments) if (found := workspace().prepared(name)) is not None:
            statement, types = found
            values = workspace().evaluate(arguments, types)
            return run(statement, values or None)
        case Deallocate(name):
            return workspace().deallocate(name)
    return None
