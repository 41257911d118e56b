"""`%cirql` and `%%cirql`: SQL in a notebook's cells, over one session.

%load_ext cirql
%cirql --local                     a session over the embedded AWS; --profile, --region, … as `cirql query` has them
%cirql SELECT 1                    a statement on a line
%%cirql found << --plot            a cell: its answer goes to a name; with --plot, its chart is shown
SELECT … WHERE region = :region    :region is the notebook's variable
"""

from __future__ import annotations

import atexit
import shlex
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from IPython.core.error import UsageError

import cirql
from cirql.cli.report import excerpt
from cirql.cli.scope import options as scope_options
from cirql.completion.tokens import TokenKind, tokens
from cirql.errors import Error
from cirql.notebook.answer import Answer
from cirql.shell.foreground import Foreground
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from cirql.changes.plan import ChangePlan
    from cirql.session import Session

_NAME = "cirql"
_TARGET = regex(r"\s*([^\W\d]\w*)\s*<<\s*")


@click.command("cirql", add_help_option=False)
@click.option("--local", is_flag=True)
@click.option("--plot", is_flag=True)
@click.option("--max-age")
@click.option("--store")
@click.option("--dialect")
@scope_options
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def _options(**given: Any) -> dict[str, Any]:
    """What stands behind the command, read as `cirql query` reads it."""
    return given


class SqlMagics:
    """The commands, and their session. `%cirql` with options opens another."""

    def __init__(self, names: dict[str, Any]) -> None:
        """`names` are the notebook's variables."""
        self._names = names
        self._opened: Session | None = None
        self._foreground = Foreground(_ask)

    @property
    def session(self) -> Session:
        """The session of the notebook, opened by its first statement."""
        if self._opened is None:
            self._opened = cirql.connect(confirm=self._foreground.confirm)
        return self._opened

    def run(self, line: str, cell: str | None = None) -> Any:
        """Run the statements of a line or a cell; gives the answer to the last one, or what it draws."""
        name = match[1] if (match := _TARGET.match(line)) is not None else None
        options, rest = _read(line[match.end() :] if match is not None else line, is_cell=cell is not None)
        self._connect(options)
        text = cell if cell is not None else rest
        if not text.strip():
            return None
        answer = self._answer(text)
        if name is not None:
            self._names[name] = answer
            return answer.plot() if options.get("plot") else None
        return answer.plot() if options.get("plot") else answer

    def close(self) -> None:
        """End the session."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _connect(self, options: Mapping[str, Any]) -> None:
        settings = {k: v for k, v in {**options.get("scope", {}), **options}.items() if v and k not in ("scope", "words", "plot")}
        if not settings:
            return
        try:
            opened = cirql.connect(confirm=self._foreground.confirm, **settings)
        except Error as error:
            raise UsageError(_told(error, "")) from None
        self.close()
        self._opened = opened

    def _answer(self, text: str) -> Answer:
        from cirql.sql.parse import split

        session, answer = self.session, None
        sql = text
        try:
            for sql in split(text) or [text]:
                work = partial(self._read, session, sql)
                answer = self._foreground.run(work, session.cancel)
        except Error as error:
            raise UsageError(_told(error, sql)) from None
        assert answer is not None
        return answer

    def _read(self, session: Session, sql: str) -> Answer:
        return Answer(session.execute(sql, self._parameters(sql)))

    def _parameters(self, sql: str) -> dict[str, Any] | None:
        """The notebook's variables that a statement names."""
        names = {t.text[1:] for t in tokens(sql) if t.kind is TokenKind.PARAMETER and t.text[0] == ":"}
        return {name: self._names[name] for name in names if name in self._names} or None


def load(shell: InteractiveShell) -> None:
    """Give a notebook the commands."""
    magics = SqlMagics(shell.user_ns)
    manager: Any = shell.magics_manager
    manager.register_function(magics.run, magic_kind="line_cell", magic_name=_NAME)
    atexit.register(magics.close)


def unload(shell: InteractiveShell) -> None:
    """End the notebook's session."""
    for commands in shell.magics_manager.magics.values():
        found = getattr(commands.pop(_NAME, None), "__self__", None)
        if isinstance(found, SqlMagics):
            found.close()


def _read(line: str, *, is_cell: bool) -> tuple[dict[str, Any], str]:
    """The options in front of a line, and the statement after them."""
    if not is_cell and not line.lstrip().startswith("--"):
        return {}, line
    try:
        options = _options.main(args=shlex.split(line), prog_name="%cirql", standalone_mode=False)
    except (click.ClickException, ValueError) as error:
        raise UsageError(f"%cirql: {error.format_message() if isinstance(error, click.ClickException) else error}") from None
    return options, " ".join(options["words"])


def _told(error: Error, sql: str) -> str:
    """An error as the command line tells it."""
    lines = [f"{error.message} (SQLSTATE {error.sqlstate})"]
    if error.position is not None and sql:
        lines += excerpt(sql, error.position)
    return "\n".join([*lines, *([f"hint: {error.hint}"] if error.hint else [])])


def _ask(plan: ChangePlan) -> bool:
    from cirql.changes.explain import text_lines

    return input("\n".join([*text_lines(plan), "Carry this out? [y/N] "])).strip().lower() in ("y", "yes")
