r"""All commands: found by name, completed, and explained by `\?`."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from cirql.completion.names import matching, table_names
from cirql.errors import ParseError
from cirql.shell import describing, files, looks, places, running
from cirql.shell.bench import Bench
from cirql.shell.command_table import ShellCommand

_SECTIONS = (
    ("Statements", running.COMMANDS),
    ("What there is", describing.COMMANDS),
    ("Where statements ask", places.COMMANDS),
    ("Files and programs", files.COMMANDS),
    ("Looks and variables", looks.COMMANDS),
)
_WIDTH = 32
HANGING = _WIDTH + 3
"""How far a line of the help is indented that continues another."""
_MOST = 50


class Commands:
    """The commands of a shell: those that all have, and `more` of its own."""

    def __init__(self, *more: ShellCommand) -> None:
        self._sections = (*_SECTIONS, ("The shell", more))
        self._by_name = {command.name: command for _, commands in self._sections for command in commands}

    def find(self, name: str) -> ShellCommand:
        """The command of a name, with or without a `+`. Raises ParseError."""
        command = self._by_name.get(name.removesuffix("+"))
        if command is None:
            near = get_close_matches(name, self._by_name, n=2)
            named = " or ".join(f"\\{n}" for n in near)
            hint = f"did you mean {named}?" if near else "\\? lists the commands"
            raise ParseError(f"there is no command \\{name}", hint=hint)
        return command

    def help(self) -> Iterator[str]:
        r"""The lines of `\?`."""
        for title, commands in self._sections:
            yield title
            for command in commands:
                typed = f"\\{command.name} {command.arguments}".rstrip()
                yield f"  {typed:<{_WIDTH}} {command.meaning}"
            yield ""
        yield "A statement ends with ; and Enter runs it. Ctrl-C ends the statement, Ctrl-D the shell, Ctrl-R searches the history."
        yield "Patterns: * any letters, ? any one; \\dt *bucket*, \\dt s3.*, \\df json*"

    def complete(self, line: str, bench: Bench) -> Iterator[tuple[str, int, str]]:
        """What may come next in a command: texts, how far back from the end each begins, and a word on each."""
        name, blank, argument = line[1:].partition(" ")
        if not blank:
            for command in self._by_name.values():
                if command.name.startswith(name):
                    yield f"\\{command.name}", len(line), command.meaning
            return
        command_ = self._by_name.get(name.removesuffix("+"))
        word = argument.rpartition(" ")[2]
        kind = "" if command_ is None else command_.completes
        if kind == "table":
            own = [*bench.session.workspace.names, *bench.session.directory.relations]
            for found in [*(n for n in own if n.startswith(word)), *matching(word, table_names(bench.session.catalog), _MOST)]:
                yield found, len(word), "table"
        elif kind == "file":
            folder = Path(word if word.endswith("/") else Path(word).parent)
            for path in sorted(folder.glob("*"))[:_MOST]:
                if str(path).startswith(word.removeprefix("./")):
                    yield str(path), len(word), "file"
        else:
            for found in kind.split("|"):
                if found and found.startswith(word):
                    yield found, len(word), ""
