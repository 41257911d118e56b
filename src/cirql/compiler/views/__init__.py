"""The views of other systems' names, compiled from `views/<schema>/*.toml`: a table in each section, a column in each line.

    [aws_acm_certificate]
    from = "aws.acm_certificate"
    columns = '''
    certificate_arn text
    title text = domain_name
    export text = options -> Export
    akas jsonb = [certificate_arn]
    '''
    lacking = { certificate_chain = "acm:GetCertificate" }

What follows a name is its type there, and after `=` what it is made of: a column of the dataset, a member of one (`a -> B.C`), a list
(`[a, b]`), an ARN (`arn:{partition}:…/{name}`), a policy in one spelling (`std a`), or after `:=` an SQL expression, in which `t` is the
dataset. A line without any is the column of that name, or one of those that every table has there (`COMMON`). `from` may go on behind the
dataset, which `t` then names. JSON that an expression takes out of a column is respelled as the column is, where it says what it is behind
`spelt as` (`:= m.said -> 'integration' spelt as resource_methods.*.integration`).

Tables that differ in a few words are made of one: `[template.metric]` has `from` and `columns` with `$name` in them, and a section that
says `like = "metric"` gives each name its text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

from cirql.catalog.model import Scope, Table
from cirql.catalog.views import SchemaView, ViewColumn
from cirql.compiler.views.casing import Casing
from cirql.compiler.views.conversion import convert
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex
from cirql.types import ColumnType

FOLDER = Path(__file__).parent
CONNECTION = "aws"
"""What a connection is called there where nobody chose a name."""
_CONTEXT = f"jsonb_build_object('connection_name', '{CONNECTION}')"
EVERYWHERE = (
    ViewColumn("sp_connection_name", "text", f"'{CONNECTION}'::text"),
    ViewColumn("sp_ctx", "jsonb", _CONTEXT),
    ViewColumn("_ctx", "jsonb", _CONTEXT),
)
_LINE = regex(r"(?P<name>[a-z_][a-z0-9_]*) (?P<type>[a-z_ ]+?)(?: (?P<mark>:?=) (?P<made>.+))?")
_MEMBER = regex(r"(?P<column>[a-z_][a-z0-9_]*) -> (?P<path>[\w.]+)")
_SPELT = regex(r"(?P<expression>.+) spelt as (?P<column>[a-z_][a-z0-9_]*)(?P<path>(\.[\w*]+)*)")
_DATASET = regex(r"(?P<name>aws\.[a-z0-9_]+)(?P<rest>.*)", re.DOTALL)


class ViewError(Exception):
    """A file of views is wrong: says which, and what about it."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """The dataset that a view looks at."""

    table: Table
    casing: Casing

    def column(self, name: str, wanted: str) -> str:
        """One of its columns, as the type that is wanted."""
        found = self.table.column(name)
        if found is None:
            raise ViewError(f"{self.table.name} has no column {name}")
        return convert(f't."{found.name}"', found.type, wanted, self.casing.of(self.table, found.name))

    def member(self, name: str, path: str, wanted: str) -> str:
        """A member of one of its JSON columns."""
        found = self.table.column(name)
        if found is None:
            raise ViewError(f"{self.table.name} has no column {name}")
        keys = path.split(".")
        return self.casing.member(self.table, found.name, keys, wanted)

    def partition(self) -> str:
        return "CASE WHEN t.region LIKE 'cn-%' THEN 'aws-cn' WHEN t.region LIKE 'us-gov-%' THEN 'aws-us-gov' ELSE 'aws' END"

    def arn(self, template: str, wanted: str) -> str:
        """Text with names in braces in it."""
        pieces = re.split(r"(\{[a-z_0-9]+\})", template)
        written = [self._piece(p) for p in pieces if p]
        return f"({' || '.join(written)})"

    def _piece(self, piece: str) -> str:
        if not piece.startswith("{"):
            return "'" + piece.replace("'", "''") + "'"
        name = piece[1:-1]
        return self.partition() if name == "partition" else self.column(name, "text")


def compile_views(tables: Iterable[Table], folder: Path = FOLDER) -> Iterator[SchemaView]:
    """Every view of every schema. Raises ViewError."""
    by_name = {str(t.name): t for t in tables}
    casing = Casing()
    for path in sorted(folder.glob("*/*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        templates = content.pop("template", {})
        for name, entry in content.items():
            try:
                yield _view(f"{path.parent.name}.{name}", _filled(entry, templates), by_name, casing)
            except ViewError as error:
                raise ViewError(f"{path.parent.name}/{path.name}: {name}: {error}") from error


def _filled(entry: Mapping[str, Any], templates: Mapping[str, Mapping[str, str]]) -> Mapping[str, Any]:
    """An entry as it is, or the template that it is like with its words."""
    if "like" not in entry:
        return entry
    words = {key: value for key, value in entry.items() if key != "like"}
    try:
        return {key: Template(text).substitute(words) for key, text in templates[entry["like"]].items()}
    except KeyError as missing:
        raise ViewError(f"nothing is called {missing}") from None


def _view(name: str, entry: Mapping[str, Any], tables: Mapping[str, Table], casing: Casing) -> SchemaView:
    if unknown := entry.keys() - {"from", "columns", "lacking", "without"}:
        raise ViewError(f"unknown field {min(unknown)}")
    if "from" not in entry:
        return SchemaView(name, "", (), {"*": entry["without"]})
    named = _DATASET.match(entry["from"])
    table = tables.get(named["name"]) if named is not None else None
    if named is None or table is None:
        raise ViewError(f"there is no dataset {entry['from']}")
    origin = _Origin(table, casing)
    columns = [_column(line, origin) for line in entry["columns"].strip().splitlines()]
    given = {c.name for c in columns}
    if len(given) != len(columns):
        raise ViewError("a column is there twice")
    columns += [c for c in EVERYWHERE if c.name not in given]
    return SchemaView(name, f"{named['name']} AS t{named['rest']}", tuple(columns), entry.get("lacking", {}))


def _column(line: str, origin: _Origin) -> ViewColumn:
    read = _LINE.fullmatch(line.strip())
    if read is None:
        raise ViewError(f"a line says neither name nor type: {line}")
    name, kind, made = read["name"], read["type"], read["made"]
    if read["mark"] == ":=":
        return ViewColumn(name, kind, f"({_expression(made, origin)})")
    return ViewColumn(name, kind, _common(name, origin) if made is None and name in COMMON else _made(name, made or name, kind, origin))


def _expression(made: str, origin: _Origin) -> str:
    """An SQL expression; what it takes out of a column spelled as that column is."""
    spelt = _SPELT.fullmatch(made)
    if spelt is None:
        return made
    casing = origin.casing.of(origin.table, spelt["column"], tuple(spelt["path"].split(".")[1:]))
    return convert(f"({spelt['expression']})", ColumnType.JSON, "jsonb", casing)


def _made(name: str, made: str, kind: str, origin: _Origin) -> str:
    if made.startswith("arn:"):
        return origin.arn(made, kind)
    if made.startswith("["):
        items = [_made(name, item.strip(), "text", origin) for item in made[1:-1].split(",")]
        return f"jsonb_build_array({', '.join(items)})"
    if (member := _MEMBER.fullmatch(made)) is not None:
        return origin.member(member["column"], member["path"], kind)
    if made.startswith("std "):
        return f"aws_policy_std({origin.column(made.removeprefix('std '), 'document')})"
    return origin.column(made, kind)


COMMON = ("region", "account_id", "partition", "tags", "tags_src")
"""The columns that mean the same in every table there."""


def _common(name: str, origin: _Origin) -> str:
    match name:
        case "region":
            return "'global'::text" if origin.table.scope is Scope.GLOBAL else 't."region"'
        case "account_id":
            return f't."{origin.table.account_column}"'
        case "partition":
            return origin.partition()
    keys = origin.casing.tag_keys(origin.table) if name == "tags_src" else None
    tags = origin.column("tags", "hstore")
    return f"aws_tags({tags})" if keys is None else f"aws_tags({tags}, '{keys[0]}', '{keys[1]}')"
