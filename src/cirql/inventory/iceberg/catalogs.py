"""Which Iceberg catalog has the tables of a store, by pyiceberg's own options: an SQLite file beside the log, unless another is named.

Options without a catalog of their own are pyiceberg's for the one that is built in. `type` or `uri` name another
(`uri=postgresql+psycopg://host/db`, `type=rest&uri=http://host`, `type=glue`); `catalog=NAME` one of pyiceberg's configuration, where keys
and passwords belong. Only tables are there: which snapshot of each counts is in the log.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cirql.errors import Error, SettingsError, StoreUnwritable

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

BUILT_IN = "cirql"
FLAT = frozenset({"glue"})
"""Types whose namespaces have one level."""
NAMESPACES = "namespaces"
"""Our own option: `flat` where a catalog that is not of those types has one level too (S3 Tables, through REST)."""


def open_catalog(root: Path, warehouse: str | None, options: Mapping[str, str]) -> Catalog:
    """The catalog; without a `warehouse` the tables of the built-in one, or of one in a database, are in the store's directory.

    Raises SettingsError where pyiceberg is not installed or cannot use the options, StoreUnwritable where nobody answers.
    """
    given = {k: v for k, v in options.items() if k not in ("catalog", NAMESPACES)}
    try:
        from pyiceberg.catalog import load_catalog
        from pyiceberg.catalog.sql import SqlCatalog
    except ImportError as error:
        raise SettingsError("an inventory on Iceberg needs more packages", hint="pip install 'cirql[scale]'") from error
    here = f"file://{root.absolute() / 'warehouse'}"
    if not is_another(options):
        return SqlCatalog(BUILT_IN, uri=f"sqlite:///{root / 'catalog.sqlite'}", warehouse=warehouse or here, **given)
    name = options.get("catalog", BUILT_IN)
    if warehouse is None and given.get("uri", "").startswith(("postgresql", "sqlite")):
        warehouse = here
    told = {"pool_pre_ping": "true", **given}  # of a database that was started again meanwhile
    if warehouse is not None:
        told["warehouse"] = warehouse
    try:
        return load_catalog(name, **told)
    except Error:
        raise
    except (ImportError, ValueError, KeyError) as error:
        raise SettingsError(f"the Iceberg catalog {name!r} cannot be opened: {error}", hint="docs/iceberg.md names the options") from error
    except Exception as error:
        raise StoreUnwritable(
            f"the Iceberg catalog {name!r} does not answer: {error}", hint="is it running, and is this its address?"
        ) from error


def is_another(options: Mapping[str, str]) -> bool:
    """Whether options name a catalog that is not the built-in one."""
    return bool({"type", "uri", "catalog", "py-catalog-impl"} & set(options))


def has_one_level(options: Mapping[str, str]) -> bool:
    """Whether the catalog's namespaces have no others in them."""
    return options.get("type") in FLAT or options.get(NAMESPACES) == "flat"


def owner_of(root: Path) -> str:
    """The name of the store in a directory, that no other has; made the first time."""
    path = root / "inventory.id"
    if not path.exists():
        draft = root / f"inventory.id.{uuid.uuid4().hex}"
        draft.write_text(uuid.uuid4().hex)
        with suppress(FileExistsError):  # of two that are the first at once, one is
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


def identifier(table: str, *, flat: bool = False) -> tuple[str, ...]:
    """A table's name in the catalog.

    >>> identifier("aws.ec2.instance"), identifier("aws.ec2.instance", flat=True), identifier("aws.ec2_instance", flat=True)
    (('aws', 'ec2', 'instance'), ('aws_ec2', 'instance'), ('aws', 'ec2_instance'))
    """
    *spaces, name = table.split(".")
    return ("_".join(spaces), name) if flat else (*spaces, name)
