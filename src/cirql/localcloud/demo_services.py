"""The demo world's objects of other services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass(frozen=True, slots=True)
class Seed:
    """One service's part of the demo world."""

    service: str
    run: Callable[[WSGIApplication], None]


def needed_seeds(service: str) -> tuple[Seed, ...]:
    """The seeds that a call to a service needs, in order."""
    return ()
