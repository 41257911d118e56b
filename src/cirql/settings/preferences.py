r"""Preferences: how the shell looks and feels to its user. They say nothing of AWS: any file in the user's own directory may make them.

`shell.toml` beside the user's `cirql.toml`, with these names at its top; `\pset` and `\x` change them for a session.
"""

from __future__ import annotations

import os
from pathlib import Path
from shutil import which
from typing import Any

from cirql.errors import SettingsError
from cirql.settings.trust import config_home
from cirql.startup.records import dataclass, fields

FILE, HISTORY_FILE = "shell.toml", "history"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a user of the shell may prefer.

    * `keys`: `emacs` or `vi`.
    * `completion`: `typing` shows what may come next while one types, `tab` when Tab is pressed, `off` never.
    * `expanded`: `on` shows a row below the other, `off` a table, `auto` a table where it fits the screen.
    * `null`: what stands for NULL.
    * `pager`: the command that shows what is longer than the screen; `off` for none.
    * `format`: how rows are written: `table`, `csv`, `json`, `jsonl` or `markdown`.
    * `timing`: say how long each statement took, and how many calls.
    * `colour`: `auto` or `off`; NO_COLOR counts too.
    * `history`: how many entries the file of the history keeps; 0 keeps none.
    """

    keys: str = "emacs"
    completion: str = "typing"
    expanded: str = "auto"
    null: str = "NULL"
    pager: str = "auto"
    format: str = "table"
    timing: bool = False
    colour: str = "auto"
    history: int = 10_000

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise SettingsError(f"{name} cannot be {getattr(self, name)!r}", hint=f"it is one of {', '.join(map(str, allowed))}")

    @classmethod
    def load(cls) -> Preferences:
        """Those of the user's file. Raises SettingsError for a file that cannot be read, or says what is none."""
        home = config_home()
        path = None if home is None else home / FILE
        if path is None or not path.is_file():
            return cls()
        import tomllib

        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{path} cannot be read: {error}") from None
        known = {f.name: type(f.default) for f in fields(cls)}
        for name, value in values.items():
            if known.get(name) is not type(value):
                what = f"has no {name}" if name not in known else f"says of {name} what is no {known[name].__name__}"
                raise SettingsError(f"{path} {what}", hint=f"there are {', '.join(known)}")
        return cls(**values)


CHOICES: dict[str, tuple[Any, ...]] = {
    "keys": ("emacs", "vi"),
    "completion": ("typing", "tab", "off"),
    "expanded": ("on", "off", "auto"),
    "format": ("table", "csv", "json", "jsonl", "markdown"),
    "colour": ("auto", "off"),
    "timing": (True, False),
}
"""The preferences that have no other values than these."""


def history_path() -> Path | None:
    """The file of what was typed; None where there is no home directory."""
    home = config_home()
    return None if home is None else home / HISTORY_FILE


def pager_command(preferred: str) -> str | None:
    """The command that shows what is longer than the screen: as preferred, else PAGER, else less; None for none."""
    if preferred == "off":
        return None
    if preferred != "auto":
        return preferred
    return os.environ.get("PAGER") or ("less" if which("less") else None)


def pager_environment() -> dict[str, str]:
    """The environment of a pager: less ends by itself where all fits, keeps colours, and cuts no long line in two."""
    return {"LESS": "-FRSX", "LESSCHARSET": "utf-8", **os.environ}


def editor_command() -> str:
    """The user's editor."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
