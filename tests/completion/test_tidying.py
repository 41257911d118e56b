"""Statements put in order: clauses on lines of their own, and never another meaning."""

from __future__ import annotations

import pytest

from cirql.completion.tidying import tidy
from cirql.completion.tokens import TokenKind, tokens


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("select a,b from t where x = 1", ["SELECT a, b", "FROM t", "WHERE x = 1"]),
        ("select * from t a left outer join s using (k)", ["SELECT *", "FROM t a", "LEFT OUTER JOIN s USING (k)"]),
        ("select left(a, 1), extract(year from b) from t", ["SELECT LEFT(a, 1), extract(year FROM b)", "FROM t"]),
        ("select a is distinct from b", ["SELECT a IS DISTINCT FROM b"]),
        (
            "select a from (select b as a from t) s limit 5",
            ["SELECT a", "FROM (", "  SELECT b AS a", "  FROM t", ") s", "LIMIT 5"],
        ),
        ("select a -- why\nfrom t", ["SELECT a -- why", "FROM t"]),
        ("select 1 union all select 2", ["SELECT 1", "UNION ALL", "SELECT 2"]),
    ],
)
def test_clauses_stand_on_lines_of_their_own(text: str, lines: list[str]) -> None:
    assert tidy(text).split("\n") == lines


def test_conditions_that_are_too_long_for_a_line_stand_below_one_another_and_between_keeps_its_and() -> None:
    text = f"select a from t where {'x' * 40} between 1 and 2 and {'y' * 40} = 3 or z"
    assert tidy(text).split("\n")[2:] == [f"WHERE {'x' * 40} BETWEEN 1 AND 2", f"  AND {'y' * 40} = 3", "  OR z"]


@pytest.mark.parametrize(
    "text",
    [
        "select 'a  from  b', e'\\n', \"from\", $1, :name, x->>'y' from t",
        "with a as (select case when x and y then 1 end from t where z in (select 1)), b as (select 2) select * from a, b;",
        "insert into aws.s3_bucket (name) values ('x'), ('y')",
        "select /* one\ntwo */ 1; -- end",
        "select (((",
        "delete from t where a=1 returning *",
        "select a.select, t.from from t",
    ],
)
def test_nothing_but_blanks_and_the_case_of_words_changes_and_a_second_time_nothing(text: str) -> None:
    def said(given: str) -> list[str]:
        return [t.text.rstrip().upper() for t in tokens(given) if t.kind is not TokenKind.BLANK]

    assert said(tidy(text)) == said(text)
    assert tidy(tidy(text)) == tidy(text)


def test_a_text_that_is_not_closed_stays_as_it_is() -> None:
    assert tidy("select  'a from t") == "select  'a from t"
