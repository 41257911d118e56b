"""A statement without an end, in a process of its own: Ctrl-C ends it, and so does `statement_timeout`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import cirql

ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT i FROM n",
    "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b WHERE a + b = 0",
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    known = {"PYTHONPATH": str(Path(cirql.__file__).parents[1]), "AWS_REGION": "us-east-1", "HOME": str(tmp_path)}
    return {**{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CIRQL_"))}, **known}


def seconds_used(pid: int) -> float:
    """The processor time of a process so far."""
    fields = re.sub(r"^.*\) ", "", Path(f"/proc/{pid}/stat").read_text()).split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("statement", ENDLESS)
def test_ctrl_c_ends_it(statement: str, environment: dict[str, str]) -> None:
    words = [sys.executable, "-m", "cirql", "query", statement]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as child:
        while child.poll() is None and seconds_used(child.pid) < 5:  # it has begun: the command itself takes less than one
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("statement", ENDLESS)
def test_a_limit_on_its_time_ends_it(statement: str, environment: dict[str, str]) -> None:
    words = [sys.executable, "-m", "cirql", "query", "-", "-o", "csv"]
    script = f"SET statement_timeout = '1s'; {statement}".encode()
    done = subprocess.run(words, input=script, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == 1
    assert b"the statement took longer than 1 s (SQLSTATE 57014)" in done.stderr
