"""Every dataset's page, `cirql.permissions` and EXPLAIN (POLICY) agree about what reading it needs."""

from __future__ import annotations

from collections import defaultdict

import cirql
from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Face, Role, Table
from cirql.catalog.pages import is_askable, page, required_columns
from cirql.engine import Engine
from cirql.introspection.names import published
from cirql.plan.policy import policy
from cirql.sql.parse import parse
from cirql.statements.planning import Planning
from tests.sweeps.figures import tell


def printed(text: str) -> set[str]:
    """The actions of a page's section of them."""
    section = text.partition("\n## Permissions\n")[2].partition("\n## ")[0]
    return {line.strip().rstrip(",") for line in section.splitlines() if ":" in line}


def test_what_a_read_of_everything_needs_is_on_the_page_and_nothing_stands_there_that_no_read_needs() -> None:
    lacking, superfluous, count = [], [], 0
    with cirql.connect(regions=("us-east-1",)) as session:
        engine = Engine(session.database)
        planning = Planning(session, engine, session.directory)
        for found in published(session.catalog):
            table = found.table
            if found.face is not Face.DATASET or not is_askable(table) or required_columns(table):
                continue
            count += 1
            document = policy(planning.planned(parse(f"SELECT * FROM {found.name}")).plan)
            needed = {action for statement in document["Statement"] for action in statement["Action"]}
            said = set(table.permissions.get("read", ()))
            if not needed <= said:
                lacking.append(f"{found.name}: {', '.join(sorted(needed - said))}")
            own = {action for fetch in table.fetches for action in fetch.permissions}
            if not said <= needed | own | parents(session.catalog, table):
                superfluous.append(f"{found.name}: {', '.join(sorted(said - needed - own))}")
        engine.close()
    tell("permissions", {"datasets": count, "lack some": len(lacking), "name too many": len(superfluous)})
    assert count > 3000
    assert lacking == []
    assert superfluous == []


def parents(catalog: Catalog, table: Table) -> set[str]:
    """What may find the keys of a table's calls, by whichever of the ways there are."""
    found: set[str] = set()
    waiting, seen = [table], {table.name}
    while waiting:
        for parent in waiting.pop().parents:
            if parent.table not in seen:
                seen.add(parent.table)
                above = catalog.find(str(parent.table)).table
                waiting.append(above)
                found |= {action for f in above.fetches if f.role in (Role.LIST, Role.GET) for action in f.permissions}
    return found


def test_pages_and_the_relation_say_the_same() -> None:
    with cirql.connect() as session:
        said: dict[str, set[str]] = defaultdict(set)
        for name, action in session.execute("SELECT table_name, action FROM cirql.permissions WHERE verb = 'read'").fetchall():
            said[name].add(action)
        for found in published(session.catalog):
            if found.face is Face.DATASET:
                assert printed(page(found)) == said[str(found.name)], found.name
