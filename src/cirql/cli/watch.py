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
from cirql.cli.streams import tell
from cirql.errors import Error, SettingsError
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cirql.checks.deliveries import Topic
    from cirql.checks.model import Audit
    from cirql.checks.packs import Pack
    from cirql.checks.run import Checker
    from cirql.checks.transitions import VerdictChange, WatchState

_FORMATS = ("text", "json")
_SHAPES = ("json", "slack")
WEBHOOK, TOPIC = "webhook", "topic"


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Who is told of changes besides the one who reads the output."""

    webhook: str | None
    shape: str
    topic: Topic | None

    @property
    def names(self) -> list[str]:
        """What each is called in the state."""
        return [*([WEBHOOK] if self.webhook is not None else []), *([TOPIC] if self.topic is not None else [])]


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
@click.option("--sns", metavar="ARN", help="Publish each round's changes to this topic too.")
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
    sns: str | None,
    local: bool,
    scope: dict[str, Any],
) -> None:
    """Hold resources against rules again and again, and tell what changed: ok to alarm, alarm to ok, gone.

    What could not be read changes nothing; that a rule cannot be read, and can again, is told once. Changes are told before the state is
    written: one that is killed tells a change twice rather than never. A webhook or a topic that does not take them is asked again in the
    next round. Rules that are edited are read again.
    """
    if output not in _FORMATS:
        misuse(f"no format {output!r}; there are {', '.join(_FORMATS)}")
    if webhook_shape not in _SHAPES:
        misuse(f"no shape {webhook_shape!r}; there are {', '.join(_SHAPES)}")
    if webhook is not None and urlsplit(webhook).scheme not in ("http", "https"):
        misuse("a webhook is an http or https URL")
    import_pyarrow()
    try:
        with prompt_interrupts():
            ways = Deliveries(webhook, webhook_shape, _topic(sns))
            _watch(pack, rules, every, events, once, state, output, ways, local, scope)
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
    ways: Deliveries,
    local: bool,
    scope: dict[str, Any],
) -> None:
    from cirql.checks.deliveries import alone, counted
    from cirql.checks.packs import find_pack
    from cirql.checks.run import checking
    from cirql.checks.transitions import read_state, write_state
    from cirql.local import door
    from cirql.settings import Settings, parse_duration

    everything, pause = find_pack(name), parse_duration(every)
    pack = everything.choose(rules)
    if not 1 <= pause < float("inf"):
        raise SettingsError("--every is at least a second")
    with scoped(scope, local) as given, alone(state):
        settings = Settings.load(**given)
        known = read_state(state, pack.name)
        while True:
            known = known.of(everything.rules)
            with checking(settings, door(settings) if local else None) as checker:
                round_ = _due(checker, pack, known) if events else pack
                report = checker.run(round_)
                sent = checker.requests
                known, changes = known.after(report)
                _tell(report, changes, output)
                known = known.owing(ways.names, changes)
                write_state(known, state)
                for way in _delivered(checker, pack.name, ways, known):
                    known = known.told(way)
                    write_state(known, state)
            of = f"{len(round_.rules)} of {len(pack.rules)} rules, " if events else ""
            say(f"{counted(len(changes), 'change')}, {of}{counted(sent, 'call')}, {report.seconds:.1f} s")
            if once:
                return
            threading.Event().wait(pause)
            try:
                everything = find_pack(name)
                pack = everything.choose(rules)
            except Error as error:  # half of an edit: the next round may read it whole
                say(f"the rules are as they were: {error.message}")


def _topic(arn: str | None) -> Topic | None:
    if arn is None:
        return None
    from cirql.checks.deliveries import Topic

    return Topic.read(arn)


def _tell(report: Audit, changes: list[VerdictChange], output: str) -> None:
    for verdict in report.undecided:
        say(f"undecided: {verdict.rule.id}: {'; '.join(verdict.problems[:2]) or 'single resources'}")
    for change in changes:
        tell(str(change) if output == "text" else json.dumps(change.to_json(), ensure_ascii=False))


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


def _delivered(checker: Checker, pack: str, ways: Deliveries, known: WatchState) -> Iterator[str]:
    """The ways that took what they were to be told; why another did not is said, and it is told again in the next round."""
    from cirql.checks.deliveries import post
    from cirql.checks.transitions import slack

    if ways.webhook is not None and (changes := known.due(WEBHOOK)):
        body = slack(changes) if ways.shape == "slack" else {"changes": [c.to_json() for c in changes]}
        url = ways.webhook
        if _tried(lambda: post(url, body)):
            yield WEBHOOK
    if ways.topic is not None and (owed := known.due(TOPIC)):
        topic = ways.topic
        if _tried(lambda: topic.send(checker.runtime, pack, owed)):
            yield TOPIC


def _tried(send: Callable[[], None]) -> bool:
    try:
        send()
    except Error as error:
        say(f"failed: {error.message}")
        return False
    return True
