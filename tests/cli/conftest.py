"""Running `cirql` as users do: a process of its own, with or without a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SOURCES = str(Path(__file__).parents[2] / "src")


@dataclass(frozen=True)
class Run:
    """How a process ended, and what it wrote."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def stderr_lines(self) -> list[str]:
        return self.stderr.splitlines()


Cirql = Callable[..., Run]


def environment(**extra: str) -> dict[str, str]:
    """The environment of a child: this one (conftest took the AWS configuration out of it), and the sources."""
    # Without bytecode each start takes three times as long; COLUMNS would hide the width of the terminal.
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "COLUMNS", "LINES")}
    return {**inherited, "PYTHONPATH": SOURCES, **extra}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cirql", *arguments]


@pytest.fixture
def cirql(tmp_path: Path) -> Cirql:
    """Run `cirql` with these arguments in an empty directory, and wait for it."""

    def run(*arguments: str, stdin: str | bytes = b"", env: dict[str, str] | None = None, cwd: Path | None = None) -> Run:
        started = time.monotonic()
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            command(*arguments), input=data, capture_output=True, env=environment(**env or {}), cwd=cwd or tmp_path, timeout=60, check=False
        )
        seconds = time.monotonic() - started
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode(), seconds)

    return run


@pytest.fixture
def cirql_on_terminal(tmp_path: Path) -> Cirql:
    """Run `cirql` with stdout on a terminal of `width` columns; stderr too, apart, where `stderr_terminal` says so."""

    def run(*arguments: str, width: int = 80, env: dict[str, str] | None = None) -> Run:
        started = time.monotonic()
        controller, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        settings: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        with subprocess.Popen(
            command(*arguments), stdout=terminal, env=environment(TERM="xterm", **env or {}), cwd=tmp_path, **settings
        ) as child:
            os.close(terminal)
            written = _read_terminal(controller)
            _, errors = child.communicate(timeout=60)
        os.close(controller)
        return Run(child.returncode, written.decode().replace("\r\n", "\n"), errors.decode(), time.monotonic() - started)

    return run


def _read_terminal(controller: int) -> bytes:
    """Everything written to a terminal until its last holder closed it, which Linux reports as EIO."""
    written = b""
    while True:
        try:
            data = os.read(controller, 65536)
        except OSError:
            return written
        if not data:
            return written
        written += data
