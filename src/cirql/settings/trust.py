"""Trust: the configuration files that there are, and which of them the user has said may do more than choose words and regions.

The user's own file (`cirql/cirql.toml` in XDG_CONFIG_HOME, `~/.config` by default) and a file that `CIRQL_CONFIG` names are the user's
word. The `cirql.toml` of the working directory may have come with a repository: what it sets beyond the safe settings is refused until
`cirql trust` has said that this very text, in this very folder, is meant. A text that changes afterwards has to be trusted again.

It knows files, not what a setting means: which settings are safe is said where they are defined, in `settings/__init__.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cirql.errors import SettingsError
from cirql.startup.records import dataclass

CONFIG_FILE = "cirql.toml"
_MOST_BYTES = 1_000_000
"""A longer file is not one of settings."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file of settings as it was read. `is_own`: the user's word, by its place or by its name in the environment."""

    path: Path
    text: str
    is_own: bool

    @property
    def source(self) -> str:
        """The file as messages name it."""
        return str(self.path)

    def values(self) -> Mapping[str, Any]:
        """The settings as they are spelled there. Raises: SettingsError."""
        import tomllib  # here, because most who run a statement have no such file

        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"the configuration file {self.path} is not valid TOML: {error}") from None

    @property
    def is_trusted(self) -> bool:
        """Whether the user has said that this text in this folder is meant, or the file is the user's own."""
        return self.is_own or _trusted().get(str(self.path.resolve())) == _digest(self.text)

    def refusal(self, names: Collection[str]) -> SettingsError:
        """The error for settings that this file may not make."""
        known = str(self.path.resolve()) in _trusted()
        why = "has changed since it was trusted" if known else "was not written by you, as far as cirql can tell"
        return SettingsError(
            f"{self.path.resolve()} sets {_listed(sorted(names))}, and {why}",
            hint=f"look at the file; `cirql trust` says that this folder's settings are meant. Safe from anywhere: {own_file()}, "
            "CIRQL_* variables and options",
        )


def config_files(environment: Mapping[str, str]) -> tuple[ConfigFile, ...]:
    """The files that count, the stronger last: the user's own, then the one that is named, or else the working directory's.

    Raises: SettingsError where a named file is not there, or one cannot be read.
    """
    own, named = own_file(), environment.get("CIRQL_CONFIG")
    found = [_read(own, is_own=True)] if own is not None else []
    if named:
        given = _read(Path(named), is_own=True)
        if given is None:
            raise SettingsError(f"the configuration file {named} is not there", hint="CIRQL_CONFIG names it")
        found.append(given)
    else:
        folder = Path(CONFIG_FILE)
        if own is None or not own.exists() or not folder.exists() or not own.samefile(folder):
            found.append(_read(folder, is_own=False))
    return tuple(file for file in found if file is not None)


def looked_for() -> tuple[tuple[Path, bool], ...]:
    """Where files of settings are looked for, the stronger last, and whether there is one."""
    own, named = own_file(), os.environ.get("CIRQL_CONFIG")
    places = [own, Path(named) if named else Path.cwd() / CONFIG_FILE]
    return tuple((place, place.is_file()) for place in dict.fromkeys(places) if place is not None)


def own_file() -> Path | None:
    """Where the user's own file of settings is; None where there is no home directory."""
    home = config_home()
    return None if home is None else home / CONFIG_FILE


def read_folder(folder: Path) -> ConfigFile | None:
    """The file of settings in a folder; None where there is none. Raises: SettingsError."""
    return _read(folder / CONFIG_FILE, is_own=False)


def trust(file: ConfigFile) -> None:
    """Remember that this text in this folder is meant. Raises: SettingsError."""
    _write({**_trusted(), str(file.path.resolve()): _digest(file.text)})


def forget(folder: Path) -> bool:
    """Take the word back; False where it was not given. Raises: SettingsError."""
    kept = dict(_trusted())
    if kept.pop(str((folder / CONFIG_FILE).resolve()), None) is None:
        return False
    _write(kept)
    return True


def trusted_files() -> tuple[str, ...]:
    """The files that were trusted, by path."""
    return tuple(sorted(_trusted()))


def _read(path: Path, *, is_own: bool) -> ConfigFile | None:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise SettingsError(f"the configuration file {path} is longer than {_MOST_BYTES} bytes")
        return ConfigFile(path, data.decode("utf-8"), is_own)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the configuration file {path} cannot be read: {error}") from None


def config_home() -> Path | None:
    """The directory of the user's own files; None where there is no home."""
    configured = os.environ.get("XDG_CONFIG_HOME")
    if configured and Path(configured).is_absolute():  # a relative one counts as none (XDG Base Directory Specification)
        return Path(configured) / "cirql"
    try:
        return Path.home() / ".config" / "cirql"
    except RuntimeError:
        return None


def _record() -> Path | None:
    home = config_home()
    return None if home is None else home / "trusted.json"


def _trusted() -> Mapping[str, str]:
    """Digests of trusted texts by path. A record that cannot be read trusts nothing."""
    path = _record()
    if path is None:
        return {}
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in read.items()} if isinstance(read, dict) else {}


def _write(trusted: Mapping[str, str]) -> None:
    path = _record()
    if path is None:
        raise SettingsError("there is no home directory to remember it in", hint="set HOME or XDG_CONFIG_HOME")
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(trusted, indent=1, sort_keys=True), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error}") from None
    finally:
        with suppress(OSError):
            draft.unlink()


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
