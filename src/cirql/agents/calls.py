"""ToolCall: one call of a tool. It has a locked session to itself, which ends with it: nothing that a statement sets outlives the call."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cirql.agents.audit import AuditLine, AuditLog
from cirql.agents.limits import AnswerLimits
from cirql.agents.tools import Question, Tool
from cirql.errors import Cancelled, Error
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.result import ProgressEvent
    from cirql.runtime import Runtime
    from cirql.session import Session

_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class Agency:
    """What all calls of a server share."""

    runtime: Runtime
    limits: AnswerLimits
    audit: AuditLog
    _failed: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def remember(self, failures: Sequence[str]) -> None:
        """Keep what AWS did not answer, for whoever asks which places fail."""
        for line in failures:
            if line not in self._failed:
                self._failed.append(line)

    @property
    def failures(self) -> list[str]:
        """What AWS did not answer to earlier calls, the last of them."""
        return list(self._failed)

    def call(self, tool: Tool, arguments: Mapping[str, Any], who: str) -> ToolCall:
        """One call of a tool, not yet run."""
        return ToolCall(self, tool, arguments, who)


class ToolCall:
    """Usable once: `run` in a thread, `cancel` from any other."""

    def __init__(self, service: Agency, tool: Tool, arguments: Mapping[str, Any], who: str) -> None:
        self.service = service
        self.tool = tool
        self.arguments = arguments
        self.who = who
        self.approved = ""
        self._lock = threading.Lock()
        self._sessions: list[Session] = []
        self._sent = 0
        self._cancelled = False

    @property
    def limits(self) -> AnswerLimits:
        """The most that it may cost, and say."""
        return self.service.limits

    @property
    def catalog(self) -> Catalog:
        """The catalog of tables."""
        return self.service.runtime.catalog

    @property
    def failures(self) -> list[str]:
        """What AWS did not answer to earlier calls, the last of them."""
        return self.service.failures

    def session(self, **settings: Any) -> Session:
        """A session of this call's own, locked and within its limits. Raises Cancelled."""
        given = {"locked": True, "writable": False, **self.limits.of_statement, **settings}
        opened = self.service.runtime.session(user=self.who, progress=self._count, **given)
        with self._lock:
            if self._cancelled:
                opened.close()
                raise Cancelled("the client took the call back")
            self._sessions.append(opened)
        return opened

    def question(self) -> Question | None:
        """What the user must be asked first; None where nothing. Raises the tool's errors."""
        return self.tool.asks(self) if self.tool.asks is not None else None

    def refuse(self, error: str) -> None:
        """Write a line to the log for a call that is not run, and why. Raises FileUnreadable."""
        self._log(time.monotonic(), {}, error)

    def run(self) -> dict[str, Any]:
        """Run the tool, and write a line to the log whatever comes of it. Raises the tool's errors."""
        began, answer, error = time.monotonic(), dict[str, Any](), ""
        try:
            answer = self.tool.run(self)
        except Error as problem:
            error = f"{type(problem).__name__}: {problem.sqlstate}"
            raise
        except BaseException as problem:
            error = type(problem).__name__
            raise
        finally:
            self._close()
            self._log(began, answer, error)
        self.service.remember(answer.get("failures", ()))
        return answer

    def _log(self, began: float, answer: Mapping[str, Any], error: str) -> None:
        sent = answer["calls"] if "rows" in answer else 0  # what other tools call so was not sent
        self.service.audit.write(
            AuditLine(
                time=datetime.now(UTC),
                who=self.who,
                tool=self.tool.name,
                arguments=self.arguments,
                milliseconds=round((time.monotonic() - began) * 1000),
                calls=max(sent, self._sent),
                rows=answer.get("total") or answer.get("shown", 0),
                changes=len(answer.get("applied", ())),
                error=error,
            )
        )

    def _count(self, event: ProgressEvent) -> None:
        """Hear how many requests a statement has sent: of one that fails, nothing else tells."""
        self._sent = max(self._sent, event.calls)

    def cancel(self) -> None:
        """End it: whoever waits for it gets Cancelled."""
        with self._lock:
            self._cancelled = True
            sessions = list(self._sessions)
        for session in sessions:
            session.stop(Cancelled("the client took the call back"))

    def _close(self) -> None:
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()
