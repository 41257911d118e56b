"""How a statement stands: what its execution needs from its session, and what is known of it so far."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cirql.cloud.reach import Reach
from cirql.cloud.stats import CallStats
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    import asyncio

    from cirql.cloud import Cloud
    from cirql.fetch.loop import Work
    from cirql.fetch.runner import ScanOutcome
    from cirql.settings import Settings
    from cirql.statements.alarm import Alarm

T = TypeVar("T")


class Home(Protocol):
    """What an execution needs from its session."""

    settings: Settings

    @property
    def reach(self) -> Reach:
        """The accounts and regions that statements ask now."""
        ...

    @property
    def cloud(self) -> Cloud:
        """The door to AWS."""
        ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that calls run on."""
        ...

    @property
    def alarm(self) -> Alarm:
        """What does what must not be done on the loop."""
        ...

    @property
    def is_on_loop(self) -> bool:
        """Whether the caller runs on the loop."""
        ...

    def start(self, work: Coroutine[Any, Any, T]) -> Work[T]:
        """Run a coroutine on the loop."""
        ...

    def wait(self, work: Work[T]) -> T:
        """Wait for it, unless the statement is stopped."""
        ...


@dataclass(slots=True)
class Standing:
    """What is known so far; read by the caller's thread, written by the loop's."""

    stats: CallStats = field(default_factory=CallStats)
    outcomes: list[ScanOutcome] = field(default_factory=list)
    started: dict[str, ScanOutcome] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    error: BaseException | None = None
