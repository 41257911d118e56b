"""What is longer than the screen goes through a pager, as the user has one."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from shutil import get_terminal_size

from cirql.cli.table import Screen
from cirql.settings.preferences import pager_command, pager_environment


def page(data: bytes, preferred: str, screen: Screen | None) -> None:
    """Write text to the terminal; through the pager where it does not fit. Raises OSError where the terminal cannot be written."""
    command = None if screen is None or _fits(data, screen) else pager_command(preferred)
    if command is None or not _paged(data, command):
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _fits(data: bytes, screen: Screen) -> bool:
    return data.count(b"\n") < get_terminal_size().lines


def _paged(data: bytes, command: str) -> bool:
    """Show text in the pager, which Ctrl-C is for while it runs; False where it cannot be started."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, env=pager_environment(), start_new_session=False) as process:
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.write(data)
                process.stdin.close()
            process.wait()
        return True
    except (OSError, ValueError):
        return False
    finally:
        signal.signal(signal.SIGINT, before)
