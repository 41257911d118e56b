"""Corrections to the compiled tables, kept as data: `overlay/*.toml`, one file per service.

An entry that names a table, column or field that is not there is an error, so a correction that AWS has made superfluous is noticed.
Tables: `[table."aws.x.y"]` patches a compiled table. `[dataset.<service>.<Noun>]` steers the dataset rules before they run.
`[actions]` says what IAM calls an action that an operation's name or a schema calls otherwise.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial, reduce
from pathlib import Path
from typing import Any

from cirql.catalog.codec import input_of, spread_of
from cirql.catalog.model import Arn, Column, Fetch, Output, Paging, Parent, Role, Scope, Table
from cirql.names import TableName, snake
from cirql.startup.records import dataclass, field, fields, replace
from cirql.types import ColumnType

FOLDER = Path(__file__).with_name("overlay")


class OverlayError(Exception):
    """An overlay file is wrong: says which file, which entry, and what about it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One table's corrections and where they stand."""

    file: str
    table: str
    values: Mapping[str, Any]

    def error(self, text: str) -> OverlayError:
        """What is wrong with this entry."""
        return OverlayError(f"overlay/{self.file}: {self.table}: {text}")


@dataclass(frozen=True, slots=True)
class Hint:
    """How the rules are to read one noun of one service; what is None is left to them.

    `list` and `get` are operations ("" is none); `rows` and `get_rows` their paths to the rows; `lifted` names members of the
    outer element to keep; `lacks` names members that the list call declares and never fills; `constants`
    and `get_constants` are request members always sent; `requires` names optional members of the list call without which it
    shows a part only; `batch` is how many values the describe call takes at once. `attributes` names what the describe call gives in a map
    of text, each with the type it has. `values` are all that a request member can be told, where the model does not say; `within` are the
    members of a structured one that are told, with `=` and a column where that is no key's. `leaves` are optional members of the list call
    without which it leaves something out, and what that is, in words. `beside` are further lists of the answer that are rows too.
    `defaults` are what required members of the list call are told where a statement does not say, as `Default` has it; `hours` and
    `moments` hold for those of them that are of a time frame.
    `may_lack` are request members of the row's calls that are told where the row has such a value; `anothers` are members of the list call
    that say whose the rows are though rows have a member of that name. `setting` is the operation that gives the one row of what an account
    is set to. `further`: calls that tell one thing more of a row are hidden columns; `also`
    are such calls that no name tells. `skip` makes no table of the noun.
    """

    list: str | None = None
    get: str | None = None
    rows: tuple[str, ...] | None = None
    get_rows: tuple[str, ...] | None = None
    lifted: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    get_constants: Mapping[str, Any] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    batch: int = 100
    attributes: Mapping[str, ColumnType] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    within: Mapping[str, str] = field(default_factory=dict)
    leaves: Mapping[str, str] = field(default_factory=dict)
    rows_may_be_absent: bool | None = None
    beside: tuple[tuple[str, ...], ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    hours: int | None = None
    moments: tuple[str, ...] = ()
    setting: str | None = None
    may_lack: tuple[str, ...] = ()
    anothers: tuple[str, ...] = ()
    further: bool = True
    also: tuple[str, ...] = ()
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Overlay:
    """All corrections: patches of tables, hints to the dataset rules, facts about services, actions by what models call them, tag sweeps.

    `tag_sweep` maps what table names begin with to the nouns that one `tag:GetResources` call can give the tags of.
    """

    entries: tuple[Entry, ...]
    hints: Mapping[tuple[str, str], Hint]
    global_resources: frozenset[str]
    services: Mapping[str, Mapping[str, Any]]
    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tag_sweep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, Mapping[str, str]]:
        """Where the keys of a service's tables come from, by the prefix of its tables' names: column to `<table>.<column>`."""
        return {facts.get("prefix", snake(service)): facts["keys"] for service, facts in self.services.items() if "keys" in facts}

    def operations(self, service: str) -> frozenset[str]:
        """The operations of a service that corrections make fetches of."""
        fetches = (f for e in self.entries for f in e.values.get("fetch", ()))
        return frozenset(f["operation"] for f in fetches if f.get("service") == service and "operation" in f)

    @property
    def aliases(self) -> dict[str, str]:
        """Further names of tables, each with the published name it stands for."""
        return {alias: e.table for e in self.entries for alias in e.values.get("aliases", ())}


def load(folder: Path = FOLDER) -> Overlay:
    """Read every overlay file of a folder.

    Raises:
        OverlayError: a file is no TOML, or has a section or a field that does not exist.
    """
    entries: list[Entry] = []
    hints: dict[tuple[str, str], dict[str, Any]] = {}
    services: dict[str, dict[str, Any]] = {}
    actions: dict[str, tuple[str, ...]] = {}
    tag_sweep: dict[str, tuple[str, ...]] = {}
    global_resources: frozenset[str] = frozenset()
    for path in sorted(folder.glob("*.toml")):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise OverlayError(f"overlay/{path.name}: {error}") from error
        if unknown := content.keys() - {"table", "dataset", "resources", "service", "actions", "tag_sweep"}:
            raise OverlayError(f"overlay/{path.name}: unknown section {min(unknown)}")
        entries += [Entry(path.name, table, values) for table, values in content.get("table", {}).items()]
        for service, nouns in content.get("dataset", {}).items():
            for noun, values in nouns.items():
                _check_hint(path.name, f"{service}.{noun}", values, hints.setdefault((service, noun), {}))
                hints[service, noun] |= {
                    k: {**hints[service, noun].get(k, {}), **v} if isinstance(v, dict) else v for k, v in values.items()
                }
        for service, facts in content.get("service", {}).items():
            services.setdefault(service, {}).update(facts)
        actions |= _frozen(content.get("actions", {}))
        tag_sweep |= _frozen(content.get("tag_sweep", {}))
        global_resources |= frozenset(content.get("resources", {}).get("global", ()))
    read = {noun: _hint(f"{noun[0]}.{noun[1]}", values) for noun, values in hints.items()}
    return Overlay(tuple(entries), read, global_resources, services, actions, tag_sweep)


def _check_hint(file: str, name: str, values: Mapping[str, Any], earlier: Mapping[str, Any]) -> None:
    """Refuse what no hint has, and what another file has said of the same noun. Raises: OverlayError."""
    if unknown := values.keys() - {f.name for f in fields(Hint)}:
        raise OverlayError(f"overlay/{file}: {name}: unknown field {min(unknown)}")
    for key in values.keys() & earlier.keys():
        if not isinstance(values[key], dict) or values[key].keys() & earlier[key].keys():
            raise OverlayError(f"overlay/{file}: {name}: {key} is given in another file too")


def _hint(name: str, values: Mapping[str, Any]) -> Hint:
    try:
        attributes = {attribute: ColumnType(text) for attribute, text in values.get("attributes", {}).items()}
    except ValueError as error:
        raise OverlayError(f"overlay: {name}: attributes: {error}") from None
    return Hint(
        **{
            **_frozen(values),
            "attributes": attributes,
            "values": _frozen(values.get("values", {})),
            "beside": tuple(map(tuple, values.get("beside", ()))),
        }
    )


def _frozen(values: Mapping[str, Any]) -> dict[str, Any]:
    """TOML's arrays as tuples, which is what the model's fields hold."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


def apply(overlay: Overlay, tables: Iterable[Table]) -> list[Table]:
    """The tables with all entries applied.

    Raises:
        OverlayError: an entry names a table, column or field that does not exist.
    """
    by_name = {str(t.name): t for t in tables}
    for entry in overlay.entries:
        if entry.table not in by_name:
            raise entry.error("there is no such table")
        by_name[entry.table] = _patch(entry, by_name[entry.table])
    known = {name: {c.name for c in t.columns} for name, t in by_name.items()}
    for entry in overlay.entries:
        for parent in by_name[entry.table].parents:
            if parent.source not in known.get(str(parent.table), ()):
                raise entry.error(f"parents: there is no column {parent.table}.{parent.source}")
    return list(by_name.values())


def _patch(entry: Entry, table: Table) -> Table:
    for key, value in entry.values.items():
        match key:
            case "order":
                table = replace(table, columns=_ordered(entry, table, value))
            case "arn":
                table = replace(table, arn=Arn(**value))
            case "parents":
                parents = tuple(p for column, source in value.items() for p in _parents(entry, column, source))
                kept = tuple(p for p in table.parents if p.column not in value)
                table = replace(table, parents=kept + parents, problem="")
            case "fetch":
                table = reduce(partial(_with_fetch, entry), value, table)
            case "column":
                for name, raw in value.items():
                    table = _with_column(entry, table, name, raw)
            case "scope":
                table = replace(table, scope=Scope(value))
            case "regions":
                table = replace(table, regions=frozenset(value))
            case "key" | "identifier" | "title" | "problem" | "modified":
                changes: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value}
                table = replace(table, **changes)
            case "aliases":
                pass  # names are assigned once all tables are known: see Overlay.aliases
            case _:
                raise entry.error(f"unknown field {key}")
    _check_columns(entry, table)
    return table


def _ordered(entry: Entry, table: Table, order: list[str]) -> tuple[Column, ...]:
    """The columns in the given order; the others follow as they were."""
    by_name = {c.name: c for c in table.columns}
    if unknown := [name for name in order if name not in by_name]:
        raise entry.error(f"order: there is no column {unknown[0]}")
    return tuple(by_name[name] for name in order) + tuple(c for c in table.columns if c.name not in order)


def _parents(entry: Entry, column: str, sources: str | list[str]) -> Iterator[Parent]:
    """Where a key comes from: one source, all of several, or none."""
    if isinstance(sources, str):
        yield from (_parent(entry, column, source) for source in (sources,) if source)
        return
    found = [replace(_parent(entry, column, source), among=True) for source in sources]
    if len({(p.table, p.source) for p in found}) < max(len(found), 2):
        raise entry.error(f"parents: {column} needs several columns, each once")
    yield from found


def _parent(entry: Entry, column: str, source: str) -> Parent:
    """`<table>.<column>`, with `/<member>` for what is in each of its elements, and with ` + <column>` for the child's own rows.

    `, <column> = <value>` after it is what the call is told besides for the values of this table.
    """
    source, *said = source.split(", ")
    source, _, again = source.partition(" + ")
    source, *path = source.split("/")
    table, _, name = source.rpartition(".")
    if not table:
        raise entry.error(f"parents: {source} is not <table>.<column>")
    says = tuple((other, value) for other, _, value in (text.partition(" = ") for text in said))
    return Parent(column, TableName.parse(table), name, tuple(path), again, says=says)


def _with_column(entry: Entry, table: Table, name: str, raw: Mapping[str, Any]) -> Table:
    """The table with a column changed, or added where the entry gives it a type."""
    values = {**raw, **({"type": ColumnType(raw["type"])} if "type" in raw else {})}
    if "aliases" in values:
        values["aliases"] = tuple(values["aliases"])
    old = next((c for c in table.columns if c.name == name), None)
    if old is None and "type" not in values:
        raise entry.error(f"there is no column {name}")
    if unknown := values.keys() - {f.name for f in fields(Column)}:
        raise entry.error(f"column {name}: unknown field {min(unknown)}")
    if "type" in values:
        column_type: ColumnType = values["type"]
        values.setdefault("declared", column_type.dataset_name)
    if old is not None:
        changed = replace(old, **values)
        return replace(table, columns=tuple(changed if c.name == name else c for c in table.columns))
    added = Column(name=name, **values)
    columns = [*table.columns, added]
    # A dataset's page is alphabetical; hidden columns come last.
    return replace(table, columns=tuple(sorted(columns, key=lambda c: (c.hidden, c.name if not c.hidden else ""))))


def _with_fetch(entry: Entry, table: Table, raw: Mapping[str, Any]) -> Table:
    """The table with a fetch changed field by field, or added where it has none of that name; `drop = true` removes it."""
    name = raw.get("name", "")
    if raw.get("drop"):
        return replace(table, fetches=tuple(f for f in table.fetches if f.name != name))
    if unknown := raw.keys() - {f.name for f in fields(Fetch)} - {"drop", "more_outputs"}:
        raise entry.error(f"fetch {name}: unknown field {min(unknown)}")
    values = _frozen(raw)
    old = next((f for f in table.fetches if f.name == name), None)
    if "role" in values:
        values["role"] = Role(values["role"])
    for key in ("outputs", "lifted", "more_outputs"):
        if key in values:
            values[key] = tuple(Output(o["column"], tuple(o["path"]), o.get("reading", "")) for o in values[key])
    if "inputs" in values:
        values["inputs"] = tuple(map(input_of, values["inputs"]))
    if "spread" in values:
        values["spread"] = spread_of(values["spread"])
    if "paging" in values:
        values["paging"] = Paging(**_frozen(values["paging"]))
    more = values.pop("more_outputs", ())
    if old is None:
        if missing := {"name", "role", "service", "operation"} - values.keys():
            raise entry.error(f"fetch {name}: needs {min(missing)}")
        new = Fetch(**values)
    else:
        new = replace(old, **values)
    new = replace(new, outputs=new.outputs + more)
    if old is None:
        return replace(table, fetches=(*table.fetches, new))
    return replace(table, fetches=tuple(new if f is old else f for f in table.fetches))


def _check_columns(entry: Entry, table: Table) -> None:
    """Every column that the patched table speaks of is there."""
    names = {c.name for c in table.columns}
    for fetch in table.fetches:
        for column in [i.column for i in fetch.inputs] + [o.column for o in (*fetch.outputs, *fetch.lifted)]:
            if column not in names:
                raise entry.error(f"fetch {fetch.name}: there is no column {column}")
    if table.arn and table.arn.column not in names:
        raise entry.error(f"arn: there is no column {table.arn.column}")
    for column in (c for p in table.parents for c in (p.column, *dict(p.says))):
        if column not in names:
            raise entry.error(f"parents: there is no column {column}")
    for name in (*table.key, *table.identifier):
        if name not in names:
            raise entry.error(f"key: there is no column {name}")
    if table.modified and table.modified not in names:
        raise entry.error(f"modified: there is no column {table.modified}")
