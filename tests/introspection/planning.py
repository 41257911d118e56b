"""A statement planned without a session, an engine or AWS: what EXPLAIN needs, thousands of times a minute."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlglot import exp

from cirql.catalog.lookup import Catalog
from cirql.changes.change import Drafter
from cirql.changes.specimens import drop, example_state
from cirql.cloud.target import Target
from cirql.plan.assumptions import SessionTime
from cirql.plan.model import Plan
from cirql.plan.planner import plan
from cirql.sql.bind import bind
from cirql.sql.parse import Statement, parse
from cirql.sql.translate import translate
from cirql.sql.writes import Delete, Insert, Update, read_write

FRAME = SessionTime(datetime(2026, 1, 2))
TARGET = Target("111122223333", "us-east-1")


def plan_query(catalog: Catalog, statement: Statement) -> Plan:
    return plan(bind(statement, catalog), lambda name: catalog.find(name).table, translate, frame=FRAME)


def plan_change(catalog: Catalog, sql: str) -> None:
    """Plan an INSERT, UPDATE or DELETE of constants: rows found the SELECT way, values checked against the schema."""
    write = read_write(parse(sql), catalog)
    assert isinstance(write, Insert | Update | Delete)
    rules = catalog.rules(str(write.table.cfn_type))
    drafter = Drafter(write.table, rules, TARGET, lambda: "change-1")
    if isinstance(write, Insert):
        drafter.create(_members(write.columns, _selected(write.query)))
        return
    plan_query(catalog, write.query)
    if isinstance(write, Update):
        # The first three are the identifier, the region and the account.
        assigned = _members(write.columns, _selected(write.query)[3:])
        state = example_state(rules) or {}
        for path in rules.write_only:
            drop(state, path)  # AWS does not return it
        drafter.update("id", state, assigned, {})
    else:
        drafter.delete("id", None)


def _selected(query: Statement) -> list[exp.Expr]:
    assert isinstance(query.tree, exp.Select)
    return list(query.tree.selects)


def _members(columns: tuple[Any, ...], values: list[exp.Expr]) -> dict[str, Any]:
    return {c.member: constant(v) for c, v in zip(columns, values, strict=True) if not isinstance(c, str) and c.member}


def constant(node: exp.Expr) -> Any:
    node = node.unalias()
    match node:
        case exp.Boolean():
            return node.this
        case exp.Neg():
            return -constant(node.this)
        case exp.Literal():
            text = str(node.this)
            return text if node.is_string else float(text) if "." in text else int(text)
    raise AssertionError(node.sql())
