"""Read what is typed, run it, show the answer, until the end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO, cast

from cirql.cli.output import Destination, write
from cirql.cli.progress import ScanProgress
from cirql.cli.query import screen
from cirql.cli.report import report_error, report_outcome, say
from cirql.errors import Error
from cirql.settings.preferences import Preferences, history_path
from cirql.shell.completer import ShellCompleter
from cirql.shell.foreground import Foreground
from cirql.shell.history import StatementHistory
from cirql.shell.opening import Opening, OpenSession
from cirql.shell.prompt import Prompt
from cirql.shell.typed import divided

if TYPE_CHECKING:
    from cirql.changes.plan import ChangePlan
    from cirql.result import ProgressEvent, Result


class Shell:
    """One user at one terminal."""

    def __init__(self, scope: Opening) -> None:
        """Open the session. Raises SettingsError."""
        self._progress: ScanProgress | None = None
        self._foreground = Foreground(self._ask)
        self.connection = OpenSession(scope, self._tell, self._foreground.confirm)
        self.preferences = Preferences.load()
        self._history = StatementHistory(history_path(), self.preferences.history)
        shown = screen()
        completer = ShellCompleter(lambda: self.connection.session, lambda line: ())
        self._prompt = Prompt(self.preferences, self._history, completer, colour=shown is not None and shown.colour)

    def run(self) -> int:
        r"""Answer until `\q` or the end of the input; gives the exit code."""
        try:
            while True:
                try:
                    text = self._prompt.ask("cirql=> ")
                except KeyboardInterrupt:
                    continue
                except EOFError:
                    return 0
                for typed in divided(text):
                    if typed.command == "q":
                        return 0
                    if typed.command is not None:
                        say(f"error: there is no command \\{typed.command}")
                        break
                    if not self.answer(typed.sql):
                        break
        finally:
            self.connection.close()

    def answer(self, sql: str) -> bool:
        """Run one statement and show its answer; whether it went well."""
        try:
            try:
                with ScanProgress() as self._progress:
                    result = self._foreground.run(lambda: _read(self.connection.session, sql), self.connection.session.cancel)
            finally:
                plan = self._foreground.plan
                self._history.settle([] if plan is None else plan.changes)
            self._show(result)
            return True
        except Error as error:
            report_error(error, sql)
        except KeyboardInterrupt:
            say("")
        return False

    def _show(self, result: Result) -> None:
        shown = screen()
        write(result, Destination(), cast(BinaryIO, sys.stdout.buffer), shown)
        if result.columns:
            say(f"({result.row_count} row{'s' * (result.row_count != 1)})")
        report_outcome(result.notices, result.failures)

    def _tell(self, event: ProgressEvent) -> None:
        if self._progress is not None:
            self._progress(event)

    def _ask(self, plan: ChangePlan) -> bool:
        from cirql.cli.confirm import asker

        return asker(self._progress or ScanProgress())(plan)


def _read(session: object, sql: str) -> Result:
    """The answer, with all its rows at hand: what comes after is only looking."""
    from cirql.cli.query import execute
    from cirql.session import Session

    result = execute(cast(Session, session), sql)
    result.to_arrow()
    return result
