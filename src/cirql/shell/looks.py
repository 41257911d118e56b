r"""The commands about looks and variables: `\x`, `\timing`, `\pset`, `\set`, `\unset`, `\echo`, `\history`."""

from __future__ import annotations

from cirql.errors import SettingsError
from cirql.settings.preferences import CHOICES, Preferences
from cirql.shell.command_table import Command, ShellCommand
from cirql.startup.records import fields

_SWITCHES = {"on": True, "off": False, "true": True, "false": False, "1": True, "0": False}


def expanded(call: Command) -> None:
    """Rows below the other, or as a table."""
    now = call.bench.preferences.expanded
    _prefer(call, "expanded", call.word or ("off" if now == "on" else "on"))


def timing(call: Command) -> None:
    """Say how long statements take."""
    _prefer(call, "timing", call.word or str(not call.bench.preferences.timing).lower())


def prefer(call: Command) -> None:
    """Change how results look; without a name, say how they do."""
    words = call.words
    if not words:
        call.bench.show_rows(("option", "value"), ([f.name, _shown(getattr(call.bench.preferences, f.name))] for f in fields(Preferences)))
        return
    name = {"x": "expanded", "color": "colour"}.get(words[0], words[0])
    if name not in {f.name for f in fields(Preferences)}:
        raise SettingsError(f"there is no option {name}", hint=", ".join(f.name for f in fields(Preferences)))
    if len(words) == 1 and name in CHOICES:
        choices = list(CHOICES[name])
        _prefer(call, name, str(choices[(choices.index(getattr(call.bench.preferences, name)) + 1) % len(choices)]).lower())
    else:
        _prefer(call, name, words[1] if len(words) > 1 else "")


def _prefer(call: Command, name: str, text: str) -> None:
    kind = type(getattr(Preferences(), name))
    if kind is bool and text.lower() not in _SWITCHES:
        raise SettingsError(f"{name} cannot be {text!r}", hint="on or off")
    if kind is int and not text.isdigit():
        raise SettingsError(f"{name} cannot be {text!r}", hint="a number")
    value = _SWITCHES[text.lower()] if kind is bool else int(text) if kind is int else text
    call.bench.prefer(**{name: value})
    call.bench.print([f"{name} is {_shown(value)}"])


def _shown(value: object) -> str:
    return ("off", "on")[value] if isinstance(value, bool) else str(value)


def set_variable(call: Command) -> None:
    """Give a variable a text; without a name, list them."""
    name, *texts = call.words or [""]
    if name:
        call.bench.variables.set(name, "".join(texts))
        return
    call.bench.show_rows(("variable", "value"), ([n, call.bench.variables.get(n)] for n in call.bench.variables))


def unset_variable(call: Command) -> None:
    """Forget a variable."""
    for name in call.words:
        call.bench.variables.unset(name)


def echo(call: Command) -> None:
    """Print the words."""
    call.bench.print([" ".join(call.words)])


def reset_statement(call: Command) -> None:
    """Drop the statement before it."""
    call.bench.print(["the statement is dropped" if call.sql else "there is none"])


def show_statement(call: Command) -> None:
    """Print the statement before it, or the last one."""
    call.bench.print([call.statement or "there is no statement yet"])


COMMANDS = (
    ShellCommand("x", "[on | off | auto]", "show each row below the other", expanded, completes="on|off|auto"),
    ShellCommand("timing", "[on | off]", "say how long statements take, and how many calls", timing, completes="on|off"),
    ShellCommand("pset", "[OPTION [VALUE]]", "change how results look", prefer, completes="|".join(f.name for f in fields(Preferences))),
    ShellCommand("set", "[NAME [VALUE]]", "give a variable a text: :name, :'name' and :\"name\" stand for it", set_variable),
    ShellCommand("unset", "NAME", "forget a variable", unset_variable),
    ShellCommand("echo", "[TEXT]", "print a text", echo),
    ShellCommand("p", "", "print the statement", show_statement, takes_sql=True),
    ShellCommand("r", "", "drop the statement that was begun", reset_statement, takes_sql=True),
)
