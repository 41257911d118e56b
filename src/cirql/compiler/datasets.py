"""Compiles botocore's service models into datasets (`aws.<service>_<resource>`): native APIs under DDSQL's rules.

For each noun of a service: the best list call, the describe call whose keys the list's rows give, and the call that gives tags.
The columns are the members of the describe call's answer and of the list's rows, alphabetically; request members that identify a row
and come back in neither are hidden columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from botocore.model import OperationModel, Shape

from cirql.catalog.model import Arn, Column, Fetch, Input, Output, Role, Scope, Table
from cirql.compiler import assumed, filters, further, missing, tags
from cirql.compiler.describing import Described, Describers, Filler, describe, is_anothers, row_sources
from cirql.compiler.descriptions import opening
from cirql.compiler.drafts import TAKEN, Draft
from cirql.compiler.identities import plain
from cirql.compiler.operations import (
    Getting,
    Listing,
    batch_member,
    batches,
    gettings,
    is_scalar,
    listings,
    read_listing,
    read_setting,
    settings,
    takes_arn,
    with_lists,
)
from cirql.compiler.overlay import Hint
from cirql.compiler.proofs import is_shaped_like_versioned, proven_members, version_members
from cirql.compiler.row_keys import Proofs, row_key
from cirql.compiler.services import Service
from cirql.names import TableName, singular, snake, words
from cirql.startup.records import dataclass, replace
from cirql.startup.regexes import regex
from cirql.types import ColumnType, from_botocore

# Lists that narrow another list: the same things again, chosen by something else.
_NARROWED = regex(r"(.+?)(?:For|By|With|In|Using|Granting)[A-Z].*")
# What looks so and is none: rows of an organization's other accounts, and what was deleted and may come back.
_OF_OTHERS = regex(r".+(?:ForOrganization|InRecycleBin)")
_NO_TABLE = regex(r"Tags?(For.*|Of.*)?|ResourceTags?|.*Tagging")
_DEFAULT_HINT = Hint()


def compile_service(service: Service, hints: Mapping[tuple[str, str], Hint], spoken: frozenset[str] = frozenset()) -> list[Table]:
    """The datasets of one service. `spoken` are operations that corrections make fetches of."""
    lists, calls = listings(service), Describers(gettings(service), batches(service))
    ones = settings(service)
    nouns = set(lists) | {noun for name, noun in hints if name == service.name}
    listed = {n for n in nouns if n not in lists or not lists[n][0].operation.name.startswith("Search")}
    found: dict[str, Table] = {}
    drafts: list[_Drafted] = []
    for noun in sorted(nouns | ones.keys()):
        hint = hints.get((service.name, noun), _DEFAULT_HINT)
        if hint.skip or (hint is _DEFAULT_HINT and _is_no_table(noun, listed)):
            continue
        listing = _listing(service, noun, hint, lists.get(noun, [])) or ones.get(noun)
        if listing is not None:
            drafts.append(_drafted(service, noun, hint, listing, calls))
    taken = spoken | {f.operation for d in drafts for f in d.fetches} | {o.name for c in lists.values() for o in (li.operation for li in c)}
    more = further.by_noun(service, {d.draft.noun for d in drafts if d.hint.further and not d.listing.is_one}, taken)
    for drafted in drafts:
        said = (*more.get(drafted.draft.noun, ()), *(service.operation(o) for o in drafted.hint.also))
        drafted.fetches += [f for o in said if (f := _further(drafted, o)) is not None]
        table = _table(drafted)
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
    match = _NARROWED.fullmatch(noun) if _OF_OTHERS.fullmatch(noun) is None else None
    return match is not None and (match[1] in nouns or match[1].rstrip("s") in nouns)


def _listing(service: Service, noun: str, hint: Hint, candidates: list[Listing]) -> Listing | None:
    if hint.setting is not None:
        return read_setting(service.operation(hint.setting), noun, hint.rows or ())
    if hint.list is not None:
        best = read_listing(service, service.operation(hint.list), noun, hint.rows)
    elif hint.rows is not None and candidates:
        best = read_listing(service, candidates[0].operation, noun, hint.rows)
    else:
        # What describes only what it is told can stand in for no list call, as long as there is one.
        whole = [c for c in candidates if batch_member(service, c) is None]
        best = next(iter(whole or candidates), None)
    best = replace(best, also_required=hint.requires, given=frozenset(hint.constants) - hint.within.keys()) if best is not None else None
    return with_lists(best, hint.beside) if best is not None and hint.beside else best


@dataclass(slots=True)
class _Drafted:
    """A dataset whose calls are known: what its rows are read from, and what tells them apart."""

    draft: Draft
    hint: Hint
    listing: Listing
    fetches: list[Fetch]
    documented: OperationModel
    key: tuple[str, ...]
    arn: Arn | None


def _drafted(service: Service, noun: str, hint: Hint, listing: Listing, calls: Describers) -> _Drafted:
    draft = Draft(service, noun)
    described = describe(service, hint, listing, calls)
    get = _get_fetch(draft, hint, listing, described) if described is not None else None
    listed = _list_fetch(draft, hint, listing, described)
    fetches = [f for f in (listed, get) if f is not None]
    for fetch in fetches:
        for parameter in fetch.inputs:
            if parameter.column not in draft.columns and parameter.column not in ("account_id", "tags"):
                *_, member = parameter.param.split(".")
                shape = asked(service, fetch, parameter.param)
                if parameter.batch > 1 and _takes_many(shape):
                    draft.add(_one_of(member), shape.member, hidden=True)
                elif parameter.column.startswith(("parent_", "asked_")) and parameter.column != snake(member):
                    draft.add_parent(parameter.column, shape)
                else:
                    draft.add(member, shape, hidden=True)
    made_up = _made_up_arn(draft)
    own = fetches if described is None or described.is_own else [listed]
    arn = _arn(draft, own)
    if not any(o.column == "tags" for f in fetches for o in f.outputs):
        tagged = arn or _key_arn(noun, _row_key(draft, listing, arn, own))
        call = tags.fetch(service, noun, tagged, lambda param: _own_column(draft, param))
        fetches += [call] if call else []
    documented = described.getting.operation if described is not None and described.is_own else listing.operation
    key = (made_up.column,) if made_up is not None else _row_key(draft, listing, arn, own)
    return _Drafted(draft, hint, listing, fetches, documented, key, made_up)


def _table(drafted: _Drafted) -> Table:
    draft, fetches = drafted.draft, drafted.fetches
    service, noun = draft.service, draft.noun
    return Table(
        name=TableName(("aws", f"{service.prefix}_{snake(noun)}")),
        service=service.prefix,
        title=f"{service.title} {words(noun)}",
        description=opening(drafted.documented.documentation) + _left_out(drafted.hint),
        columns=tuple(_published(draft, fetches)),
        fetches=tuple(fetches),
        permissions={"read": tuple(dict.fromkeys(p for f in fetches for p in f.permissions))},
        scope=service.scope,
        regions=service.regions,
        key=drafted.key,
        arn=drafted.arn,
    )


def _further(drafted: _Drafted, operation: OperationModel) -> Fetch | None:
    """A call that tells more of a row, its columns made; None where rows cannot say what it requires, or it tells nothing new."""
    draft, listing = drafted.draft, drafted.listing
    service = draft.service
    sources = row_sources(service, operation, listing)
    if not sources or len({s.path for s in sources.values()}) < len(sources):
        return None
    members = dict(further.told(service, operation, listing))
    outputs = tuple(o for m, s in members.items() if (o := draft.add_told(operation.name, m, s)) is not None)
    if not outputs:
        return None
    getting = Getting(operation, (), {(m,): s for m, s in members.items()})
    inputs = tuple(_get_input(draft, drafted.hint, listing, getting, p, s) for p, s in sources.items())
    return Fetch(
        name=snake(operation.name),
        role=Role.ENRICH,
        service=service.name,
        operation=operation.name,
        inputs=(*inputs, *_lackable(draft, drafted.hint, operation, inputs)),
        outputs=outputs,
        permissions=service.permissions(operation.name),
        not_found=missing.codes(operation),
    )


def _left_out(hint: Hint) -> str:
    """What the table does not have although AWS would tell it, as a sentence."""
    return f" Left out: {'; '.join(dict.fromkeys(hint.leaves.values()))}." if hint.leaves else ""


def _row_key(draft: Draft, listing: Listing, arn: str | None, fetches: list[Fetch]) -> tuple[str, ...]:
    if listing.is_one:
        return ("account_id",) if draft.service.scope is Scope.GLOBAL else ("account_id", "region")
    if listing.is_bare and not is_scalar(listing.element):
        return ()  # Documents of any form: no member of one is known.
    members = {m: draft.columns[c] for m, c in draft.by_member.items() if c in draft.columns}
    arn = None if draft.service.is_keyed_by_id else arn
    proofs = Proofs(
        proven=tuple(draft.by_member[plain(m)] for m in proven_members(draft.service, listing) if plain(m) in draft.by_member),
        versions=tuple(draft.by_member[plain(m)] for m in version_members(draft.noun, listing) if plain(m) in draft.by_member),
        is_of_versions=is_shaped_like_versioned(listing),
        is_narrowed=_NARROWED.fullmatch(draft.noun) is not None,
        has_own_id=f"{plain(draft.noun)}id" in draft.by_member,
    )
    return row_key(draft.noun, members, arn, fetches, proofs)


def _key_arn(noun: str, key: tuple[str, ...]) -> str | None:
    """The row's key where it is an ARN of such a noun by its last word: `monitoring_job_definition_arn` of a `DataQualityJobDefinition`."""
    (name, *more) = key or ("",)
    return name if not more and name.endswith("_arn") and name.split("_")[-2] == snake(noun).split("_")[-1] else None


def _list_fetch(draft: Draft, hint: Hint, listing: Listing, described: Described | None) -> Fetch:
    service, operation = draft.service, listing.operation
    if listing.is_bare:
        member, shape = next(iter(listing.members.items()))
        outputs: tuple[Output, ...] = (Output(draft.by_member.get(plain(member)) or draft.add(member, shape), ()),)
    else:
        outputs = tuple(draft.outputs({(m,): s for m, s in listing.members.items()}, hint.lacks))
        outputs += tuple(_naming(draft, listing, described))
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
        inputs=(*(i for p in listing.required for i in _required_inputs(draft, hint, listing, p)), *optional),
        outputs=outputs,
        rows=listing.rows,
        beside=listing.beside,
        lifted=lifted,
        constants=dict(hint.constants),
        paging=listing.paging,
        rows_may_be_absent=service.may_leave_out(operation, listing.rows) if absent is None else absent,
        permissions=service.permissions(operation.name),
        not_found=missing.codes(operation) if listing.is_one or listing.required or any(i.exact for i in optional) else (),
    )


# More values of a model's than this are no closed choice that could be asked one by one; what a correction names is asked.
_MOST_VALUES = 20
# More keys than these in one required list gain little.
_LISTED_AT_ONCE = 10


def _required_inputs(draft: Draft, hint: Hint, listing: Listing, param: str) -> Iterator[Input]:
    """The inputs of a required request member: one, or one for each member of a structure that is told."""
    if param not in hint.within or _is_own_account(draft, param):
        yield _required_input(draft, hint, listing, param)
        return
    for told in hint.within[param].split(", "):
        inner, _, column = told.partition("=")
        shape = listing.operation.input_shape.members[param].members[inner]
        if column or not _takes_many(shape):
            yield Input(f"{param}.{inner}", column or _key_column(draft, inner))
        else:
            yield Input(f"{param}.{inner}", _key_column(draft, _one_of(inner)), batch=_listed_at_once(shape))


def _required_input(draft: Draft, hint: Hint, listing: Listing, param: str) -> Input:
    if _is_own_account(draft, param):
        return Input(param, "account_id")
    shape = listing.operation.input_shape.members[param]
    if (default := assumed.default(draft.service, hint, listing, param)) is not None:
        # A choice is the row's too, where rows tell it; a time that is asked for is not.
        is_rows = default.is_timed and plain(param) in draft.by_member
        column = f"asked_{snake(param)}" if is_rows else _key_column(draft, param)
        is_structured = from_botocore(shape) in (ColumnType.JSON, ColumnType.HSTORE)
        return Input(param, column, is_structured=is_structured, default=default)
    enum = tuple(getattr(shape, "enum", ()))
    values = hint.values.get(param) or draft.service.values.get(param) or (enum if len(enum) <= _MOST_VALUES else ())
    if _takes_many(shape):
        return Input(param, _key_column(draft, _one_of(param)), batch=_listed_at_once(shape))
    is_parents = is_anothers(listing, param) or param in hint.anothers
    column = f"parent_{snake(param)}" if is_parents else _key_column(draft, param)
    is_structured = from_botocore(shape) in (ColumnType.JSON, ColumnType.HSTORE)
    return Input(param, column, values=values, is_structured=is_structured, may_lack=param in hint.may_lack)


def _listed_at_once(shape: Shape) -> int:
    return max(2, min(int(shape.metadata.get("max", 2)), _LISTED_AT_ONCE))


def _takes_many(shape: Shape) -> bool:
    """Whether a request member takes a list of keys."""
    return bool(shape.type_name == "list" and shape.member.type_name == "string" and not getattr(shape.member, "enum", ()))


def _one_of(param: str) -> str:
    """What a request member that takes many keys calls one: `ImageIds` is of an `ImageId`."""
    return singular(param.removesuffix("List"))


def _is_own_account(draft: Draft, param: str) -> bool:
    return draft.service.is_own_account and plain(param) in ("accountid", "awsaccountid")


def _key_column(draft: Draft, param: str) -> str:
    """The column of a list call's own key: the row's member of that name, else one named after the request member."""
    return draft.by_member.get(plain(param)) or _safe(snake(param))


def _safe(name: str) -> str:
    return f"own_{name}" if name in TAKEN else name


def _naming(draft: Draft, listing: Listing, described: Described | None) -> Iterator[Output]:
    """The outputs of what names a row inside a structure of it, as hidden columns."""
    for param, source in described.sources.items() if described is not None else ():
        if len(source.path) > 1 and not source.is_key:
            shape = listing.element
            for name in source.path:
                shape = shape.members[name]
            yield Output(draft.add(param, shape, hidden=True), source.path)


def _get_fetch(draft: Draft, hint: Hint, listing: Listing, described: Described) -> Fetch:
    service, getting = draft.service, described.getting
    operation = getting.operation
    outputs = (*draft.outputs(getting.members), *(draft.attribute(m, t) for m, t in hint.attributes.items()))
    if listing.is_bare:
        _name_bare(draft, listing, described)
    inputs = tuple(_get_input(draft, hint, listing, getting, p, s) for p, s in described.sources.items())
    inputs += _lackable(draft, hint, operation, inputs)
    return Fetch(
        name="get",
        role=Role.GET if described.is_own else Role.ENRICH,
        service=service.name,
        operation=operation.name,
        inputs=inputs,
        outputs=(*outputs, *_answering(getting, inputs, outputs)),
        rows=getting.rows,
        constants=dict(hint.get_constants),
        # Pages of one row: its list goes on (the users of a group).
        paging=service.paging(operation.name) if getting.batch is None else None,
        rows_may_be_absent=_is_list(operation, getting.rows) and service.may_leave_out(operation, getting.rows),
        permissions=service.permissions(operation.name),
        not_found=missing.codes(operation),
    )


def _lackable(draft: Draft, hint: Hint, operation: OperationModel, told: tuple[Input, ...]) -> tuple[Input, ...]:
    """The inputs of a call for one row that are told only where the row has such a value."""
    known = operation.input_shape.members.keys() - {i.param for i in told}
    return tuple(Input(p, _key_column(draft, p), may_lack=True) for p in hint.may_lack if p in known)


def _answering(getting: Getting, inputs: tuple[Input, ...], outputs: tuple[Output, ...]) -> Iterator[Output]:
    """The output by which an answer for many says whose each is, where it calls that what the request does and not what the rows do."""
    for asked in inputs:
        if asked.param == getting.batch and not any(o.column == asked.column for o in outputs):
            one = plain(_one_of(asked.param))
            yield from (Output(asked.column, path) for path in getting.members if plain(path[-1]) == one)


def _get_input(draft: Draft, hint: Hint, listing: Listing, getting: Getting, param: str, source: Filler) -> Input:
    batch = _batch_size(hint, getting.operation, param) if param == getting.batch else 1
    shape = getting.operation.input_shape.members[param]
    is_structured = batch == 1 and not is_scalar(shape)
    named = listing.members.get(source.path[0])
    is_text = not source.is_key and shape.type_name == "string" and named is not None and named.type_name in ("integer", "long")
    column, may_lack = _get_column(draft, listing, param, source), param in hint.may_lack
    return Input(param, column, batch=batch, is_structured=is_structured, is_text=is_text, may_lack=may_lack)


def _is_list(operation: OperationModel, rows: tuple[str, ...]) -> bool:
    """Whether the rows are in a list right in the answer; a structure that a describe call leaves out is no empty list."""
    return bool(rows) and operation.output_shape.members[rows[0]].type_name == "list"


def _get_column(draft: Draft, listing: Listing, param: str, source: Filler) -> str:
    """The column of an input of a describe call, which is a member of the list's rows or one of its keys."""
    if _is_own_account(draft, param):
        return "account_id"
    if source.is_key and is_anothers(listing, source.path[0]):
        return f"parent_{snake(source.path[0])}"
    if len(source.path) > 1:
        return draft.by_member.get(plain(param)) or _safe(snake(param))
    return draft.by_member.get(plain(source.path[0])) or _safe(snake(source.path[0]))


def _name_bare(draft: Draft, listing: Listing, described: Described) -> None:
    """A list of bare strings gives what its describe call asks for: EKS's `clusters` are the `name` of `DescribeCluster`."""
    member = next(iter(listing.members))
    param = next((p for p, s in described.sources.items() if s.path == (member,) and not s.is_key), None)
    if param is None or plain(member) in draft.by_member:
        return
    asked = singular(param) if param == described.getting.batch else param
    column = _own_column(draft, asked)
    if column is not None and draft.columns[column].type is ColumnType.VARCHAR:
        draft.by_member[plain(member)] = column


def _batch_size(hint: Hint, operation: OperationModel, param: str) -> int:
    """How many values a describe call takes at once: what the model allows, else what the hint says."""
    return min(int(operation.input_shape.members[param].metadata.get("max", hint.batch)), hint.batch)


def _own_column(draft: Draft, param: str) -> str | None:
    """The column that holds a request member of another call about the same noun."""
    return draft.by_member.get(plain(param)) or draft.by_member.get(plain(param).removeprefix(plain(draft.noun)))


def _arn(draft: Draft, fetches: list[Fetch]) -> str | None:
    """The column of the row's own ARN: `<Noun>Arn` or `Arn`, else one that ends like the noun (`RecoveryPoint` of `...ByBackupVault`).

    One that the list call gives goes before one that takes a call for each row.
    """
    listed = {o.column for o in (*fetches[0].outputs, *fetches[0].lifted)}
    called = {o.column for f in fetches for o in (*f.outputs, *f.lifted)} | {i.column for f in fetches for i in f.inputs}
    every = called | {c for c in ("arn",) if draft.service.arns.get(draft.noun)}
    found = [_arn_among(draft, given) for given in (listed, every)]
    return next((arn for arn in found if arn is not None), draft.by_member.get("resourcearn"))


def _arn_among(draft: Draft, given: set[str]) -> str | None:
    texts = {m: c for m, c in draft.by_member.items() if c in given and c in draft.columns and draft.columns[c].type is ColumnType.VARCHAR}
    narrowed = _NARROWED.fullmatch(draft.noun)
    about = plain(singular(narrowed[1]) if narrowed is not None else draft.noun)
    named = (m for m in texts if m.endswith("arn") and about.endswith(m.removesuffix("arn")))
    return next((texts[m] for m in (f"{about}arn", "arn", *named) if m in texts), None)


def _made_up_arn(draft: Draft) -> Arn | None:
    """The ARN of what no answer gives one for, as a hidden column that follows from the others."""
    template = draft.service.arns.get(draft.noun)
    if template is None:
        return None
    draft.columns["arn"] = Column("arn", ColumnType.VARCHAR, ColumnType.VARCHAR.dataset_name, member="Arn", hidden=True)
    draft.by_member["arn"] = "arn"
    return Arn("arn", template)


def _published(draft: Draft, fetches: list[Fetch]) -> Iterator[Column]:
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
