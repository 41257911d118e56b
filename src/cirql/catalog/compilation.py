"""The whole compilation in order: schemas and models to tables, corrections, parents, names."""

from __future__ import annotations

from collections.abc import Callable

from cirql.catalog import overlay as corrections
from cirql.catalog import schemas, services
from cirql.catalog.actions import with_actions
from cirql.catalog.datasets import arn_keys, compile_service
from cirql.catalog.generic import compile_generic
from cirql.catalog.model import Table
from cirql.catalog.modified import with_modified
from cirql.catalog.parents import with_parents
from cirql.catalog.reachability import with_reach
from cirql.catalog.resources import compile_resource
from cirql.catalog.spellings import Spelling, assign
from cirql.catalog.sweeps import with_sweeps


def compile_all(progress: Callable[[int, int, str], None]) -> tuple[list[Table], list[Spelling]]:
    """Every table and every name.

    Raises:
        OverlayError: a correction does not fit what was compiled.
    """
    overlay = corrections.load()
    names = services.names()
    steps = len(names) + 1
    tables: list[Table] = []
    arns: set[tuple[str, str, str]] = set()
    for done, name in enumerate(names):
        progress(done, steps, name)
        service = services.load(name, overlay.services.get(name, {}))
        compiled = compile_service(service, overlay.hints)
        arns.update(arn_keys(service, compiled))
        tables += compiled
    progress(len(names), steps, "CloudFormation schemas")
    tables += [compile_resource(schema, overlay.global_resources) for schema in schemas.load()]
    tables += compile_generic()
    tables = corrections.apply(overlay, with_modified(with_parents(tables, overlay.keys, arns)))
    tables = with_actions(with_reach(with_sweeps(tables, overlay.tag_sweep)), overlay.actions)
    progress(steps, steps, "names")
    return sorted(tables, key=lambda t: str(t.name)), assign(tables, overlay.aliases)
