"""Copies of a statement's tree: the same statement, and nothing that is done to one is seen in the other."""

import pytest
from sqlglot import exp

from cirql.sql.translate import parse_postgres
from cirql.sql.trees import all_but, all_of, copied

TEXTS = (
    "SELECT 1",
    "WITH a AS (SELECT x, count(*) FROM t GROUP BY 1) SELECT * FROM a JOIN b USING (x) WHERE a.x IN (1, 2) ORDER BY x DESC LIMIT 3",
    "SELECT DISTINCT ON (x) doc -> 'a' ->> 'b', tags['k'], '1 day'::interval FROM t AS t LEFT JOIN LATERAL unnest(l) AS u (v) ON true",
    "SELECT CASE WHEN a IS NULL THEN 'x' ELSE lower(b) END, sum(c) FILTER (WHERE d) OVER (PARTITION BY e ORDER BY f) FROM g /* why */",
    "SELECT a FROM b UNION ALL (VALUES (1), (2)) EXCEPT SELECT c FROM d WHERE EXISTS (SELECT FROM e WHERE e.x = d.x)",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_copy_is_the_same_statement_and_shares_no_node(text: str) -> None:
    tree = parse_postgres(text)[0]
    assert tree is not None
    copy = copied(tree)
    assert (repr(copy), copy.sql("postgres")) == (repr(tree), tree.sql("postgres"))
    assert not {id(n) for n in all_of(copy, exp.Expr)} & {id(n) for n in all_of(tree, exp.Expr)}
    for one, other in zip(all_of(tree, exp.Expr), all_of(copy, exp.Expr), strict=True):
        assert (one.arg_key, one.index, one.comments, one.meta) == (other.arg_key, other.index, other.comments, other.meta)
        assert other is copy or other.parent is not None
        assert one.type == other.type


def test_what_is_done_to_a_copy_is_not_seen_in_the_tree() -> None:
    tree = parse_postgres("SELECT a, b FROM t WHERE a = 1")[0]
    assert tree is not None
    before, copy = tree.sql(), copied(tree)
    for column in all_of(copy, exp.Column):
        column.set("table", exp.to_identifier("t"))
    copy.expressions[0].replace(exp.null())
    copy.expressions[1].this.meta["seen"] = True
    assert tree.sql() == before
    assert not any("seen" in n.meta for n in all_of(tree, exp.Expr))


def test_a_part_of_a_tree_is_copied_without_what_it_stands_in() -> None:
    tree = parse_postgres("SELECT a FROM t WHERE a = 1 AND b = 2")[0]
    assert tree is not None
    copy = copied(tree.args["where"].this)
    assert (copy.sql(), copy.parent) == ("a = 1 AND b = 2", None)


def test_what_is_left_out_is_left_out_with_all_inside() -> None:
    tree = parse_postgres("SELECT a + b, c FROM t")[0]
    assert tree is not None
    names = [n.name for n in all_but(tree, {id(tree.expressions[0])}) if isinstance(n, exp.Column)]
    assert names == ["c"]
