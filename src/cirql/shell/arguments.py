r"""The arguments of a command: words between blanks, `'quoted'` where they have blanks, `:name` for a variable; and psql's patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cirql.shell.variables import ShellVariables
from cirql.startup.regexes import regex

_WORD = regex(r"""\s*((?:'(?:[^']++|'')*+'?|"(?:[^"]++|"")*+"?|[^\s'"]++)+)""")
_QUOTED = regex(r"'((?:[^']++|'')*+)'?")


def words_of(text: str, variables: ShellVariables) -> list[str]:
    """The words of a command's argument, quotes taken off and variables put in."""
    return [_plain(match[1], variables) for match in _WORD.finditer(text)]


def _plain(word: str, variables: ShellVariables) -> str:
    if word.startswith(":") and variables.get(word[1:].strip("'\"")) is not None:
        return variables.fill(word) if word[1] in "'\"" else variables.get(word[1:]) or ""
    return _QUOTED.sub(lambda m: m[1].replace("''", "'"), word)


def pattern_of(text: str) -> re.Pattern[str]:
    """What matches the names that a pattern means: `*` any letters, `?` any one, `"…"` as it is, everything else in small letters."""
    parts = re.split(r'"((?:[^"]|"")*)"?', text)
    made = ""
    for number, part in enumerate(parts):
        if number % 2:
            made += re.escape(part.replace('""', '"'))
        else:
            made += re.escape(part.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(made)


def matches(pattern: re.Pattern[str], name: str) -> bool:
    """Whether a pattern means a table: by its whole name, without `aws.`, or by its last part."""
    return any(pattern.fullmatch(form) for form in forms_of(name))


def forms_of(name: str) -> Sequence[str]:
    """The ways in which a table may be named in a pattern."""
    return (name, name.partition(".")[2], name.rpartition(".")[2])
