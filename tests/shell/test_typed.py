"""What was typed, divided into statements and commands."""

from __future__ import annotations

import pytest

from cirql.shell.typed import Typed, divided, is_complete


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("SELECT 1;", [Typed("SELECT 1")]),
        ("SELECT 1; SELECT 2", [Typed("SELECT 1"), Typed("SELECT 2")]),
        ("SELECT ';', \"a;b\", $x$;$x$ -- ;\n/* ; */;", [Typed("SELECT ';', \"a;b\", $x$;$x$ -- ;\n/* ; */")]),
        (r"\dt *s3*", [Typed(command="dt *s3*")]),
        (r"SELECT 1 \gx", [Typed("SELECT 1", "gx")]),
        ("SELECT 1\n  \\x", [Typed("SELECT 1", "x", begins_line=True)]),
        ("SELECT 1;\n\\echo it's\nSELECT 2;", [Typed("SELECT 1"), Typed(command="echo it's"), Typed("SELECT 2")]),
        ("SELECT E'\\\\';", [Typed("SELECT E'\\\\'")]),
        ("SELECT 'a\\b';", [Typed("SELECT 'a\\b'")]),
        ("-- nothing\n;;", []),
        ("quit", [Typed(command="q")]),
        ("  Help ; ", [Typed(command="?")]),
        ("", []),
    ],
)
def test_statements_end_with_semicolons_and_commands_with_the_line(text: str, pieces: list[Typed]) -> None:
    assert divided(text) == pieces


@pytest.mark.parametrize("text", ["", "SELECT 1;", "SELECT 1; -- more", r"\dt", r"SELECT 1 \g", "exit", "SELECT 1;\n\\x\n"])
def test_enter_runs_what_is_complete(text: str) -> None:
    assert is_complete(text)


@pytest.mark.parametrize(
    "text", ["SELECT 1", "SELECT 1; SELECT", "SELECT ';", "SELECT $$;", "/* ;", 'SELECT "a;', "SELECT E'\\';", "exit 1", "\\x\nSELECT 1"]
)
def test_enter_begins_another_line_in_what_is_not(text: str) -> None:
    assert not is_complete(text)


def test_dividing_a_text_of_100_000_quotes_and_backslashes_is_no_work() -> None:
    assert len(divided("\\x '\n" * 100_000)) == 100_000
    assert not is_complete("/*" * 100_000)
    assert not is_complete("'" * 99_999)
