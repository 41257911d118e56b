"""The shell as somebody sees it who sits at the terminal."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from tests.shell.conftest import Open, account
from tests.shell.terminal import CTRL_C, CTRL_D, ENTER, ESCAPE, TAB, UP, Terminal


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
    shell.sees("SQLSTATE 42703")
    shell.sees("LINE 1: SELECT nope\n               ^")
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


def test_tab_completes_what_can_stand_there(terminal: Open) -> None:
    shell = terminal("shell", "--local", columns=80, rows=24)
    shell.ready()
    shell.type("SELECT n FROM s3_buck")
    shell.type(TAB)
    shell.sees(lambda text: "dataset" in text)
    shell.type(TAB)
    shell.sees("FROM aws.s3_bucket\n")
    shell.type(ENTER)
    shell.type(" WHERE region = '")
    shell.type(TAB)
    shell.sees("in scope")


def test_the_history_outlives_the_shell_and_a_kill(terminal: Open) -> None:
    shell = terminal()
    shell.ready()
    shell.run("SELECT 'first' AS a;")
    shell.sees("(1 row)")
    shell.ready()
    shell.run("SELECT\n'second' AS b;")
    shell.sees("second")
    shell.ready()
    shell.process.kill(signal.SIGKILL)
    shell.ends()
    kept = shell.home / "config" / "cirql" / "history"
    assert [json.loads(line) for line in kept.read_text().splitlines()] == ["SELECT 'first' AS a;", "SELECT\n'second' AS b;"]
    assert kept.stat().st_mode & 0o077 == 0
    again = terminal()
    again.ready()
    again.type(UP + UP + UP)
    again.sees("'first'")
    again.type(CTRL_C)
    again.ready()
    again.type("\x12sec")
    again.sees("'second'")


def test_vi_keys_are_a_preference(terminal: Open, tmp_path: Path) -> None:
    (tmp_path / "config" / "cirql").mkdir(parents=True)
    (tmp_path / "config" / "cirql" / "shell.toml").write_text('keys = "vi"\n')
    shell = terminal()
    shell.ready()
    shell.type("SELECT 11 AS a;")
    shell.sees("11")
    shell.type(ESCAPE)
    time.sleep(1)
    shell.type("0fAiB ")
    shell.sees("SELECT 11 B AS a")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_it_works_without_colours(terminal: Open, environment: dict[str, str]) -> None:
    shell = terminal(**environment)
    shell.ready()
    shell.run("SELECT 40 + 2 AS n;")
    shell.sees("42")
    assert not re.search(rb"\x1b\[([0-9]+;)*[349][0-7]m", shell.written)


@pytest.mark.parametrize("columns", [80, 40])
def test_nothing_is_wider_than_the_window(terminal: Open, columns: int) -> None:
    shell = terminal("shell", "--local", columns=columns, rows=60)
    shell.ready()
    shell.run("SELECT image_name, image_arn, region, account_id FROM aws.sagemaker_image LIMIT 2;")
    shell.sees("(2 rows)")
    lines = shell.written.decode().split("\r\n")
    assert max(len(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line)) for line in lines if "│" in line and ">" not in line) <= columns


def test_a_window_that_changes_its_size_is_heeded(terminal: Open) -> None:
    shell = terminal(columns=120, rows=40)
    shell.ready()
    shell.resize(50, 20)
    shell.run("SELECT repeat('x', 90) AS a;")
    shell.sees("(1 row)")
    assert "x" * 46 in shell.text
    assert "x" * 47 not in shell.text


def test_the_terminal_is_as_it_was_when_the_shell_ends(terminal: Open) -> None:
    shell = terminal()
    before = None
    shell.ready()
    shell.run("SELECT 1 AS a;")
    shell.sees("(1 row)")
    shell.ready()
    before = termios.tcgetattr(shell.process.child_fd)[3] & termios.ECHO
    assert not before
    shell.process.kill(signal.SIGTERM)
    shell.ends()
    assert termios.tcgetattr(shell.process.child_fd)[3] & termios.ECHO if shell.process.child_fd >= 0 else True
