"""`cirql query`: one statement, its rows to stdout in the format asked for, everything else to stderr."""

from __future__ import annotations

import io
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from cirql.cli.absent import import_pyarrow
from cirql.cli.compat import compatible
from cirql.cli.compat import option as compat_option
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.output import PARQUET, Destination, Format, unfinished, write
from cirql.cli.progress import ScanProgress
from cirql.cli.report import misuse, report_error, report_outcome, report_stats, report_timing, say
from cirql.cli.scope import options as scope_options
from cirql.cli.streams import read_input
from cirql.cli.table import screen
from cirql.errors import Error, FileUnreadable
from cirql.result import Result, Stats
from cirql.startup.records import dataclass, replace

if TYPE_CHECKING:
    from cirql.changes.plan import ChangePlan
    from cirql.cloud import Cloud
    from cirql.session import Session

FAILED, INCOMPLETE, PIPE_CLOSED = 1, 3, 141
_ONCE = "give the SQL once: as an argument, with -f FILE, or on standard input"
_FORMATS = ", ".join([*(f.value for f in Format if f is not Format.HTML), "html [FILE]", f"{PARQUET} FILE"])


class QueryCommand(click.Command):
    """Reads what an option parser does not: `-o parquet FILE`, `-o html FILE`, and a statement that starts with a `--` comment."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Join the two words of `-o parquet FILE` and `-o html FILE`, and move a statement that looks like an option behind `--`."""
        taken: list[str] = []
        statements: list[str] = []
        words = iter(args)
        for word in words:
            if word == "--":
                statements.extend(words)
            elif re.match(r"--\s", word):
                statements.append(word)
            elif word == PARQUET and taken and taken[-1] in ("-o", "--output"):
                taken.append(_with_file(next(words, None)))
            elif word in (f"-o{PARQUET}", f"--output={PARQUET}"):
                taken.append(word + _with_file(next(words, None)).removeprefix(PARQUET))
            elif word.lower().endswith((".html", ".htm")) and " ".join(taken[-2:]).endswith(_SAYS_HTML):
                taken[-1] += f":{word}"  # what else may follow is the statement
            else:
                taken.append(word)
        return super().parse_args(ctx, [*taken, "--", *statements] if statements else taken)


_SAYS_HTML = ("-o html", "--output html", "-ohtml", "--output=html")


def _with_file(file: str | None) -> str:
    if not file or file.startswith("-"):
        misuse(f"write -o {PARQUET} FILE")
    return f"{PARQUET}:{file}"


def read_destination(text: str) -> Destination:
    """What `-o` says.

    Ends the command for a format that does not exist, a file that cannot be, or binary data for a terminal.
    """
    name, _, file = text.partition(":")
    if name in (PARQUET, Format.HTML) and file:
        path = Path(file)
        if path.is_dir() or not path.absolute().parent.is_dir():
            misuse(f"cannot write {file}: {'it is' if path.is_dir() else 'its place is not'} a directory")
        return Destination(parquet=path) if name == PARQUET else Destination(Format.HTML, page=path)
    if text not in list(Format):
        misuse(f"no format {text!r}; there are {_FORMATS}")
    if text in (Format.ARROW, Format.HTML) and sys.stdout is not None and sys.stdout.isatty():
        what = "binary" if text == Format.ARROW else "a page for a browser"
        misuse(f"{text} is {what} and stdout is a terminal; write it to a file or a pipe")
    return Destination(Format(text))


def read_statement(sql: str | None, file: Path | None) -> str:
    """The one SQL text, from the argument, the file or standard input, where that is a pipe or `-` says so.

    Ends the command for none, several, or one that cannot be read.
    """
    piped = sql is None and file is None and sys.stdin is not None and not sys.stdin.isatty()
    if (sql is None) == (file is None) and not piped:
        misuse(_ONCE)
    if sql is not None and sql != "-":
        return sql
    text = _read(file)
    if piped and not text.strip():
        misuse(_ONCE)
    return text


def _read(file: Path | None) -> str:
    try:
        data = read_input() if file is None or str(file) == "-" else file.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        misuse(f"cannot read {file or 'standard input'}: {error.strerror or error}")
    except UnicodeDecodeError as error:
        misuse(f"{file or 'standard input'} is not UTF-8 text (byte {error.start})")


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """What one run of `cirql query` was asked to do."""

    sql: str
    destination: Destination
    settings: dict[str, Any]
    local: bool
    timing: bool
    stats: bool
    yes: bool = False
    script: bool = False
    record: Path | None = None
    params: dict[str, str] | None = None


def read_params(given: tuple[str, ...]) -> dict[str, str] | None:
    """The values of `--param name=value`; None where there is none. Ends the command for what is no such pair."""
    pairs = dict(text.partition("=")[::2] for text in given if re.match(r"\w+=", text))
    if len(pairs) != len(given):
        misuse("write --param name=value, each name once")
    return pairs or None


@click.command("query", cls=QueryCommand)
@click.argument("sql", metavar="[SQL | -]", required=False, help="The statement, or - to read it from standard input.")
@click.option("--file", "-f", metavar="FILE", type=click.Path(path_type=Path), help="Read the statement from a file.")
@click.option("--output", "-o", metavar="FORMAT", default=Format.TABLE.value, show_default=True, help=f"One of {_FORMATS}.")
@click.option("--param", "-p", metavar="NAME=VALUE", multiple=True, help="What :NAME stands for in the statement; may be repeated.")
@click.option("--local", is_flag=True, help="Ask the embedded AWS: two accounts and three regions of sample data.")
@scope_options
@click.option("--store", metavar="PLACE", help="The inventory to read through and to keep rows in.")
@click.option("--max-age", metavar="AGE", help="How old rows may be: '15 minutes', live, unlimited (offline).")
@click.option("--dialect", metavar="DIALECT", help="Whose meanings hold where they differ: postgres, ddsql or stackql.")
@compat_option
@click.option("--write", "write_", is_flag=True, help="Let the statement change resources, after showing what it would do.")
@click.option("--yes", is_flag=True, help="With --write: do not ask. Needed where there is no terminal to ask on.")
@click.option("--record", metavar="FILE", type=click.Path(path_type=Path), help="Write every answer of AWS to a file for cirql import.")
@click.option("--strict", is_flag=True, help="Refuse an answer from which a target is missing: exit code 1 and no rows.")
@click.option("--timing", is_flag=True, help="Say on stderr how long it took.")
@click.option("--stats", is_flag=True, help="Write what it cost as JSON on the last line of stderr.")
def query(
    sql: str | None,
    file: Path | None,
    output: str,
    param: tuple[str, ...],
    local: bool,
    scope: dict[str, Any],
    store: str | None,
    max_age: str | None,
    dialect: str | None,
    compat: str | None,
    write_: bool,
    yes: bool,
    record: Path | None,
    strict: bool,
    timing: bool,
    stats: bool,
) -> None:
    """Run one SQL statement and print its rows; from a file or standard input, several, one after the other.

    Exit codes: 0 complete, 1 the statement failed, 2 wrong usage, 3 rows were returned but some targets failed.
    """
    destination = read_destination(output)
    settings = {
        **scope,
        "store": str(store) if store else None,
        "max_age": max_age,
        "writable": True if write_ else None,
        "dialect": dialect,
        **compatible(compat),
        "strict": strict or None,
        "order_patience": "unlimited" if is_read_whole(destination) else None,
    }
    statement = read_statement(sql, file)
    given = {k: v for k, v in settings.items() if v is not None}
    request = QueryRequest(
        statement,
        destination,
        given,
        local,
        timing,
        stats,
        yes,
        script=file is not None or sql in (None, "-"),
        record=record,
        params=read_params(param),
    )
    with prompt_interrupts(_forgetter(destination)):
        code = run(request)
    raise click.exceptions.Exit(code)


def is_read_whole(destination: Destination) -> bool:
    """Whether nobody sees a row before the last one is there: a table, a page, a file."""
    if destination.parquet is not None or destination.format in (Format.TABLE, Format.HTML):
        return True
    try:
        return sys.stdout is not None and stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):  # closed, or none of the system's
        return False


def _forgetter(destination: Destination) -> Any:
    path = destination.file
    return None if path is None else lambda: unfinished(path).unlink(missing_ok=True)


def run(request: QueryRequest) -> int:
    """Run the statement, write its rows, say on stderr what there is to say, and give the exit code."""
    started = time.monotonic()
    import_pyarrow()
    stats: Stats | None = None
    session: Session | None = None
    sql = request.sql
    try:
        with ScanProgress() as progress, _scope(request) as given, _session(request, given, progress) as session:
            code = 0
            for sql in _statements(request):
                progress.watch(session, sql)
                with execute(session, sql, request.params) as result:
                    try:
                        _write(result, request, cast(BinaryIO, _Rows(progress)), session, sql)
                    finally:
                        stats = _sum(stats, result.stats)
                progress.stop()
                if request.destination.format is Format.TABLE and screen() is not None and result.columns and result.row_count:
                    say(f"({result.row_count} row{'s' * (result.row_count != 1)})")
                report_outcome(result.notices, result.failures)
                code = INCOMPLETE if result.failures else code
    except Error as error:
        report_error(error, sql)
        stats = _cost_of(error, stats, session, started)
        code = FAILED
    except BrokenPipeError:
        _discard_stdout()
        code = PIPE_CLOSED
    if request.timing and stats is not None:
        report_timing(stats)
    if request.stats:
        report_stats(stats or Stats())
    return code


def _write(result: Result, request: QueryRequest, out: BinaryIO, session: Session, sql: str) -> None:
    """Write a result in the format that was asked for; a page says where it is from."""
    destination = request.destination
    if destination.format is Format.HTML:
        from cirql.cli.origin import origin

        destination = replace(destination, origin=origin(session, sql))
    write(result, destination, out, screen())


@contextmanager
def _session(request: QueryRequest, given: dict[str, Any], progress: ScanProgress) -> Iterator[Session]:
    """A session, whose cloud is recorded where that is asked for. Raises SettingsError, FileUnreadable."""
    from cirql.session import Session
    from cirql.settings import Settings

    def confirm(plan: ChangePlan) -> bool:
        from cirql.cli.confirm import asker

        return asker(progress)(plan)

    settings = Settings.load(**given)
    with ExitStack() as opened:
        cloud: Cloud | None = None
        if request.local:
            from cirql.local import door

            cloud = door(settings)
        if request.record is not None:
            from cirql.cloud.lazy import Lazy
            from cirql.cloud.recording import Recording
            from cirql.cloud.tape import Tape

            cloud = Recording(cloud or Lazy.of(settings), opened.enter_context(Tape(request.record)))
        yield opened.enter_context(Session(settings, progress=progress, confirm=None if request.yes else confirm, cloud=cloud))


def _statements(request: QueryRequest) -> list[str]:
    """The statements of a script, or the one statement of the command line.

    Ends the command for a script whose results would overwrite each other in one file. Raises ParseError.
    """
    from cirql.sql.parse import split

    if not request.script:
        return [request.sql]
    pieces = split(request.sql)
    if len(pieces) > 1 and (request.destination.parquet is not None or request.destination.format is Format.HTML):
        name = PARQUET if request.destination.parquet is not None else Format.HTML
        misuse(f"-o {name} takes the rows of one statement, and the script has {len(pieces)}")
    return pieces or [request.sql]


def _sum(before: Stats | None, after: Stats) -> Stats:
    """What the statements of a script cost together."""
    if before is None:
        return after
    return Stats(
        calls={k: before.calls.get(k, 0) + after.calls.get(k, 0) for k in (*before.calls, *after.calls)},
        retries=before.retries + after.retries,
        throttles=before.throttles + after.throttles,
        rows=before.rows + after.rows,
        wall_ms=before.wall_ms + after.wall_ms,
        failures=before.failures + after.failures,
    )


def execute(session: Session, sql: str, params: dict[str, str] | None = None) -> Result:
    """Run a statement; of a transaction (`BEGIN; …; COMMIT`), every statement in order, giving the result of the last."""
    if not re.match(r"\s*(BEGIN|START)\b", sql, re.IGNORECASE):
        return session.execute(sql, params)
    from cirql.sql.parse import split

    *before, last = split(sql)
    for piece in before:
        session.execute(piece, params).close()
    return session.execute(last, params)


@contextmanager
def _scope(request: QueryRequest) -> Iterator[dict[str, Any]]:
    """The settings of the session; with `--local`, over a local AWS that runs as long as the block."""
    if not request.local:
        yield request.settings
        return
    from tempfile import TemporaryDirectory

    from cirql.cli.local import local_scope

    # Changes to it end with it: they are none of the user's, and nothing may ever resume them against AWS.
    with local_scope() as scope, TemporaryDirectory(prefix="cirql-") as folder:
        yield {**scope, "journal": f"{folder}/changes.sqlite", **request.settings}


def _cost_of(error: Error, so_far: Stats | None, session: Session | None, started: float) -> Stats:
    """What a failed statement had cost: what its Result says or, where there was none yet, what the session has sent."""
    wall_ms = round((time.monotonic() - started) * 1000)
    failures = (error.failure,) if error.failure else ()
    if session is None:
        return Stats(wall_ms=wall_ms, failures=failures)
    if so_far is not None:
        return replace(so_far, failures=so_far.failures or failures)
    sent = session.cloud.stats
    return Stats(dict(sent.calls), sent.retries, sent.throttles, wall_ms=wall_ms, failures=failures)


class _Rows(io.RawIOBase):
    """Standard output as a stream of bytes; progress ends before rows appear on the same terminal.

    Raises FileUnreadable where the bytes cannot be written, but BrokenPipeError where nobody reads them any more.
    """

    def __init__(self, progress: ScanProgress) -> None:
        super().__init__()
        self._progress = progress

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        """Write all of the data."""
        if sys.stdout is None:
            raise FileUnreadable("cannot write the result: standard output is closed")
        if sys.stdout.isatty():
            self._progress.stop()
        with _writing():
            return sys.stdout.buffer.write(data)

    def flush(self) -> None:
        """Hand everything to the system."""
        if sys.stdout is not None:
            with _writing():
                sys.stdout.buffer.flush()


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard_stdout()
        raise FileUnreadable(f"cannot write the result: {error.strerror or error}") from error


def _discard_stdout() -> None:
    """Send what is still buffered nowhere, or Python would try again, and complain, when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
