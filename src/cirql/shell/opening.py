r"""What the shell is connected to: a runtime over some accounts and regions, and one session of it. `\c` opens another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cirql.runtime import Runtime
from cirql.settings import Settings
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.changes.plan import ChangePlan
    from cirql.result import ProgressEvent
    from cirql.session import Session


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a connection reaches: settings over those of the environment, or the embedded AWS."""

    settings: dict[str, Any]
    local: bool = False


class OpenSession:
    """An open session, with all that it needs. Close it."""

    def __init__(
        self, opening: Opening, progress: Callable[[ProgressEvent], None] | None, confirm: Callable[[ChangePlan], bool] | None
    ) -> None:
        """Open it. Asks nobody. Raises SettingsError."""
        self.opening = opening
        self._opened = ExitStack()
        with ExitStack() as opened:
            given, cloud = {"order_patience": "unlimited", **opening.settings}, None
            if opening.local:
                from cirql.cli.local import local_scope
                from cirql.local import door

                # Changes to it end with it: they are none of the user's, and nothing may ever resume them against AWS.
                folder = opened.enter_context(TemporaryDirectory(prefix="cirql-"))
                given = {**opened.enter_context(local_scope()), "journal": f"{folder}/changes.sqlite", **given}
                cloud = door(Settings.load(**given))
            runtime = opened.enter_context(Runtime(Settings.load(**given), cloud=cloud))
            self.session: Session = opened.enter_context(runtime.session(progress=progress, confirm=confirm))
            self._opened = opened.pop_all()

    def close(self) -> None:
        """End the session, its statements, and the embedded AWS where there is one."""
        self._opened.close()
