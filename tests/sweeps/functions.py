"""Calls of every function of PostgreSQL that a user may call, made from its catalog (`pg_proc`).

Left out is what no statement calls: functions behind operators, casts and types, those over types that are not here (geometry, ranges,
full text, XML, MAC addresses, log positions), and what asks about a server.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

VALUES: dict[str, tuple[str, ...]] = {
    "text": ("'héllo World'", "''", "'a,b,,c'", "'12.50'", "'  pad '", "name"),
    "varchar": ("'abc'::varchar(2)",),
    "bpchar": ("'ab  '::char(6)",),
    "bytea": (r"'\x00ff10'::bytea", "'abc'::bytea", "''::bytea"),
    "bool": ("true", "false"),
    "int2": ("3::int2", "-2::int2"),
    "int4": ("2", "0", "-3", "7"),
    "int8": ("5000000000", "1::int8", "-9::int8"),
    "numeric": ("1234.5678", "-0.50", "3::numeric", "99.9900"),
    "float4": ("1.5::float4", "-0.25::float4"),
    "float8": ("2.5::float8", "-0.75::float8", "0::float8", "100::float8"),
    "date": ("'2024-02-29'::date", "'1999-12-31'::date"),
    "time": ("'13:45:10.25'::time",),
    "timestamp": ("'2024-02-29 13:45:10.123456'::timestamp", "'2023-01-01'::timestamp"),
    "timestamptz": ("'2024-07-01 23:59:59+02'::timestamptz", "'2020-01-05 00:00+00'::timestamptz"),
    "interval": ("'1 mon 40 days 25:30:05.5'::interval", "'-2 days 3 hours'::interval"),
    "jsonb": ("""'{"a": 1, "b": [1, null, "x"], "c": null}'::jsonb""", "'[3, 2.50, {\"k\": true}]'::jsonb", "'\"s\"'::jsonb"),
    "json": ("""'{"a": 1, "b": [1, null, "x"]}'::json""", "'[3, \"y\"]'::json"),
    "jsonpath": ("'$.a'", "'$.b[*]'", "'$[*] ? (@ > 2)'"),
    "inet": ("'10.1.2.3/8'::inet", "'2001:db8::1'::inet", "'192.168.0.7'::inet"),
    "cidr": ("'10.0.0.0/8'::cidr", "'192.168.1.0/24'::cidr"),
    "uuid": ("'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid",),
    "bit": ("B'1011'",),
    "_text": ("ARRAY['a', NULL, 'b c']", "ARRAY['x']", "'{}'::text[]"),
    "_int4": ("ARRAY[3, 1, 2]", "ARRAY[1]"),
    "_float8": ("ARRAY[0.25, 0.5]::float8[]",),
    "anyarray": ("ARRAY[3, NULL, 1, 3]", "ARRAY['p', 'q']", "ARRAY[1.5, 2.25]"),
    "anycompatiblearray": ("ARRAY[3, NULL, 1, 3]", "ARRAY[4]"),
    "anynonarray": ("7", "'z'::text", "1.5"),
    "anyelement": ("3", "'q'::text", "true", "2.50"),
    "anycompatible": ("3", "1"),
    "any": ("1", "'t'::text", "NULL", "true"),
    "_any": ("1", "NULL"),
}
"""Values by type; `name` is a column of the world's table of images."""

ABOUT_A_SERVER = (
    r"^(pg_|has_|row_security|txid_|lo_|lo|binary_upgrade|set_config|current_setting|currtid|inet_(client|server)|nextval|currval|setval"
    r"|lastval|col_description|obj_description|shobj|format_type|to_reg|query_to|table_to|cursor_to|schema_to|database_to|ts_|brin_|gin_"
    r"|hash_|hashb|hash|json_populate|json_to_record|jsonb_populate|jsonb_to_record|getdatabase|current_(schema|database|query|user)|session_user"
    r"|version$|now$|random$|setseed|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|gen_random_uuid|unknown|amvalidate"
    r"|mxid_age|uuidv|unicode_|icu_|.*_tsquery$|to_tsvector|.*range(_subdiff)?$|get_current_ts|numeric_|int[48]inc|d(exp|log1|log10|round|trunc)$"
    r"|textlen|(not)?like$|xml|position$|array_(sample|shuffle)|random_|array_to_tsvector|getpgusername|in_range|macaddr|timezone$"
    r"|jsonb?_(object_)?agg_(strict|unique)|any_value"
    r"|suppress_redundant|unique_key|windows?_|ri_|like_escape|similar_escape$|width_bucket_array|array_(sub|unnest_)|bpchar(_|lt|le|gt|ge|eq|ne)"
    r"|overlaps$|is_normalized|get_(bit|byte)$|set_(bit|byte)$)"
)
"""Names that are left out: what asks about a server, or differs at each call. Bits of a bytea have no use here."""

_CANDIDATES = """
SELECT p.proname, p.prokind::text, p.proretset,
       array(SELECT t.typname::text FROM unnest(p.proargtypes) WITH ORDINALITY a(o, n) JOIN pg_type t ON t.oid = a.o ORDER BY n),
       p.provariadic <> 0
FROM pg_proc p LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a', 'w')
  AND coalesce(d.description, '') !~ ('^(implementation of|I/O|internal|deprecated|convert|hash|less-equal|sort support'
      || '|aggregate (transition|final|serial|deserial|combine)|join selectivity|restriction sel)')
  AND NOT EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = p.oid)
  AND NOT EXISTS (SELECT FROM pg_cast c WHERE c.castfunc = p.oid)
  AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggmtransfn, a.aggminvtransfn,
                  a.aggserialfn, a.aggdeserialfn))
  AND NOT EXISTS (SELECT FROM pg_amproc m WHERE m.amproc = p.oid)
  AND NOT EXISTS (SELECT FROM pg_type t WHERE p.oid IN (t.typinput, t.typoutput, t.typsend, t.typreceive, t.typmodin, t.typmodout))
ORDER BY 1, 4
"""


@dataclass(frozen=True, slots=True)
class Called:
    """A function of PostgreSQL with the types that it takes."""

    name: str
    kind: str
    gives_rows: bool
    takes: tuple[str, ...]


def functions(connection: psycopg.Connection[Any]) -> list[Called]:
    """Those that a user may call with values that are here."""
    found = []
    for name, kind, gives_rows, takes, variadic in connection.execute(_CANDIDATES).fetchall():
        types = [t.removeprefix("_") if variadic and t == "_any" else t for t in takes]
        if re.search(ABOUT_A_SERVER, name) or any(t not in VALUES for t in types):
            continue
        found.append(Called(name, kind, gives_rows, tuple(types)))
    return found


def calls(function: Called, many: int, seed: int = 0) -> Iterator[str]:
    """Statements that call it: `many` of all combinations of values, chosen the same each time."""
    choices = [VALUES[t] for t in function.takes]
    combinations = list(itertools.islice(itertools.product(*choices), 4096))
    random.Random(f"{seed}{function}").shuffle(combinations)
    for values in combinations[:many]:
        arguments = ", ".join(values)
        if function.kind == "w":
            yield f"SELECT id, {function.name}({arguments.replace('name', 'owner')}) OVER (ORDER BY id) FROM image"
        elif function.kind == "a":
            yield f"SELECT {_aggregated(function, arguments)} FROM image"
            yield f"SELECT owner, {_aggregated(function, arguments)} FROM image WHERE id < 4 GROUP BY owner"
        elif function.gives_rows:
            yield f"SELECT * FROM {function.name}({arguments.replace('name', chr(39) + 'n' + chr(39))}) AS r"
        else:
            yield f"SELECT {function.name}({arguments}) FROM image WHERE id < 4 ORDER BY id"


_ORDERED_SETS = ("percentile_cont", "percentile_disc", "mode", "rank", "dense_rank", "percent_rank", "cume_dist")


def _aggregated(function: Called, arguments: str) -> str:
    parts = arguments.split(", ")
    if function.name in _ORDERED_SETS:
        inside, by = (parts[:-1], parts[-1]) if function.name != "mode" else ([], parts[-1])
        return f"{function.name}({', '.join(inside)}) WITHIN GROUP (ORDER BY {by})"
    return f"{function.name}({arguments})"
