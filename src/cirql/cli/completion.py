"""Completion of commands and options by the shell: printing what it needs, and putting that where the shell finds it.

The shell runs `cirql` with `_CIRQL_COMPLETE` set for each completion; click answers that.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cirql.cli.report import misuse
from cirql.cli.streams import tell

_SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_CIRQL_COMPLETE"

Command = TypeVar("Command", bound=Callable[..., Any])


def options(command: Command) -> Command:
    """Add `--install-completion` and `--show-completion` to a command."""
    shared: dict[str, Any] = {
        "is_flag": False,
        "flag_value": "",
        "metavar": "[SHELL]",
        "is_eager": True,
        "expose_value": False,
    }
    show = click.option("--show-completion", callback=_show, help="Print the completion of a shell; by default of yours.", **shared)
    install = click.option("--install-completion", callback=_install, help="Install completion for a shell; by default yours.", **shared)
    return install(show(command))


def _show(ctx: click.Context, option: click.Parameter, shell: str | None) -> None:
    if shell is None or ctx.resilient_parsing:
        return
    tell(_script(ctx, _named(shell)))
    ctx.exit()


def _install(ctx: click.Context, option: click.Parameter, shell: str | None) -> None:
    if shell is None or ctx.resilient_parsing:
        return
    name = _named(shell)
    script = _script(ctx, name)
    home = Path.home()
    match name:
        case "bash":
            place = home / ".bash_completions" / "cirql.sh"
            _mention(home / ".bashrc", f"source '{place}'")
        case "zsh":
            place = home / ".zfunc" / "_cirql"
            _mention(home / ".zshrc", f"fpath+='{place.parent}'; autoload -Uz compinit; compinit")
        case _:
            place = home / ".config" / "fish" / "completions" / "cirql.fish"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(script + "\n", "utf-8")
    tell(f"{name} completion installed in {place}; it works in the next terminal")
    ctx.exit()


def _named(shell: str) -> str:
    """The shell of this name, or the user's own where none is named. Ends the command for one that is not known."""
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name not in _SHELLS:
        misuse(f"there is no completion for the shell {name!r}; there is for {', '.join(_SHELLS)}")
    return name


def _script(ctx: click.Context, shell: str) -> str:
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, shell
    return kind(ctx.command, {}, "cirql", _VARIABLE).source()


def _mention(file: Path, line: str) -> None:
    """Make sure that a shell's start file has a line."""
    before = file.read_text("utf-8") if file.is_file() else ""
    if line not in before.splitlines():
        file.write_text(f"{before}{'' if not before or before.endswith(chr(10)) else chr(10)}{line}\n", "utf-8")
