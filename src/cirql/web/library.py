"""Library: statements that somebody has named, each in a file of its own, in a folder that git can hold."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from cirql.errors import AlreadyExists, Error, InvalidText, SettingsError, UnknownStatement
from cirql.startup.regexes import regex

_NAME = regex(r"\w[\w .()+-]{0,79}")
_ENDING = ".sql"
_LONGEST = 1024 * 1024
_MOST = 2_000


class Library:
    """The `.sql` files of one folder, which is made when the first is kept. Somebody else may change them at any time: git, an editor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def entries(self) -> list[dict[str, str]]:
        """Name and first comment of each, by name."""
        try:
            files = sorted((p for p in self.folder.glob(f"*{_ENDING}") if p.is_file() and _is_name(p.stem)), key=lambda p: p.stem.lower())
        except OSError:
            return []
        return [{"name": p.stem, "about": _about(p)} for p in files[:_MOST]]

    def read(self, name: str) -> dict[str, str]:
        """A statement's text, and what stands for it as it is now. Raises UnknownStatement."""
        path = self._path(name)
        try:
            data = path.read_bytes()
            if len(data) > _LONGEST:
                raise InvalidText(f"{path} is too long to be a statement")
            return {"name": name, "text": data.decode("utf-8"), "seen": _mark(data)}
        except FileNotFoundError:
            raise UnknownStatement(f"there is no {path}") from None
        except UnicodeDecodeError:
            raise InvalidText(f"{path} is not UTF-8") from None
        except OSError as error:
            raise SettingsError(f"cannot read {path}: {error.strerror or error}") from None

    def keep(self, name: str, text: str, seen: str) -> dict[str, str]:
        """Write a statement's file. `seen` is the one that it takes the place of, "" for none: one that has changed since is left alone.

        Raises AlreadyExists where it has, InvalidText for a name that no file should have, SettingsError where it cannot be written.
        """
        path = self._path(name)
        if self._mark_of(path) != seen:
            word = "has been changed by somebody else" if seen else "is there already"
            raise AlreadyExists(f"{path} {word}", hint="open it from the list, or choose another name")
        data = (text.rstrip() + "\n").encode("utf-8", "replace")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".unfinished")
            with os.fdopen(handle, "wb") as out:
                out.write(data)
            Path(draft).chmod(0o644)
            Path(draft).replace(path)
        except OSError as error:
            raise SettingsError(f"cannot write {path}: {error.strerror or error}") from None
        return {"name": name, "seen": _mark(data), "place": str(path)}

    def remove(self, name: str) -> None:
        """Delete a statement's file. Raises UnknownStatement, SettingsError."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            raise UnknownStatement(f"there is no {path}") from None
        except OSError as error:
            raise SettingsError(f"cannot delete {path}: {error.strerror or error}") from None

    def _path(self, name: str) -> Path:
        if not _is_name(name):
            raise InvalidText("a name has letters, figures, blanks, and . ( ) + - _, and begins with a letter or figure")
        return self.folder / f"{name}{_ENDING}"

    def _mark_of(self, path: Path) -> str:
        try:
            return self.read(path.stem)["seen"]
        except UnknownStatement:
            return ""
        except Error:
            return "unreadable"


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name == name.strip()


def _about(path: Path) -> str:
    """What its first line says, where that is a comment."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            first = file.readline(400).strip()
    except OSError:
        return ""
    return first.removeprefix("--").strip() if first.startswith("--") else ""


def _mark(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
