"""Compiles botocore's service models into datasets (`aws.<service>_<resource>`): native APIs under DDSQL's rules.

For each noun of a service: the best list call, the describe call whose keys the list's rows give, and the call that gives tags.
The columns are the members of the describe call's answer and of the list's rows, alphabetically; request members that identify a row
and come back in neither are hidden columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from botocore.model import OperationModel, Shape

from cirql.catalog.model import Arn, Column, Fetch, Input, Output, Role, Table
from cirql.compiler import filters, missing, tags
from cirql.compiler.descriptions import clean
from cirql.compiler.operations import (
    Getting,
    Listing,
    batch_member,
    batches,
    gettings,
    is_scalar,
    listings,
    read_getting,
    read_listing,
    required_members,
    takes_arn,
)
from cirql.compiler.overlay import Hint
from cirql.compiler.row_keys import row_key
from cirql.compiler.services import Service
from cirql.names import TableName, singular, snake, words
from cirql.types import ColumnType, from_botocore

# Lists that narrow another list: the same things again, chosen by something else.
_NARROWED = re.compile(r"(.+?)(?:For|By|With|In|Using|Granting)[A-Z].*")
_NO_TABLE = re.compile(r"Tags?(For.*|Of.*)?|ResourceTags?|.*Tagging")
# `account_id` and `region` say where a row was read, `tags` what it is tagged with: members that mean something else give way.
_TAKEN = frozenset({"account_id", "region", "tags"})
_DEFAULT_HINT = Hint()


@dataclass(slots=True)
class _Draft:
    """A dataset in the making: columns by name, and for each member of the API the column that holds it."""

    service: Service
    noun: str
    columns: dict[str, Column] = field(default_factory=dict)
    by_member: dict[str, str] = field(default_factory=dict)

    def add(self, member: str, shape: Shape, *, hidden: bool = False) -> str:
        """The column of a member, made if it is new; the first to claim a name decides its type."""
        name = snake(member)
        if name in _TAKEN:
            name = f"own_{name}"
        self.by_member.setdefault(_plain(member), name)
        if name not in self.columns:
            column_type = from_botocore(shape)
            self.columns[name] = Column(name, column_type, column_type.dataset_name, clean(shape.documentation), member, hidden=hidden)
        return name

    def add_parent(self, name: str, shape: Shape) -> None:
        """The column of a key that calls a thing what the rows call themselves."""
        column_type = from_botocore(shape)
        self.columns[name] = Column(name, column_type, column_type.dataset_name, clean(shape.documentation), hidden=True)

    def attribute(self, member: str, column_type: ColumnType) -> Output:
        """The output of a member of a map of text, with its column made."""
        name = snake(member)
        self.by_member.setdefault(_plain(member), name)
        self.columns[name] = Column(name, column_type, column_type.dataset_name, "", member)
        return Output(name, (member,), "" if column_type is ColumnType.VARCHAR else "text")

    def outputs(self, members: Mapping[tuple[str, ...], Shape], lacks: tuple[str, ...] = ()) -> Iterator[Output]:
        """A fetch's outputs, with their columns made."""
        given: set[str] = set()
        for path, shape in members.items():
            if path[-1] in lacks or not snake(path[-1]):
                continue
            if tags.is_inline(path[-1], shape):
                column, reading = "tags", "tags"
            else:
                column, reading = self.add(path[-1], shape), "url" if shape.name in self.service.url_encoded else ""
                if self.columns[column].type is not from_botocore(shape):
                    continue
            if column not in given:
                given.add(column)
                yield Output(column, path, reading)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def compile_service(service: Service, hints: Mapping[tuple[str, str], Hint]) -> list[Table]:
    """The datasets of one service."""
    lists, gets, many = listings(service), gettings(service), batches(service)
    nouns = set(lists) | {noun for name, noun in hints if name == service.name}
    found: dict[str, Table] = {}
    for noun in sorted(nouns):
        hint = hints.get((service.name, noun), _DEFAULT_HINT)
        if hint.skip or (hint is _DEFAULT_HINT and _is_no_table(noun, nouns)):
            continue
        listing = _listing(service, noun, hint, lists.get(noun, []))
        if listing is not None:
            others = [c for c in many.get(noun, []) if c.operation.name != listing.operation.name]
            table = _table(service, noun, hint, listing, gets.get(noun, []), others)
            found.setdefault(str(table.name), table)
    return list(found.values())


def asked(service: Service, fetch: Fetch, param: str) -> Shape:
    """The shape of a request member, by its dotted path."""
    shape = service.operation(fetch.operation).input_shape
    for name in param.split("."):
        shape = shape.members[name]
    return shape


def arn_keys(service: Service, tables: Iterable[Table]) -> Iterator[tuple[str, str, str]]:
    """Those request members of list calls that may be told an ARN: service, operation, member."""
    for fetch in (f for t in tables for f in t.fetches if f.role is Role.LIST and f.service == service.name):
        for given in fetch.inputs:
            if given.required and takes_arn(asked(service, fetch, given.param)):
                yield fetch.service, fetch.operation, given.param


def _is_no_table(noun: str, nouns: set[str]) -> bool:
    if _NO_TABLE.fullmatch(noun):
        return True
    match = _NARROWED.fullmatch(noun)
    return match is not None and (match[1] in nouns or match[1].rstrip("s") in nouns)


def _listing(service: Service, noun: str, hint: Hint, candidates: list[Listing]) -> Listing | None:
    if hint.list is not None:
        best = read_listing(service, service.operation(hint.list), noun, hint.rows)
    elif hint.rows is not None and candidates:
        best = read_listing(service, candidates[0].operation, noun, hint.rows)
    else:
        # What describes only what it is told can stand in for no list call, as long as there is one.
        whole = [c for c in candidates if batch_member(service, c) is None]
        best = next(iter(whole or candidates), None)
    return replace(best, also_required=hint.requires, given=frozenset(hint.constants)) if best is not None else None


def _table(service: Service, noun: str, hint: Hint, listing: Listing, gets: list[OperationModel], many: list[Listing]) -> Table:
    draft = _Draft(service, noun)
    getting, get_inputs = _getting(draft, hint, listing, gets)
    if hint.get is None:
        batched, batched_inputs = _batch_getting(draft, listing, many)
        if batched is not None and (getting is None or _tells_as_much(batched, getting)):
            getting, get_inputs = batched, batched_inputs
    get = _get_fetch(draft, hint, listing, getting, get_inputs) if getting else None
    listed = _list_fetch(draft, hint, listing)
    fetches = [f for f in (listed, get) if f is not None]
    for fetch in fetches:
        for parameter in fetch.inputs:
            if parameter.column not in draft.columns and parameter.column != "account_id":
                *_, member = parameter.param.split(".")
                shape = asked(service, fetch, parameter.param)
                if parameter.batch > 1 and _takes_many(shape):
                    draft.add(_one_of(member), shape.member, hidden=True)
                elif parameter.column.startswith("parent_") and parameter.column != snake(member):
                    draft.add_parent(parameter.column, shape)
                else:
                    draft.add(member, shape, hidden=True)
    made_up = _made_up_arn(draft)
    arn = _arn(draft)
    if not any(o.column == "tags" for f in fetches for o in f.outputs):
        own = arn or _key_arn(noun, _row_key(draft, arn, fetches))
        call = tags.fetch(service, noun, own, lambda param: _own_column(draft, param))
        fetches += [call] if call else []
    name = TableName(("aws", f"{service.prefix}_{snake(noun)}"))
    documented = getting.operation if getting else listing.operation
    return Table(
        name=name,
        service=service.prefix,
        title=f"{service.title} {words(noun)}",
        description=clean(documented.documentation) + _left_out(hint),
        columns=tuple(_published(draft, fetches)),
        fetches=tuple(fetches),
        permissions={"read": tuple(dict.fromkeys(p for f in fetches for p in f.permissions))},
        scope=service.scope,
        regions=service.regions,
        key=(made_up.column,) if made_up is not None else _row_key(draft, arn, fetches),
        arn=made_up,
    )


def _left_out(hint: Hint) -> str:
    """What the table does not have although AWS would tell it, as a sentence."""
    return f" Left out: {'; '.join(dict.fromkeys(hint.leaves.values()))}." if hint.leaves else ""


def _row_key(draft: _Draft, arn: str | None, fetches: list[Fetch]) -> tuple[str, ...]:
    members = {m: draft.columns[c] for m, c in draft.by_member.items() if c in draft.columns}
    arn = None if draft.service.is_keyed_by_id else arn
    return row_key(draft.noun, members, arn, fetches, is_narrowed=_NARROWED.fullmatch(draft.noun) is not None)


def _key_arn(noun: str, key: tuple[str, ...]) -> str | None:
    """The row's key where it is an ARN of such a noun by its last word: `monitoring_job_definition_arn` of a `DataQualityJobDefinition`."""
    (name, *more) = key or ("",)
    return name if not more and name.endswith("_arn") and name.split("_")[-2] == snake(noun).split("_")[-1] else None


def _tells_as_much(batched: Getting, single: Getting) -> bool:
    """Whether a call for many rows gives every member that a call for one gives: then the calls for one are not needed."""
    return {path[-1] for path in single.members} <= {path[-1] for path in batched.members}


def _list_fetch(draft: _Draft, hint: Hint, listing: Listing) -> Fetch:
    service, operation = draft.service, listing.operation
    if listing.is_bare:
        member, shape = next(iter(listing.members.items()))
        outputs: tuple[Output, ...] = (Output(draft.by_member.get(_plain(member)) or draft.add(member, shape), ()),)
    else:
        outputs = tuple(draft.outputs({(m,): s for m, s in listing.members.items()}, hint.lacks))
    outer = listing.outer.members if listing.outer is not None else {}
    lifted = tuple(Output(draft.add(m, outer[m]), (m,)) for m in (*hint.lifted, *listing.lifted))
    filled = {o.column: draft.columns[o.column] for o in outputs if o.column in draft.columns}
    optional = tuple(filters.inputs(listing, filled, tagged=any(o.column == "tags" for o in outputs)))
    absent = hint.rows_may_be_absent
    return Fetch(
        name="list",
        role=Role.LIST,
        service=service.name,
        operation=operation.name,
        inputs=(*(_required_input(draft, hint, listing, p) for p in listing.required), *optional),
        outputs=outputs,
        rows=listing.rows,
        lifted=lifted,
        constants=dict(hint.constants),
        paging=listing.paging,
        rows_may_be_absent=service.may_leave_out(operation, listing.rows) if absent is None else absent,
        permissions=service.permissions(operation.name),
        not_found=missing.codes(operation) if listing.required or any(i.exact for i in optional) else (),
    )


# More values than this are no closed choice that could be asked one by one.
_MOST_VALUES = 20
# More keys than these in one required list gain little.
_LISTED_AT_ONCE = 10


def _required_input(draft: _Draft, hint: Hint, listing: Listing, param: str) -> Input:
    if _is_own_account(draft, param):
        return Input(param, "account_id")
    if param in hint.within:
        return Input(f"{param}.{hint.within[param]}", _key_column(draft, hint.within[param]))
    shape = listing.operation.input_shape.members[param]
    values = hint.values.get(param) or draft.service.values.get(param) or tuple(getattr(shape, "enum", ()))
    if _takes_many(shape):
        return Input(param, _key_column(draft, _one_of(param)), batch=max(2, min(int(shape.metadata.get("max", 2)), _LISTED_AT_ONCE)))
    column = f"parent_{snake(param)}" if _is_anothers(listing, param) else _key_column(draft, param)
    is_structured = from_botocore(shape) in (ColumnType.JSON, ColumnType.HSTORE)
    return Input(param, column, values=values if len(values) <= _MOST_VALUES else (), is_structured=is_structured)


def _is_anothers(listing: Listing, param: str) -> bool:
    """Whether a list call's key has a name that its rows have for themselves: `arn` in Device Farm's `ListRuns` is the project's."""
    own = {_plain(m) for m in listing.members}
    return listing.operation.name.startswith("List") and _plain(param) in own and (_plain(param) in ("arn", "id") or listing.is_bare)


def _takes_many(shape: Shape) -> bool:
    """Whether a request member takes a list of keys."""
    return bool(shape.type_name == "list" and shape.member.type_name == "string" and not getattr(shape.member, "enum", ()))


def _one_of(param: str) -> str:
    """What a request member that takes many keys calls one: `ImageIds` is of an `ImageId`."""
    return singular(param.removesuffix("List"))


def _is_own_account(draft: _Draft, param: str) -> bool:
    return draft.service.is_own_account and _plain(param) in ("accountid", "awsaccountid")


def _key_column(draft: _Draft, param: str) -> str:
    """The column of a list call's own key: the row's member of that name, else one named after the request member."""
    return draft.by_member.get(_plain(param)) or _safe(snake(param))


def _safe(name: str) -> str:
    return f"own_{name}" if name in _TAKEN else name


def _getting(draft: _Draft, hint: Hint, listing: Listing, gets: list[OperationModel]) -> tuple[Getting | None, dict[str, str]]:
    """The describe call to complete the rows with, and the member of the list's rows or keys for each of its inputs."""
    if hint.get == "":
        return None, {}
    candidates = [draft.service.operation(hint.get)] if hint.get else gets
    for operation in candidates:
        if operation.name == listing.operation.name:
            continue
        if hint.attributes:
            getting: Getting | None = Getting(operation, hint.get_rows or (), {})
        else:
            getting = read_getting(operation, draft.noun, listing.element, hint.get_rows)
        inputs = _get_inputs(draft.noun, operation, listing)
        if getting is not None and inputs and not all(v in listing.required for v in inputs.values()):
            return getting, inputs
    return None, {}


# What names a thing, the surest first.
_IDENTITIES = ("arn", "id", "identifier", "name")


def _batch_getting(draft: _Draft, listing: Listing, batches: list[Listing]) -> tuple[Getting | None, dict[str, str]]:
    """The describe call that takes many rows at once, its batch filled by what the list's rows say of themselves."""
    members = {m: s for m, s in listing.members.items() if is_scalar(s)}
    for candidate in batches:
        batch = batch_member(draft.service, candidate)
        if batch is None:
            continue
        source = match_member(singular(batch.removesuffix("List")), draft.noun, members)
        if source is None and listing.is_bare and _may_be(batch, next(iter(members)), draft.noun):
            source = next(iter(members))
        if source is None:
            continue
        known = candidate.operation.input_shape.members
        inputs = {batch: source, **{param: param for param in listing.required if param in known}}
        if set(required_members(candidate.operation)) <= inputs.keys():
            return Getting(candidate.operation, candidate.rows, {(m,): s for m, s in candidate.members.items()}, batch), inputs
    return None, {}


def _may_be(batch: str, member: str, noun: str) -> bool:
    """Whether a list of bare strings may hold what a batch asks for: both are ARNs or neither is, or nothing says what the strings are."""
    return _plain(batch).rstrip("s").endswith("arn") == _plain(member).endswith("arn") or _plain(member) == _plain(noun)


def _get_inputs(noun: str, operation: OperationModel, listing: Listing) -> dict[str, str] | None:
    """Which member fills each input of a describe call; None where a required one cannot be filled.

    Where what is required says only whose the row is (`ImageName` of an image version), the optional inputs that rows
    name too (`Version`) say which.
    """
    members = {m: s for m, s in listing.members.items() if is_scalar(s)}
    inputs: dict[str, str] = {}
    for param in required_members(operation):
        if not is_scalar(operation.input_shape.members[param]):
            return None
        source = match_member(param, noun, members) or next((p for p in listing.required if _plain(p) == _plain(param)), None)
        if source is None and listing.is_bare and len(required_members(operation)) == 1 + len(inputs):
            source = next(iter(members))
        if source is None:
            return None
        inputs[param] = source
    optional = {m: s for m, s in operation.input_shape.members.items() if m not in inputs} if operation.input_shape else {}
    identifies = any(source in members for source in inputs.values())
    # What a list call cannot do without, the describe call of its rows is told too: a rule's name is unique on its event bus.
    inputs |= {m: m for m in optional if m in listing.required} if inputs else {}
    if inputs and not identifies:
        own = [m for m in optional if m in members and m not in listing.required]
        inputs |= {m: m for m in own}
    elif not inputs:
        own = [m for m in optional if m in members and _plain(m).removeprefix(_plain(noun)) in _IDENTITIES]
        inputs |= {m: m for m in sorted(own, key=lambda m: _IDENTITIES.index(_plain(m).removeprefix(_plain(noun))))[:1]}
    return inputs or None


def match_member(param: str, noun: str, members: Mapping[str, Shape]) -> str | None:
    """The member of a row that a request member asks for, by their names: `ClusterName` of a cluster is its `Name`."""
    plain = {_plain(m): m for m in members}
    wanted, about = _plain(param), _plain(noun)
    if wanted in plain:
        return plain[wanted]
    if wanted.startswith(about) and wanted != about and wanted[len(about) :] in plain:
        return plain[wanted[len(about) :]]
    if f"{about}{wanted}" in plain:
        return plain[f"{about}{wanted}"]
    if wanted.endswith("number") and wanted.removesuffix("number") in plain:
        return plain[wanted.removesuffix("number")]
    suffixes = [wanted] if wanted in ("arn", "id", "name") else []
    if wanted in (about, f"{about}identifier", "identifier", f"{about}id", "id", "resourceid", "resourceidentifier", f"{about}idorarn"):
        suffixes = ["id", "identifier", "arn", "name"]
    elif wanted in (f"{about}arn", "resourcearn", "arn"):
        suffixes = ["arn"]
    for suffix in suffixes:
        for name in (f"{about}{suffix}", suffix):
            if name in plain:
                return plain[name]
    ending = [m for m in members if wanted.endswith("arn") and _plain(m).endswith("arn")]
    return ending[0] if len(ending) == 1 and about.endswith(wanted.removesuffix("arn")) else None


def _get_fetch(draft: _Draft, hint: Hint, listing: Listing, getting: Getting, sources: Mapping[str, str]) -> Fetch:
    service, operation = draft.service, getting.operation
    outputs = (*draft.outputs(getting.members), *(draft.attribute(m, t) for m, t in hint.attributes.items()))
    if listing.is_bare:
        _name_bare(draft, listing, getting, sources)
    inputs = tuple(
        Input(p, _get_column(draft, p, m), batch=_batch_size(hint, operation, p) if p == getting.batch else 1) for p, m in sources.items()
    )
    return Fetch(
        name="get",
        role=Role.GET,
        service=service.name,
        operation=operation.name,
        inputs=inputs,
        outputs=outputs,
        rows=getting.rows,
        constants=dict(hint.get_constants),
        # Pages of one row: its list goes on (the users of a group).
        paging=service.paging(operation.name) if getting.batch is None else None,
        rows_may_be_absent=_is_list(operation, getting.rows) and service.may_leave_out(operation, getting.rows),
        permissions=service.permissions(operation.name),
        not_found=missing.codes(operation),
    )


def _is_list(operation: OperationModel, rows: tuple[str, ...]) -> bool:
    """Whether the rows are in a list right in the answer; a structure that a describe call leaves out is no empty list."""
    return bool(rows) and operation.output_shape.members[rows[0]].type_name == "list"


def _get_column(draft: _Draft, param: str, member: str) -> str:
    """The column of an input of a describe call, which is a member of the list's rows or one of its keys."""
    return "account_id" if _is_own_account(draft, param) else draft.by_member.get(_plain(member)) or _safe(snake(member))


def _name_bare(draft: _Draft, listing: Listing, getting: Getting, sources: Mapping[str, str]) -> None:
    """A list of bare strings gives what its describe call asks for: EKS's `clusters` are the `name` of `DescribeCluster`."""
    member = next(iter(listing.members))
    param = next((p for p, m in sources.items() if m == member), None)
    if param is None or _plain(member) in draft.by_member:
        return
    asked = singular(param) if param == getting.batch else param
    column = _own_column(draft, asked)
    if column is not None and draft.columns[column].type is ColumnType.VARCHAR:
        draft.by_member[_plain(member)] = column


def _batch_size(hint: Hint, operation: OperationModel, param: str) -> int:
    """How many values a describe call takes at once: what the model allows, else what the hint says."""
    return min(int(operation.input_shape.members[param].metadata.get("max", hint.batch)), hint.batch)


def _own_column(draft: _Draft, param: str) -> str | None:
    """The column that holds a request member of another call about the same noun."""
    return draft.by_member.get(_plain(param)) or draft.by_member.get(_plain(param).removeprefix(_plain(draft.noun)))


def _arn(draft: _Draft) -> str | None:
    """The column of the row's own ARN: `<Noun>Arn` or `Arn`, else one that ends like the noun (`RecoveryPoint` of `...ByBackupVault`)."""
    texts = {m: c for m, c in draft.by_member.items() if c in draft.columns and draft.columns[c].type is ColumnType.VARCHAR}
    narrowed = _NARROWED.fullmatch(draft.noun)
    about = _plain(singular(narrowed[1]) if narrowed is not None else draft.noun)
    named = (m for m in texts if m.endswith("arn") and about.endswith(m.removesuffix("arn")))
    return next((texts[m] for m in (f"{about}arn", "arn", *named, "resourcearn") if m in texts), None)


def _made_up_arn(draft: _Draft) -> Arn | None:
    """The ARN of what no answer gives one for, as a hidden column that follows from the others."""
    template = draft.service.arns.get(draft.noun)
    if template is None:
        return None
    draft.columns["arn"] = Column("arn", ColumnType.VARCHAR, ColumnType.VARCHAR.dataset_name, member="Arn", hidden=True)
    draft.by_member["arn"] = "arn"
    return Arn("arn", template)


def _published(draft: _Draft, fetches: list[Fetch]) -> Iterator[Column]:
    """All columns in published order: alphabetical, with the three that every dataset has; then the hidden ones."""
    added = [
        Column("_key", ColumnType.VARCHAR, "string"),
        Column("account_id", ColumnType.VARCHAR, "string"),
        Column("tags", ColumnType.HSTORE_CSV, "hstore_csv", aliases=_tag_names(fetches)),
    ]
    every = [*draft.columns.values(), *added]
    yield from sorted((c for c in every if not c.hidden), key=lambda c: c.name)
    yield Column("region", ColumnType.VARCHAR, "string", hidden=True)
    yield from sorted((c for c in every if c.hidden), key=lambda c: c.name)
    yield Column("_fetched_at", ColumnType.TIMESTAMP, "timestamp", hidden=True)
    yield Column("_source", ColumnType.VARCHAR, "string", hidden=True)


def _tag_names(fetches: list[Fetch]) -> tuple[str, ...]:
    """Other names of `tags`: what the member that holds them is called (`tag_list`, `tag_set`)."""
    names = {snake(o.path[-1]) for f in fetches if f.role is not Role.ENRICH for o in f.outputs if o.column == "tags" and o.path}
    return tuple(sorted(names - {"tags"}))
