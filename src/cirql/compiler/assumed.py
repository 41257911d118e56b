"""What the required members of a list call are told where a statement does not say: a time frame, or a choice that the overlay names.

By rule: a moment that a call begins (`StartTime`, `fromDate`) or ends with is that of the session's time frame. A table's own time column
says it too where it has the name of the request member; which other columns do, `moments` in the overlay say.
"""

from __future__ import annotations

from collections.abc import Iterator

from cirql.catalog.model import Default
from cirql.compiler.operations import Listing
from cirql.compiler.overlay import Hint
from cirql.compiler.services import Service
from cirql.names import snake
from cirql.startup.regexes import regex

_START = regex(r"(start|from|begin)(_?(date_?time|date|time|timestamp))?")
_END = regex(r"(end|to)(_?(date_?time|date|time|timestamp))?")
_HOURS = 24


def default(service: Service, hint: Hint, listing: Listing, param: str) -> Default | None:
    """What a required member is told where nobody says; None where that must be known."""
    text = hint.defaults.get(param, service.defaults.get(param, _by_name(listing, param)))
    if not text:  # the overlay says that nothing will do
        return None
    made = Default(text, hint.hours or service.hours or _HOURS, hint.moments or tuple(_moments(listing)))
    return made if made.is_timed else Default(text)


def _by_name(listing: Listing, param: str) -> str | None:
    if listing.operation.input_shape.members[param].type_name != "timestamp":
        return None
    name = snake(param)
    return "{start}" if _START.fullmatch(name) else "{end}" if _END.fullmatch(name) else None


def _moments(listing: Listing) -> Iterator[str]:
    """The time columns of the rows that have the name of one of the call's own."""
    for param in listing.required:
        shape = listing.members.get(param) or listing.members.get(param[0].lower() + param[1:])
        if _by_name(listing, param) is not None and shape is not None and shape.type_name == "timestamp":
            yield snake(param)
