"""Sources of a dbt project that are tables of AWS: a plugin for dbt-duckdb.

In `profiles.yml`, under the target of type `duckdb`:

    plugins:
      - module: cirql.dbt
        alias: cirql
        config: {profile: prod, regions: [us-east-1]}

The configuration is that of `cirql.connect`. A source with `plugin: cirql` is then read from AWS when a run needs it: the table
`aws.<name>` of its name, the one that `table` names, or the rows of `query`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.events.logging import AdapterLogger

import cirql

if TYPE_CHECKING:
    import pyarrow as pa
    from dbt.adapters.duckdb.utils import SourceConfig

__all__ = ["Plugin"]

_log = AdapterLogger("cirql")


class Plugin(BasePlugin):  # type: ignore[misc]
    """What dbt-duckdb makes one of in each run."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Open a session. A place that could not be read fails the build, unless `strict: false` is among the settings."""
        self._session = cirql.connect(**{"strict": True, **plugin_config})
        self._lock = threading.Lock()

    def load(self, source_config: SourceConfig) -> pa.Table:
        """The rows of a source, as Arrow; dbt makes a table of them. Raises the errors of the statement."""
        query = source_config.get("query")
        name = source_config.get("table") or f"aws.{source_config.identifier}"
        with self._lock, self._session.execute(query or f"SELECT * FROM {name}") as result:
            rows = result.to_arrow()
            for said in (*map(str, result.failures), *result.notices):
                _log.warning(f"{source_config.identifier}: {said}")
        return rows
