"""Compiles CloudFormation resource schemas into resource tables (`aws.<service>.<resource>`), read through Cloud Control.

One type is one table under all of its spellings. What a property's column is called and what type it has follows the rules
of the pages that StackQL generated from the same schemas; see `cirql.names` for the spelling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from cirql.catalog.model import IDENTIFIER, Access, Column, Face, Fetch, Input, Method, Output, Paging, Role, Scope, Table
from cirql.compiler.schemas import ResourceSchema
from cirql.names import TableName, plural, snake, stackql_column, words
from cirql.types import ColumnType, from_json_schema

_SERVICE = "cloudcontrol"
_NOT_FOUND = ("ResourceNotFoundException",)
# The reference calls MaxResults reserved: AWS gives pages of its own size whatever it says, and endpoints like AWS heed it.
_PAGING = Paging(("NextToken",), ("NextToken",), limit="MaxResults", size=100)
# More values than this are no closed choice that could be asked one by one.
_MOST_VALUES = 20
_VERBS = ("create", "read", "update", "delete", "list")


def compile_resource(schema: ResourceSchema, global_services: frozenset[str] = frozenset()) -> Table:
    """The table of one CloudFormation type, its columns in the order: identifier, required, the rest by name."""
    _, service, name = schema.type_name.split("::")
    singular, service = snake(name), service.lower()
    columns = tuple(_columns(schema))
    account_column = "_account_id" if any(c.name == "account_id" for c in columns) else "account_id"
    hidden = _hidden(columns, account_column)
    identifier = _identifier(schema)
    fetches = tuple(_fetches(schema, columns, account_column))
    extra = _unpublished_inputs(schema, fetches, {*(c.name for c in columns), IDENTIFIER, account_column})
    return Table(
        name=TableName(("aws", service, singular)),
        service=service,
        title=words(name),
        description=str(schema.body.get("description", "")),
        columns=(*columns, _region(), *extra, *hidden),
        fetches=fetches,
        identifier=identifier or (IDENTIFIER,),
        methods=tuple(_methods(schema)),
        permissions={verb: schema.permissions(verb) for verb in _VERBS if schema.permissions(verb)},
        cfn_type=schema.type_name,
        scope=Scope.GLOBAL if service in global_services else Scope.REGIONAL,
        regions=schema.regions,
        problem="" if fetches else f"AWS has no read or list handler for {schema.type_name}",
        key=(IDENTIFIER,),
        plural=plural(singular),
        account_column=account_column,
    )


def _top_level(schema: ResourceSchema, keyword: str) -> list[str]:
    """The names of whole properties that a keyword lists; paths into a property say nothing about the column."""
    paths = [p.split("/")[2:] for p in schema.body.get(keyword, ())]
    return [p[0] for p in paths if len(p) == 1]


def _identifier(schema: ResourceSchema) -> tuple[str, ...]:
    """The identifier's columns, in order; empty where a part lies inside a property, or where there is none."""
    paths = schema.body.get("primaryIdentifier", ())
    names = _top_level(schema, "primaryIdentifier")
    return tuple(_column_name(n) for n in names) if len(names) == len(paths) else ()


def _column_name(member: str) -> str:
    """A property's column. `region` always says where the row was read, so five types' own `Region` is `own_region`."""
    name = snake(member)
    return "own_region" if name == "region" else name


def _columns(schema: ResourceSchema) -> Iterator[Column]:
    properties: Mapping[str, Any] = schema.body["properties"]
    required = set(schema.body.get("required", ()))
    access = {
        keyword: set(_top_level(schema, keyword)) for keyword in ("readOnlyProperties", "writeOnlyProperties", "createOnlyProperties")
    }
    leading = list(dict.fromkeys([*_top_level(schema, "primaryIdentifier"), *schema.body.get("required", ())]))
    for member in [m for m in leading if m in properties] + sorted(m for m in properties if m not in leading):
        definition = schema.resolve(properties[member])
        column_type, declared = from_json_schema(definition, schema.resolve)
        name, older = _column_name(member), stackql_column(member)
        yield Column(
            name=name,
            type=column_type,
            declared=declared,
            description=str(definition.get("description", "")),
            member=member,
            access=_access(member, access),
            required=member in required,
            aliases=(older,) if older not in (name, "region") else (),
        )


def _access(member: str, keywords: Mapping[str, set[str]]) -> Access:
    if member in keywords["readOnlyProperties"]:
        return Access.READ_ONLY
    create_only = member in keywords["createOnlyProperties"]
    if member in keywords["writeOnlyProperties"]:
        return Access.WRITE_ONCE if create_only else Access.WRITE_ONLY
    return Access.CREATE_ONLY if create_only else Access.READ_WRITE


def _region() -> Column:
    return Column("region", ColumnType.VARCHAR, "string", "AWS region.")


def _hidden(columns: Sequence[Column], account_column: str) -> Iterator[Column]:
    taken = {c.name for c in columns} | {a for c in columns for a in c.aliases}
    yield Column(IDENTIFIER, ColumnType.VARCHAR, "string", hidden=True, aliases=() if "identifier" in taken else ("identifier",))
    yield Column(account_column, ColumnType.VARCHAR, "string", hidden=True)
    yield Column("_fetched_at", ColumnType.TIMESTAMP, "timestamp", hidden=True)
    yield Column("_source", ColumnType.VARCHAR, "string", hidden=True)


def _required_input(schema: ResourceSchema, member: str, account_column: str) -> Input:
    """An input of a list call. `AwsAccountId` (QuickSight) is the caller's account; an enum can be asked value by value."""
    param = f"ResourceModel.{member}"
    if member == "AwsAccountId":
        return Input(param, account_column)
    definition = schema.resolve(_list_property(schema, member))
    values = tuple(v for v in definition.get("enum", ()) if isinstance(v, str))
    return Input(param, _column_name(member), values=values if len(values) <= _MOST_VALUES else ())


def _list_property(schema: ResourceSchema, member: str) -> Mapping[str, Any]:
    """What the schema says of an input of the list call: as a property of the type, or of the call alone."""
    own = schema.body["handlers"]["list"]["handlerSchema"].get("properties", {}).get(member, {"type": "string"})
    found: Mapping[str, Any] = schema.body["properties"].get(member, own)
    return found


def _fetches(schema: ResourceSchema, columns: Sequence[Column], account_column: str) -> Iterator[Fetch]:
    handlers = schema.body.get("handlers", {})
    by_member = {c.member: c for c in columns}
    if "list" in handlers:
        parts = [by_member[m] for m in _top_level(schema, "primaryIdentifier") if m in by_member]
        outputs = (Output(IDENTIFIER, ("Identifier",)), *(Output(c.name, ("Properties", c.member)) for c in parts))
        for number, required in enumerate(_list_requirements(schema), 1):
            yield Fetch(
                name="list" if number == 1 else f"list_{number}",
                role=Role.LIST,
                service=_SERVICE,
                operation="ListResources",
                inputs=tuple(_required_input(schema, m, account_column) for m in required),
                outputs=outputs,
                rows=("ResourceDescriptions",),
                rows_may_be_absent=True,
                constants={"TypeName": schema.type_name},
                paging=_PAGING,
                json_params=("ResourceModel",) if required else (),
                json_members=("Properties",),
                permissions=("cloudformation:ListResources", *schema.permissions("list")),
                not_found=_NOT_FOUND if required else (),
            )
    if "read" in handlers:
        readable = [c for c in columns if c.access.is_readable]
        yield Fetch(
            name="get",
            role=Role.GET,
            service=_SERVICE,
            operation="GetResource",
            inputs=(Input("Identifier", IDENTIFIER),),
            outputs=(Output(IDENTIFIER, ("Identifier",)), *(Output(c.name, ("Properties", c.member)) for c in readable)),
            rows=("ResourceDescription",),
            constants={"TypeName": schema.type_name},
            json_members=("Properties",),
            permissions=("cloudformation:GetResource", *schema.permissions("read")),
            not_found=_NOT_FOUND,
        )


def _list_requirements(schema: ResourceSchema) -> list[tuple[str, ...]]:
    """What a list call needs in its ResourceModel: one tuple of properties per way of calling it."""
    model = schema.body["handlers"]["list"].get("handlerSchema", {})
    always = tuple(model.get("required", ()))
    alternatives = [tuple(a.get("required", ())) for a in [*model.get("oneOf", ()), *model.get("anyOf", ())]]
    return [(*always, *a) for a in alternatives if a] or [always]


def _unpublished_inputs(schema: ResourceSchema, fetches: Sequence[Fetch], known: Set[str]) -> Iterator[Column]:
    """Columns for what a list call needs although it is no property of the type."""
    params = {i.column: i.param.rpartition(".")[2] for f in fetches for i in f.inputs}
    for name, member in params.items():
        if name not in known:
            definition = schema.resolve(_list_property(schema, member))
            column_type, declared = from_json_schema(definition, schema.resolve)
            yield Column(name, column_type, declared, str(definition.get("description", "")), member, hidden=True)


def _methods(schema: ResourceSchema) -> Iterator[Method]:
    """The methods of the singular page, then those of the plural one, each in the page's order."""
    handlers = schema.body.get("handlers", {})
    if schema.permissions("update"):
        yield Method("update_resource", "UPDATE", ("data__Identifier", "data__PatchDocument", "region"))
    if "read" in handlers:
        yield Method("get_resource", "SELECT", ("data__Identifier", "region"))
    if schema.permissions("create"):
        yield Method("create_resource", "INSERT", (*schema.body.get("required", ()), "region"), Face.PLURAL)
    if schema.permissions("delete"):
        yield Method("delete_resource", "DELETE", ("data__Identifier", "region"), Face.PLURAL)
    if "list" in handlers:
        yield Method("list_resources", "SELECT", ("region",), Face.PLURAL)
