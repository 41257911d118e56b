"""SLEEP: a statement that waits, as scripts of StackQL do between two that need time to settle. Whatever stops a statement ends it."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from cirql.sql.blanks import after_blanks
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from cirql.result import Result
    from cirql.statements.running import Running

_SLEEP = regex(r"SLEEP\s+(\d{1,9})\s*;?\s*", re.IGNORECASE)


def milliseconds(sql: str) -> int | None:
    """How long a SLEEP is to wait; None where the text is something else."""
    match = _SLEEP.fullmatch(sql, after_blanks(sql)) if sql.lstrip()[:1] in "sS-/" else None
    return None if match is None else int(match[1])


def rest(pause: int, running: Running) -> Result:
    """Wait that many milliseconds. Raises what the statement was stopped by."""
    import pyarrow as pa

    from cirql.result import Result

    over = threading.Event()
    forget = running.at_stop(over.set)
    try:
        with running.at_work():
            over.wait(pause / 1000)
    finally:
        forget()
    return Result(pa.table({"status": ["SLEEP"]}).to_reader())
