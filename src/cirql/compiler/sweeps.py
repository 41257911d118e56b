"""Tag sweeps: the one call that gives the tags of a hundred rows, beside a service's own call for each row.

The Resource Groups Tagging API gives tags of anything by ARN. What it does not know looks untagged there, so a dataset has a sweep
only where the overlay says that its kind of resource is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cirql.catalog.model import Fetch, Input, Output, Role, Table
from cirql.compiler.overlay import OverlayError
from cirql.startup.records import replace

_AT_ONCE = 100
"""The longest `ResourceARNList` of GetResources."""
_ACTION = "tag:GetResources"


def with_sweeps(tables: Iterable[Table], kinds: Mapping[str, Iterable[str]]) -> list[Table]:
    """The tables, those of these kinds with a sweep; `kinds` maps a service, as table names spell it, to nouns.

    Raises:
        OverlayError: a kind has no dataset, or one without a tag call and an ARN.
    """
    by_name = {str(t.name): t for t in tables}
    for service, nouns in kinds.items():
        for noun in nouns:
            name = f"aws.{service}_{noun}"
            swept = _with_sweep(by_name[name]) if name in by_name else None
            if swept is None:
                raise OverlayError(f"overlay: tag_sweep.{service}: {noun} has no dataset whose tags are asked for by a call of their own")
            by_name[name] = swept
    return list(by_name.values())


def _with_sweep(table: Table) -> Table | None:
    own = next((f for f in table.fetches if f.role is Role.ENRICH and f.name != "get" and any(o.column == "tags" for o in f.outputs)), None)
    arn = _arn_column(table, own) if own is not None else None
    if own is None or arn is None:
        return None
    permissions = {**table.permissions, "read": (*table.permissions["read"], _ACTION)}
    return replace(table, fetches=(*table.fetches, sweep(own, arn)), permissions=permissions)


def _arn_column(table: Table, own: Fetch) -> str | None:
    """The column of the row's ARN: the one that is made of its parts, the one its own tag call takes, or its key."""
    if table.arn is not None:
        return table.arn.column
    asked = [*sorted(own.required), *table.key]
    return next((c for c in asked if c.endswith("arn")), None) if len(own.required) == 1 else None


def sweep(own: Fetch, arn: str) -> Fetch:
    """The call for many rows; `own` is the service's own, which serves where this one is refused or saves nothing.

    With a list of ARNs, GetResources takes no page size and gives all in one answer, less what has no tags (Resource Groups Tagging
    API reference).
    """
    return Fetch(
        name="tag_sweep",
        role=Role.ENRICH,
        service="resourcegroupstaggingapi",
        operation="GetResources",
        inputs=(Input("ResourceARNList", arn, batch=_AT_ONCE),),
        outputs=(Output(arn, ("ResourceARN",)), Output("tags", ("Tags",), "tags")),
        rows=("ResourceTagMappingList",),
        permissions=(_ACTION,),
        fallback=own.name,
    )
