"""Parameters whose types are still to be inferred, as PostgreSQL infers them: the first place that gives one a type decides it.

A parameter is like a quoted constant of unknown type: where the translation would read such a constant as a type, the parameter takes
that type. (PostgreSQL: "Type Conversion", and `parse_param.c`'s variable parameters.)
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.sqltypes import SqlType
from cirql.sql.trees import all_of

_KEY = "slot"


class Slot:
    """One parameter's type, as far as it has been decided. Copies of a tree share it."""

    __slots__ = ("type",)

    def __init__(self, given: SqlType | None = None) -> None:
        self.type = given

    def __deepcopy__(self, memo: dict[int, Any]) -> Slot:
        return self


def mark(tree: exp.Expr, given: dict[str, SqlType]) -> dict[str, Slot]:
    """Give every parameter of a tree a slot, those of one name the same; `given` are the types that are known."""
    slots: dict[str, Slot] = {}
    for node in all_of(tree, exp.Parameter, exp.Placeholder):
        node.meta[_KEY] = slots.setdefault(node.name, Slot(given.get(node.name)))
    return slots


def slot_type(node: exp.Expr) -> SqlType | None:
    """The type of a parameter that has a slot: UNKNOWN as long as nothing has decided it. None for anything else."""
    slot = node.meta.get(_KEY)
    return None if not isinstance(slot, Slot) else slot.type or st.UNKNOWN


def decide(node: exp.Expr, target: SqlType) -> None:
    """Where the node is such a parameter and open: it is of this type."""
    while isinstance(node, exp.Paren):
        node = node.this
    slot = node.meta.get(_KEY)
    if isinstance(slot, Slot) and slot.type is None and not target.is_open:
        slot.type = target
