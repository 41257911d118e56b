"""In which order a crawl reads: first what was never read, then what is likely to have changed most since it was.

A crawl that is stopped, or runs out of its time, has then read what mattered most. With no more known of a table than how often its
places had changed when they were last read, the changes that wait to be seen grow with that share and with the age; freshness of copies
under a bound of reads is the subject of Cho and Garcia-Molina, "Effective page refresh policies for web crawlers" (ACM TODS 28, 2003).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cirql.inventory.model import LastRead

LEAST_CHANGING = 0.02
"""Tables in which nothing was ever seen to change have their turn too."""


def stalest_first(names: Collection[str], reads: Mapping[str, LastRead], now: datetime) -> tuple[str, ...]:
    """Tables or accounts in the order in which they are due; those alike stay as they were given.

    >>> from cirql.inventory.model import LastRead
    >>> at = datetime.fromisoformat
    >>> reads = {"quiet": LastRead(at("2026-03-01T00:00Z"), 0.0), "busy": LastRead(at("2026-03-01T12:00Z"), 0.5)}
    >>> stalest_first(["quiet", "busy", "new"], reads, at("2026-03-02T00:00Z"))
    ('new', 'busy', 'quiet')
    """

    def due(name: str) -> float:
        read = reads.get(name)
        if read is None:
            return float("-inf")
        return -max((now - read.oldest).total_seconds(), 0.0) * max(read.changing, LEAST_CHANGING)

    return tuple(sorted(names, key=due))
