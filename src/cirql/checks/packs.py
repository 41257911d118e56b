"""Packs of rules: a file, a directory of files, or one that comes with the program (`builtin:aws-security`)."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path

from cirql.checks.model import CheckRule
from cirql.checks.rule_files import SUFFIXES, read_rules, rules_in
from cirql.errors import FileUnreadable, SettingsError
from cirql.startup.records import dataclass

_BUILTIN = "builtin:"


@dataclass(frozen=True, slots=True)
class Pack:
    """Rules under one name, each id once."""

    name: str
    rules: tuple[CheckRule, ...]

    def __post_init__(self) -> None:
        """Raises SettingsError where two rules share an id."""
        seen: dict[str, CheckRule] = {}
        for rule in self.rules:
            if (other := seen.setdefault(rule.id, rule)) is not rule:
                raise SettingsError(f"two rules are called {rule.id!r}: in {other.source} and in {rule.source}")

    def choose(self, patterns: Iterable[str]) -> Pack:
        """The rules whose ids, or the services, match one of the patterns. Raises SettingsError where a pattern matches none."""
        kept: dict[str, CheckRule] = {}
        for pattern in patterns:
            found = [r for r in self.rules if fnmatchcase(r.id, pattern) or fnmatchcase(r.service, pattern)]
            if not found:
                raise SettingsError(f"no rule of {self.name} is called {pattern!r}", hint=f"cirql check --list {self.name} shows them")
            kept |= {r.id: r for r in found}
        return Pack(self.name, tuple(r for r in self.rules if r.id in kept)) if kept else self


def builtin_names() -> list[str]:
    """The packs that come with the program."""
    return sorted(_BUILTIN + f.name.replace("_", "-") for f in _shelf().iterdir() if f.is_dir() and not f.name.startswith("_"))


def find_pack(name: str) -> Pack:
    """The pack of a name. Raises SettingsError, FileUnreadable."""
    if name.startswith(_BUILTIN):
        return _builtin(name)
    path = Path(name)
    if not path.exists():
        raise FileUnreadable(f"there is no file or directory {name}", hint=f"or one of {', '.join(builtin_names())}")
    if not path.is_dir():
        return Pack(name, tuple(read_rules(path)))
    files = sorted(f for f in path.rglob("*") if f.suffix in SUFFIXES and f.is_file())
    if not files:
        raise SettingsError(f"no rule is in {name}", hint="a rule is a .sql or a .toml file")
    return Pack(name, tuple(rule for file in files for rule in read_rules(file)))


def _builtin(name: str) -> Pack:
    if name not in builtin_names():
        raise SettingsError(f"no pack is called {name!r}", hint=f"there are {', '.join(builtin_names())}")
    shelf = _shelf().joinpath(name.removeprefix(_BUILTIN).replace("-", "_"))
    files = sorted((f for f in shelf.iterdir() if f.name.endswith(SUFFIXES)), key=lambda f: f.name)
    return Pack(name, tuple(rule for f in files for rule in rules_in(f.read_text("utf-8"), f"{name}/{f.name}")))


def _shelf() -> resources.abc.Traversable:
    return resources.files("cirql.checks").joinpath("builtin")
