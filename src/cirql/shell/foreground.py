"""Work that runs while the terminal stays the user's: it is done in a thread, and Ctrl-C ends it rather than the shell.

The main thread waits for news, which signal handlers may interrupt; it alone reads the terminal. A change that must be confirmed is
asked for there, while the statement waits.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.changes.plan import ChangePlan

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Question:
    plan: ChangePlan
    answer: SimpleQueue[bool]


@dataclass(frozen=True, slots=True)
class _End(Generic[T]):
    value: T | None
    error: BaseException | None


class Foreground:
    """Runs one piece of work at a time. `ask` shows a plan of changes and asks; it is called in the main thread."""

    def __init__(self, ask: Callable[[ChangePlan], bool]) -> None:
        self._ask = ask
        self._news: SimpleQueue[Any] = SimpleQueue()
        self.plan: ChangePlan | None = None
        """The changes that the last work asked about."""

    def confirm(self, plan: ChangePlan) -> bool:
        """What a session asks before it changes something, in the thread of the work."""
        self.plan = plan
        question = _Question(plan, SimpleQueue())
        self._news.put(question)
        return question.answer.get()

    def run(self, work: Callable[[], T], cancel: Callable[[], object]) -> T:
        """Do the work, and `cancel` at each Ctrl-C. Raises what the work raises."""
        self.plan = None

        def interrupted(number: int, frame: FrameType | None) -> None:
            cancel()

        threading.Thread(target=self._do, args=(work,), name="statement", daemon=True).start()
        before = signal.signal(signal.SIGINT, interrupted)
        try:
            while True:
                news = self._news.get()
                if isinstance(news, _Question):
                    news.answer.put(self._asked(news.plan))
                elif news.error is not None:
                    raise news.error
                else:
                    value: T = news.value
                    return value
        finally:
            signal.signal(signal.SIGINT, before)

    def _do(self, work: Callable[[], T]) -> None:
        try:
            end = _End(work(), None)
        except BaseException as error:  # noqa: BLE001 (raised again where the work was asked for)
            end = _End(None, error)
        self._news.put(end)

    def _asked(self, plan: ChangePlan) -> bool:
        """The user's answer; Ctrl-C and the end of the input are a no."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return self._ask(plan)
        except (KeyboardInterrupt, EOFError):
            return False
        finally:
            signal.signal(signal.SIGINT, before)
