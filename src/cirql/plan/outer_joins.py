"""Which side of each join may be filled with NULLs, once conditions that no NULL passes have made outer joins inner ones.

    FROM i LEFT JOIN v ON v.name = i.name WHERE v.version = 1       is       FROM i JOIN v ON v.name = i.name WHERE v.version = 1

so that what is known of `v` may be concluded of `i` too.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from cirql.sql.trees import all_of, first_of


def sides(select: exp.Expr) -> list[tuple[exp.Join, str]]:
    """The joins of a query in order, each with the side that it really has: `LEFT`, `RIGHT`, `FULL`, or nothing for an inner one."""
    joins = list(select.args.get("joins") or [])
    found = [join.side for join in joins]
    first = select.args.get("from_")
    start = names_of(first.this) if first is not None else set()
    where = select.args.get("where")
    never_null = {a for c in split(where.this) for a in _rejected(c)} if where is not None else set()
    changed = True
    while changed:
        changed = False
        before = set(start)
        for at, join in enumerate(joins):
            joined = names_of(join.this)
            side = _simplified(found[at], bool(joined & never_null), bool(before & never_null))
            changed |= side != found[at]
            found[at] = side
            if not side and join.kind not in ("SEMI", "ANTI"):
                on = {a for c in _conditions(join) for a in _rejected(c)}
                changed |= not on <= never_null
                never_null |= on
            before |= joined
    return list(zip(joins, found, strict=True))


def names_of(item: exp.Expr) -> set[str]:
    """The names that one item of FROM gives: its own, or those of all tables of a join in parentheses."""
    return {name for name, _ in _tables_of(item, False)}


def nullable_within(item: exp.Expr) -> set[str]:
    """The names in a join in parentheses that an outer join inside it may fill with NULLs."""
    return {name for name, nullable in _tables_of(item, False) if nullable}


def _tables_of(item: exp.Expr, nullable: bool) -> Iterator[tuple[str, bool]]:
    inner = item.this if isinstance(item, exp.Subquery) and not item.alias and isinstance(item.this, exp.Table | exp.Subquery) else None
    joins = [*(item.args.get("joins") or []), *((inner.args.get("joins") or []) if inner is not None else [])]
    outer = nullable or any(join.side for join in joins)
    if inner is None:
        yield item.alias_or_name, outer
    else:
        yield from _tables_of(inner, outer)
    for join in item.args.get("joins") or []:
        yield from _tables_of(join.this, outer)


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
    aliases = {c.table for c in all_of(node, exp.Column)}
    if len(aliases) == 1:
        return aliases if rejects_null(node) else set()
    if isinstance(node, _NULL_REJECTING) and not _is_quantified(node):
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
            if first_of(inner, exp.Query) is not None or _is_quantified(inner):
                return False  # NOT IN a query that has no rows is true of anything
            return isinstance(inner, (exp.In, exp.Between, *_NULL_REJECTING)) and rejects_null(inner)
        case exp.In() | exp.Between():
            return isinstance(node.this, exp.Column)
        case exp.Column():
            return True
    if isinstance(node, _NULL_REJECTING) and not _is_quantified(node):
        return isinstance(node.this, exp.Column) or isinstance(node.expression, exp.Column)
    return False


def _is_quantified(node: exp.Expr) -> bool:
    """Whether a comparison is with ANY or ALL of something, which may be empty: then ALL is true, of NULL too."""
    other = node.args.get("expression")
    return isinstance(other, exp.Any | exp.All) or (isinstance(other, exp.Anonymous) and other.name.lower() in ("any", "some", "all"))
