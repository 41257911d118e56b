"""Every table with hostile names and texts around each of its columns: one statement goes to DuckDB, and the texts come back whole."""

from __future__ import annotations

from collections import Counter

import duckdb

import cirql
from cirql.catalog.model import Face
from cirql.catalog.pages import is_askable, required_columns
from cirql.engine import Engine
from cirql.introspection.names import published
from cirql.sql.parse import parse
from cirql.sql.quoting import name as quoted
from cirql.sql.quoting import text
from cirql.statements.planning import Planning
from tests.sweeps.figures import tell

HOSTILE = """x"'; COPY (SELECT 1) TO '/tmp/hostile'; -- $$ */ \\ \n é"""
ALIAS = quoted(f"t{HOSTILE}")


def test_no_text_around_a_column_becomes_sql() -> None:
    counts: Counter[str] = Counter()
    wrong = []
    with cirql.connect(regions=("us-east-1",)) as session:
        engine = Engine(session.database)
        planning = Planning(session, engine, session.directory)
        for found in published(session.catalog):
            table = found.table
            if found.face not in (Face.DATASET, Face.PLURAL) or not is_askable(table) or required_columns(table):
                continue
            counts["tables"] += 1
            counts["columns"] += len(table.columns)
            chosen = ", ".join(f"{ALIAS}.{quoted(c.name)} AS {quoted(f'{n}{HOSTILE}')}" for n, c in enumerate(table.columns))
            tests = " OR ".join(f"{ALIAS}.{quoted(c.name)}::text = {text(HOSTILE)}" for c in table.columns if c.name != "tags")
            plan = planning.planned(parse(f"SELECT {chosen} FROM {found.name} AS {ALIAS} WHERE {tests}")).plan
            statements = duckdb.extract_statements(plan.sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                wrong.append(str(found.name))
            for filtered in (kept.sql for scan in plan.scans for kept in scan.filters):
                counts["conditions on pages"] += 1
                if len(duckdb.extract_statements(filtered)) != 1:
                    wrong.append(f"{found.name}: {filtered[:80]}")
        engine.close()
    tell("quoting", {**counts, "become SQL": len(wrong)})
    assert wrong == []
    assert counts["tables"] > 4000
