"""Names with their database or schema before them, as PostgreSQL has them: `aws.aws.s3_bucket` is `aws.s3_bucket`, `aws.mine` is `mine`.

The database is called `aws`, and so are the schema of the datasets and what a resource's name begins with: `aws.sagemaker.image` is a table
of the schema `sagemaker` either way. So a database goes where a schema that no service is called by stands behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

from cirql.catalog.views import INTERNAL
from cirql.catalog.views import SCHEMAS as VIEW_SCHEMAS
from cirql.errors import ParseError
from cirql.sql.trees import all_of

DATABASES = ("aws", *VIEW_SCHEMAS)
HOME, TEMPORARY = "aws", "pg_temp"
"""The schemas of a session's own tables and views: where those are that were made, and those that were made TEMPORARY."""
CATALOG = "pg_catalog"
_NO_SERVICE = frozenset({HOME, TEMPORARY, *VIEW_SCHEMAS, INTERNAL, "cirql", "information_schema", CATALOG})
Home = Callable[[str], str | None]


def shorten(tree: exp.Expr, home: Home = lambda name: None) -> None:
    """Leave out what goes without saying before the names of tables, and of columns. `home` knows the schemas of a session's own.

    Raises ParseError for a name of more parts than there can be.
    """
    for table in all_of(tree, exp.Table):
        if isinstance(table.this, exp.Dot):
            name = table.sql(dialect="postgres").partition(" ")[0]
            raise ParseError(
                f"improper qualified name (too many dotted names): {name}",
                hint="database.schema.table is the longest: aws.aws.s3_bucket, aws.sagemaker.image",
            )
        if isinstance(table.this, exp.Identifier) and table.args.get("db") is not None:
            _put(table, ("catalog", "db"), short([p.name for p in table.parts], home))
    for column in all_of(tree, exp.Column):
        if column.args.get("db") is not None and not isinstance(column.this, exp.Dot):
            _put(column, ("catalog", "db"), short([p.name for p in column.parts[:-1]], home))


def short(parts: Iterable[str], home: Home = lambda name: None) -> list[str]:
    """A name's parts without those that go without saying."""
    found = list(parts)
    if len(found) == 3 and found[0] in DATABASES and _is_no_service(found[1]):
        found = found[1:]
    elif len(found) == 3 and found[0] in VIEW_SCHEMAS:
        found[0] = "aws"
    if len(found) == 2 and (schema := home(found[1])) is not None and schema in (found[0], _plain(found[0])):
        found = found[1:]
    return found


def target_of(tree: exp.Expr, home: Home) -> exp.Table | None:
    """The table of a session's own that a statement changes, where a schema stands before its name."""
    if not isinstance(tree, exp.Insert | exp.Update | exp.Delete):
        return None
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if not isinstance(target, exp.Table) or not isinstance(target.this, exp.Identifier) or target.args.get("db") is None:
        return None
    parts = [part.name if part.args.get("quoted") else part.name.lower() for part in target.parts]
    return target if len(short(parts, home)) == 1 else None


def _is_no_service(schema: str) -> bool:
    return _plain(schema) in _NO_SERVICE


def _plain(schema: str) -> str:
    """`pg_temp_3` is what PostgreSQL calls one connection's `pg_temp`."""
    return TEMPORARY if schema.startswith(f"{TEMPORARY}_") else schema


def _put(node: exp.Expr, names: tuple[str, str], parts: list[str]) -> None:
    """Keep of the schema and the database what the parts have."""
    outer = parts[:-1]
    for name, part in zip(reversed(names), [*reversed(outer), None, None], strict=False):
        old = node.args.get(name)
        if part is None:
            node.set(name, None)
        elif old is None or old.name != part:
            node.set(name, exp.to_identifier(part))
