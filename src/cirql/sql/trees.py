"""Trees: looking for nodes in a statement's tree, which planning does hundreds of times for each statement.

What is found is a list, so that the tree may be changed while it is gone through. sqlglot's own walk passes each node through four
generators; a loop takes a third of the time.
"""

from __future__ import annotations

from typing import TypeVar

from sqlglot.expressions import Expr

E = TypeVar("E", bound=Expr)


def all_of(tree: Expr, *kinds: type[E]) -> list[E]:
    """The nodes of these kinds, itself included, the upper ones first."""
    nodes: list[Expr] = [tree]
    for node in nodes:  # grows meanwhile
        for value in node.args.values():
            if value.__class__ is list:
                nodes += [item for item in value if isinstance(item, Expr)]
            elif isinstance(value, Expr):
                nodes.append(value)
    return [node for node in nodes if isinstance(node, kinds)]


def first_of(tree: Expr, *kinds: type[E]) -> E | None:
    """The first of them; None where there is none."""
    if isinstance(tree, kinds):
        return tree
    nodes: list[Expr] = [tree]
    for node in nodes:  # grows meanwhile
        for value in node.args.values():
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, Expr):
                        if isinstance(item, kinds):
                            return item
                        nodes.append(item)
            elif isinstance(value, Expr):
                if isinstance(value, kinds):
                    return value
                nodes.append(value)
    return None
