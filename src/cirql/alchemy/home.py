"""Where an engine's connections come from: one runtime for all of them, opened with the first and closed with the last."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from cirql.dbapi import Connection

if TYPE_CHECKING:
    from cirql.runtime import Runtime


class SharedRuntimes:
    """Opens connections that share a runtime. Usable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._runtime: Runtime | None = None
        self._open = 0

    def connect(self, *, local: bool = False, autocommit: bool = False, **settings: Any) -> Connection:
        """A connection; `local` is over a local AWS. Raises SettingsError."""
        with self._lock:
            if self._runtime is None:
                self._runtime = self._begun(local, settings)
            self._open += 1
            session = self._runtime.session()
        session.workspace.prefix = ("aws",)  # so that `s3.bucket` is aws.s3.bucket and `s3_bucket` is aws.s3_bucket
        return Connection(session, autocommit=autocommit)

    def close(self, connection: Connection) -> None:
        """Close a connection; with the last one the runtime goes."""
        if connection.closed:
            return
        connection.close()
        with self._lock:
            self._open -= 1
            if self._open == 0:
                self._runtime = None
                self._stack.close()

    def _begun(self, local: bool, settings: dict[str, Any]) -> Runtime:
        from cirql.runtime import Runtime
        from cirql.settings import Settings

        with ExitStack() as stack:
            cloud = None
            if local:
                from tempfile import TemporaryDirectory

                from cirql.local import door, settings_for
                from cirql.localcloud import LocalCloud

                folder = stack.enter_context(TemporaryDirectory(prefix="cirql-"))
                served = stack.enter_context(LocalCloud())
                settings = {"journal": f"{folder}/changes.sqlite"} | settings_for(served.endpoint_url) | settings
                cloud = door(Settings.load(**settings))
            runtime = stack.enter_context(Runtime(Settings.load(**settings), cloud=cloud))
            self._stack = stack.pop_all()
        return runtime
