"""Read what is typed, run it, show the answer, until the end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from cirql.cli.report import say
from cirql.cli.table import screen
from cirql.errors import InvalidStatement
from cirql.settings.preferences import history_path
from cirql.shell.bench import Bench
from cirql.shell.command_table import Command, ShellCommand
from cirql.shell.commands import HANGING, Commands
from cirql.shell.completer import ShellCompleter
from cirql.shell.files import read_text
from cirql.shell.history import StatementHistory
from cirql.shell.opening import Opening
from cirql.shell.places import called
from cirql.shell.prompt import Prompt
from cirql.shell.terminal import kept_terminal
from cirql.shell.typed import Typed, divided
from cirql.startup.regexes import regex

_NAME = regex(r"\S[a-z]*\+?|\S+")
_DEEPEST = 16
"""Files that name each other by `\\i`."""


class Shell:
    """One user at one terminal."""

    def __init__(self, opening: Opening) -> None:
        """Open the session. Raises SettingsError."""
        self._bench = Bench(opening, lambda changes: self._history.settle(changes))
        self._history = StatementHistory(history_path(), self._bench.preferences.history)
        self._commands = Commands(
            ShellCommand("i", "FILE", "run the statements and commands of a file", self._include, completes="file"),
            ShellCommand("history", "[TEXT]", "show what was typed, or what of it has a text", self._show_history),
            ShellCommand("s", "[TEXT]", "the same", self._show_history),
            ShellCommand("?", "", "show this", lambda call: self._bench.print(self._commands.help(), hanging=HANGING)),
            ShellCommand("q", "", "end the shell", _quit),
        )
        shown = screen()
        completer = ShellCompleter(lambda: self._bench.session, lambda line: self._commands.complete(line, self._bench))
        self._prompt = Prompt(self._bench.preferences, self._history, completer, colour=self._is_coloured)
        self._depth = 0
        if shown is not None:
            say(f"cirql over {called(opening)}. \\? lists commands, \\q ends.")

    @property
    def _is_coloured(self) -> bool:
        shown = screen()
        return shown is not None and shown.colour and self._bench.preferences.colour != "off"

    def run(self) -> int:
        """Answer until the end of the input; gives the exit code."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with kept_terminal():
            try:
                self._converse()
            except EOFError:
                pass
            finally:
                self._history.settle()
                self._bench.close()
        return 0

    def _converse(self) -> None:
        before = ""
        while True:
            try:
                text, before = self._prompt.ask(self._bench.prompt, before), ""
                before = self.run_text(text) or ""
            except KeyboardInterrupt:
                before = ""
            self._history.settle()

    def run_text(self, text: str) -> str | None:
        r"""Run the statements and commands of a text, in order; gives what is to be edited next. Raises EOFError at `\q`."""
        edited: str | None = None
        for typed in divided(text):
            if typed.command is None:
                went = self._bench.answer(typed.sql)
            else:
                went, edited = self._command(typed)
            if not went and self._bench.variables.is_on("ON_ERROR_STOP"):
                break
        return edited

    def _command(self, typed: Typed) -> tuple[bool, str | None]:
        """Run one command; whether it went well, and what is to be edited next: a statement that it did not take stays there."""
        line = typed.command or ""
        name = match.group() if (match := _NAME.match(line)) is not None else line
        edited: str | None = None
        with self._bench.reporting() as went:
            command = self._commands.find(name)
            edited = command.run(Command(self._bench, name, line[len(name) :].strip(), typed.sql))
            if typed.sql and not command.takes_sql:
                edited = typed.sql + "\n" * typed.begins_line
        return went[0], edited

    def _include(self, call: Command) -> None:
        with self._deeper():
            self.run_text(read_text(call.word))

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        if self._depth == _DEEPEST:
            raise InvalidStatement("files name each other by \\i without an end")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _show_history(self, call: Command) -> None:
        self._bench.print(text for text in self._history.get_strings() if call.word.lower() in text.lower())


def _quit(call: Command) -> None:
    raise EOFError
