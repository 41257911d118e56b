r"""Variables: `\set name value`, and what `:name`, `:'name'` and `:"name"` stand for.

As in psql, `:name` is the text itself, `:'name'` the text as a constant, `:"name"` as a name. What `\gset` took from a result came from AWS
and is never SQL: `:name` is then the value as a constant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cirql.completion.tokens import TokenKind, tokens
from cirql.sql.quoting import name as quoted_name
from cirql.sql.quoting import text as quoted_text


class ShellVariables:
    """The variables of a shell."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def set(self, name: str, text: str) -> None:
        """Give a variable a text that the user has typed."""
        self._values.pop(name, None)
        self._texts[name] = text

    def take(self, row: Mapping[str, Any], prefix: str = "") -> None:
        """Give variables the values of a row; a NULL unsets one."""
        for column, value in row.items():
            self.unset(prefix + column)
            if value is not None:
                self._values[prefix + column] = value

    def unset(self, name: str) -> None:
        """Forget a variable."""
        self._texts.pop(name, None)
        self._values.pop(name, None)

    def get(self, name: str) -> str | None:
        """A variable's text; None where there is none."""
        if name in self._values:
            return _written(self._values[name])
        return self._texts.get(name)

    def is_on(self, name: str) -> bool:
        """Whether a variable says yes."""
        return (self.get(name) or "").lower() in ("on", "true", "1", "yes")

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._texts, *self._values}))

    def fill(self, text: str) -> str:
        """The text with its variables in it; what is no variable stays, and is a parameter of the statement."""
        if ":" not in text:
            return text
        return "".join(self._filled(t.text) if t.kind is TokenKind.PARAMETER and t.text[0] == ":" else t.text for t in tokens(text))

    def _filled(self, written: str) -> str:
        quote = written[1] if written[1] in "'\"" else ""
        name = written[1:].strip(quote) if quote else written[1:]
        text = self.get(name)
        if text is None:
            return written
        if quote:
            return quoted_text(text) if quote == "'" else quoted_name(text)
        return _constant(self._values[name]) if name in self._values else text


def _constant(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else quoted_text(_written(value))


def _written(value: Any) -> str:
    import json

    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
