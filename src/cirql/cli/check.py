"""`cirql check`: a pack of rules over the accounts and regions in scope, as a report and an exit code."""

from __future__ import annotations

import sys
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cirql.checks.reports import FORMATS
from cirql.cli.absent import import_pyarrow
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import scoped
from cirql.cli.report import misuse, report_error, say
from cirql.cli.scope import options as scope_options
from cirql.cli.streams import tell, visible
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.checks.model import Audit, Judgement
    from cirql.checks.packs import Pack

FAILED, UNDECIDED = 1, 3
_NEVER = "never"


@click.command("check")
@click.argument("pack", metavar="FILE|DIR|builtin:NAME", required=False, help="A rule, a directory of rules, or a pack: --list names them.")
@click.option("--output", "-o", metavar="FORMAT", default="table", show_default=True, help=f"One of {', '.join(FORMATS)}.")
@click.option("--rule", "rules", metavar="PATTERN", multiple=True, help="Only rules of this id or service ('s3'); may be repeated.")
@click.option("--local", is_flag=True, help="Check the embedded AWS.")
@scope_options
@click.option("--fail-on", metavar="SEVERITY", default="low", show_default=True, help="The least severity that fails; or never.")
@click.option("--baseline", metavar="FILE", type=click.Path(path_type=Path), help="Alarms that are known: only others fail.")
@click.option("--write-baseline", metavar="FILE", type=click.Path(path_type=Path), help="Write the alarms down as known.")
@click.option("--waivers", metavar="FILE", type=click.Path(path_type=Path), help="Alarms that are put up with: why, and until when.")
@click.option("--fix", is_flag=True, help="Show what the rules' remediations would change. Nothing is changed.")
@click.option("--list", "listed", is_flag=True, help="Name the rules, or the packs, and run none.")
def check(
    pack: str | None,
    output: str,
    rules: tuple[str, ...],
    local: bool,
    scope: dict[str, Any],
    fail_on: str,
    baseline: Path | None,
    write_baseline: Path | None,
    waivers: Path | None,
    fix: bool,
    listed: bool,
) -> None:
    """Hold resources against rules: SQL queries that say of each resource whether it is as it should be.

    What could not be read is an error and never passes. Each request is sent once, however many rules want its answer.
    Exit codes: 0 passed, 1 alarms (or it failed), 2 wrong usage, 3 no alarm, but some rules could not be decided.
    """
    if output not in FORMATS:
        misuse(f"no format {output!r}; there are {', '.join(FORMATS)}")
    if pack is None and not listed:
        misuse("name a pack: a file, a directory, or one of those that --list shows")
    import_pyarrow()
    try:
        with prompt_interrupts():
            if listed:
                _list(pack, rules)
                return
            chosen = _chosen(pack or "", rules)
            threshold = None if fail_on == _NEVER else _severity(fail_on)
            report = _run(chosen, scope, local, _Exceptions(baseline, waivers), fix=fix)
            if write_baseline is not None:
                from cirql.checks.exceptions import write_baseline as write

                say(f"{write(report, write_baseline)} alarms are known from now on: --baseline {write_baseline}")
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(FAILED) from None
    _write(report, output)
    raise click.exceptions.Exit(exit_code(report, threshold))


def exit_code(report: Audit, threshold: Any) -> int:
    """0 where nothing is to be done, 1 for alarms of that severity or more, 3 where a rule could not be decided."""
    if threshold is not None and report.alarms_from(threshold):
        return FAILED
    return UNDECIDED if report.undecided else 0


class _Exceptions:
    """What was said before the run about alarms that do not count; read before anything is asked of AWS."""

    def __init__(self, baseline: Path | None, waivers: Path | None) -> None:
        from cirql.checks.exceptions import read_baseline, read_waivers

        self._known = read_baseline(baseline) if baseline is not None else frozenset()
        self._waivers = read_waivers(waivers) if waivers is not None else []

    def applied(self, report: Audit) -> Audit:
        from cirql.checks.exceptions import know, waive

        return waive(know(report, self._known), self._waivers, datetime.now(UTC).date())


def _run(pack: Pack, scope: dict[str, Any], local: bool, exceptions: _Exceptions, *, fix: bool) -> Audit:
    """Run the pack, and say on stderr how far it is and, for `--fix`, what would be changed."""
    from cirql.checks.run import checking
    from cirql.settings import Settings

    with ExitStack() as opened:
        settings = Settings.load(**opened.enter_context(scoped(scope, local)))
        cloud = None
        if local:
            from cirql.local import door

            cloud = door(settings)
        checker = opened.enter_context(checking(settings, cloud))
        report = exceptions.applied(checker.run(pack, _Progress(len(pack.rules)).tell))
        if fix:
            from cirql.checks.remediation import planned

            for line in planned(checker.session, report):
                say(line)
    return report


class _Progress:
    """How many rules are done, on one line of a terminal's stderr."""

    def __init__(self, rules: int) -> None:
        self._rules = rules
        self._done = 0

    def tell(self, verdict: Judgement) -> None:
        self._done += 1
        if sys.stderr is None or not sys.stderr.isatty():
            return
        end = "\r\x1b[K" if self._done == self._rules else ""
        with suppress(BrokenPipeError):
            sys.stderr.write(f"\r\x1b[K{self._done} of {self._rules} rules: {visible(verdict.rule.id)}"[:100] + end)
            sys.stderr.flush()


def _chosen(name: str, rules: tuple[str, ...]) -> Pack:
    from cirql.checks.packs import find_pack

    return find_pack(name).choose(rules)


def _severity(word: str) -> Any:
    from cirql.checks.rule_files import read_severity

    return read_severity(word, "--fail-on")


def _list(name: str | None, rules: tuple[str, ...]) -> None:
    """The packs, or the rules of one."""
    from cirql.checks.packs import builtin_names, find_pack

    if name is None:
        for pack in map(find_pack, builtin_names()):
            tell(f"{pack.name}: {len(pack.rules)} rules")
        return
    for rule in _chosen(name, rules).rules:
        tell(f"{rule.id}: {rule.title} ({rule.severity.word}{', ' if rule.cited else ''}{', '.join(rule.cited)})")


def _write(report: Audit, output: str) -> None:
    """The report on stdout; notes, and the totals of what machines read, on stderr."""
    from cirql.checks.reports import renderer
    from cirql.checks.reports.table import totals

    tell(renderer(output)(report), newline=False)
    for note in report.notes:
        say(f"note: {note}")
    if output != "table":
        for line in totals(report):
            say(line)
