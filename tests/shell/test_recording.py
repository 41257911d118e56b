"""The session that docs/shell-session.md shows is one that can be had: what is typed in it is typed again, and gives what stands there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.shell.conftest import Open
from tests.shell.terminal import Terminal

PAGE = Path(__file__).parents[2] / "docs/shell-session.md"
PROMPT = re.compile(r"^local=> (.+)$", re.MULTILINE)


def recorded(shell: Terminal, typed: list[str]) -> str:
    """What is on the screen after all that was typed, a line below the other."""
    seen = []
    for line in typed:
        shell.screen.reset()
        shell.run(line)
        shell.sees(lambda text: re.search(r"^local=> .+\n(.*\n)*local=>$", text) is not None)
        shell.rests()
        seen.append(shell.text.removesuffix("local=>").rstrip())
    return "\n".join(seen)


def test_the_session_in_the_documents_can_be_had(terminal: Open) -> None:
    block = re.search(r"```text\n(.*?)\n```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block is not None
    shell = terminal("shell", "--local", columns=80, rows=100, PAGER="cat")
    shell.ready()
    assert recorded(shell, PROMPT.findall(block[1])) == block[1]
