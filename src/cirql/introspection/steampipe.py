"""What Steampipe's server tells of itself, which its clients read before they ask anything: connections, plugins, columns, settings.

Powerpipe takes a server for Steampipe's where these tables are, and holds a mod's requirements against them. Names and types are those
of its schema `steampipe_internal`; behind the search path `steampipe` they are found without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from cirql.catalog.lookup import Catalog
from cirql.catalog.views import INTERNAL, SchemaView, ViewColumn
from cirql.introspection.relations import Relation, Row, Wish, define
from cirql.types import ColumnType

_SEARCHED = "steampipe."
_TEXT, _NUMBER, _YES, _TIME = ColumnType.VARCHAR, ColumnType.BIGINT, ColumnType.BOOLEAN, ColumnType.TIMESTAMP
_JSON, _LIST = ColumnType.JSON, ColumnType.VARCHAR_LIST
_CONNECTION = "aws"
_PLUGIN = "hub.steampipe.io/plugins/turbot/aws@latest"
"""Whose tables the views are: a mod requires it by this name."""
_VERSION = "local"
"""A plugin that was built where it runs: it satisfies whatever version a mod requires."""
_STARTED = datetime.now(UTC).replace(tzinfo=None)
_SOURCE = {"file_name": _TEXT, "start_line_number": _NUMBER, "end_line_number": _NUMBER}
_CONNECTIONS = {
    **dict.fromkeys(("name", "state", "type"), _TEXT),
    "connections": _LIST,
    **dict.fromkeys(("import_schema", "error", "plugin", "plugin_instance", "schema_mode", "schema_hash"), _TEXT),
    "comments_set": _YES,
    "connection_mod_time": _TIME,
    "plugin_mod_time": _TIME,
    **_SOURCE,
}
COLUMNS: dict[str, dict[str, ColumnType]] = {
    "steampipe_connection": _CONNECTIONS,
    "steampipe_connection_state": _CONNECTIONS,
    "steampipe_plugin": {
        **dict.fromkeys(("plugin_instance", "plugin", "version"), _TEXT),
        "memory_max_mb": _NUMBER,
        "limiters": _JSON,
        **_SOURCE,
    },
    "steampipe_plugin_column": {
        **dict.fromkeys(("plugin", "table_name", "name", "type", "description"), _TEXT),
        "list_config": _JSON,
        "get_config": _JSON,
        "hydrate_name": _TEXT,
        "default_value": _JSON,
    },
    "steampipe_plugin_limiter": {
        **dict.fromkeys(("name", "plugin", "plugin_instance", "source_type", "status"), _TEXT),
        "bucket_size": _NUMBER,
        "fill_rate": ColumnType.DOUBLE,
        "max_concurrency": _NUMBER,
        "scope": _JSON,
        "where": _TEXT,
        **_SOURCE,
    },
    "steampipe_server_settings": {
        "start_time": _TIME,
        "steampipe_version": _TEXT,
        "fdw_version": _TEXT,
        "cache_max_ttl": _NUMBER,
        "cache_max_size_mb": _NUMBER,
        "cache_enabled": _YES,
    },
    "steampipe_scan_metadata": {
        "connection": _TEXT,
        "table": _TEXT,
        "cache_hit": _YES,
        "rows_fetched": _NUMBER,
        "hydrate_calls": _NUMBER,
        "start_time": _TIME,
        "duration_ms": _NUMBER,
        "columns": _JSON,
        "limit": _NUMBER,
        "quals": _JSON,
    },
    "steampipe_scan_metadata_summary": dict.fromkeys(
        ("cached_rows_fetched", "uncached_rows_fetched", "hydrate_calls", "duration_ms", "scan_count", "connection_count"), _NUMBER
    ),
}
"""The columns of each table, in order. What is not known here is NULL: hydrate calls, key columns, places in configuration files."""
_KINDS = {
    "bigint": "INT",
    "double precision": "DOUBLE",
    "boolean": "BOOL",
    "timestamptz": "TIMESTAMP",
    "jsonb": "JSON",
    "inet": "INET",
    "cidr": "CIDR",
    "ltree": "LTREE",
}
"""What a plugin calls the types of its columns; others are STRING."""
_OF_VIEW = {_TEXT: "text", _NUMBER: "bigint", _YES: "boolean", _JSON: "jsonb", ColumnType.DOUBLE: "double precision"}


def relations(scans: Callable[[], Iterable[Row]]) -> tuple[Relation, ...]:
    """The tables; `scans` gives the rows of `cirql.last_scans`."""

    def scanned(catalog: Catalog, wish: Wish) -> Iterator[Row]:
        for scan in scans():
            is_kept = scan["rows"] is None
            yield {"connection": _CONNECTION, "table": scan["table_name"], "cache_hit": is_kept, "rows_fetched": scan["rows"]}

    def summary(catalog: Catalog, wish: Wish) -> Iterator[Row]:
        every = list(scans())
        fetched = sum(scan["rows"] or 0 for scan in every)
        yield {"uncached_rows_fetched": fetched, "scan_count": len(every), "connection_count": min(len(every), 1)}

    rows = {
        "steampipe_connection": _connections,
        "steampipe_connection_state": _connections,
        "steampipe_plugin": _plugins,
        "steampipe_plugin_column": _plugin_columns,
        "steampipe_plugin_limiter": lambda catalog, wish: (),
        "steampipe_server_settings": _settings,
        "steampipe_scan_metadata": scanned,
        "steampipe_scan_metadata_summary": summary,
    }
    return tuple(
        define(f"{INTERNAL}.{name}", "", ((c, kind, "") for c, kind in columns.items()), rows[name]) for name, columns in COLUMNS.items()
    )


def view(name: str) -> SchemaView | None:
    """One of the tables as the search path finds it: `steampipe.steampipe_connection`; None for any other name."""
    last = name.removeprefix(_SEARCHED)
    if last == name or last not in COLUMNS:
        return None
    columns = tuple(ViewColumn(c, _OF_VIEW.get(kind, "text"), f't."{c}"') for c, kind in COLUMNS[last].items())
    return SchemaView(name, f"{INTERNAL}.{last} AS t", columns)


def _connections(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    shown = {"name": _CONNECTION, "state": "ready", "type": "plugin", "import_schema": "enabled", "schema_mode": "static"}
    yield {**shown, "plugin": _PLUGIN, "plugin_instance": _CONNECTION, "comments_set": False}


def _plugins(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    yield {"plugin_instance": _CONNECTION, "plugin": _PLUGIN, "version": _VERSION}


def _plugin_columns(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    tables = wish.values.get("table_name")
    for name in catalog.view_names():
        table = name.removeprefix(_SEARCHED)
        if (tables is None or table in tables) and (found := catalog.view(name)) is not None:
            for column in found.columns:
                yield {"plugin": _PLUGIN, "table_name": table, "name": column.name, "type": _KINDS.get(column.type, "STRING")}


def _settings(catalog: Catalog, wish: Wish) -> Iterator[Row]:
    from cirql import __version__

    cache = {"cache_max_ttl": 0, "cache_max_size_mb": 0, "cache_enabled": False}
    yield {"start_time": _STARTED, "steampipe_version": __version__, "fdw_version": __version__, **cache}
