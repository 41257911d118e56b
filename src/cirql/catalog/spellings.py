"""One name under which a table is found."""

from __future__ import annotations

from cirql.catalog.model import Face
from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class Spelling:
    """One name of one table: the face it shows, whether cirql prints it or merely takes it, and the table's service."""

    name: str
    table: str
    face: Face
    published: bool
    service: str
