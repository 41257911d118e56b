"""What went wrong below the store, in words: a disk that is full or cannot be written, files that are damaged, somebody else's lock."""

from __future__ import annotations

import errno
import functools
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from cirql.errors import Error, StoreBusy, StoreDamaged, StoreUnwritable

P = ParamSpec("P")
T = TypeVar("T")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNWRITABLE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOENT, errno.ENOTDIR)
_HINT = "look for room on its disk and for permission to write there; nothing that was kept before is lost"

_OF_OBJECTS = "AWS Error"
"""How Arrow begins to say what an object store answered; such errors have nothing else to tell them by."""
_AGAIN = "try again; nothing that was kept before is lost"


_CATALOG_FAULTS = {
    "sqlalchemy.exc": ("SQLAlchemyError",),
    "requests.exceptions": ("RequestException",),
    "pyiceberg.exceptions": ("RESTError", "CommitFailedException", "NamespaceAlreadyExistsError"),
    "botocore.exceptions": ("ClientError", "BotoCoreError"),
}


class _Located(Protocol):
    @property
    def place(self) -> str:
        """The directory."""
        ...


S = TypeVar("S", bound=_Located)


@contextmanager
def worded(place: str) -> Iterator[None]:
    """In the block, faults of SQLite, DuckDB and the file system become errors that say what to do. `place` is the store's directory.

    Raises StoreUnwritable, StoreBusy and StoreDamaged.
    """
    try:
        yield
    except Error:
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if is_of_the_disk(error):
            raise StoreUnwritable(f"the inventory at {place} cannot be written: {error}", hint=_HINT) from error
        if code in _BUSY:
            raise StoreBusy(f"another process holds the inventory at {place}", hint="try again") from error
        if code in _DAMAGED:
            raise StoreDamaged(
                f"the inventory at {place} is damaged: {error}", hint="cirql store verify says what is left of it"
            ) from error
        raise
    except OSError as error:
        if error.errno is None and _OF_OBJECTS in str(error):
            raise StoreUnwritable(f"the inventory at {place} cannot be read or written: {error}", hint=_AGAIN) from error
        if error.errno not in _DISK:
            raise
        raise StoreUnwritable(f"the inventory at {place} cannot be written: {error.strerror}", hint=_HINT) from error
    except _of_catalogs() as error:
        text = str(error).strip().splitlines()[0]
        raise StoreUnwritable(
            f"the Iceberg catalog of the inventory at {place} does not do what it is asked: {text}", hint=_AGAIN
        ) from error
    except _of_duckdb() as error:
        text = str(error).splitlines()[0]
        raise StoreUnwritable(f"the inventory at {place} cannot be read or written: {text}", hint=_HINT) from error


def is_of_the_disk(error: sqlite3.DatabaseError) -> bool:
    """Whether the disk is at fault, and not what is on it."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNWRITABLE


def _of_catalogs() -> tuple[type[Exception], ...]:
    """What the libraries of Iceberg's catalogs raise (a database, a server, AWS); none of those that were never loaded."""
    found: list[type[Exception]] = []
    for module, names in _CATALOG_FAULTS.items():
        loaded = sys.modules.get(module)
        found += [getattr(loaded, name) for name in names if loaded is not None]
    return tuple(found)


def _of_duckdb() -> tuple[type[Exception], ...]:
    """DuckDB's own word for a fault of files; none where it was never loaded."""
    duckdb = sys.modules.get("duckdb")
    return (duckdb.IOException,) if duckdb is not None else ()


def wording(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """A method of a store whose faults are worded."""

    @functools.wraps(method)
    def within(self: S, *args: P.args, **kwargs: P.kwargs) -> T:
        with worded(self.place):
            return method(self, *args, **kwargs)

    return cast("Callable[Concatenate[S, P], T]", within)
