"""The terminal is left as it was found, however the shell ends."""

from __future__ import annotations

import os
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

_PLAIN = "\x1b[?2004l\x1b[?25h\x1b[0m"
"""No brackets around what is pasted, a cursor, no colours."""


@contextmanager
def kept_terminal() -> Iterator[None]:
    """Put the terminal's modes back when the block ends, also where the process is told to (SIGTERM, or the line is cut)."""
    descriptor = sys.stdin.fileno()
    found = termios.tcgetattr(descriptor)

    def restore() -> None:
        with suppress(OSError, termios.error):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, found)

    def end(number: int, frame: FrameType | None) -> NoReturn:
        restore()
        with suppress(OSError):
            if os.environ.get("TERM") != "dumb":
                os.write(sys.stdout.fileno(), _PLAIN.encode())
        os._exit(128 + number)

    before = [(number, signal.signal(number, end)) for number in (signal.SIGTERM, signal.SIGHUP)]
    try:
        yield
    finally:
        restore()
        for number, handler in before:
            signal.signal(number, handler)
