"""Which members of a list's answer a scan looks at: the others need not be read.

Besides the columns that are wanted those count that anything on the way may look at: what conditions test, calls take, and rows are named,
told apart and found by.
"""

from __future__ import annotations

from collections.abc import Iterable

from cirql.catalog.model import IDENTIFIER, Fetch, Output, Role
from cirql.fetch.repeats import Naming
from cirql.plan.arns import arn_columns
from cirql.plan.model import Scan
from cirql.startup.records import dataclass, replace
from cirql.startup.regexes import regex

Path = tuple[str, ...]
_PLAIN = regex(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*\Z")


@dataclass(frozen=True, slots=True)
class NarrowedRoot:
    """What is taken from the answers of a scan's root: `fetch` is it with the outputs that matter, `only` their members; None: all."""

    fetch: Fetch
    only: frozenset[Path] | None = None


def looked_at(scan: Scan, naming: Naming | None, also: Iterable[str] = ()) -> NarrowedRoot:
    """The members of the answers of a scan's root that matter, as paths of names.

    `also` are columns that whoever runs the scan wants besides. Where it is a guess what tells rows apart, all that they say may.
    """
    root = scan.root
    if naming is None or not naming.is_sure or root.collect:
        return NarrowedRoot(root)
    paging = () if root.paging is None else (*root.paging.output_tokens, *((root.paging.more,) if root.paging.more else ()))
    if not all(map(_PLAIN.match, paging)):
        return NarrowedRoot(root)
    columns = _columns(scan, naming) | set(also)
    outputs = tuple(o for o in root.outputs if o.column in columns)
    lifted = tuple(o for o in root.lifted if o.column in columns)
    found = {tuple(path.split(".")) for path in paging}
    for rows in (root.rows, *root.beside):
        found |= {rows + _end(root, o) for o in outputs}
        if (spread := root.spread) is not None:
            found |= {rows + path for path in (spread.id, *spread.homes) if path}
        found |= {rows[:depth] + o.path for depth in range(len(rows)) for o in lifted}
    return NarrowedRoot(replace(root, outputs=outputs, lifted=lifted), None if () in found else frozenset(found))


def _end(root: Fetch, output: Output) -> Path:
    return output.path[:1] if output.path and output.path[0] in root.json_members else output.path


def _columns(scan: Scan, naming: Naming) -> set[str]:
    table = scan.table
    columns = {*scan.columns, *naming.columns, *table.key, *table.identifier, IDENTIFIER, table.account_column, "region", table.modified}
    columns |= {column for test in scan.filters for column in test.columns}
    # What narrows a list comes from the statement; what a call for a row takes comes from the row.
    per_row = {id(fetch) for fetch in scan.calls if fetch is not scan.root}
    inputs = ((given, fetch) for fetch in table.fetches for given in fetch.inputs)
    columns |= {given.column for given, fetch in inputs if given.required or fetch.role is not Role.LIST or id(fetch) in per_row}
    columns |= {parent.column for parent in table.parents}
    if table.arn is not None:
        columns |= {table.arn.column, *arn_columns(table.arn)}
    return columns
