"""`cirql watch`: a pack of rules, again and again, and what changed between."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from cirql.cli.absent import import_pyarrow
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import scoped
from cirql.cli.report import misuse, report_error, say
from cirql.cli.scope import options as scope_options
from cirql.cli.scope import refuse_with_local
from cirql.cli.streams import tell
from cirql.errors import Error, SettingsError, Unreachable

if TYPE_CHECKING:
    from cirql.checks.packs import Pack
    from cirql.checks.run import Checker
    from cirql.checks.transitions import VerdictChange, WatchState

_FORMATS = ("text", "json")
_SHAPES = ("json", "slack")
_PATIENCE = 10.0


@click.command("watch")
@click.argument("pack", metavar="FILE|DIR|builtin:NAME", help="A rule, a directory of rules, or a pack.")
@click.option("--every", metavar="TIME", default="5 minutes", show_default=True, help="How long to wait between two rounds.")
@click.option("--events", is_flag=True, help="Read only what CloudTrail saw change since the last round.")
@click.option("--once", is_flag=True, help="One round, and no more: for cron.")
@click.option("--state", metavar="FILE", required=True, type=click.Path(path_type=Path), help="What was said before; survives restarts.")
@click.option("--rule", "rules", metavar="PATTERN", multiple=True, help="Only rules of this id or service ('s3'); may be repeated.")
@click.option("--output", "-o", metavar="FORMAT", default="text", show_default=True, help=f"One of {', '.join(_FORMATS)}.")
@click.option("--webhook", metavar="URL", help="Send each round's changes there too, by POST.")
@click.option("--webhook-shape", metavar="SHAPE", default="json", show_default=True, help=f"One of {', '.join(_SHAPES)}.")
@click.option("--local", is_flag=True, help="Check the embedded AWS.")
@scope_options
def watch(
    pack: str,
    every: str,
    events: bool,
    once: bool,
    state: Path,
    rules: tuple[str, ...],
    output: str,
    webhook: str | None,
    webhook_shape: str,
    local: bool,
    scope: dict[str, Any],
) -> None:
    """Hold resources against rules again and again, and tell what changed: ok to alarm, alarm to ok, gone.

    What could not be read changes nothing. Changes are told before the state is written: one that is killed tells a change twice rather
    than never, and so does one whose webhook does not answer.
    """
    if output not in _FORMATS:
        misuse(f"no format {output!r}; there are {', '.join(_FORMATS)}")
    if webhook_shape not in _SHAPES:
        misuse(f"no shape {webhook_shape!r}; there are {', '.join(_SHAPES)}")
    if webhook is not None and urlsplit(webhook).scheme not in ("http", "https"):
        misuse("a webhook is an http or https URL")
    if local:
        refuse_with_local(scope)
    import_pyarrow()
    try:
        with prompt_interrupts():
            _watch(pack, rules, every, events, once, state, output, webhook, webhook_shape, local, scope)
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None


def _watch(
    name: str,
    rules: tuple[str, ...],
    every: str,
    events: bool,
    once: bool,
    state: Path,
    output: str,
    webhook: str | None,
    shape: str,
    local: bool,
    scope: dict[str, Any],
) -> None:
    from cirql.checks.packs import find_pack
    from cirql.checks.run import checking
    from cirql.checks.transitions import read_state, write_state
    from cirql.local import door
    from cirql.settings import Settings, parse_duration

    pack, pause = find_pack(name).choose(rules), parse_duration(every)
    if not 1 <= pause < float("inf"):
        raise SettingsError("--every is at least a second")
    with scoped(scope, local) as given:
        settings = Settings.load(**given)
        known = read_state(state, pack.name)
        while True:
            with checking(settings, door(settings) if local else None) as checker:
                round_ = _due(checker, pack, known) if events else pack
                report = checker.run(round_)
                sent = checker.requests
            after, changes = known.after(report)
            for verdict in report.undecided:
                say(f"undecided: {verdict.rule.id}: {'; '.join(verdict.problems[:2]) or 'single resources'}")
            for change in changes:
                tell(str(change) if output == "text" else json.dumps(change.to_json(), ensure_ascii=False))
            if _delivered(webhook, shape, changes):
                write_state(after, state)
                known = after
            of = f"{len(round_.rules)} of {len(pack.rules)} rules, " if events else ""
            say(f"{len(changes)} changes, {of}{sent} calls, {report.seconds:.1f} s")
            if once:
                return
            threading.Event().wait(pause)


def _due(checker: Checker, pack: Pack, known: WatchState) -> Pack:
    """The rules that may say something else than in the last round; all of them where that cannot be told, and why is said."""
    from datetime import UTC, datetime

    from cirql.checks.touched import LATE, due

    if not known.began:
        return pack
    touched = checker.touched(datetime.fromisoformat(known.began) - LATE)
    if touched.problem:
        say(f"every rule is run: what changed is not known: {touched.problem}")
    return due(pack, checker.session, touched, known.read, datetime.now(UTC))


def _delivered(webhook: str | None, shape: str, changes: list[VerdictChange]) -> bool:
    """Whether the webhook, if there is one, took the changes; why not is said, and they are sent again in the next round."""
    if webhook is None or not changes:
        return True
    from cirql.checks.transitions import slack

    body = slack(changes) if shape == "slack" else {"changes": [c.to_json() for c in changes]}
    try:
        _post(webhook, body)
    except Unreachable as error:
        say(f"failed: {error.message}")
        return False
    return True


def _post(url: str, body: dict[str, Any]) -> None:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST")
    try:
        with urlopen(request, timeout=_PATIENCE):
            return
    except HTTPError as error:
        raise Unreachable(f"the webhook answered {error.code}") from None
    except OSError as error:
        raise Unreachable(f"the webhook does not answer: {getattr(error, 'reason', error)}") from None
