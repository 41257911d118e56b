"""The types of parameters are those that PostgreSQL's own PREPARE finds, and a text full of them is read as PostgreSQL reads it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from cirql.sql.inference import Inference
from cirql.sql.parse import parse, split
from cirql.sql.translate import translate
from cirql.types import ColumnType

COLUMNS = {
    "s": ("text", ColumnType.VARCHAR),
    "n": ("bigint", ColumnType.BIGINT),
    "d": ("double precision", ColumnType.DOUBLE),
    "b": ("boolean", ColumnType.BOOLEAN),
    "t": ("timestamp", ColumnType.TIMESTAMP),
    "j": ("jsonb", ColumnType.JSON),
    "a": ("text[]", ColumnType("VARCHAR[]")),
}
STATEMENTS = (
    "SELECT $1",
    "SELECT $1::int, $2::timestamptz, CAST($3 AS text[])",
    "SELECT $1::int + $2",
    "SELECT $1 + $2::float8, 1 - $3, 2.5 * $4",
    "SELECT 1 FROM p WHERE s = $1 AND n < $2 AND d >= $3 AND b = $4 AND t <> $5",
    "SELECT 1 FROM p WHERE $1 = s AND $2 < n",
    "SELECT 1 FROM p WHERE n IN ($1,$2,$3) AND s NOT IN ($4,$5)",
    "SELECT 1 FROM p WHERE n BETWEEN $1 AND $2 AND t NOT BETWEEN $3 AND $4",
    "SELECT 1 FROM p WHERE s LIKE $1 OR s ILIKE $2 OR s ~ $3",
    "SELECT 1 FROM p WHERE s = ANY($1) OR n = ANY($2) OR n <> ALL($3)",
    "SELECT 1 FROM p WHERE $1 = ANY(a)",
    "SELECT 1 FROM p WHERE s IS DISTINCT FROM $1 AND n IS NOT DISTINCT FROM $2",
    "SELECT 1 FROM p WHERE $1 AND NOT $2 OR $3",
    "SELECT 1 FROM p LIMIT $1 OFFSET $2",
    "SELECT coalesce(s, $1), coalesce(n, $2), nullif(n, $3), greatest(t, $4) FROM p",
    "SELECT CASE WHEN $1 THEN 1 ELSE $2 END, CASE n WHEN $3 THEN $4 ELSE 'x' END FROM p",
    "SELECT upper($1), length($2), replace($3, $4, $5), left($6, $7), split_part($8, $9, $10)",
    "SELECT substr($1, $2, $3), lpad($4, $5), strpos($6, $7), starts_with($8, $9)",
    "SELECT $1 || 'a', 'a' || $2, s || $3 FROM p",
    "SELECT j->>'a' = $1, (j->>'a')::int = $2, j @> $3, j ? $4 FROM p",
    "SELECT t + $1::interval, date_trunc($2, t), now() - $3 FROM p",
    "SELECT 1 FROM p WHERE (s, n) = ($1, $2)",
    "SELECT 1 FROM p WHERE n = $1 AND n + 1 = $1",
    "SELECT 1 FROM p WHERE EXISTS (SELECT 1 FROM p q WHERE q.s = p.s AND q.n > $1)",
    "WITH c AS (SELECT * FROM p WHERE n > $1) SELECT * FROM c WHERE s = $2 ORDER BY 1 LIMIT $3",
    "SELECT $1 UNION SELECT s FROM p",
    "SELECT n FROM p UNION ALL SELECT $1",
    "VALUES ($1, 1), ('a', $2)",
    "SELECT * FROM generate_series(1, $1) g",
    "SELECT count(*) FILTER (WHERE n > $1), sum(n + $2) FROM p HAVING count(*) > $3",
    "SELECT array_position(a, $1), a || $2::text, a @> $3 FROM p",
    "SELECT abs(n - $1), round(d), mod(n, $2) FROM p",
    "SELECT 1 FROM p WHERE t > $1 AND t < now() - $2::interval",
    "SELECT 1 FROM p WHERE n=$1 AND s=$2 AND n>$3",
    "SELECT 1 FROM p JOIN (VALUES ($1::bigint)) v(x) ON v.x = p.n AND p.s = $2",
)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_parameters_have_the_types_that_postgresql_gives_them(sql: str, postgres: psycopg.Connection[Any]) -> None:
    inference = Inference(parse(sql), None)
    translate(inference.statement.tree, {"p": {name: kind for name, (_, kind) in COLUMNS.items()}})
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
    with postgres.transaction(force_rollback=True):
        postgres.execute(f"CREATE TEMP TABLE p ({columns})")
        postgres.execute(f"PREPARE asked AS {sql}".encode())
        found = postgres.execute("SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'asked'").fetchone()
        postgres.execute("DEALLOCATE asked")
    assert found is not None
    assert list(inference.types.values()) == [kind.strip('"') for kind in found[0]]


def test_types_that_are_given_are_taken_and_others_follow_from_them() -> None:
    inference = Inference(parse("SELECT $1 + $2, $3"), ["int8", None, "timestamptz"])
    translate(inference.statement.tree, {})
    assert inference.types == {"1": "bigint", "2": "bigint", "3": "timestamp with time zone"}


@pytest.mark.parametrize(
    ("sql", "texts"),
    [
        ("SELECT ($1,$2),($1,$3)", 0),
        ("SELECT $1||$2||$3", 0),
        ("SELECT '$1,$2', \"$1,$\", $1,$2 -- $1,$2", 1),
        ("SELECT $1,$2 /* $1,$2 /* $3,$4 */ $5,$6 */, E'a\\'$1,$2'", 1),
        ("SELECT $a$ $1,$2 $a$, $1,$$ $1,$2 $$", 2),
    ],
)
def test_parameters_beside_each_other_open_no_text(sql: str, texts: int) -> None:
    from sqlglot import exp

    tree = parse(sql).tree
    assert sum(n.is_string for n in tree.find_all(exp.Literal)) + len(list(tree.find_all(exp.RawString, exp.ByteString))) == texts
    assert {n.name for n in tree.find_all(exp.Parameter)} <= {"1", "2", "3"}
    assert tree.find(exp.Parameter) is not None


def test_a_script_is_split_beside_parameters() -> None:
    assert split("SELECT $1,$2; SELECT $1;$2") == ["SELECT $1,$2", " SELECT $1", "$2"]
