"""The moments that the inventory knows of some tables, and a statement as of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cirql.errors import InvalidText
from cirql.names import TableName
from cirql.sql.quoting import constant
from cirql.startup.records import replace

if TYPE_CHECKING:
    from cirql.session import Session
    from cirql.sql.parse import Statement

_MOST = 200
_ONE_READING = timedelta(seconds=5)
"""Different places that were read within this of one another were read by one statement: one moment. A place read again is another."""


def moments(session: Session, tables: Iterable[str]) -> list[str]:
    """When the tables were read, the earliest first; none where there is no inventory."""
    if not session.settings.store_place:
        return []
    names = ", ".join(constant(name) for name in tables)
    if not names:
        return []
    sql = (
        "SELECT finished, table_name, account_id, region, parent FROM cirql.scans "
        f"WHERE complete AND table_name IN ({names}) ORDER BY finished DESC LIMIT {_MOST * 20}"
    )
    found = [(row[0], tuple(map(str, row[1:]))) for row in session.execute(sql) if isinstance(row[0], datetime)]
    return [m.replace(tzinfo=UTC).isoformat() for m in readings(found[::-1])][-_MOST:]


def readings(scans: Sequence[tuple[datetime, tuple[str, ...]]]) -> list[datetime]:
    """When each reading of several places ended, of scans in the order of their ends, each with the place that it read."""
    ends: list[datetime] = []
    places: set[tuple[str, ...]] = set()
    for moment, place in scans:
        if ends and moment - ends[-1] < _ONE_READING and place not in places:
            ends[-1] = moment
        else:
            ends.append(moment)
            places = set()
        places.add(place)
    return ends


def as_of(statement: Statement, moment: str) -> Statement:
    """The statement with each of AWS's tables as it was then; one that names a moment of its own keeps it. Raises InvalidText."""
    from sqlglot import exp

    try:
        text = datetime.fromisoformat(moment).isoformat()
    except ValueError:
        raise InvalidText(f"{moment!r} is no moment") from None
    tree = statement.tree.copy()
    for table in tree.find_all(exp.Table):
        if _is_of_aws(table) and table.args.get("version") is None:
            named = exp.cast(exp.Literal.string(text), exp.DataType.Type.TIMESTAMPTZ)
            table.set("version", exp.Version(this="TIMESTAMP", kind="AS OF", expression=named))
    return replace(statement, tree=tree)


def _is_of_aws(table: object) -> bool:
    from sqlglot import exp

    assert isinstance(table, exp.Table)
    try:
        name = TableName.parse(".".join(part.name for part in table.parts))
    except ValueError:
        return False
    return name.parts[0] == "aws"
