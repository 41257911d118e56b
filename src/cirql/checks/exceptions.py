"""What does not count against a pack: alarms that were known before (a baseline), and alarms that are put up with for a while (waivers).

A waiver is in a TOML file: `[[waiver]]` with `rule`, `reason`, `until` (a date), and where it is not for all, `resource`, `account` and
`region`; each is a pattern. After its day it is of no effect, and the report says so.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cirql.checks.model import Audit, Finding, Status
from cirql.errors import FileUnreadable, SettingsError
from cirql.startup.records import dataclass, replace

_PATTERNS = ("rule", "resource", "account", "region")


@dataclass(frozen=True, slots=True)
class Waiver:
    """Which alarms are put up with, why, and the last day on which they are."""

    rule: str
    reason: str
    until: date
    resource: str = "*"
    account: str = "*"
    region: str = "*"

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this one."""
        return all(fnmatchcase(getattr(finding, name), getattr(self, name)) for name in _PATTERNS)

    def __str__(self) -> str:
        where = "".join(f" {name} {value}" for name in _PATTERNS[1:] if (value := getattr(self, name)) != "*")
        return f"{self.rule}{where}"


def read_waivers(path: Path) -> list[Waiver]:
    """The waivers of a file. Raises FileUnreadable, SettingsError for one without a reason or an end."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FileUnreadable(f"cannot read {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    if set(data) - {"waiver"}:
        raise SettingsError(f"{path} has {min(set(data) - {'waiver'})!r}", hint="begin each waiver with [[waiver]]")
    return [_waiver(number, entry, path) for number, entry in enumerate(data.get("waiver", []), 1)]


def _waiver(number: int, entry: dict[str, Any], path: Path) -> Waiver:
    where = f"{path}: waiver {number}"
    if unknown := sorted(set(entry) - {*_PATTERNS, "reason", "until"}):
        raise SettingsError(f"{where} has no field {unknown[0]!r}", hint=f"there are {', '.join(_PATTERNS)}, reason, until")
    for name in ("rule", "reason"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise SettingsError(f"{where} has no {name}")
    if type(entry.get("until")) is not date:
        raise SettingsError(f"{where} has no end", hint="until = 2030-01-31, the last day on which it holds")
    if any(not isinstance(entry[name], str) for name in _PATTERNS if name in entry):
        raise SettingsError(f"{where}: {', '.join(_PATTERNS)} are texts")
    return Waiver(**entry)


def waive(report: Audit, waivers: Sequence[Waiver], today: date) -> Audit:
    """The report with waived alarms marked, and notes on waivers that have ended or match nothing."""
    current = [w for w in waivers if w.until >= today]
    used: set[Waiver] = set()

    def marked(finding: Finding) -> Finding:
        found = next((w for w in current if finding.status is Status.ALARM and w.covers(finding)), None)
        if found is None:
            return finding
        used.add(found)
        return replace(finding, waived=f"{found.reason} (until {found.until})")

    verdicts = tuple(replace(v, findings=tuple(map(marked, v.findings))) for v in report.verdicts)
    ended = [f"the waiver of {w} ended on {w.until}: {w.reason}" for w in waivers if w.until < today]
    idle = [f"the waiver of {w} waives nothing" for w in current if w not in used]
    return replace(report, verdicts=verdicts, notes=(*report.notes, *ended, *idle))


def read_baseline(path: Path) -> frozenset[str]:
    """The fingerprints of a baseline. Raises FileUnreadable, SettingsError."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FileUnreadable(f"cannot read {path}: {error.strerror or error}", hint="--write-baseline FILE makes one") from None
    except ValueError as error:
        raise SettingsError(f"{path} is no baseline: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("alarms"), list):
        raise SettingsError(f"{path} is no baseline", hint="--write-baseline FILE makes one")
    return frozenset(map(str, data["alarms"]))


def write_baseline(report: Audit, path: Path) -> int:
    """Write down the alarms of a report as known; gives how many. Raises FileUnreadable."""
    alarms = sorted({f.fingerprint for f in report.findings if f.status is Status.ALARM})
    try:
        path.write_text(json.dumps({"pack": report.pack, "alarms": alarms}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise FileUnreadable(f"cannot write {path}: {error.strerror or error}") from None
    return len(alarms)


def know(report: Audit, fingerprints: Iterable[str]) -> Audit:
    """The report with the alarms that a baseline has marked as known."""
    known = frozenset(fingerprints)
    marked = lambda f: replace(f, known=f.status is Status.ALARM and f.fingerprint in known)  # noqa: E731 (used once)
    return replace(report, verdicts=tuple(replace(v, findings=tuple(map(marked, v.findings))) for v in report.verdicts))
