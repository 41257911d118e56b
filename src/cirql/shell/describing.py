r"""The commands that say what there is: `\d`, `\dt`, `\dv`, `\dn`, `\df`, with psql's patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cirql.completion.functions import signatures
from cirql.completion.names import table_names
from cirql.errors import UnknownTable
from cirql.names import Scheme
from cirql.shell.arguments import matches, pattern_of
from cirql.shell.command_table import Command, ShellCommand

if TYPE_CHECKING:
    from cirql.catalog.lookup import Found
    from cirql.catalog.model import Column

_MOST_DESCRIBED = 20
_LONGEST = 100


def describe(call: Command) -> None:
    """Columns, keys, calls and permissions of the tables that a pattern means; without one, what there is."""
    if not call.argument:
        _own(call)
        return
    names = _named(call)
    if len(names) > _MOST_DESCRIBED:
        _list(call, names)
        return
    for name in names:
        _describe(call, name)


def list_tables(call: Command) -> None:
    """The tables that a pattern means."""
    if not call.argument:
        _own(call)
    else:
        _list(call, _named(call))


def list_views(call: Command) -> None:
    """The session's own views and tables."""
    names = sorted(n for n in call.bench.session.workspace.names if not call.argument or matches(pattern_of(call.word), n))
    call.bench.show_rows(("name",), ([n] for n in names))


def list_services(call: Command) -> None:
    """The services, and how many tables each has in either scheme."""
    catalog = call.bench.session.catalog
    counts = {scheme: catalog.services(scheme) for scheme in Scheme}
    wanted = pattern_of(call.word) if call.argument else None
    names = sorted({name for services in counts.values() for name in services})
    rows = (
        [name, str(counts[Scheme.DATASET].get(name, 0)), str(counts[Scheme.RESOURCE].get(name, 0))]
        for name in names
        if wanted is None or wanted.fullmatch(name) or wanted.fullmatch(f"aws.{name}")
    )
    call.bench.show_rows(("service", "datasets", "resources"), rows)


def list_functions(call: Command) -> None:
    """The functions, with their signatures."""
    wanted = pattern_of(call.word) if call.argument else None
    rows = [[name, signature] for name, signature in sorted(signatures().items()) if wanted is None or wanted.fullmatch(name)]
    call.bench.show_rows(("name", "signature"), rows)


def _own(call: Command) -> None:
    session = call.bench.session
    own = [[name, "own"] for name in sorted(session.workspace.names)]
    answered = [[name, "without AWS"] for name in sorted(session.directory.relations)]
    call.bench.show_rows(("name", "kind"), [*own, *answered])
    services = session.catalog.services()
    call.bench.print(
        [f"and {len(table_names(session.catalog)):,} names, of {len(services)} services: \\dn lists those, \\dt *bucket* finds tables"]
    )


def _named(call: Command) -> list[str]:
    """The names that the argument means. Raises UnknownTable where it means none."""
    session, word = call.bench.session, call.word
    every = [*session.workspace.names, *session.directory.relations, *table_names(session.catalog)]
    pattern = pattern_of(word)
    names = [name for name in every if pattern.fullmatch(name)] or sorted({name for name in every if matches(pattern, name)})
    if not names:
        if "*" in word or "?" in word:
            raise UnknownTable(f"no table is called like {word}", hint="* stands for any letters; \\dn lists the services")
        names = [str(session.directory.find(word).name)]
    return names


def _list(call: Command, names: Iterable[str]) -> None:
    rows = [[name, _kind(call, name), *_more(call, name)] for name in names]
    call.bench.show_rows(("name", "kind", *(("can", "description") if call.is_extended else ())), rows)


def _kind(call: Command, name: str) -> str:
    if name in call.bench.session.workspace.names:
        return "own"
    if name in call.bench.session.directory.relations:
        return "without AWS"
    return "dataset" if name.count(".") == 1 else "resource"


def _more(call: Command, name: str) -> list[str]:
    from cirql.introspection.directory import methods_of

    if not call.is_extended:
        return []
    if "." not in name:
        return ["", ""]
    found = call.bench.session.directory.find(name)
    return [", ".join(dict.fromkeys(m.verb for m in methods_of(found))), _sentence(found.table.description)]


def _describe(call: Command, name: str) -> None:
    bench = call.bench
    own = bench.session.workspace.columns(name)
    if own is not None or name in bench.session.workspace.names:
        bench.print([f"{name} · your own"])
        columns = bench.session.describe(f"SELECT * FROM {name}").columns or () if own is None else ()
        rows = [[c.name, c.type] for c in columns] if own is None else [[n, t.value] for n, t in own.items()]
        bench.show_rows(("column", "type"), rows)
        return
    found = bench.session.directory.find(name)
    bench.print([f"{found.name} · {found.table.title}"])
    shown = found.star
    hidden = [c for c in found.shape.columns if c not in shown] if call.is_extended else []
    titles = ("column", "type", "can be", *(("description",) if call.is_extended else ()))
    bench.show_rows(titles, ([*_row(found, c), *([_sentence(c.description)] if call.is_extended else [])] for c in (*shown, *hidden)))
    bench.print(_facts(found), hanging=4)


def _row(found: Found, column: Column) -> list[str]:
    access = column.access
    words = (
        ("key", column.name in (found.table.identifier or found.table.key)),
        ("required", column.required),
        ("set", access.is_settable_on_create),
        ("changed", access.is_updatable),
    )
    return [column.name, column.type.value, ", ".join(word for word, is_so in words if is_so)]


def _facts(found: Found) -> Iterator[str]:
    table = found.table
    if table.problem:
        yield f"  cannot be read without help: {table.problem}"
    for parent in table.parents:
        yield f"  {parent.column} is found by {parent.table}.{parent.source}"
    for fetch in table.fetches:
        needs = ", ".join(sorted(table.needs(fetch)))
        yield f"  {fetch.role.value}: {fetch.service}:{fetch.operation}" + (f" (needs {needs})" if needs else "")
    for verb, actions in table.permissions.items():
        if actions:
            yield f"  permissions to {verb}: {', '.join(actions)}"
    if table.regions is not None:
        yield f"  in {len(table.regions)} regions alone: {', '.join(sorted(table.regions))}"
    if found.table.description:
        yield f"  {_sentence(found.table.description)}"


def _sentence(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


COMMANDS = (
    ShellCommand("d", "[PATTERN]", "describe tables: columns, keys, calls, permissions; + says more", describe, completes="table"),
    ShellCommand("dt", "[PATTERN]", "list tables; + says what they are", list_tables, completes="table"),
    ShellCommand("dv", "[PATTERN]", "list your own tables and views", list_views, completes="table"),
    ShellCommand("dn", "[PATTERN]", "list services", list_services),
    ShellCommand("df", "[PATTERN]", "list functions with their signatures", list_functions),
)
