"""A statement that is read once and executed many times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cirql.result import Result
    from cirql.sql.parameters import Parameters
    from cirql.sql.parse import Statement


class Prepared:
    """A parsed statement of a session."""

    def __init__(self, run: Callable[[Statement, Parameters | None], Result], statement: Statement) -> None:
        self._run = run
        self._statement = statement

    def execute(self, params: Parameters | None = None) -> Result:
        """Run it with these parameters."""
        return self._run(self._statement, params)
