"""Where a dataset's tags come from: a member of its rows, or a call of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from botocore.model import OperationModel, Shape

from cirql.catalog.model import Column, Fetch, Input, Output, Role, Table
from cirql.compiler import missing
from cirql.compiler.operations import required_members
from cirql.compiler.services import Service
from cirql.names import singular
from cirql.startup.records import replace
from cirql.startup.regexes import regex

_INLINE = frozenset({"tags", "taglist", "tagset", "tagmap"})
# What a general tag call says to an ARN of something that has no tags.
_REFUSAL = regex(r"(Validation|Invalid(Parameter|Input|Request|Arn|ARN|Resource)|BadRequest|Unsupported|ResourceTypeNotSupported)")
_KEYS = frozenset({"key", "tagkey"})
_VALUES = frozenset({"value", "tagvalue"})
# Operations that give the tags of whatever ARN they are asked about, in order of preference.
_GENERIC = regex(r"(ListTagsForResources?|ListTagsOfResource|ListTags|ListResourceTags|GetResourceTags|GetTags|DescribeTags)")
# Where a model does not say how many rows a tag call takes at once: the least that AWS documents.
_BATCH = 20
_RESOURCE = frozenset({"resource", "resourcearn", "resourcename", "resourceid", "arn", "taggableresourcearn", "resourceidentifier"})


def are_tags(shape: Shape) -> bool:
    """Whether a shape is a list of key and value, or a map of text to text."""
    if shape.type_name == "map":
        return bool(shape.value.type_name == "string")
    if shape.type_name != "list" or shape.member.type_name != "structure":
        return False
    names = {m.lower() for m in shape.member.members}
    return bool(names & _KEYS) and bool(names & _VALUES)


def is_inline(name: str, shape: Shape) -> bool:
    """Whether a member of a row holds its tags."""
    return name.lower() in _INLINE and are_tags(shape)


def fetch(service: Service, noun: str, arn: str | None, column_for: Callable[[str], str | None]) -> Fetch | None:
    """The call that gives a row's tags: one that names the noun, else the service's general one, asked with the row's ARN.

    `arn` is the ARN's column; `column_for` says which column holds a request member of a call about this noun.
    """
    own = (f"List{noun}Tags", f"ListTagsFor{noun}", f"Get{noun}Tagging", f"Describe{noun}Tags", f"Get{noun}Tags")
    for name in own:
        if name in service.model.operation_names:
            operation = service.operation(name)
            columns = {p: column_for(p) for p in required_members(operation)}
            if columns and all(columns.values()):
                return _fetch(service, operation, {p: c for p, c in columns.items() if c})
    for name in sorted(n for n in service.model.operation_names if _GENERIC.fullmatch(n)):
        operation = service.operation(name)
        required = _resource_members(service, operation)
        column = _asked(service, required[0], noun, arn, column_for) if len(required) == 1 else None
        if column is None:
            continue
        shape = operation.input_shape.members[required[0]]
        made = None
        if shape.type_name == "string":
            made = _fetch(service, operation, {required[0]: column, **_account(service, operation)})
        elif shape.type_name == "list" and shape.member.type_name == "string":
            made = _batched(service, operation, required[0], column)
        if made is not None:
            # That the ARN can be tagged is a guess: a service that does not know it as taggable says no more than that it has no tags.
            refusals = tuple(c for c in error_codes(operation) if _REFUSAL.match(c))
            return replace(made, not_found=tuple(dict.fromkeys((*made.not_found, *refusals, "ValidationException"))))
    return None


def _account(service: Service, operation: OperationModel) -> dict[str, str]:
    """The request member that takes the caller's own account, and its column."""
    return {p: "account_id" for p in required_members(operation) if service.is_own_account and p.lower() == "accountid"}


def _resource_members(service: Service, operation: OperationModel) -> list[str]:
    """The request members that say whose tags: those required, less the own account; else the optional one for one ARN (as in DMS)."""
    own = _account(service, operation)
    required = [p for p in required_members(operation) if p not in own]
    return required or [m for m in operation.input_shape.members if m.lower() == "resourcearn"]


def _asked(service: Service, param: str, noun: str, arn: str | None, column_for: Callable[[str], str | None]) -> str | None:
    """The column that a general tag call is asked with: the row's ARN, or the key of just this noun (`KeyId` of a key)."""
    if service.tagged_by_id:
        return column_for(service.tagged_by_id[noun]) if noun in service.tagged_by_id else None
    one = singular(param.removesuffix("List"))
    if one.lower() in _RESOURCE:
        return arn
    return column_for(one) if one.lower() in {f"{noun.lower()}{suffix}" for suffix in ("arn", "id", "name")} else None


def _batched(service: Service, operation: OperationModel, param: str, column: str) -> Fetch | None:
    """A call that takes many rows and answers with a list of each one's name and tags."""
    for member, shape in operation.output_shape.members.items() if operation.output_shape is not None else ():
        if shape.type_name != "list" or shape.member.type_name != "structure":
            continue
        members = shape.member.members
        named = [m for m, s in members.items() if s.type_name == "string" and m.lower() in _names_of(param)]
        tagged = [m for m, s in members.items() if "tag" in m.lower() and are_tags(s)]
        if len(named) == 1 and len(tagged) == 1:
            asked = operation.input_shape.members[param]
            return Fetch(
                name="tags",
                role=Role.ENRICH,
                service=service.name,
                operation=operation.name,
                inputs=(Input(param, column, batch=min(int(asked.metadata.get("max", _BATCH)), _BATCH)),),
                outputs=(Output(column, (named[0],)), Output("tags", (tagged[0],), "tags")),
                rows=(member,),
                paging=service.paging(operation.name),
                rows_may_be_absent=service.may_leave_out(operation, (member,)),
                permissions=service.permissions(operation.name),
                not_found=missing.codes(operation),
            )
    return None


def _names_of(param: str) -> set[str]:
    """What an answer may call the member that a list of it was asked with."""
    one = singular(param.removesuffix("List")).lower()
    return {one, one.removesuffix("arn") + "id", one.removesuffix("id") + "arn"}


def _fetch(service: Service, operation: OperationModel, inputs: Mapping[str, str]) -> Fetch | None:
    path = _path(operation)
    if path is None:
        return None
    *outer, last = path
    shape = operation.output_shape
    for name in path:
        shape = shape.members[name]
    is_list = shape.type_name == "list"
    return Fetch(
        name="tags",
        role=Role.ENRICH,
        service=service.name,
        operation=operation.name,
        inputs=tuple(Input(param, column) for param, column in inputs.items()),
        outputs=(Output("tags", () if is_list else (last,), "tags"),),
        rows=tuple(path) if is_list else tuple(outer),
        paging=service.paging(operation.name),
        collect=is_list,
        rows_may_be_absent=service.may_leave_out(operation, tuple(path)),
        permissions=service.permissions(operation.name),
        not_found=missing.codes(operation),
    )


def _path(operation: OperationModel) -> Sequence[str] | None:
    output = operation.output_shape
    if output is None:
        return None
    for name, shape in output.members.items():
        if "tag" in name.lower() and are_tags(shape):
            return [name]
    for name, shape in output.members.items():
        if shape.type_name == "structure":
            for inner, inner_shape in shape.members.items():
                # CloudFront wraps its tags in a list of `Items`.
                if ("tag" in inner.lower() or ("tag" in name.lower() and inner == "Items")) and are_tags(inner_shape):
                    return [name, inner]
    return None


def error_codes(operation: OperationModel) -> list[str]:
    """The codes of the errors that an operation's model names."""
    return [s.metadata.get("error", {}).get("code", s.name) for s in operation.error_shapes]


def with_untold(tables: Iterable[Table]) -> list[Table]:
    """The tables, with a word on `tags` where nothing fills them."""
    return [t if _tells(t) else replace(t, columns=tuple(_untold(c) if c.name == "tags" else c for c in t.columns)) for t in tables]


def _tells(table: Table) -> bool:
    return table.cfn_type is not None or any(o.column == "tags" for f in table.fetches for o in (*f.outputs, *f.lifted))


def _untold(column: Column) -> Column:
    return replace(column, description="Always NULL: AWS has no call that gives them.")
