"""Asking before changes are made: the plan on stderr, the question on a terminal, a refusal where there is nobody to ask."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from cirql.cli.progress import ScanProgress
from cirql.cli.report import say
from cirql.errors import Cancelled

if TYPE_CHECKING:
    from cirql.changes.plan import ChangePlan


def asker(progress: ScanProgress) -> Callable[[ChangePlan], bool]:
    """What shows a plan and asks whether to carry it out; anything but `yes` or `y` is no."""

    def ask(plan: ChangePlan) -> bool:
        from cirql.changes.explain import text_lines

        progress.stop()
        for line in text_lines(plan):
            say(line)
        if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
            raise Cancelled("there is no terminal to ask on; nothing was changed", hint="--yes carries it out without asking")
        sys.stderr.write("Carry this out? [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    return ask
