"""The `cirql` command, as a script and as `python -m cirql`. Ctrl-C ends it from here on, while the rest is imported too."""

from __future__ import annotations

import gc
import os
import signal

TYPE_CHECKING = False  # `typing` itself is imported later, when Ctrl-C ends that too
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn


# What is imported lives as long as the process: looking for garbage in it is a tenth of a short command's time.
gc.disable()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(128 + number)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # whoever started it may have it ignored
    signal.signal(signal.SIGINT, _leave)


def main() -> NoReturn:
    """Run the command that `sys.argv` names, and exit."""
    from cirql.cli.main import main as command

    command()


if __name__ == "__main__":
    main()
