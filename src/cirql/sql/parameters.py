"""Values for `$1` and `:name`, put into the tree as constants, so that planning sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from cirql.errors import InterfaceError
from cirql.sql.parse import Statement


def fill(statement: Statement, params: Sequence[Any] | Mapping[str, Any]) -> Statement:
    """The statement with every parameter replaced by its value. Raises InterfaceError for one that is missing or left over."""
    tree = statement.tree.copy()
    used: set[str] = set()
    for node in list(tree.find_all(exp.Parameter, exp.Placeholder)):
        name = node.name
        used.add(name)
        value = exp.convert(_lookup(name, params))
        if node is tree:
            tree = value
        else:
            node.replace(value)
    expected = set(params) if isinstance(params, Mapping) else {str(i + 1) for i in range(len(params))}
    if left := sorted(expected - used):
        raise InterfaceError(f"the statement has no parameter {', '.join(left)}")
    return replace(statement, tree=tree)


def _lookup(name: str, params: Sequence[Any] | Mapping[str, Any]) -> Any:
    if isinstance(params, Mapping):
        if name in params:
            return params[name]
        raise InterfaceError(f"no value for parameter :{name}", hint=f"given are {', '.join(map(str, params)) or 'none'}")
    if name.isdigit() and 0 < int(name) <= len(params):
        return params[int(name) - 1]
    raise InterfaceError(f"no value for parameter ${name}", hint=f"{len(params)} were given")
