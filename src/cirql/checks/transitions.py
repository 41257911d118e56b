"""VerdictChange, WatchState: what a pack says now that it did not say before, over restarts.

What could not be read changes nothing: a resource keeps the status that it had until a rule has seen it again, or has read everything and
not found it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cirql.checks.model import Audit, Finding, Status
from cirql.errors import FileUnreadable, InvalidText
from cirql.startup.records import dataclass, field

FORMAT = 1
GONE = "gone"
_TOLD = (Status.OK, Status.ALARM)


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """One resource and one rule: `before` is empty where nothing was known, `after` is `ok`, `alarm` or `gone`."""

    rule: str
    title: str
    severity: str
    resource: str
    account: str
    region: str
    before: str
    after: str
    reason: str

    def __str__(self) -> str:
        place = "/".join(part for part in (self.account, self.region) if part)
        return (
            f"{self.before or 'new'} → {self.after}: {self.rule} ({self.severity}): {self.resource} in {place}: {self.reason or self.title}"
        )

    def to_json(self) -> dict[str, Any]:
        """A plain object."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class WatchState:
    """What is known of each resource and rule: its status, and what tells it to people.

    `read` is when each rule last read all that it asks for (none where it could not), `began` when the last round did, both as ISO 8601.
    """

    pack: str
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    read: Mapping[str, str] = field(default_factory=dict)
    began: str = ""

    def after(self, report: Audit) -> tuple[WatchState, list[VerdictChange]]:
        """The state that a report leads to, and what changed on the way."""
        known = dict(self.known)
        began = report.began.isoformat()
        failed = {v.rule.id for v in report.verdicts if v.problems}
        read = {**self.read, **{v.rule.id: began for v in report.verdicts}}
        read = {rule: at for rule, at in read.items() if rule not in failed}
        changes = []
        for verdict in report.verdicts:
            rule, seen = verdict.rule, set()
            for finding in verdict.findings:
                key = finding.fingerprint
                seen.add(key)
                if finding.status not in _TOLD:
                    continue
                before = known.get(key, {}).get("status", "")
                known[key] = _kept(finding)
                if before != finding.status and (before or finding.status is Status.ALARM):
                    changes.append(_transition(rule.title, rule.severity.word, known[key], before, finding.status.value, finding.reason))
            if not verdict.problems:
                for key, old in [(k, o) for k, o in known.items() if o["rule"] == rule.id and k not in seen]:
                    del known[key]
                    if old["status"] == Status.ALARM:
                        changes.append(_transition(rule.title, rule.severity.word, old, old["status"], GONE, "it is not there any more"))
        return WatchState(self.pack, known, read, began), changes


def _kept(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule,
        "resource": finding.resource,
        "account": finding.account,
        "region": finding.region,
        "status": finding.status.value,
    }


def _transition(title: str, severity: str, kept: Mapping[str, str], before: str, after: str, reason: str) -> VerdictChange:
    return VerdictChange(kept["rule"], title, severity, kept["resource"], kept["account"], kept["region"], before, after, reason)


def read_state(path: Path, pack: str) -> WatchState:
    """The state in a file; an empty one where there is none. Raises FileUnreadable; InvalidText for what is no state of this pack."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return WatchState(pack)
    except OSError as error:
        raise FileUnreadable(f"the state {path} cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise InvalidText(f"{path} is no state of cirql watch", hint="name another file, or remove it to begin anew") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("pack") != pack:
        raise InvalidText(f"{path} is not a state of {pack}", hint="each pack has a state of its own")
    return WatchState(pack, content["known"], content.get("read", {}), content.get("began", ""))


def write_state(state: WatchState, path: Path) -> None:
    """Replace the file in one step, on disk when this returns: whoever is killed leaves the old state or the new one.

    Raises FileUnreadable.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(unfinished, "w", encoding="utf-8", opener=lambda p, flags: os.open(p, flags | os.O_CLOEXEC, 0o600)) as file:
            json.dump({"format": FORMAT, "pack": state.pack, "began": state.began, "read": state.read, "known": state.known}, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise FileUnreadable(f"the state cannot be written to {path}: {error.strerror or error}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def slack(changes: list[VerdictChange]) -> dict[str, Any]:
    """The changes as an incoming webhook of Slack takes them."""
    return {"text": "\n".join(_lines(changes))}


def _lines(changes: list[VerdictChange]) -> Iterator[str]:
    for change in changes:
        mark = {"alarm": ":red_circle:", "ok": ":large_green_circle:"}.get(change.after, ":white_circle:")
        text = str(change).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        yield f"{mark} {text}"
