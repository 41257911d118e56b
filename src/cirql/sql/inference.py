"""The types of a statement's parameters, inferred as PostgreSQL infers them, and the statement with a NULL of its type for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp
from sqlglot.errors import SqlglotError

from cirql.errors import InvalidStatement
from cirql.sql.parameters import put
from cirql.sql.parse import Statement
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.slots import Slot, decide, mark
from cirql.sql.translate.sqltypes import SqlType
from cirql.sql.trees import all_of
from cirql.startup.records import replace

ParameterTypes = Sequence[str | None] | Mapping[str, str | None]


def named_type(name: str) -> SqlType:
    """The type that a name such as `int8`, `text[]` or `timestamp with time zone` stands for. Raises InvalidStatement for no type."""
    try:
        found = st.of_datatype(exp.DataType.build(name, dialect="postgres", udt=True))
    except (SqlglotError, ValueError):
        found = None
    if found is None:
        raise InvalidStatement(f"there is no type {name}", hint="PostgreSQL's types are meant: text, bigint, jsonb, timestamptz, text[] …")
    return found


class Inference:
    """The parameters of one statement."""

    def __init__(self, statement: Statement, given: ParameterTypes | None) -> None:
        """`given` are the types that are known, by position or by name; a None is left to inference. Raises InvalidStatement."""
        pairs = given.items() if isinstance(given, Mapping) else enumerate(given or (), 1)
        known = {str(name): named_type(kind) for name, kind in pairs if kind is not None}
        self.statement = replace(statement, tree=statement.tree.copy())
        self._slots: Mapping[str, Slot] = mark(self.statement.tree, known)

    def take(self, values: Iterable[exp.Expr], types: Iterable[SqlType]) -> None:
        """Values that are kept in columns of these types: a parameter among them is of its column's."""
        for value, kind in zip(values, types, strict=False):
            decide(value.unalias(), kind)

    @property
    def types(self) -> dict[str, str]:
        """The type of each parameter as PostgreSQL spells it, numbered ones in order; `text` where nothing says what it is."""
        order = sorted(self._slots, key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0))
        return {name: str(self._slots[name].type or st.TEXT) for name in order}

    def filled(self, statement: Statement) -> Statement:
        """A statement with these parameters, each replaced by a NULL of its type."""
        tree = statement.tree.copy()
        for node in all_of(tree, exp.Parameter, exp.Placeholder):
            slot = self._slots.get(node.name)
            kind = (slot.type if slot is not None else None) or st.TEXT
            tree = put(tree, node, exp.cast(exp.null(), str(kind), dialect="postgres"))
        return replace(statement, tree=tree)
