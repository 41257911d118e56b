"""Ctrl-C ends the process within a second, whatever it is doing.

Python runs a signal handler between two bytecodes of the main thread, so a main thread that waits inside DuckDB, a DNS lookup or a
thread join never sees one. The C-level handler does write to the wakeup descriptor at once: a thread listens there, gives the main
thread a moment to leave in order, and then ends the process. There are no child processes to leave behind.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

GRACE_SECONDS = 0.4


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end."""


def leave_in_order() -> None:
    """From here on SIGINT ends the command as an exit does, with what it has to clear up, and with no traceback."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _leave)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def prompt_interrupts(forget: Callable[[], None] | None = None) -> Iterator[None]:
    """For the rest of the process, SIGINT and SIGTERM end it soon; `forget` removes what an unfinished command would leave behind.

    In the block the signal is raised as KeyboardInterrupt. However the block ends after that (an engine may turn it into an error of
    its own), the process exits with 128 and the number of the signal.
    """
    received: list[int] = []
    inside = False

    def receive(number: int, frame: FrameType | None) -> NoReturn:
        received.append(number)
        if not inside:
            _leave(number, frame)
        raise Interrupted

    try:
        _listen(receive, forget)
        inside = True
        yield
    finally:
        inside = False
        if received:
            raise SystemExit(128 + received[0])


def _listen(receive: Callable[[int, FrameType | None], NoReturn], forget: Callable[[], None] | None) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, receive)
    threading.Thread(target=_watch, args=(reader, forget), name="interrupt", daemon=True).start()


def _watch(reader: int, forget: Callable[[], None] | None) -> None:
    """Wait for a signal number on the wakeup descriptor, then for the main thread, then for nobody."""
    while (received := os.read(reader, 1)) and received[0] not in (signal.SIGINT, signal.SIGTERM):
        pass
    if not received:
        return
    time.sleep(GRACE_SECONDS)
    if forget is not None:
        forget()
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), b"\x1b[?25h\n")  # A progress bar hides the cursor.
    os._exit(128 + received[0])
