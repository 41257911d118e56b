"""`completion(text, position, session)`: what may come next, the likeliest first.

Nothing is asked of AWS and nothing is run: tables and columns are the catalog's and the session's own, values are those that the settings
and AWS's models name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from cirql.completion.functions import signatures
from cirql.completion.names import matching, rank, table_names
from cirql.completion.relations import Readable
from cirql.completion.spot import Expected, Spot, spot_of
from cirql.completion.words import AFTER_TABLE, BEGINNINGS, IN_EXPRESSIONS, setting_values
from cirql.errors import Error
from cirql.startup.records import dataclass
from cirql.statements.workspace import SETTABLE

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog, Found
    from cirql.catalog.model import Column
    from cirql.introspection.directory import Directory
    from cirql.settings import Settings
    from cirql.statements.workspace import Workspace

MOST = 200


class CandidateKind(StrEnum):
    """What a candidate is."""

    TABLE = "table"
    COLUMN = "column"
    MEMBER = "member"
    VALUE = "value"
    FUNCTION = "function"
    SETTING = "setting"
    KEYWORD = "keyword"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text to put in place of what stands between `start` and the cursor. `detail` is a type or a signature, `meaning` a sentence."""

    text: str
    start: int
    kind: CandidateKind
    detail: str = ""
    meaning: str = ""


class Knowing(Protocol):
    """What completion asks of a session."""

    settings: Settings

    @property
    def catalog(self) -> Catalog:
        """The catalog of tables."""
        ...

    @property
    def directory(self) -> Directory:
        """Every table that a statement may name."""
        ...

    @property
    def workspace(self) -> Workspace:
        """The session's own views and tables."""
        ...


def completion(text: str, position: int, session: Knowing) -> list[Candidate]:
    """What may stand at a position of a text, in place of the word that ends there: at most `MOST`, the likeliest first."""
    spot = spot_of(text, position)
    found = {Expected.NOTHING: _nothing, Expected.STATEMENT: _beginnings, Expected.TABLE: _tables, Expected.EXPRESSION: _expression}
    more = {Expected.COLUMN: _columns_alone, Expected.AFTER_TABLE: _after_table, Expected.VALUE: _values, Expected.MEMBER: _members}
    last = {Expected.SETTING: _settings, Expected.SETTING_VALUE: _setting_values}
    unique: dict[str, Candidate] = {}
    for candidate in ({**found, **more, **last})[spot.expected](spot, session):
        unique.setdefault(candidate.text, candidate)
        if len(unique) == MOST:
            break
    return list(unique.values())


def _nothing(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    return iter(())


def _beginnings(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    if not spot.qualifier:
        yield from _keywords(BEGINNINGS, spot)


def _after_table(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    if not spot.qualifier:
        yield from _keywords(AFTER_TABLE, spot)


def _tables(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    written = ".".join((*spot.qualifier, spot.written)).lower()
    own = [q.name for q in spot.queries] + list(session.workspace.names)
    for name in sorted(n for n in own if n.startswith(written)):
        yield Candidate(name, spot.start, CandidateKind.TABLE, "of this statement" if name in own[: len(spot.queries)] else "your own")
    answered = [n for n in session.directory.relations if written and (n.startswith(written) or n.partition(".")[2].startswith(written))]
    for name in sorted(answered):
        yield Candidate(name, spot.start, CandidateKind.TABLE, "without AWS")
    for name in matching(written, table_names(session.catalog), MOST):
        yield Candidate(name, spot.start, CandidateKind.TABLE, "dataset" if name.count(".") == 1 else "resource")


# Columns.


def _columns_alone(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    yield from _columns(spot, session, settable=True)


def _expression(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    """Columns first, then the names that stand before a dot, functions and words."""
    yield from _columns(spot, session)
    if spot.qualifier:
        return
    for relation in spot.relations:
        if relation.name and rank(spot.written, relation.name) is not None:
            yield Candidate(relation.name, spot.start, CandidateKind.TABLE, relation.table)
    if spot.written:
        for name, signature in signatures().items():
            if name.startswith(spot.written.lower()):
                yield Candidate(f"{name}(", spot.start, CandidateKind.FUNCTION, signature)
    yield from _keywords(IN_EXPRESSIONS, spot)


def _columns(spot: Spot, session: Knowing, *, settable: bool = False) -> Iterator[Candidate]:
    found: list[tuple[tuple[int, int], Candidate]] = []
    prefix = "".join(f"{part}." for part in spot.qualifier)
    for nearness, relation in enumerate(_named(spot)):
        for number, (name, column) in enumerate(_columns_of(relation, session)):
            fits = rank(spot.written, name)
            if fits is None or (column is not None and column.hidden and not spot.written):
                continue
            detail, meaning = (column.type.value, column.description) if column is not None else ("", "")
            if settable and column is not None and not (column.access.is_settable_on_create or column.access.is_updatable):
                fits += 10
            candidate = Candidate(prefix + _quoted(name), spot.start, CandidateKind.COLUMN, detail, meaning)
            found.append(((fits, nearness * 10_000 + number), candidate))
    yield from (candidate for _, candidate in sorted(found, key=lambda pair: pair[0]))


def _named(spot: Spot) -> Iterable[Readable]:
    """The relations whose columns are meant: all in scope, or those that the qualifier names."""
    if not spot.qualifier:
        return spot.relations
    full = ".".join(spot.qualifier)
    return [r for r in spot.relations if full in (r.name, r.table)]


def _columns_of(relation: Readable, session: Knowing) -> Iterator[tuple[str, Column | None]]:
    """The columns of a relation, each with what the catalog knows of it."""
    for name in relation.outputs:
        yield name, _find_column(name, relation.stars, session)
    for star in relation.stars:
        yield from _columns_of(star, session)
    if relation.table:
        own = session.workspace.columns(relation.table)
        if own is not None:
            yield from ((name, None) for name in own)
        elif (found := _found(relation.table, session)) is not None:
            star_names = {c.name for c in found.star}
            yield from ((c.name, c) for c in found.star)
            yield from ((c.name, c) for c in found.shape.columns if c.name not in star_names)


def _found(table: str, session: Knowing) -> Found | None:
    prefix = session.workspace.prefix
    try:
        return session.directory.find(table if "." in table or not prefix else ".".join((*prefix, table)))
    except Error:
        return None


def _find_column(name: str, relations: Iterable[Readable], session: Knowing) -> Column | None:
    for relation in relations:
        for known, column in _columns_of(relation, session):
            if known == name:
                return column
    return None


def _quoted(name: str) -> str:
    from cirql.sql.quoting import name as quoted

    return name if name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit() else quoted(name)


# What stands in quotes.


def _subjects(spot: Spot, session: Knowing) -> Iterator[tuple[Found, Column]]:
    """The columns that a spot's subject may be, each with its table."""
    *qualifier, name = spot.subject
    full = ".".join(qualifier)
    for relation in spot.relations:
        if full and full not in (relation.name, relation.table):
            continue
        for table in _tables_behind(relation):
            found = _found(table, session)
            column = found.table.column(name) if found is not None else None
            if found is not None and column is not None:
                yield found, column


def _tables_behind(relation: Readable) -> Iterator[str]:
    if relation.table:
        yield relation.table
    for star in relation.stars:
        yield from _tables_behind(star)


def _members(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    from cirql.completion.documents import document_of

    for found, column in _subjects(spot, session):
        node = document_of(found, column, session.catalog)
        for step in spot.path:
            node = node.member(step) if node is not None else None
        for name, inner in sorted(node.members.items()) if node is not None else ():
            if rank(spot.written, name) is not None:
                yield Candidate(name, spot.start, CandidateKind.MEMBER, inner.type, inner.meaning)


def _values(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    """The values that a column may have, as far as settings or AWS's models name them."""
    from cirql.completion.documents import document_of

    name = spot.subject[-1]
    values: Mapping[str, str] = setting_values(name, session.settings) if not spot.path and name in ("region", "account_id") else {}
    for found, column in () if values else _subjects(spot, session):
        node = document_of(found, column, session.catalog)
        for step in spot.path:
            node = node.member(step) if node is not None else None
        values = {**values, **dict.fromkeys(node.values if node is not None else (), "")}
        if not spot.path:
            values = {**values, **{v: "" for f in found.table.fetches for i in f.inputs if i.column == column.name for v in i.values}}
    for value, meaning in values.items():
        if rank(spot.written, value) is not None:
            yield Candidate(value.replace("'", "''"), spot.start, CandidateKind.VALUE, meaning)


# Words and settings.


def _keywords(words: Iterable[str], spot: Spot) -> Iterator[Candidate]:
    small = spot.written != "" and spot.written == spot.written.lower()
    for word in words:
        if word.startswith(spot.written.upper()):
            yield Candidate(word.lower() if small else word, spot.start, CandidateKind.KEYWORD)


def _settings(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    if spot.word == "SHOW":
        yield from _keywords(("TABLES", "SERVICES IN aws", "RESOURCES IN aws.", "METHODS IN", "PROVIDERS", "INSERT INTO"), spot)
    for name in SETTABLE:
        if name.startswith(spot.written.lower()):
            yield Candidate(name, spot.start, CandidateKind.SETTING, str(getattr(session.settings, name)))


def _setting_values(spot: Spot, session: Knowing) -> Iterator[Candidate]:
    for value, meaning in setting_values(spot.word, session.settings).items():
        if value.startswith(spot.written):
            yield Candidate(value, spot.start, CandidateKind.VALUE, meaning)
