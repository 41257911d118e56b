"""VerdictChange, WatchState: what a pack says now that it did not say before, over restarts.

What could not be read changes nothing: a resource keeps the status that it had until a rule has seen it again, or has read everything and
not found it. That a rule cannot be read any more, and that it can again, is told once.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cirql.checks.model import Audit, CheckRule, Finding, Judgement, Status
from cirql.errors import FileUnreadable, InvalidText
from cirql.startup.records import dataclass, field, replace

FORMAT = 1
GONE, EVERYTHING = "gone", "*"
_TOLD = (Status.OK, Status.ALARM)
_KEPT = ("read", "began", "asked", "blind", "pending")


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """One resource and one rule: `before` is empty where nothing was known, `after` is `ok`, `alarm` or `gone`.

    `error` is said of the whole rule, whose `resource` is `*`: it could not be read, or can be read again.
    """

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
        where = f"{self.resource} in {place}" if place else self.resource
        return f"{self.before or 'new'} → {self.after}: {self.rule} ({self.severity}): {where}: {self.reason or self.title}"

    def to_json(self) -> dict[str, Any]:
        """A plain object."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class WatchState:
    """What is known of each resource and rule: its status, and what tells it to people.

    `read` is when each rule last read all that it asks for (none where it could not), `began` when the last round did, both as ISO 8601;
    `asked` is which query of the rule that was. `blind` has the rules that could not be read in the last round. `pending` are the changes
    that each way of telling them has yet to take.
    """

    pack: str
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    read: Mapping[str, str] = field(default_factory=dict)
    began: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)
    blind: Sequence[str] = ()
    pending: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)

    def of(self, rules: Iterable[CheckRule]) -> WatchState:
        """The state as far as it is about these rules; one whose query was edited counts as not read."""
        queries = {rule.id: _digest(rule) for rule in rules}
        return replace(
            self,
            known={key: kept for key, kept in self.known.items() if kept["rule"] in queries},
            read={rule: at for rule, at in self.read.items() if self.asked.get(rule) == queries.get(rule, "")},
            blind=[rule for rule in self.blind if rule in queries],
        )

    def owing(self, ways: Iterable[str], changes: Sequence[VerdictChange]) -> WatchState:
        """The state with changes that these ways are to be told of, after those that they have not taken yet."""
        told = [change.to_json() for change in changes]
        return replace(self, pending={way: [*self.pending.get(way, ()), *told] for way in ways})

    def told(self, way: str) -> WatchState:
        """The state when a way has taken all that it was to be told."""
        return replace(self, pending={other: changes for other, changes in self.pending.items() if other != way})

    def due(self, way: str) -> list[VerdictChange]:
        """The changes that a way has yet to take."""
        return [VerdictChange(**change) for change in self.pending.get(way, ())]

    def after(self, report: Audit) -> tuple[WatchState, list[VerdictChange]]:
        """The state that a report leads to, and what changed on the way."""
        known = dict(self.known)
        began = report.began.isoformat()
        failed = {v.rule.id for v in report.verdicts if v.problems}
        read = {**self.read, **{v.rule.id: began for v in report.verdicts}}
        read = {rule: at for rule, at in read.items() if rule not in failed}
        changes: list[VerdictChange] = []
        asked = {**self.asked, **{v.rule.id: _digest(v.rule) for v in report.verdicts}}
        blind = [rule for rule in self.blind if rule not in asked or rule in failed] + sorted(failed - set(self.blind))
        for verdict in report.verdicts:
            rule, seen = verdict.rule, set()
            changes += self._sight(verdict)
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
        return replace(self, known=known, read=read, began=began, asked=asked, blind=blind), changes

    def _sight(self, verdict: Judgement) -> Iterator[VerdictChange]:
        """That a rule cannot be read any more, or can again."""
        rule, was_blind = verdict.rule, verdict.rule.id in self.blind
        if was_blind == bool(verdict.problems):
            return
        statuses = {kept["status"] for kept in self.known.values() if kept["rule"] == rule.id}
        before = next((status.value for status in (Status.ALARM, Status.OK) if status in statuses), "")
        after, reason = (Status.ERROR.value, verdict.problems[0]) if verdict.problems else (verdict.status.value, "it can be read again")
        yield VerdictChange(
            rule.id, rule.title, rule.severity.word, EVERYTHING, "", "", Status.ERROR.value if was_blind else before, after, reason
        )


def _digest(rule: CheckRule) -> str:
    return hashlib.sha256(rule.query.encode()).hexdigest()[:16]


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
    more = {name: content[name] for name in _KEPT if name in content}
    return WatchState(pack, content["known"], **more)


def write_state(state: WatchState, path: Path) -> None:
    """Replace the file in one step, on disk when this returns: whoever is killed leaves the old state or the new one.

    Raises FileUnreadable.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(unfinished, "w", encoding="utf-8", opener=lambda p, flags: os.open(p, flags | os.O_CLOEXEC, 0o600)) as file:
            json.dump({"format": FORMAT, "pack": state.pack, "known": state.known} | {name: getattr(state, name) for name in _KEPT}, file)
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
        marks = {"alarm": ":red_circle:", "ok": ":large_green_circle:", "error": ":warning:"}
        mark = marks.get(change.after, ":white_circle:")
        text = str(change).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        yield f"{mark} {text}"
