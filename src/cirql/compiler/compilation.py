"""The whole compilation in order: schemas and models to tables, corrections, parents, names."""

from __future__ import annotations

from collections.abc import Callable

from cirql.catalog.model import Paging, Table
from cirql.catalog.spellings import Spelling
from cirql.compiler import overlay as corrections
from cirql.compiler import schemas, services
from cirql.compiler.actions import with_actions
from cirql.compiler.datasets import arn_keys, compile_service
from cirql.compiler.generic import compile_generic
from cirql.compiler.missing import with_missing
from cirql.compiler.modified import with_modified
from cirql.compiler.naming import assign
from cirql.compiler.page_sizes import sizes_of, with_page_sizes
from cirql.compiler.parents import with_parents
from cirql.compiler.reachability import with_reach
from cirql.compiler.reading import with_reads
from cirql.compiler.resources import compile_resource
from cirql.compiler.sweeps import with_sweeps
from cirql.compiler.tags import with_untold


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
    sizes: dict[tuple[str, str], Paging] = {}
    for done, name in enumerate(names):
        progress(done, steps, name)
        service = services.load(name, overlay.services.get(name, {}))
        compiled = compile_service(service, overlay.hints, overlay.operations(name))
        arns.update(arn_keys(service, compiled))
        sizes.update(sizes_of(service, overlay.operations(name)))
        tables += compiled
    progress(len(names), steps, "CloudFormation schemas")
    tables += [compile_resource(schema, overlay.global_resources) for schema in schemas.load()]
    tables += compile_generic()
    tables = corrections.apply(overlay, with_modified(with_parents(tables, overlay.keys, arns)))
    tables = with_page_sizes(tables, sizes)
    tables = with_missing(with_reach(with_untold(with_sweeps(tables, overlay.tag_sweep))))
    tables = with_reads(with_actions(tables, overlay.actions))
    progress(steps, steps, "names")
    return sorted(tables, key=lambda t: str(t.name)), assign(tables, overlay.aliases)
