"""Changes as SQL text: the statement that would undo one, or do it again. For people to read and run; nothing here runs anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cirql.catalog.model import Table
from cirql.catalog.rules import Rules
from cirql.cloud.target import Target


def literal(value: Any) -> str:
    """A value as a SQL literal: numbers and booleans bare, everything else quoted, structures as JSON."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"


def plural_name(table: Table) -> str:
    """The table in the spelling that INSERT and DELETE are written with."""
    return ".".join((*table.name.parts[:-1], table.plural or table.name.resource))


def where(target: Target, identifier: str) -> str:
    """The condition that names one resource."""
    account = f" AND account_id = '{target.account}'" if target.account else ""
    return f"region = '{target.region}'{account} AND data__Identifier = {literal(identifier)}"


def insert_statement(table: Table, rules: Rules, target: Target, model: Mapping[str, Any]) -> str:
    """The INSERT that would create a resource with the settable part of a model."""
    fixed = {p[0] for p in rules.read_only if len(p) == 1}
    columns = {c.member: c.name for c in table.columns if c.member}
    given = {columns[m]: v for m, v in sorted(model.items()) if m in columns and m not in fixed}
    names = ", ".join([*given, "region"])
    values = ", ".join([*(literal(v) for v in given.values()), literal(target.region)])
    return f"INSERT INTO {plural_name(table)} ({names}) VALUES ({values});"


def delete_statement(table: Table, target: Target, identifier: str) -> str:
    """The DELETE of one resource."""
    return f"DELETE FROM {plural_name(table)} WHERE {where(target, identifier)};"


def patch_statement(table: Table, target: Target, identifier: str, operations: list[dict[str, Any]]) -> str:
    """The UPDATE that applies a patch to one resource."""
    return f"UPDATE {table.name} SET data__PatchDocument = {literal(operations)} WHERE {where(target, identifier)};"
