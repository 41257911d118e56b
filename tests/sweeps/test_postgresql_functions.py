"""Every function of PostgreSQL's catalog that a user may call, called in both engines with generated values."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import duckdb
import psycopg

from tests.sql.translate import differential
from tests.sql.translate.conftest import engine, postgres  # noqa: F401 - fixtures
from tests.sweeps import functions
from tests.sweeps.figures import tell

CALLS_OF_EACH = 4
DIFFERS = {
    "array_to_string": "numeric-array-text",
    "jsonb_array_elements_text": "json-number-text",
    "max": "char-blanks",
    "min": "char-blanks",
    "octet_length": "char-blanks",
    "exp": "numeric-digits",
    "pow": "numeric-digits",
    "variance": "numeric-digits",
    "var_samp": "numeric-digits",
    "var_pop": "numeric-digits",
    "power": "numeric-digits",
}
"""Functions that differ as docs/sql-differences.md says, and by which row."""
KNOWN = {
    "generate_series": "of moments by an interval of mixed signs, or with a zone that is none",
    "generate_subscripts": "of a second dimension",
    "uuid_extract_timestamp": "of version 1: an error, which says that it is not version 7",
    "to_char": "of templates that are no templates, and of an empty one",
}
"""What is still wrong, in words."""


def test_every_function_answers_as_in_postgresql_or_says_that_it_is_not_there(
    postgres: psycopg.Connection[Any],  # noqa: F811
    engine: duckdb.DuckDBPyConnection,  # noqa: F811
) -> None:
    verdicts: dict[str, str] = {}
    wrong: list[str] = []
    calls = 0
    for function in functions.functions(postgres):
        for sql in functions.calls(function, CALLS_OF_EACH):
            expected = differential.ask_postgres(postgres, sql)
            if expected.error and expected.error.startswith(("UndefinedFunction", "QueryCanceled")):  # no such function, or no end of it
                continue
            calls += 1
            found = differential.ask_duckdb(engine, sql)
            verdict = _verdict(expected, found, ordered=sql.endswith("ORDER BY id"))
            verdicts[function.name] = max(verdicts.get(function.name, "right"), verdict, key=_RANK.index)
            if verdict == "wrong" and function.name not in (*DIFFERS, *KNOWN):
                wrong.append(f"{sql}\n   PostgreSQL {expected.error or expected.rows[:2]}\n   cirql {found.error or found.rows[:2]}")
    figures = Counter(verdicts.values())
    excused = sum(1 for name, verdict in verdicts.items() if verdict == "wrong" and name in (*DIFFERS, *KNOWN))
    tell(
        "functions of PostgreSQL",
        {"functions": len(verdicts), "calls": calls, "right": figures["right"], "not for some types, which is said": figures["missing"],
         "wrong and known": excused, "wrong": figures["wrong"] - excused},
    )  # fmt: skip
    assert set(DIFFERS.values()) <= differential.accepted_keys()
    assert not wrong, "\n".join(wrong)


_RANK = ("right", "missing", "wrong")
_NOT_THERE = re.compile(r"UnknownFunction|NotSupported|ParseError|InvalidInputException.* not supported|BinderException")


def _verdict(expected: differential.Answer, found: differential.Answer, *, ordered: bool) -> str:
    if differential.difference(expected, found, ordered=ordered) is None:
        return "right"
    return "missing" if found.error is not None and _NOT_THERE.match(found.error) else "wrong"
