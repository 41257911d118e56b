"""Completion as prompt_toolkit asks for it: statements from the engine's own completion, commands from their list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from prompt_toolkit.completion import Completer, Completion

from cirql.completion.candidates import Candidate, CandidateKind, completion
from cirql.errors import Error

if TYPE_CHECKING:
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from cirql.session import Session

_LONGEST_META = 60
Complete = Callable[[str], Iterable[tuple[str, int, str]]]
"""What completes a line that begins with a command: texts, how far back from its end each begins, and a word on each."""


class ShellCompleter(Completer):
    """Completes statements over the session that is open now, and commands."""

    def __init__(self, session: Callable[[], Session], commands: Complete) -> None:
        self._session = session
        self._commands = commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What may come next. An error is nothing to tell somebody who is still typing."""
        line = document.current_line_before_cursor
        if "\\" in line and not line[: line.rindex("\\")].count("'") % 2:
            for text, back, meaning in self._commands(line[line.rindex("\\") :]):
                yield Completion(text, -back, display_meta=meaning)
            return
        try:
            found = completion(document.text, document.cursor_position, self._session())
        except Error:
            return
        for candidate in found:
            if complete_event.completion_requested or _is_worth_while(candidate, document.cursor_position):
                yield Completion(candidate.text, candidate.start - document.cursor_position, display_meta=_meta(candidate))


def _is_worth_while(candidate: Candidate, position: int) -> bool:
    """Whether to show it to somebody who did not ask: not before a word has been begun, nor where it is complete."""
    return position > candidate.start or candidate.kind in (CandidateKind.MEMBER, CandidateKind.VALUE)


def _meta(candidate: Candidate) -> str:
    signature = candidate.kind is CandidateKind.FUNCTION
    words = candidate.detail if signature else " · ".join(filter(None, (candidate.detail or candidate.kind.value, candidate.meaning)))
    return words if len(words) <= _LONGEST_META else f"{words[: _LONGEST_META - 1]}…"
