"""What a rule is, what it found, and what that amounts to. Data only: nothing here runs a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from cirql.errors import SettingsError
from cirql.startup.records import dataclass, field


class Severity(IntEnum):
    """How bad it is that a rule is broken."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """As rules and reports spell it."""
        return self.name.lower()


class Status(StrEnum):
    """What a rule says of a resource, or of all of them."""

    OK = "ok"
    ALARM = "alarm"
    ERROR = "error"
    """It could not be told: something was not read."""
    SKIP = "skip"
    """The rule does not concern this resource."""
    INFO = "info"


@dataclass(frozen=True, slots=True)
class CheckRule:
    """A query that gives a row for each resource, with `status` and `reason`, and what it means.

    `references` are numbers in standards, by the standard's short name. `remediation` is a statement whose `:names` are columns of the row.
    """

    id: str
    title: str
    severity: Severity
    query: str
    rationale: str = ""
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remediation: str | None = None
    service: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Raises SettingsError where the rule lacks what every rule has."""
        for name in ("id", "title", "query"):
            if not getattr(self, name).strip():
                raise SettingsError(f"{self.source or 'a rule'}: {self.id or 'the rule'} has no {name}")

    @property
    def cited(self) -> tuple[str, ...]:
        """The references as people say them: `CIS 2.1.4`."""
        return tuple(f"{standard} {number}" for standard, numbers in self.references.items() for number in numbers)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of one resource. `waived` is the reason why an alarm is put up with, `known` whether it is in the baseline."""

    rule: str
    status: Status
    resource: str
    account: str = ""
    region: str = ""
    reason: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)
    waived: str = ""
    known: bool = False

    @property
    def fingerprint(self) -> str:
        """What tells it from others, whatever is said of the resource at the moment."""
        return "|".join((self.rule, self.account, self.region, self.resource))

    @property
    def counts(self) -> bool:
        """Whether it is an alarm that nobody knows of or puts up with."""
        return self.status is Status.ALARM and not self.waived and not self.known


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of one rule. `problems` are what was not read, in words, and make it an error whatever else was found."""

    rule: CheckRule
    findings: tuple[Finding, ...] = ()
    problems: tuple[str, ...] = ()
    calls: int = 0
    milliseconds: int = 0

    @property
    def status(self) -> Status:
        """The worst of it, where not knowing is worse than anything that is known."""
        found = {f.status for f in self.findings}
        if self.problems:
            return Status.ERROR
        return next((s for s in (Status.ERROR, Status.ALARM, Status.OK, Status.INFO) if s in found), Status.SKIP)

    @property
    def open_alarms(self) -> tuple[Finding, ...]:
        """The alarms that count."""
        return tuple(f for f in self.findings if f.counts)

    def count(self, status: Status) -> int:
        """How many resources have a status."""
        return sum(f.status is status for f in self.findings)


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of a pack. `calls` were sent, `calls_wanted` would have been if each rule had asked for itself."""

    pack: str
    verdicts: tuple[Judgement, ...]
    began: datetime
    seconds: float
    calls: int = 0
    calls_wanted: int = 0
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> Iterable[Finding]:
        """All findings, rule by rule."""
        return (f for v in self.verdicts for f in v.findings)

    @property
    def totals(self) -> Mapping[Status, int]:
        """How many resources have each status, over all rules."""
        found = Counter(f.status for f in self.findings)
        return {status: found[status] for status in Status}

    @property
    def undecided(self) -> tuple[Judgement, ...]:
        """The rules of which it could not be told whether they are kept."""
        return tuple(v for v in self.verdicts if v.status is Status.ERROR)

    def alarms_from(self, threshold: Severity) -> tuple[Finding, ...]:
        """The alarms that count, of rules as severe as that or more."""
        return tuple(f for v in self.verdicts if v.rule.severity >= threshold for f in v.open_alarms)
