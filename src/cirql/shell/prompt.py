"""The text that is edited: several lines, ended by Enter where they are complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import has_focus
from prompt_toolkit.key_binding import KeyBindings

from cirql.shell.typed import is_complete

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyPressEvent

_FIRST, _NEXT = "=> ", "-> "


class Prompt:
    """Asks for the next text. Raises EOFError at the end of the input, KeyboardInterrupt for Ctrl-C."""

    def __init__(self, name: str, *, vi: bool = False) -> None:
        self._session: PromptSession[str] = PromptSession(
            multiline=True,
            key_bindings=_bindings(),
            prompt_continuation=lambda width, line, wrapped: " " * (width - len(_NEXT)) + _NEXT,
            editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
        )
        self.name = name

    def ask(self, before: str = "") -> str:
        """What the user types next, beginning with a text that is there already."""
        return legible(self._session.prompt(f"{self.name}{_FIRST}", default=before))


def legible(text: str) -> str:
    """The text with what was no UTF-8 replaced: half characters can neither be run nor be kept."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _bindings() -> Any:
    bindings = KeyBindings()

    @bindings.add("enter", filter=has_focus("DEFAULT_BUFFER"))
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.newline()

    return bindings
