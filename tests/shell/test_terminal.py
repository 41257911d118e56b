"""The shell as somebody sees it who sits at the terminal."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from tests.shell.conftest import Open, account
from tests.shell.terminal import CTRL_C, CTRL_D, Terminal


def test_a_statement_of_two_lines_is_answered_and_q_ends_the_shell(terminal: Open) -> None:
    shell = terminal("shell", "--local")
    shell.ready()
    shell.run("SELECT count(*) AS n")
    shell.run("FROM aws.sagemaker_image;")
    assert "│ 15 │" in shell.sees("(1 row)")
    shell.ready()
    shell.run("\\q")
    assert shell.ends() == 0


def test_cirql_alone_is_the_shell_on_a_terminal(terminal: Open) -> None:
    shell = terminal()
    shell.ready()
    shell.type(CTRL_D)
    assert shell.ends() == 0


def test_cirql_alone_in_a_pipe_says_what_commands_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cirql"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False
    )
    assert (done.returncode, done.stderr[:12]) == (2, "Usage: cirql")


def test_an_error_shows_its_place_and_the_shell_goes_on(terminal: Open) -> None:
    shell = terminal()
    shell.ready()
    shell.run("SELECT nope;")
    assert "LINE 1: SELECT nope\n               ^" in shell.sees("SQLSTATE 42703")
    shell.ready()
    shell.run("SELECT 41 + 1 AS n;")
    shell.sees("42")


def test_ctrl_c_ends_the_statement_and_not_the_shell(terminal: Open, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="hang", seconds=60, times=1))
    shell = terminal(**account(cloud))
    shell.ready()
    shell.run("SELECT * FROM aws.sagemaker_image;")
    waits_for_a_call(shell, cloud)
    shell.type(CTRL_C)
    shell.sees("the statement was cancelled (SQLSTATE 57014)")
    shell.ready()
    shell.run("SELECT 'still ' || 'here' AS x;")
    shell.sees("still here")


def waits_for_a_call(shell: Terminal, cloud: LocalCloud) -> None:
    until = time.monotonic() + 60
    while cloud.faults.rules:
        assert time.monotonic() < until, shell.text
        shell.read(0.05)


def test_ctrl_c_ends_what_duckdb_computes(terminal: Open) -> None:
    shell = terminal()
    shell.ready()
    shell.run("SELECT count(*) FROM generate_series(1, 100000) AS a(x), generate_series(1, 1000000) AS b(y) WHERE (x * y) % 7 = 3;")
    for _ in range(10):
        shell.read(0.1)
    shell.type(CTRL_C)
    shell.sees("SQLSTATE 57014")
    shell.ready()


def test_ctrl_c_at_the_prompt_drops_what_was_typed(terminal: Open) -> None:
    shell = terminal()
    shell.ready()
    shell.type("SELECT nonsense")
    shell.sees("nonsense")
    shell.type(CTRL_C)
    shell.ready()
    shell.run("SELECT 7 AS seven;")
    shell.sees("seven")
    assert "error" not in shell.text


@pytest.mark.parametrize("paste", ["\x1b[200~{}\x1b[201~", "{}"])
def test_two_hundred_lines_can_be_pasted(terminal: Open, paste: str) -> None:
    shell = terminal(rows=60)
    shell.ready()
    lines = "SELECT 0\n" + "".join(f"+ {n}\n" for n in range(1, 199)) + "AS total;"
    shell.type(paste.format(lines.replace("\n", "\r")))
    shell.run("")
    shell.sees("19701")


def test_bytes_that_are_no_utf_8_end_nothing(terminal: Open) -> None:
    shell = terminal()
    shell.ready()
    shell.type(b"SELECT 'a\xff\xfeb' AS x;\r")
    shell.sees("(1 row)")
    shell.ready()
    shell.run("SELECT 'é' AS y;")
    shell.sees("│ é │")


def test_the_shell_needs_a_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cirql", "shell"]
    done = subprocess.run(command, input="SELECT 1;", capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "needs a terminal" in done.stderr) == (2, True)
