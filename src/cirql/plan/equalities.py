"""What a condition says about which values go together in some columns of a row.

`image_name = 'a' AND version IN (1, 2)` gives `a` for one column and 1 and 2 for the other; `(region, name) IN (…)` and an OR of ANDs give
rows of values. Whatever a condition says besides is left out: what is given here is never narrower than the condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

from sqlglot import exp

from cirql.plan.constants import NotConstantError, constants
from cirql.plan.model import KeyGroup
from cirql.startup.regexes import regex
from cirql.types import ColumnType

MOST_ROWS = 2000
"""Alternatives with more combinations than this are taken column by column."""
_WHY = "constant"
_PLAIN_ARRAY = regex(r'\{[^{}"\\]*\}')
Types = Mapping[str, ColumnType]


def equal_groups(node: exp.Expr, types: Types) -> list[KeyGroup]:
    """The values that the condition leaves to columns, a group for those that go together; none where it says nothing of the kind.

    A condition that is never true gives one group of no columns and no rows.
    """
    node = node.unnest()
    if is_never(node):
        return [KeyGroup((), (), "never true")]
    single = column_values(node, types)
    if single is not None:
        return [KeyGroup((single[0],), tuple((v,) for v in sorted(single[1], key=repr)), _WHY)]
    match node:
        case exp.And():
            return combine([g for part in node.flatten() for g in equal_groups(part, types)])
        case exp.Or():
            return _either([equal_groups(part, types) for part in node.flatten()])
        case exp.EQ() if isinstance(node.this.unnest(), exp.Tuple):
            return _rows_of_values(node.this.unnest(), [node.expression], types)
        case exp.In() if isinstance(node.this.unnest(), exp.Tuple) and node.expressions:
            return _rows_of_values(node.this.unnest(), node.expressions, types)
    return []


def is_never(node: exp.Expr) -> bool:
    """Whether a condition is FALSE or NULL of every row: by its own words, or because of a NULL after NOT IN."""
    if isinstance(node, exp.Not):
        inner = node.this.unnest()
        return isinstance(inner, exp.In) and any(isinstance(e.unnest(), exp.Null) for e in inner.expressions)
    return isinstance(node, exp.Null) or (isinstance(node, exp.Boolean) and not node.this)


def _either(branches: list[list[KeyGroup]]) -> list[KeyGroup]:
    """What holds of a row for which at least one branch holds: the columns that all speak of, with the values of each."""
    possible = [groups for groups in branches if all(g.rows for g in groups)]
    if any(not groups for groups in possible):
        return []
    if not possible:
        return [KeyGroup((), (), "never true")]
    shared = [c for g in possible[0] for c in g.columns if all(any(c in g.columns for g in groups) for groups in possible)]
    if sum(prod(len(g.rows or ()) for g in groups) for groups in possible) > MOST_ROWS:
        return [_union(possible, (column,)) for column in shared]
    return [_union(possible, tuple(shared))] if shared else []


def _union(branches: list[list[KeyGroup]], columns: tuple[str, ...]) -> KeyGroup:
    rows = dict.fromkeys(row for groups in branches for row in project(groups, columns))
    return KeyGroup(columns, tuple(sorted(rows, key=repr)), _WHY)


def _rows_of_values(left: exp.Tuple, values: list[exp.Expr], types: Types) -> list[KeyGroup]:
    """`(a, b) = (1, 2)` and `(a, b) IN ((1, 2), …)`; elements that are no column are left out."""
    places = [(at, e.name) for at, e in enumerate(left.expressions) if isinstance(e, exp.Column) and e.name in types]
    rows: list[tuple[Any, ...]] = []
    for value in (v.unnest() for v in values):
        if not isinstance(value, exp.Tuple) or len(value.expressions) != len(left.expressions):
            return []
        try:
            row = [constants([value.expressions[at]], types[name]) for at, name in places]
        except NotConstantError:
            return []
        if all(row):  # a NULL equals nothing
            rows.append(tuple(next(iter(one)) for one in row))
    names = tuple(name for _, name in places)
    if not names or len(set(names)) < len(names):
        return []
    return [KeyGroup(names, tuple(dict.fromkeys(rows)), _WHY)]


def column_values(node: exp.Expr, types: Types) -> tuple[str, frozenset[Any]] | None:
    """The one column a condition restricts to constants, where that is all it says.

    By `=`, IN, `= ANY(…)`, IS NOT DISTINCT FROM, LIKE without a wildcard, an OR of these, NOT before `<>`, a boolean column by itself.
    """
    node = node.unnest()
    try:
        match node:
            case exp.EQ() | exp.NullSafeEQ():
                for column, other in ((node.this, node.expression), (node.expression, node.this)):
                    if _is_column(column, types) and not (isinstance(node, exp.NullSafeEQ) and isinstance(other.unnest(), exp.Null)):
                        items = any_items(other)
                        return column.name, constants([other] if items is None else items, types[column.name])
            case exp.In() if _is_column(node.this, types) and node.expressions and not node.args.get("query"):
                return node.this.name, constants(node.expressions, types[node.this.name])
            case exp.Like() if _is_column(node.this, types) and _is_plain_text(node.expression) and not node.args.get("negate"):
                return node.this.name, constants([node.expression], types[node.this.name])
            case exp.Is() if _is_boolean(node.this, types) and isinstance(node.expression, exp.Boolean):
                return node.this.name, frozenset([bool(node.expression.this)])
            case exp.Or():
                return _same_column([column_values(part, types) for part in node.flatten()])
            case exp.Not():
                return _negated(node.this.unnest(), types)
            case exp.Column() if _is_boolean(node, types):
                return node.name, frozenset([True])
    except NotConstantError:
        pass
    return None


def _negated(inner: exp.Expr, types: Types) -> tuple[str, frozenset[Any]] | None:
    match inner:
        case exp.Not():
            return column_values(inner.this, types)
        case exp.NEQ():
            return column_values(exp.EQ(this=inner.this, expression=inner.expression), types)
        case exp.Column() if _is_boolean(inner, types):
            return inner.name, frozenset([False])
    return None


def _same_column(found: list[tuple[str, frozenset[Any]] | None]) -> tuple[str, frozenset[Any]] | None:
    known = [f for f in found if f is not None]
    if len(known) < len(found) or len({name for name, _ in known}) != 1:
        return None
    return known[0][0], frozenset().union(*(values for _, values in known))


def _is_column(node: exp.Expr, types: Types) -> bool:
    return isinstance(node, exp.Column) and node.name in types


def _is_boolean(node: exp.Expr, types: Types) -> bool:
    return isinstance(node, exp.Column) and types.get(node.name) is ColumnType.BOOLEAN


def _is_plain_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string and not re.search(r"[%_\\]", node.this)


def any_items(node: exp.Expr) -> list[exp.Expr] | None:
    """The elements of `ANY(ARRAY[…])` or `ANY('{…}')`; None for anything else."""
    if not isinstance(node, exp.Any):
        return None
    array = node.this.unnest()
    if isinstance(array, exp.Array):
        return list(array.expressions)
    if isinstance(array, exp.Literal) and array.is_string and _PLAIN_ARRAY.fullmatch(array.this):
        items = [item.strip() for item in array.this[1:-1].split(",") if item.strip()]
        return [exp.Null() if item.upper() == "NULL" else exp.Literal.string(item) for item in items]
    raise NotConstantError


def combine(groups: Iterable[KeyGroup]) -> list[KeyGroup]:
    """Natural-join the groups that share a column, so that no column is in two of the groups given back."""
    done: list[KeyGroup] = []
    for group in groups:
        merged = group
        rest: list[KeyGroup] = []
        for other in done:
            if merged.rows is not None and other.rows is not None and set(other.columns) & set(merged.columns):
                merged = _join(other, merged)
            else:
                rest.append(other)
        done = [*rest, merged]
    return done


def _join(a: KeyGroup, b: KeyGroup) -> KeyGroup:
    assert a.rows is not None and b.rows is not None
    shared = [c for c in a.columns if c in b.columns]
    extra = [i for i, c in enumerate(b.columns) if c not in a.columns]
    by_key: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in b.rows:
        by_key.setdefault(tuple(row[b.columns.index(c)] for c in shared), []).append(tuple(row[i] for i in extra))
    rows = tuple((*row, *more) for row in a.rows for more in by_key.get(tuple(row[a.columns.index(c)] for c in shared), []))
    why = a.why if a.why == b.why else f"{a.why}, {b.why}"
    return KeyGroup((*a.columns, *(b.columns[i] for i in extra)), rows, why)


def project(groups: Iterable[KeyGroup], columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """The distinct combinations of values for these columns, which the (disjoint, known) groups must all have between them."""
    rows: list[dict[str, Any]] = [{}]
    for group in groups:
        wanted = [c for c in group.columns if c in columns]
        if group.rows is None or (not wanted and group.rows):
            continue
        distinct = dict.fromkeys(tuple(row[group.columns.index(c)] for c in wanted) for row in group.rows)
        rows = [{**row, **dict(zip(wanted, values, strict=True))} for row in rows for values in distinct]
    return [tuple(row[c] for c in columns) for row in rows]
