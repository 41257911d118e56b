"""Client: what a door tells a session of whoever it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cirql.startup.records import dataclass, field


def _no_limit() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Client:
    """`catalog_name` is the catalog that information_schema has for everything.

    `most_calls` says how many calls may still be sent to AWS; None is no limit. `sent` is told of each before it is sent, on the event
    loop. `facts` are what `version()` and other functions without arguments say that only the door knows.
    """

    catalog_name: str | None = None
    most_calls: Callable[[], int | None] = _no_limit
    sent: Callable[[], None] = _no_limit
    facts: Mapping[str, str] = field(default_factory=dict)


ANYONE = Client()
