"""The bench that statements and commands work at: the session, what its user prefers, and where answers go."""

from __future__ import annotations

import io
import sys
import textwrap
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from cirql.cli.live_line import LiveLine
from cirql.cli.output import Destination, Format, write
from cirql.cli.query import execute
from cirql.cli.report import report_error, report_outcome, report_timing, say
from cirql.cli.table import Layout, Look, screen
from cirql.errors import Error
from cirql.result import Result
from cirql.settings.preferences import Preferences
from cirql.shell.foreground import Foreground
from cirql.shell.opening import Opening, OpenSession
from cirql.shell.pager import page
from cirql.shell.variables import ShellVariables
from cirql.startup.records import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cirql.changes.model import Change
    from cirql.changes.plan import ChangePlan
    from cirql.result import ProgressEvent
    from cirql.session import Session

_SHOWN_FAILURES = 10


class Bench:
    """What a shell works with. `settle` is told which changes the last statement made."""

    def __init__(self, opening: Opening, settle: Callable[[Sequence[Change]], None]) -> None:
        """Open the session. Raises SettingsError."""
        self.preferences = Preferences.load()
        self.variables = ShellVariables()
        self.output: BinaryIO | None = None
        self.last_sql = ""
        self.last_error: Error | None = None
        self._settle = settle
        self._line: LiveLine | None = None
        self._foreground = Foreground(self._ask)
        self.opened = OpenSession(opening, self._tell, self._foreground.confirm)

    @property
    def session(self) -> Session:
        """The session that is open now."""
        return self.opened.session

    @property
    def prompt(self) -> str:
        """What stands before a new statement: where it asks, and whether a transaction is open."""
        opening = self.opened.opening
        profiles = opening.settings.get("profiles", ())
        where = "local" if opening.local else profiles[0] if len(profiles) == 1 else "cirql"
        return f"{where}{'*' if self.session.in_transaction else ''}{'#' if self.session.settings.writable else '='}> "

    def connect(self, opening: Opening) -> None:
        """Open another session in place of this one, which stays where that cannot be. Raises SettingsError."""
        opened = OpenSession(opening, self._tell, self._foreground.confirm)
        self.opened.close()
        self.opened = opened

    def prefer(self, **changes: Any) -> None:
        """Change preferences for this session. Raises SettingsError."""
        self.preferences = replace(self.preferences, **changes)

    def close(self) -> None:
        """End the session, and what output goes to."""
        self.redirect(None)
        self.opened.close()

    def redirect(self, output: BinaryIO | None) -> None:
        """Send the results that follow to a file, or back to the terminal."""
        if self.output is not None:
            self.output.close()
        self.output = output

    # Running.

    def query(self, sql: str) -> Result:
        """The answer to a statement, with all its rows at hand. Ctrl-C ends it. Raises its errors."""
        session = self.session
        try:
            with LiveLine(session, sql) as self._line:
                return self._foreground.run(lambda: _read(session, sql), session.cancel)
        finally:
            self._line = None
            plan = self._foreground.plan
            self._settle(() if plan is None else plan.changes)

    def work(self, work: Callable[[], Any], cancel: Callable[[], object] = lambda: None) -> Any:
        """Do something that asks AWS, in the foreground."""
        return self._foreground.run(work, cancel)

    def answer(self, typed: str, *, expanded: str | None = None, output: BinaryIO | None = None) -> bool:
        """Run what was typed and show its answer; whether it went well."""
        with self.reporting(sql := self.variables.fill(typed)) as went:
            self.last_sql = sql
            result = self.query(sql)
            self.show(result, expanded=expanded, output=output, says_what_was_done=not _asks(sql))
            if self.preferences.timing:
                report_timing(result.stats)
        return went[0]

    @contextmanager
    def reporting(self, sql: str = "") -> Iterator[list[bool]]:
        """A block whose errors are told and kept; gives a list of whether it went well."""
        went = [False]
        try:
            yield went
            went[0] = True
        except Error as error:
            self.last_error = error
            report_error(error, sql)
        except KeyboardInterrupt:
            say("")
        except OSError as error:
            say(f"error: {error.strerror or error}")

    # Showing.

    def show(
        self,
        result: Result,
        *,
        expanded: str | None = None,
        output: BinaryIO | None = None,
        counted: bool = True,
        says_what_was_done: bool = False,
    ) -> None:
        """Write a result where results go, then what its reader must know. Raises OSError.

        `says_what_was_done`: where it is one status, that is no row.
        """
        chosen = Format(self.preferences.format)
        look = Look(Layout(expanded or self.preferences.expanded), self.preferences.null)
        into = output or self.output
        is_word = says_what_was_done and [c.name for c in result.columns] == ["status"] and result.row_count == 1
        if is_word:
            self.print([str(result.fetchall()[0][0])])
        elif into is not None:
            write(result, Destination(chosen), into, None, look)
        else:
            shown, made = screen(), io.BytesIO()
            write(result, Destination(chosen), made, shown, look)
            page(made.getvalue(), self.preferences.pager, shown)
        if result.columns and counted and chosen is Format.TABLE and not is_word:
            count = f"({result.row_count} row{'s' * (result.row_count != 1)})"
            say(count) if into is None else into.write(f"{count}\n".encode())
        self.tell_outcome(result)

    def tell_outcome(self, result: Result) -> None:
        """Say what the reader of the rows must know: notices, and which places gave none."""
        failures = result.failures
        report_outcome(result.notices, failures[:_SHOWN_FAILURES])
        if len(failures) > _SHOWN_FAILURES:
            say(f"failed: {len(failures) - _SHOWN_FAILURES} more; \\scans has them all")

    def show_rows(self, columns: Sequence[str], rows: Iterable[Sequence[str | None]], *, expanded: str = "auto") -> None:
        """Write rows that a command has made."""
        import pyarrow as pa

        every = list(rows)
        arrays = [pa.array([row[n] for row in every], pa.string()) for n in range(len(columns))]
        batch = pa.RecordBatch.from_arrays(arrays, names=list(columns))
        self.show(Result(pa.RecordBatchReader.from_batches(batch.schema, [batch])), expanded=expanded)

    def print(self, lines: Iterable[str], *, hanging: int | None = None) -> None:
        """Write lines of text, through the pager where they are many.

        `hanging`: lines that are wider than the screen are broken between words, and go on so far to the right.
        """
        from cirql.cli.streams import visible

        shown = screen()
        if hanging is not None and shown is not None and self.output is None:
            lines = [piece for line in lines for piece in _folded(line, shown.width, hanging)]
        data = "".join(visible(line) + "\n" for line in lines).encode("utf-8", "backslashreplace")
        if self.output is not None:
            self.output.write(data)
        else:
            page(data, self.preferences.pager, shown)

    def _tell(self, event: ProgressEvent) -> None:
        if (line := self._line) is not None:
            line.tell(event)

    def _ask(self, plan: ChangePlan) -> bool:
        from cirql.changes.explain import text_lines

        if self._line is not None:
            self._line.stop()
        for text in text_lines(plan):
            say(text)
        sys.stderr.write("Carry this out? [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def _folded(line: str, width: int, hanging: int) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent=" " * min(hanging, width // 2), break_on_hyphens=False) or [""]


def _asks(sql: str) -> bool:
    """Whether a statement is a question, and its rows are rows."""
    from cirql.completion.tokens import tokens

    first = next((t.text.upper() for t in tokens(sql) if not t.is_blank), "")
    return first in ("SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "EXPLAIN", "(")


def _read(session: Session, sql: str) -> Result:
    """The answer, with all its rows at hand: what comes after is only looking."""
    result = execute(session, sql)
    result.to_arrow()
    return result
