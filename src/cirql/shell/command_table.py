"""One command of the shell: what it is called, what it takes, what it does."""

from __future__ import annotations

from collections.abc import Callable

from cirql.shell.arguments import words_of
from cirql.shell.bench import Bench
from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it was typed: its name with its `+`, its argument, and the statement before it that has not ended."""

    bench: Bench
    name: str
    argument: str
    sql: str = ""

    @property
    def words(self) -> list[str]:
        """The words of the argument."""
        return words_of(self.argument, self.bench.variables)

    @property
    def word(self) -> str:
        """The first word; empty where there is none."""
        return next(iter(self.words), "")

    @property
    def is_extended(self) -> bool:
        """Whether it was typed with a `+`."""
        return self.name.endswith("+")

    @property
    def statement(self) -> str:
        """The statement that it is about: the one before it, or the last one."""
        return self.bench.variables.fill(self.sql) if self.sql else self.bench.last_sql


@dataclass(frozen=True, slots=True)
class ShellCommand:
    r"""What `\name arguments` does. `run` may give a text to edit next, and raises EOFError to end the shell.

    `takes_sql`: it takes the statement before it that has not ended; where not, that stays to be edited.
    """

    name: str
    arguments: str
    meaning: str
    run: Callable[[Command], str | None]
    takes_sql: bool = False
    completes: str = ""
    """What its argument is: `table`, `file`, or words that it may be, separated by `|`."""
