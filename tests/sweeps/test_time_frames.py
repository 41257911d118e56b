"""Every table whose calls want a time frame, or a choice, is read without any: with a notice, and for the session's time frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role, Table
from cirql.errors import Error
from cirql.session import Session
from tests.sweeps.figures import tell
from tests.truth.endpoint import Endpoint
from tests.truth.measure import opened, services_of

_TIMES = re.compile(
    r"(start|end|begin|from|to|effective|query)?_?(date|time|month|timestamp|period)(range|frame|period|interval|filter|window)?s?"
)
_START, _END = "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"
# Asked with a token of CodeCatalyst's own, which the world does not give out.
_NOT_ASKED = "aws.codecatalyst_event_log"
# The frame as calls are told it: as a date, a month, or seconds.
_OF_FRAME = re.compile(r"2026-01|2026, 1|176757|176765")


_SESSION = botocore.session.get_session()


@cache
def _model(service: str) -> ServiceModel:
    return _SESSION.get_service_model(service)


def _wants_time(shape: Shape, name: str = "", depth: int = 0) -> bool:
    """Whether a required member says a moment: by its type, or by the members that it requires, or by its name."""
    if shape.type_name == "timestamp" or (shape.type_name == "string" and _TIMES.fullmatch(name.lower())):
        return True
    if shape.type_name != "structure" or depth > 2:
        return False
    inner = shape.required_members or (list(shape.members) if _TIMES.fullmatch(name.lower()) else [])
    return any(_wants_time(shape.members[m], m, depth + 1) for m in inner)


def _timed(catalog: Catalog) -> Iterator[tuple[Table, tuple[str, ...]]]:
    """The datasets whose list call requires times, read from the models, and the members."""
    for table in catalog.tables():
        lists = [f for f in table.fetches if f.role is Role.LIST]
        if len(table.name.parts) != 2 or not lists:
            continue
        shape: Any = _model(lists[0].service).operation_model(lists[0].operation).input_shape
        wants = tuple(m for m in shape.required_members if _wants_time(shape.members[m], m)) if shape is not None else ()
        if wants:
            yield table, wants


def test_what_takes_times_is_read_without_any_and_says_so() -> None:
    with Catalog.open() as catalog:
        timed = list(_timed(catalog))
    readable = [(t, wants) for t, wants in timed if not t.problem and str(t.name) != _NOT_ASKED]
    silent, wrong, elsewhere = [], [], []
    with Endpoint() as endpoint, opened(endpoint) as session:
        for table, wants in readable:
            notices = _read(session, endpoint, table)
            if isinstance(notices, str):
                wrong.append(f"{table.name}: {notices}")
            elif not any("is asked with" in n for n in notices):
                silent.append(f"{table.name}: {wants}")
        session.execute(f"SET dd.time_frame_start = '{_START}'").fetchall()
        session.execute(f"SET dd.time_frame_end = '{_END}'").fetchall()
        for table, _ in readable:
            _read(session, endpoint, table)
            asked = [str(c.params) for c in endpoint.calls if c.operation == table.roots[0].operation]
            if asked and not all(_OF_FRAME.search(text) for text in asked):
                elsewhere.append(f"{table.name}: {asked[:1]}")
    tell(
        "tables that want times",
        {
            "tables": len(timed),
            "of a key that nothing supplies": sum(bool(t.problem) for t, _ in timed),
            "read without": len(readable) - len(wrong),
        },
    )
    assert (wrong, silent, elsewhere) == ([], [], [])


def _read(session: Session, endpoint: Endpoint, table: Table) -> list[str] | str:
    """The notices of reading all of a table; what went wrong, as text."""
    endpoint.services = services_of(table, session, {})
    endpoint.calls.clear()
    try:
        result = session.execute(f"SELECT * FROM {table.name}")
        result.fetchall()
    except Error as error:
        return error.message
    return str(result.failures[0]) if result.failures else [str(n) for n in result.notices]
