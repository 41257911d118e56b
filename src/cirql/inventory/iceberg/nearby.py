"""Where DuckDB reads a file: as it is on a file system of this machine, or a copy of what is in an object store.

Files of a table never change, so a copy is good as long as it is there. It is made beside its place and moved there whole.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from cirql.inventory.iceberg.lake import DataFile, Lake

FILE = "file://"
KEPT_FOR = timedelta(days=1)


class Nearby:
    """Gives the path of a file on this machine."""

    def __init__(self, folder: Path, lake: Lake) -> None:
        self._folder = folder
        self._lake = lake

    def __call__(self, file: DataFile) -> str:
        """The path; what is far away is fetched first."""
        if file.path.startswith(FILE):
            return file.path.removeprefix(FILE)
        copy = self._folder / f"{hashlib.blake2b(file.path.encode(), digest_size=16).hexdigest()}.parquet"
        if copy.is_file():
            with suppress(OSError):
                os.utime(copy)
        else:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            draft = copy.with_name(uuid.uuid4().hex)
            try:
                draft.write_bytes(self._lake.fetch(file))
                draft.replace(copy)
            finally:
                draft.unlink(missing_ok=True)
        return str(copy)

    def tidy(self) -> None:
        """Remove copies that nobody has used for a day."""
        if not self._folder.is_dir():
            return
        oldest = time.time() - KEPT_FOR.total_seconds()
        for copy in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if copy.stat().st_mtime < oldest:
                    copy.unlink()
