"""The shell on a real terminal: what is typed goes in as keys, and a terminal's screen is what is seen."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pyte

SOURCES = str(Path(__file__).parents[2] / "src")
LONGEST = 60.0  # Seconds until what never comes is given up; the machine may be busy.

ENTER, CTRL_C, CTRL_D, TAB, UP, ESCAPE = "\r", "\x03", "\x04", "\t", "\x1b[A", "\x1b"


class Terminal:
    """`cirql` with arguments, on a terminal of so many columns and rows."""

    def __init__(self, home: Path, *arguments: str, columns: int = 100, rows: int = 40, **environment: str) -> None:
        kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "PAGER", "PYTHONDONTWRITEBYTECODE")}
        self.home = home
        surroundings = {
            **kept,
            "PYTHONPATH": SOURCES,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "TERM": "xterm-256color",
            **environment,
        }
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        command = [sys.executable, "-m", "cirql", *arguments]
        self.process: Any = pexpect.spawn(
            command[0], command[1:], env=surroundings, dimensions=(rows, columns), cwd=str(home), timeout=LONGEST
        )

    def type(self, text: str | bytes) -> None:
        """Press keys."""
        self.process.send(text)

    def run(self, text: str) -> None:
        """Type a line and press Enter."""
        self.type(text + ENTER)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def sees(self, what: str | Callable[[str], bool], seconds: float = LONGEST) -> str:
        """Wait until the screen has a text, or fulfils a condition; gives what is on it."""
        holds = what if callable(what) else lambda text: what in text
        until = time.monotonic() + seconds
        while not holds(self.text):
            assert time.monotonic() <= until, f"never seen: {what!r} in\n{self.text}"
            self.read(0.1)
        return self.text

    def read(self, seconds: float = 0.1) -> None:
        """Take what has been written to the terminal, and answer what it is asked."""
        try:
            data = self.process.read_nonblocking(65536, seconds)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            time.sleep(0.1)
            return
        self.written += data
        self._stream.feed(data)
        if b"\x1b[6n" in data:
            row, column = self.screen.cursor.y + 1, self.screen.cursor.x + 1
            self.process.send(f"\x1b[{row};{column}R")

    def rests(self) -> None:
        """Wait until nothing has been written for half a second."""
        while True:
            before = len(self.written)
            self.read(0.5)
            if len(self.written) == before:
                return

    def ready(self) -> str:
        """Wait for the prompt on the last line."""
        return self.sees(lambda text: text.split("\n")[-1].rstrip().endswith("=>"))

    def resize(self, columns: int, rows: int) -> None:
        """Make the window larger or smaller."""
        self.screen.resize(rows, columns)
        self.process.setwinsize(rows, columns)

    def ends(self) -> int:
        """Wait for the end; gives the exit code."""
        until = time.monotonic() + LONGEST
        while self.process.isalive():
            assert time.monotonic() < until, f"never ends:\n{self.text}"
            self.read()
        self.read()
        self.process.close()
        return int(self.process.exitstatus if self.process.exitstatus is not None else 128 + self.process.signalstatus)

    def close(self) -> None:
        """End it, whatever it does."""
        if not self.process.closed and self.process.isalive():
            self.process.kill(signal.SIGKILL)
            self.process.wait()
        self.process.close()
