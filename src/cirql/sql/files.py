"""The files that a statement reads: named by constants in FROM, as `read_csv('a.csv')` or `"a.csv"`.

DuckDB may open nothing but these, so they are found before it sees the statement. Nothing here opens a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.errors import AccessDenied, FileUnreadable, NotSupported
from cirql.sql.admission import READERS
from cirql.sql.trees import all_of
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from sqlglot import exp

_WILD = "*?["
_OF_THE_KERNEL = ("/proc/", "/sys/")
_STANDARD_INPUT = ("/dev/stdin", "/dev/fd/")


@dataclass(frozen=True, slots=True)
class Files:
    """What DuckDB may open: single files, and the directories that patterns look through."""

    paths: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def files_of(tree: exp.Expr) -> Files | None:
    """What a bound statement names; None where it reads no file. A pattern (`logs/*.csv`) opens the directory that it looks through.

    Raises NotSupported for a name that is computed or is a URL, AccessDenied for the kernel's own files (`/proc`, `/sys`).
    """
    from sqlglot import exp

    nodes = all_of(tree, exp.CTE, exp.Table, exp.Lateral)
    ctes = {cte.alias for cte in nodes if isinstance(cte, exp.CTE)}
    found: list[str] = []
    for table in nodes:
        subject = table.this
        if isinstance(subject, exp.Func) and called(subject) in READERS:
            found += _constants(subject)
        elif isinstance(table, exp.Table) and len(table.parts) == 1 and "." in table.name and table.name not in ctes:
            found.append(table.name)
    if not found:
        return None
    checked = [_checked(name) for name in found]
    return Files(
        tuple(dict.fromkeys(p for p in checked if not _is_pattern(p))),
        tuple(dict.fromkeys(_fixed_part(p) for p in checked if _is_pattern(p))),
    )


def called(function: exp.Func) -> str:
    """The function's name, however it is spelled: quoted, upper-case, with the prefix that keeps the parser from reading it."""
    from sqlglot import exp

    from cirql.sql.translate.shield import PREFIX

    return (function.name if isinstance(function, exp.Anonymous) else function.sql_name()).lower().removeprefix(PREFIX)


def _constants(function: exp.Func) -> list[str]:
    """The file names that a reader is given: a text, or a list of texts. Named options come after them."""
    from sqlglot import exp

    first = function.this if isinstance(function.this, exp.Expr) and not isinstance(function.this, exp.Identifier) else None
    given = [a for a in ([first] if first is not None else []) + list(function.expressions) if not _is_option(a)]
    values = [item for a in given for item in (a.expressions if isinstance(a, exp.Array) else [a])]
    if not values or not all(isinstance(v, exp.Literal) and v.is_string for v in values):
        raise NotSupported(f"{called(function)} takes file names as constants", hint="write the name itself: read_csv('owners.csv')")
    return [v.name for v in values]


def _is_option(argument: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(argument, exp.PropertyEQ | exp.Kwarg | exp.EQ)


def _checked(name: str) -> str:
    shown = name[:200]
    if "://" in name:
        raise NotSupported(f"{shown} is no local file", hint="fetch it first, then read the local copy")
    try:
        written = str(Path(name).expanduser().absolute())
        path = os.path.normpath(written)
        # Where `..` follows a link, the file that is opened is not the one that the text seems to name.
        real, opened = (str(Path(_fixed_part(p) if _is_pattern(p) else p).resolve()) for p in (path, written))
    except (OSError, RuntimeError, ValueError) as fault:  # too long, links in a circle, no such user, a NUL
        raise FileUnreadable(f"{shown!r} names no file: {fault.strerror if isinstance(fault, OSError) else fault}") from None
    if path.startswith(_STANDARD_INPUT):
        return path
    if any(f"{p}/".startswith(_OF_THE_KERNEL) for p in (path, real, opened)):
        raise AccessDenied(f"{shown} is the operating system's own, and is not read as a table")
    if _is_pattern(path) and "/" in (real, opened):  # `/p*c/self/environ`
        raise NotSupported(f"{shown} looks through the whole file system", hint="name the first directory: /data/*.csv")
    return path


def _is_pattern(path: str) -> bool:
    return any(c in path for c in _WILD) and not Path(path).exists()


def _fixed_part(path: str) -> str:
    """The deepest directory above every part with a wildcard."""
    parts = Path(path).parts
    wild = next(i for i, part in enumerate(parts) if any(c in part for c in _WILD))
    return str(Path(*parts[: max(wild, 1)]))
