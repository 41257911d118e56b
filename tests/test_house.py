"""Habits of the house that no tool of `make check` knows, held over every file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLOCKS = {"monotonic", "perf_counter", "process_time"}
LEAST_BOUND = 5.0  # Seconds. What a test means by "at once" takes a tenth of that on a busy machine, or less.


@cache
def trees(folder: str) -> list[tuple[str, ast.Module]]:
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))) for path in sorted((ROOT / folder).rglob("*.py"))]


def test_no_test_fails_because_the_machine_is_busy() -> None:
    hasty = [
        f"{name}:{node.lineno}"
        for name, tree in trees("tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and _reads_a_clock(node) and any(bound < LEAST_BOUND for bound in _upper_bounds(node))
    ]
    assert hasty == []


def _reads_a_clock(node: ast.AST) -> bool:
    return any((isinstance(n, ast.Attribute) and n.attr in CLOCKS) or (isinstance(n, ast.Name) and n.id in CLOCKS) for n in ast.walk(node))


def _upper_bounds(node: ast.Compare) -> Iterator[float]:
    for operator, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(operator, ast.Lt | ast.LtE) and isinstance(right, ast.Constant) and isinstance(right.value, int | float):
            yield float(right.value)


def test_every_module_level_name_is_used_by_the_program() -> None:
    modules = {_module(name): tree for name, tree in trees("src")}
    mentions = {module: [(statement, _mentioned(statement)) for statement in tree.body] for module, tree in modules.items()}
    used = {use for tree in modules.values() for use in _imported(tree, modules)}
    dead = {
        f"{module}.{name}"
        for module, tree in modules.items()
        for name, definition in _defined(tree)
        if (module, name) not in used and not any(name in said for other, said in mentions[module] if other is not definition)
    }
    assert dead == USED_FROM_OUTSIDE


# The tests of the documentation fill the placeholders of its examples; IPython calls the second and the third, SQLAlchemy the last.
USED_FROM_OUTSIDE = {
    "cirql.docs.examples.filled",
    "cirql.load_ipython_extension",
    "cirql.unload_ipython_extension",
    "cirql.alchemy.dialect.CirqlDialect",
}


def _module(name: str) -> str:
    return ".".join(Path(name).relative_to("src").with_suffix("").parts).removesuffix(".__init__")


def _imported(tree: ast.Module, modules: dict[str, ast.Module]) -> Iterator[tuple[str, str]]:
    """What a module takes from the others: `from module import name`, and `module.name`."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for found in node.names:
                aliases[found.asname or found.name] = f"{node.module}.{found.name}"
                yield node.module, found.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and aliases.get(node.value.id) in modules:
            yield aliases[node.value.id], node.attr


def _defined(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """The names that a module defines at its top. What a decorator registers needs no other mention; dunder names are Python's."""
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if not (_is_registered(node) or node.name.startswith("__")):
                yield node.name, node
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("__"):
                yield name, node


def _is_registered(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(isinstance(d, ast.Call) and isinstance(d.func, ast.Attribute) and d.func.attr == "command" for d in node.decorator_list)


def _mentioned(statement: ast.stmt) -> set[str]:
    """What a statement names, as a name or as text (`__all__`, an annotation in quotes)."""
    nodes = list(ast.walk(statement))
    return {n.id for n in nodes if isinstance(n, ast.Name)} | {
        n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


SHARED = {"session", "_session", "client", "cloud", "_cloud", "memory", "runtime", "shared", "_shared"}


def test_nobody_sets_what_is_a_session_s_or_a_cloud_s_own() -> None:
    """Many use one at once: what one of them wants goes with its statements."""
    poked = [
        f"{name}:{node.lineno}"
        for name, tree in trees("src")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _last_name(node.value) in SHARED
    ]
    assert poked == []


def _last_name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def test_every_public_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for name, tree in trees("src"):
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(_module(name))
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == AMBIGUOUS


# Still to be told apart; `cirql.dbapi` has PEP 249's words.
AMBIGUOUS: dict[str, list[str]] = {
    "Connection": ["cirql.cloud.http", "cirql.dbapi.connection"],
    "Cursor": ["cirql.cloud.pages", "cirql.dbapi.cursor"],
    "Event": ["cirql.filling.events", "cirql.inventory.model"],
    "Member": ["cirql.cloud.members", "cirql.inventory.versions.members"],
    "Origin": ["cirql.cloud.proxy", "cirql.settings"],
    "Partition": ["cirql.cloud.partitions", "cirql.inventory.model"],
    "Places": ["cirql.changes.places", "cirql.plan.places"],
    "Role": ["cirql.catalog.model", "cirql.cloud.credentials"],
    "Service": ["cirql.cloud.service", "cirql.compiler.services"],
    "Warning": ["cirql.compiler.lint", "cirql.dbapi.notices"],
    "Writer": ["cirql.changes.writer", "cirql.inventory.embedded.segments"],
}
