"""A store's directory: its folders and files, readable by their owner alone, whose workspace is whose, and what may be swept away."""

from __future__ import annotations

import math
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic, Protocol, TypeVar

from cirql.errors import StoreDamaged
from cirql.inventory.lock import exclusive, is_abandoned
from cirql.inventory.model import micros
from cirql.inventory.scan_log import LogConnection, ScanLog

L = TypeVar("L", bound=ScanLog)

GRACE = timedelta(minutes=10)
"""How long a file outlives its use, for readers that began before it was replaced."""

SWEEP_EVERY = 30


class RemoteLog(Protocol):
    """A log that is not in the directory, and its lock."""

    def create(self, log: type[ScanLog], patience: float) -> None:
        """Make it where there is none."""
        ...

    def standing(self) -> LogConnection:
        """The connection that writes, used under the lock."""
        ...

    def opened(self) -> AbstractContextManager[LogConnection]:
        """A connection that reads."""
        ...

    def exclusive(self, patience: float) -> AbstractContextManager[None]:
        """Hold the write lock. Raises StoreBusy."""
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...


class Premises(Generic[L]):
    """One process's use of a store's directory; without a path, of one that lasts as long as the object.

    `log` is the kind of scan log, and `files` the folder of what is written once and never changed. The log is a file of the directory,
    with a lock beside it, unless a `server` has both.
    """

    def __init__(
        self,
        path: Path | None,
        patience: timedelta,
        clock: Callable[[], datetime],
        log: type[L],
        files: str,
        server: RemoteLog | None = None,
    ) -> None:
        self._cleanup = ExitStack()
        self.root = Path(self._cleanup.enter_context(TemporaryDirectory(prefix="cirql-store-"))) if path is None else path
        self.files = self.root / files
        self.index = self.root / "index.sqlite"
        self._log = log
        self._server = server
        self._patience = patience.total_seconds()
        self._clock = clock
        self._guard = threading.Lock()
        self._owns_workspace = False
        self._workspace = self.root / "tmp" / uuid.uuid4().hex
        self._swept = -math.inf

    def enter(self) -> L:
        """Make what is missing; an index that stays open: SQLite checkpoints, and syncs, whenever the last connection closes."""
        self._make_folders()
        if self._server is not None:
            self._cleanup.callback(self._server.close)
            self._server.create(self._log, self._patience)
            return self._log(self._server.standing())
        self._create()
        standing = self._cleanup.enter_context(self._log.open(self.index))
        standing.is_ready()
        return standing

    def leave(self) -> None:
        """Remove the workspace, and the whole where it has no path of its own."""
        with self._guard:
            self._cleanup.close()

    def now(self) -> int:
        """The moment, in microseconds."""
        return micros(self._clock())

    def writing(self) -> AbstractContextManager[None]:
        """Hold the write lock. Raises StoreBusy."""
        if self._server is not None:
            return self._server.exclusive(self._patience)
        return exclusive(self.root / "write.lock", self._patience)

    @contextmanager
    def opened(self) -> Iterator[L]:
        """The log, for as long as the block."""
        if self._server is None:
            with self._log.open(self.index) as log:
                yield log
            return
        with self._server.opened() as connection:
            yield self._log(connection)

    def _make_folders(self) -> None:
        try:
            for folder in (self.root, self.files, self.root / "tmp"):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreDamaged(f"{self.root} cannot hold an inventory: {error.strerror or error}") from error

    def _create(self) -> None:
        if self.index.exists() and not self.index.stat().st_mode & 0o077:
            with self._log.open(self.index) as index:
                if index.is_ready():
                    return
        with self.writing():
            if not self.index.exists():
                self._create_index()
            for path in (*self.root.glob("index.sqlite*"), *self.files.iterdir()):
                with suppress(FileNotFoundError):  # SQLite's own files come and go
                    if path.is_file():
                        path.chmod(0o600)
            self._log.create(self.index)

    def _create_index(self) -> None:
        """Make the index beside its place: who looks sees none or a whole one. SQLite gives the files beside its own the same mode."""
        draft = self.root / "index.new"
        for left in self.root.glob("index.new*"):
            left.unlink()
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        self._log.create(draft)
        draft.replace(self.index)

    def workspace(self) -> Path:
        """The folder of this process, made once; its lock is held from before it exists until the store is closed."""
        with self._guard:
            if not self._owns_workspace:
                lock = self._workspace.with_suffix(".lock")
                self._cleanup.callback(lock.unlink, missing_ok=True)
                self._cleanup.enter_context(exclusive(lock, self._patience))
                self._cleanup.callback(shutil.rmtree, self._workspace, ignore_errors=True)
                self._workspace.mkdir(mode=0o700)
                self._owns_workspace = True
        return self._workspace

    @contextmanager
    def scratch(self) -> Iterator[Callable[[], Path]]:
        """Gives names for temporary files in the workspace, and removes what was made of them."""
        names: list[Path] = []

        def name() -> Path:
            names.append(self._workspace / uuid.uuid4().hex)
            return names[-1]

        try:
            yield name
        finally:
            for path in names:
                path.unlink(missing_ok=True)

    def sweep(self, clear: Callable[[int], None]) -> None:
        """Remove files that nothing can need: replaced long enough ago, or left by a process that died. Call under the lock.

        A process looks for them every `SWEEP_EVERY` seconds, and when it first writes. `clear` removes the store's own, and is told
        the moment (microseconds) since when readers may still need what was replaced.
        """
        if time.monotonic() - self._swept < SWEEP_EVERY:
            return
        self._swept = time.monotonic()
        clear(micros(self._clock() - GRACE))
        for folder in (self.root / "tmp").iterdir():
            if folder.is_dir() and is_abandoned(folder.with_suffix(".lock")):
                shutil.rmtree(folder, ignore_errors=True)
                folder.with_suffix(".lock").unlink(missing_ok=True)
