"""Which list calls tell that a resource has changed: by the time of its last modification, where nothing else of it moves.

A sync describes again only those resources whose list data differ from what was stored. That is right where each change of what the
describe call gives comes with a new time in the list. So it is believed of a table only where both calls give the same such time, and
where the describe call gives nothing besides that moves on its own: no state, count, size, progress or usage, no tags. The overlay says
otherwise for single tables (`modified = "column"`, or `""` for none).
"""

from __future__ import annotations

from collections.abc import Iterable

from cirql.catalog.model import Role, Table
from cirql.names import Scheme
from cirql.startup.records import replace
from cirql.startup.regexes import regex
from cirql.types import ColumnType

_TIMES = regex(
    r"(?:last_)?(?:modified|updated?)(?:_(?:at|on|time|date|timestamp|date_time))?|(?:last_)?modification_(?:time|date)|date_(?:updated|modified)"
)
_MOVING = regex(
    r"stat(?:e|es|us|uses)(?:_|$)|fail|error|reason|message|health|progress|percent|phase|stage|count|total|number_of|size|bytes|usage|used|"
    r"current|latest|running|pending|active|remaining|estimated|statistic|metric|summary|score|result|output|token|session|last_|_at$|"
    r"time$|date$|timestamp|duration|expir|next_|ready|available|endpoint|url|uri|location|members|child|attach|associat|in_use|drift|version|"
    r"tag|resource|team|contributor|histor|finding|evaluation|recommend"
)
"""Parts of the names of what may change without anybody having modified the resource, or with a resource of another kind."""


def with_modified(tables: Iterable[Table]) -> list[Table]:
    """The tables, each with the column of its list call that tells of every change, where there is one."""
    return [replace(t, modified=_column(t)) if t.name.scheme is Scheme.DATASET else t for t in tables]


def _column(table: Table) -> str:
    lists = [f for f in table.fetches if f.role is Role.LIST]
    gets = [f for f in table.fetches if f.role is Role.GET]
    if not lists or not gets:
        return ""
    listed = frozenset.intersection(*(f.gives for f in lists))
    described = frozenset.intersection(*(f.gives for f in gets))
    types = {c.name: c.type for c in table.columns}
    times = sorted(c for c in listed & described if _TIMES.fullmatch(c) and types[c] is ColumnType.TIMESTAMP)
    only = {c for f in gets for c in f.gives} - listed
    return times[0] if times and only and not any(_MOVING.search(c) for c in only) else ""
