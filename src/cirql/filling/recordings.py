"""Recordings: answers of AWS that were written down (`cloud/tape.py`) are played back, and what they say goes into the inventory.

A recording is not read for what it means: the tables whose list calls are in it are asked for, as ever, and the recording answers in the
place of AWS. So pages, parents, describe calls and errors mean what they always mean, and a question that it cannot answer is a failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Role, Table
from cirql.cloud.reach import EVERY_REGION
from cirql.cloud.replaying import Recorded, Replaying
from cirql.errors import Error
from cirql.inventory.errand import Errand
from cirql.inventory.model import WriteSummary
from cirql.session import Session
from cirql.settings import Credential, Settings
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog

DEEPEST = 4
"""How many parents above one another are looked at."""


def is_recording(documents: Any) -> bool:
    """Whether the documents of a file are recorded answers."""
    found = documents if isinstance(documents, list) else [documents]
    return bool(found) and all(isinstance(d, dict) and "service" in d and "operation" in d for d in found)


@dataclass(slots=True)
class Played:
    """What came of a recording: what was written of which tables, and what it could not answer."""

    written: list[WriteSummary] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def _settings(recorded: Recorded, store: str) -> Settings:
    """The settings of a session that asks a recording, and keeps what it says."""
    accounts = sorted({t.account for t in recorded.targets})
    credentials = tuple(Credential(a, "recorded", "recorded", account=a) for a in accounts)
    return Settings(credentials=credentials, regions=(EVERY_REGION,), store=store)


def play(recorded: Recorded, store: str) -> Played:
    """Keep what a recording says of every table that it lists, dated at its beginning.

    A table of which it has not all describe calls is kept with the columns of its list call.
    """
    done = Played()
    operations = {(service, operation) for _, _, service, operation in recorded.answers}
    types = {p.get("TypeName") for call, lines in recorded.answers.items() if call[2] == "cloudcontrol" for p, _ in lines}
    with Session(_settings(recorded, store), cloud=Replaying(recorded)) as session:
        for table in session.catalog.tables():
            recorded.whole |= {(f.service, f.operation) for f in table.fetches if f.spread is not None and f.spread.whole}
            columns = [sorted(c) for c in _questions(table, operations, types)]
            if columns:
                places = recorded.places(_listings(session.catalog, table), table.cfn_type)
                errand = Errand("import", dated=recorded.began, places=places)
                done.failures += _ask(session, table, columns, errand)
                done.written += [w for w in errand.ledger.written if w.scan.complete or w.scan.rows]
    return done


def _questions(table: Table, operations: set[tuple[str, str]], types: Iterable[Any]) -> list[frozenset[str]]:
    """The columns to ask of a table: those of all its calls that are recorded, then those of its list call alone; none if that is not."""
    recorded = [f for f in table.fetches if (f.service, f.operation) in operations]
    if table.cfn_type is not None and table.cfn_type not in types:
        return []
    lists = [f for f in recorded if f.role is Role.LIST]
    if not lists or table.problem:
        return []
    published = {c.name for c in table.published}
    found = [frozenset(c for f in group for c in f.gives) & published for group in (recorded, lists)]
    return [c for c in dict.fromkeys(found) if c]


def _listings(catalog: Catalog, table: Table, depth: int = 0) -> frozenset[tuple[str, str]]:
    """The calls that list a table, and those that list its parents: where there are none of those, it was not listed."""
    found = {(f.service, f.operation) for f in table.fetches if f.role is Role.LIST}
    for parent in table.parents if depth < DEEPEST else ():
        found |= _listings(catalog, catalog.find(parent.table).table, depth + 1)
    return frozenset(found)


def _ask(session: Session, table: Table, columns: Iterable[list[str]], errand: Errand) -> list[str]:
    """Ask for the first of these columns that the recording has altogether; what it could not answer, where it has none of them."""
    failures: list[str] = []
    for asked in columns:
        failures = _failures(session, table, asked, errand)
        if not failures:
            break
    return failures


def _failures(session: Session, table: Table, columns: list[str], errand: Errand) -> list[str]:
    names = ", ".join(f'"{c}"' for c in columns)
    try:
        result = session.execute(f"SELECT {names} FROM {table.name}", errand=errand)
        for _ in result.batches():
            pass
    except Error as error:
        return [f"{table.name}: {error.message}"]
    return [f"{table.name}: {failure.message}" for failure in result.failures]
