"""The fixed tables of the differential suite, made alike in PostgreSQL and in DuckDB."""

from __future__ import annotations

from cirql.types import ColumnType

RELATIONS: dict[str, dict[str, ColumnType]] = {
    "image": {
        "id": ColumnType.BIGINT,
        "name": ColumnType.VARCHAR,
        "size": ColumnType.DOUBLE,
        "public": ColumnType.BOOLEAN,
        "created": ColumnType.TIMESTAMP,
        "doc": ColumnType.JSON,
        "labels": ColumnType.VARCHAR_LIST,
        "owner": ColumnType.VARCHAR,
    },
    "version": {
        "image_id": ColumnType.BIGINT,
        "number": ColumnType.BIGINT,
        "status": ColumnType.VARCHAR,
        "created": ColumnType.TIMESTAMP,
        "score": ColumnType.DOUBLE,
        "config": ColumnType.JSON,
    },
    "net": {
        "id": ColumnType.BIGINT,
        "cidr": ColumnType.VARCHAR,
        "ip": ColumnType.VARCHAR,
    },
}

_TABLES = """
CREATE TABLE image (id bigint, name {text}, size double precision, public boolean, created timestamp, doc {json}, labels {text}[],
                    owner {text});
CREATE TABLE version (image_id bigint, number bigint, status {text}, created timestamp, score double precision, config {json});
CREATE TABLE net (id bigint, cidr {text}, ip {text});
"""
_ROWS = """
INSERT INTO image VALUES
 (1, 'alpine', 5.5, true, '2024-01-31 10:15:30.25', '{"os": "linux", "layers": [1, 2, 3], "meta": {"a": {"b": "deep"}, "n": 7}}',
  ARRAY['base', 'small'], 'ana'),
 (2, 'Ubuntu', 72.25, true, '2024-02-29 00:00:00', '{"os": "linux", "layers": [], "tag": null, "ports": [{"p": 80}, {"p": 443}]}',
  ARRAY['base', 'lts', 'big'], 'bo'),
 (3, 'win_core', 2100, false, '2023-12-31 23:59:59.999999', '{"os": "windows", "layers": [9], "ok": true, "size": 1.50}',
  ARRAY[]::{text}[], 'ana'),
 (4, 'Ångström', 0.1, NULL, '2024-07-04 12:00:00', '[1, "two", null, {"three": 3}]', ARRAY['x', NULL, 'y z'], NULL),
 (5, '', NULL, false, NULL, '{}', NULL, 'cy'),
 (6, 'rust 1.80', -3.75, true, '2025-01-01 00:00:00', NULL, ARRAY['lang', 'a,b', 'q"t'], 'bo');
INSERT INTO version VALUES
 (1, 1, 'CREATED', '2024-02-01 00:00:00', 0.5, '{"cpu": 2, "env": {"A": "1"}}'),
 (1, 2, 'CREATED', '2024-03-01 06:30:00', 0.75, '{"cpu": 4, "env": {"A": "2", "B": "x"}}'),
 (1, 3, 'FAILED', '2024-03-02 06:30:00', NULL, '{"cpu": null}'),
 (2, 1, 'CREATED', '2024-03-15 18:45:10', 1.5, '{"cpu": 8, "list": ["a", "b"]}'),
 (2, 2, 'DELETED', '2024-05-20 01:02:03', -2, NULL),
 (3, 1, 'FAILED', NULL, 3.25, '{"cpu": 16, "list": []}'),
 (9, 7, NULL, '2024-12-25 00:00:00', 10, '{}');
INSERT INTO net VALUES
 (1, '10.0.0.0/8', '10.1.2.3'), (2, '10.1.0.0/16', '10.1.255.255'), (3, '192.168.1.0/24', '192.168.1.77'),
 (4, '2001:db8::/32', '2001:db8::1'),
 (5, NULL, '8.8.8.8');
"""


def postgres_script() -> str:
    """Statements that make the tables in PostgreSQL."""
    return _TABLES.format(text="text", json="jsonb") + _ROWS.replace("{text}", "text")


def duckdb_script() -> str:
    """Statements that make the tables in DuckDB."""
    return _TABLES.format(text="VARCHAR", json="JSON") + _ROWS.replace("{text}", "VARCHAR")
