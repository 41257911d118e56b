"""Regular expressions that are compiled when they are first used: a start knows two hundred of them and uses a few."""

from __future__ import annotations

import re
from typing import Any, cast


class _Later:
    """Stands for a compiled pattern: what is asked of it is the compiled one's, and kept."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(self._text, self._flags), name)
        vars(self)[name] = found
        return found


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """Like `re.compile`, but a mistake in `text` is an error only when it is used."""
    return cast("re.Pattern[str]", _Later(text, flags))
