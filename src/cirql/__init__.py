"""SQL over the AWS cloud.

    >>> import cirql
    >>> with cirql.connect(profile="prod", regions=["us-east-1"]) as session:
    ...     for row in session.execute("SELECT image_version_arn FROM aws.sagemaker.image_versions"):
    ...         print(row)

`connect` is all that most programs need; everything else is reached from the `Session` it gives. One that answers for many opens a
`Runtime`, and a session of it for each. Importing `cirql` is cheap: DuckDB, sqlglot, pyarrow and botocore are imported by the first
statement.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in `typing`, which costs a command that Ctrl-C ends a few milliseconds without a word
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cirql.changes.plan import ChangePlan
    from cirql.errors import Error
    from cirql.result import ProgressEvent
    from cirql.runtime import Runtime
    from cirql.session import Session

__version__ = "0.1.0"

__all__ = ["Error", "Runtime", "__version__", "connect"]


def connect(
    *,
    local: bool = False,
    progress: Callable[[ProgressEvent], None] | None = None,
    confirm: Callable[[ChangePlan], bool] | None = None,
    **settings: Any,
) -> Session:
    """Open a session over the AWS accounts and regions that the settings name.

    Settings are those of `cirql.settings.Settings` (`profile`, `regions`, `endpoint_url`, ...); what is not given comes
    from `CIRQL_*` in the environment, `cirql.toml`, and botocore's own configuration. Opening makes no call to AWS.
    `progress` is told, from whichever thread does the work, how far each scan of a running statement is;
    `confirm` is shown every plan of changes before it is carried out, and may refuse it.

    `local` opens it over a local AWS of its own with sample data (two accounts, three regions), which ends with the session.

    Raises SettingsError for a setting that does not exist or cannot be used.
    """
    if local:
        from cirql.local import LocalSession

        return LocalSession(progress=progress, confirm=confirm, **settings)
    from cirql.session import Session
    from cirql.settings import Settings

    return Session(Settings.load(**settings), progress=progress, confirm=confirm)


def load_ipython_extension(shell: Any) -> None:
    """What IPython calls for `%load_ext cirql`: `%cirql` and `%%cirql` are there from then on."""
    from cirql.notebook.magics import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """What IPython calls for `%unload_ext cirql`: the notebook's session ends."""
    from cirql.notebook.magics import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    if name == "Error":
        from cirql.errors import Error

        return Error
    if name == "Runtime":
        from cirql.runtime import Runtime

        return Runtime
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
