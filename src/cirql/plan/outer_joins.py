"""Which side of each join may be filled with NULLs, once conditions that no NULL passes have made outer joins inner ones.

    FROM i LEFT JOIN v ON v.name = i.name WHERE v.version = 1       is       FROM i JOIN v ON v.name = i.name WHERE v.version = 1

so that what is known of `v` may be concluded of `i` too.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp


def sides(select: exp.Expr) -> list[tuple[exp.Join, str]]:
    """The joins of a query in order, each with the side that it really has: `LEFT`, `RIGHT`, `FULL`, or nothing for an inner one."""
    joins = list(select.args.get("joins") or [])
    found = [join.side for join in joins]
    first = select.args.get("from_")
    start = {first.this.alias_or_name} if first is not None else set()
    where = select.args.get("where")
    never_null = {a for c in split(where.this) for a in _rejected(c)} if where is not None else set()
    changed = True
    while changed:
        changed = False
        before = set(start)
        for at, join in enumerate(joins):
            alias = join.this.alias_or_name
            side = _simplified(found[at], alias in never_null, bool(before & never_null))
            changed |= side != found[at]
            found[at] = side
            if not side and join.kind not in ("SEMI", "ANTI"):
                on = {a for c in _conditions(join) for a in _rejected(c)}
                changed |= not on <= never_null
                never_null |= on
            before.add(alias)
    return list(zip(joins, found, strict=True))


def _simplified(side: str, right: bool, left: bool) -> str:
    """The side of a join of which some condition needs the right, or something on the left, not to be NULL."""
    match side:
        case "LEFT":
            return "" if right else side
        case "RIGHT":
            return "" if left else side
        case "FULL":
            return "" if right and left else "RIGHT" if right else "LEFT" if left else side
    return side


def _conditions(join: exp.Join) -> Iterator[exp.Expr]:
    if join.args.get("on") is not None:
        yield from split(join.args["on"])


def split(node: exp.Expr) -> Iterator[exp.Expr]:
    """The conjuncts of a condition."""
    node = node.unnest()
    if isinstance(node, exp.And):
        for part in node.flatten():
            yield from split(part)
    else:
        yield node


_NULL_REJECTING = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.RegexpLike, exp.RegexpILike)


def _rejected(node: exp.Expr) -> set[str]:
    """The sources of which a row of NULLs surely fails the condition."""
    node = node.unnest()
    aliases = {c.table for c in node.find_all(exp.Column)}
    if len(aliases) == 1:
        return aliases if rejects_null(node) else set()
    if isinstance(node, _NULL_REJECTING):
        return {side.table for side in (node.this, node.expression) if isinstance(side, exp.Column)}
    return set()


def rejects_null(node: exp.Expr) -> bool:
    """Whether the condition is surely not true where all its columns are NULL."""
    node = node.unnest()
    match node:
        case exp.And():
            return any(rejects_null(part) for part in node.flatten())
        case exp.Or():
            return all(rejects_null(part) for part in node.flatten())
        case exp.Not():
            inner = node.this.unnest()
            if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
                return isinstance(inner.this, exp.Column)
            return isinstance(inner, (exp.In, exp.Between, *_NULL_REJECTING)) and rejects_null(inner)
        case exp.In() | exp.Between():
            return isinstance(node.this, exp.Column)
        case exp.Column():
            return True
    if isinstance(node, _NULL_REJECTING):
        return isinstance(node.this, exp.Column) or isinstance(node.expression, exp.Column)
    return False
