"""The text that is edited: several lines, ended by Enter where they are complete; history, completion, colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import has_focus
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.output.color_depth import ColorDepth

from cirql.shell.colours import STYLE, SqlLexer
from cirql.shell.typed import is_complete

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyPressEvent

    from cirql.settings.preferences import Preferences

_NEXT = "-> "
_MENU_ROWS = 8


class Prompt:
    """Asks for the next text. Raises EOFError at the end of the input, KeyboardInterrupt for Ctrl-C."""

    def __init__(self, preferences: Preferences, history: History, completer: Completer, *, colour: bool) -> None:
        self._toolkit: PromptSession[str] = PromptSession(
            multiline=True,
            history=history,
            completer=None if preferences.completion == "off" else completer,
            complete_in_thread=True,
            complete_while_typing=preferences.completion == "typing",
            lexer=SqlLexer() if colour else None,
            style=STYLE if colour else None,
            color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
            include_default_pygments_style=False,
            key_bindings=_bindings(),
            prompt_continuation=lambda width, line, wrapped: ("" if wrapped else _NEXT).rjust(width),
            editing_mode=EditingMode.VI if preferences.keys == "vi" else EditingMode.EMACS,
            enable_open_in_editor=False,
            search_ignore_case=True,
        )

    def ask(self, prompt: str, before: str = "") -> str:
        """What the user types next, beginning with a text that is there already."""
        self._toolkit.reserve_space_for_menu = min(_MENU_ROWS, self._toolkit.output.get_size().rows // 3)
        return legible(self._toolkit.prompt([("class:prompt", prompt)], default=before))

    def use(self, keys: str) -> None:
        """Change the keys to those of an editor."""
        self._toolkit.editing_mode = EditingMode.VI if keys == "vi" else EditingMode.EMACS


def legible(text: str) -> str:
    """The text with what was no UTF-8 replaced: half characters can neither be run nor be kept."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _bindings() -> Any:
    bindings = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)

    @bindings.add("enter", filter=typing)
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None  # What the menu has put there is taken; the next Enter runs it.
        elif is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.newline()

    @bindings.add("tab", filter=typing)
    def complete(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None:
            buffer.complete_next()
        elif not buffer.document.current_line_before_cursor.strip():
            buffer.insert_text("    ")
        else:
            buffer.start_completion(select_first=False, insert_common_part=True)

    return bindings
