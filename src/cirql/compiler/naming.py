"""Every name under which a table is found: the published ones, and the aliases that others have printed.

A published name always wins; an alias that two tables would claim is claimed by neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from cirql.catalog import tag_views
from cirql.catalog.model import Face, Table
from cirql.catalog.spellings import Spelling
from cirql.names import Scheme, plural, stackql_singulars
from cirql.startup.records import replace

_LIST_ONLY = "_list_only"


def assign(tables: Iterable[Table], aliases: Mapping[str, str]) -> list[Spelling]:
    """All spellings of all tables, unique by name. `aliases` maps further names (the overlay's) to published ones.

    Raises:
        ValueError: two tables publish one name, or an alias of the overlay names no table.
    """
    found: dict[str, Spelling] = {}
    candidates: defaultdict[str, list[Spelling]] = defaultdict(list)
    for table in tables:
        for spelling in _published(table):
            if spelling.name in found:
                raise ValueError(f"{spelling.name}: published by {found[spelling.name].table} and by {table.name}")
            found[spelling.name] = spelling
        for spelling in _accepted(table):
            candidates[spelling.name].append(spelling)
    for alias, target in aliases.items():
        if target not in found:
            raise ValueError(f"alias {alias}: there is no table {target}")
        candidates[alias] = [replace(found[target], name=alias, published=False)]
    for name, claims in candidates.items():
        if name not in found and len({c.table for c in claims}) == 1:
            found[name] = claims[0]
    return sorted(found.values(), key=lambda s: s.name)


def _published(table: Table) -> Iterator[Spelling]:
    name = str(table.name)
    if table.name.scheme is Scheme.DATASET:
        yield Spelling(name, name, Face.DATASET, True, table.service)
        return
    yield Spelling(name, name, Face.SINGULAR, True, table.service)
    prefix = f"aws.{table.service}."
    if table.plural != table.name.resource:
        yield Spelling(f"{prefix}{table.plural}", name, Face.PLURAL, True, table.service)
    if any(f.role == "list" for f in table.fetches):
        yield Spelling(f"{prefix}{table.plural}{_LIST_ONLY}", name, Face.LIST_ONLY, True, table.service)
    if tag_views.has_tag_view(table):
        yield Spelling(f"{name}{tag_views.SUFFIX}", name, Face.TAGS, True, table.service)


def _accepted(table: Table) -> Iterator[Spelling]:
    if table.name.scheme is Scheme.DATASET:
        # Some of Datadog's names run words together: sagemaker_pipelineexecution.
        noun = table.name.resource.removeprefix(f"{table.service}_")
        yield Spelling(f"aws.{table.service}_{noun.replace('_', '')}", str(table.name), Face.DATASET, False, table.service)
        return
    if table.cfn_type is None:
        return
    prefix, name = f"aws.{table.service}.", str(table.name)
    for singular in stackql_singulars(table.service, table.cfn_type.split("::")[2]):
        yield Spelling(f"{prefix}{singular}", name, Face.SINGULAR, False, table.service)
        if plural(singular) != singular:
            yield Spelling(f"{prefix}{plural(singular)}", name, Face.PLURAL, False, table.service)
        yield Spelling(f"{prefix}{plural(singular)}{_LIST_ONLY}", name, Face.LIST_ONLY, False, table.service)
        if tag_views.has_tag_view(table):
            yield Spelling(f"{prefix}{singular}{tag_views.SUFFIX}", name, Face.TAGS, False, table.service)
