"""No text of a user's makes a scanner look at it more often than its length allows."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator

import pytest

from cirql import names
from cirql.errors import Error
from cirql.server.system import patterns
from cirql.sql import hints, jsonpath, parameters, parse, prepared, time_travel
from cirql.sql.translate import constants, formats, intervals, tokens

LENGTH = 40_000
PATIENCE = 30.0
FRAGMENTS = (
    *(
        "/*",
        "/**/",
        "/*+",
        "'",
        "''",
        '"',
        "$$",
        "$a$",
        "--",
        "--\n",
        " ",
        "\n",
        "AS OF ",
        "AS OF '",
        "AS OF TIMESTAMP ",
        "(",
        "()",
        "( ",
        ") ",
    ),
    *("a,", "E'\\", "\\", "$1a", "%(", "%s", "{", '{"', '",', "a=>", "=>", "a=>b,", '"a"', '"\\', "1 day ", "1", "- ", "P1Y", "1:", "x"),
)
SCANNERS: dict[str, Callable[[str], object]] = {
    "hints": lambda t: hints.max_age_hint(t),
    "AS OF": lambda t: time_travel.written_out("SELECT 1 AS OF '1 day ago' " + t),
    "PREPARE": lambda t: prepared.read("PREPARE a" + t + "x"),
    "PREPARE (": lambda t: prepared.read("PREPARE a (" + t + "x"),
    "EXECUTE": lambda t: prepared.read("EXECUTE a" + t + "x"),
    "EXECUTE (": lambda t: prepared.read("EXECUTE a (" + t + "x"),
    "DEALLOCATE": lambda t: prepared.read("DEALLOCATE a" + t + "x"),
    "EXPLAIN": lambda t: parse.peel_explain("EXPLAIN " + t),
    "parameters": lambda t: parameters.from_percent(t, {}),
    "tokens": lambda t: list(tokens._PIECE.finditer("SELECT $1a, " + t)),
    "hstore": lambda t: list(constants.hstore_pairs(t)),
    "array": lambda t: constants._array_level("{" + t, 0),
    "interval": lambda t: [e.match(t) for e in (intervals._PART, intervals._YEAR_MONTH, intervals._ISO)],
    "format": lambda t: list(formats._TOKEN.finditer(t)),
    "search_path": lambda t: [parse._with_path(head + t + "; x") for head in ("", "SELECT 1", "SET search_path = ")],
    "blanks": lambda t: parse.parse("SELECT 1" + t) if t.isspace() else None,
    "capitals": lambda t: names.snake(t + "A" * LENGTH),
    "LIKE": lambda t: patterns.of_like("%" * 60 + t[:500] + "%!").fullmatch("a" * LENGTH),
    "psql's patterns": lambda t: [patterns.of_psql(f"^({p})$") for p in (r"(\w+)+!", r"(a|a)*!", ".*" * 60 + "!", t)],
    "JSON path": lambda t: jsonpath.evaluate({"a": 1}, "$." + t),
}


def _scan_all(name: str) -> None:
    for fragment in FRAGMENTS:
        try:
            SCANNERS[name]((fragment * LENGTH)[:LENGTH])
        except (Error, ValueError, RecursionError):
            pass  # refused, at once


@pytest.fixture
def context() -> Iterator[multiprocessing.context.SpawnContext]:
    yield multiprocessing.get_context("spawn")


@pytest.mark.parametrize("name", SCANNERS)
def test_a_scanner_ends_whatever_is_repeated(name: str, context: multiprocessing.context.SpawnContext) -> None:
    process = context.Process(target=_scan_all, args=(name,))
    process.start()
    process.join(PATIENCE)
    ended = process.exitcode
    if ended is None:
        process.kill()
        process.join()
    assert ended == 0


def test_a_pattern_in_a_json_path_cannot_go_on_for_ever() -> None:
    assert jsonpath.evaluate("a" * 40 + "!", '$ ? (@ like_regex "^(a+)+$")') == []
    assert jsonpath.evaluate("Abc", '$ ? (@ like_regex "^a" flag "i")') == ["Abc"]
    assert jsonpath.evaluate("a.c", '$ ? (@ like_regex "a.c" flag "q")') == ["a.c"]


@pytest.mark.parametrize("path", ['$ ? (@ like_regex "(a")', '$ ? (@ like_regex "(?=a)")', '$ ? (@ like_regex "a" flag "x")'])
def test_a_pattern_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="like_regex"):
        jsonpath.evaluate("a", path)
