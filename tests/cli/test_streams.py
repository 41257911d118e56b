"""Streams that are closed, full or a terminal; Ctrl-C while the command is still being imported."""

from __future__ import annotations

import ast
import os
import pty
import shlex
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import cirql
from cirql.cli.streams import visible

PACKAGE = Path(cirql.__file__).parent
COMMAND = f"{shlex.quote(sys.executable)} -m cirql"
HOSTILE = "SELECT E'a\\x1b[31mred\\x1b]0;t\\x07' || chr(155) || 'c' || chr(8238) || chr(13) || 'd' AS \"n\x1b[2J\""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    known = {"PYTHONPATH": str(PACKAGE.parent), "AWS_REGION": "us-east-1", "HOME": str(tmp_path), "CIRQL_JOURNAL": str(tmp_path / "j")}
    return {**{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CIRQL_"))}, **known}


def shell(line: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    words = ["bash", "-c", line.replace("cirql", COMMAND, 1)]
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("cirql query 'SELECT 1 AS a' -o csv 2>&-", 0, ""),
        ("cirql query 'SELECT 1 AS a' -o csv <&-", 0, ""),
        ("cirql query 'SELEC 1' 2>&-", 1, ""),
        ("cirql query 'SELEC 1' 2>/dev/full", 1, ""),
        ("cirql query 'SELECT 1' >/dev/full", 1, "error: cannot write the result: No space left on device (SQLSTATE 58030)"),
        ("cirql query 'SELECT 1' >&-", 1, "error: cannot write the result: standard output is closed (SQLSTATE 58030)"),
        ("cirql query - <&-", 2, "error: cannot read standard input: it is closed"),
        ("cirql query --write --yes - <&-", 2, "error: cannot read standard input: it is closed"),
        ("cirql --help >/dev/full", 1, "error: cannot write to standard output: No space left on device (SQLSTATE 58030)"),
        ("cirql --version >/dev/full", 1, "error: cannot write to standard output: No space left on device (SQLSTATE 58030)"),
        ("cirql search bucket >/dev/full", 1, "error: cannot write to standard output: No space left on device (SQLSTATE 58030)"),
        ("cirql changes list >/dev/full", 0, ""),
        ("cirql search bucket >&-", 1, "error: cannot write to standard output: it is closed (SQLSTATE 58030)"),
        ("cirql search bucket 2>&- >&-", 1, ""),
        ("ulimit -n 24; cirql query --local 'SELECT 1'", 1, "error: this process may open 24 files and connections, and a local AWS"),
        ("ulimit -n 24; cirql local up --port 0", 1, "error: this process may open 24 files and connections, and a local AWS"),
        ("ulimit -n 64; cirql query --local 'SELECT count(*) FROM aws.s3_bucket' -o csv", 0, ""),
    ],
)
def test_whatever_the_streams_are_the_exit_code_is_right_and_nothing_is_a_defect(
    line: str, code: int, says: str, environment: dict[str, str]
) -> None:
    done = shell(line, environment)
    assert done.returncode == code, done
    assert done.stderr.startswith(says) if says else done.stderr == ""
    if "csv" in line:
        assert len(done.stdout.splitlines()) == 2


def test_with_a_closed_stderr_no_file_takes_its_place(environment: dict[str, str], tmp_path: Path) -> None:
    """What is opened next gets the lowest free descriptor: messages went into the journal."""
    shell(f"cirql changes list --store {tmp_path} <&- 2>&-", environment)
    shell("cirql changes resume <&- 2>&- >&-", environment)
    journal = tmp_path / "j"
    assert journal.read_bytes()[:16] == b"SQLite format 3\0"
    assert b"nothing is open" not in journal.read_bytes()


@pytest.mark.parametrize("output", ["csv", "markdown", "json", "jsonl", "table"])
def test_no_format_passes_orders_to_a_terminal(output: str, environment: dict[str, str]) -> None:
    controller, terminal = pty.openpty()
    words = [sys.executable, "-m", "cirql", "query", HOSTILE, "-o", output]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.DEVNULL, env=environment) as child:
        os.close(terminal)
        shown = b""
        while True:
            try:
                shown += os.read(controller, 4096)
            except OSError:  # the other side is closed
                break
        assert child.wait() == 0
    os.close(controller)
    text = shown.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\r\n", "\n").replace("\r\n", "\n")
    assert "red" in text
    assert visible(text) == text


def test_csv_that_goes_to_a_program_is_what_the_data_are(environment: dict[str, str]) -> None:
    words = [sys.executable, "-m", "cirql", "query", HOSTILE, "-o", "csv"]
    done = subprocess.run(words, capture_output=True, env=environment, check=True)
    assert b"\x1b[31mred" in done.stdout


def test_every_command_prints_through_what_keeps_terminals_safe() -> None:
    for path in sorted((PACKAGE / "cli").glob("*.py")):
        calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
        written = [ast.unparse(c.func) for c in calls]
        own = {"streams.py": "click.echo", "report.py": "sys.stderr.write", "confirm.py": "sys.stderr.write"}
        own["check.py"] = own["live_line.py"] = "sys.stderr.write"
        if path.name not in ("reference.py", "demo.py"):
            assert not {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"} & set(written) - {
                own.get(path.name)
            }, path.name


EARLY = """
import os, runpy, signal, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Watch())
runpy.run_module("cirql", run_name="__main__", alter_sys=False)
"""


@pytest.mark.parametrize("module", ["cirql.cli.main", "click", "cirql.errors", "cirql.cli.report", "cirql.cli.search"])
def test_ctrl_c_while_the_command_is_imported_ends_it_without_a_word(module: str, environment: dict[str, str]) -> None:
    code = EARLY.replace('runpy.run_module("cirql"', 'sys.argv[2:] and sys.argv.pop(1)\nrunpy.run_module("cirql"', 1)
    words = [sys.executable, "-c", code.replace("sys.argv[1]:", f"{module!r}:"), "", "search", "bucket"]
    heeded = partial(signal.signal, signal.SIGINT, signal.default_int_handler)  # a job in the background would ignore it
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False, preexec_fn=heeded)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_interrupt_that_the_caller_ignores_stays_ignored(environment: dict[str, str]) -> None:
    words = [sys.executable, "-m", "cirql", "--version"]
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
    ) as child:
        child.send_signal(signal.SIGINT)
        assert child.communicate()[0].startswith(b"cirql") and child.returncode == 0


@pytest.mark.parametrize(
    "moment",
    [
        "with prompt_interrupts(): pass\nos.kill(os.getpid(), signal.SIGINT)",
        "with prompt_interrupts(): os.kill(os.getpid(), signal.SIGINT)",
    ],
)
def test_ctrl_c_beside_the_work_of_a_command_ends_it_as_within(moment: str, environment: dict[str, str]) -> None:
    code = f"import os, signal, click\nfrom cirql.cli.interrupt import prompt_interrupts\n@click.command()\ndef run():\n{moment}\nrun()"
    code = code.replace(moment, "\n".join(f"    {line}" for line in moment.splitlines()))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
