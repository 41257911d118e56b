"""Graph: a resource and what it hangs on, read row by row along the catalog's references, as text or as Mermaid.

A reference that AWS's names only suggest is followed like one that is known: whether there is such a row decides. References lead into the
documents of JSON columns. An ARN says itself which table it is of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Scope, Table
from cirql.errors import Error, ResourceNotFound, UnknownTable
from cirql.sql.quoting import constant
from cirql.sql.quoting import name as quoted
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    from cirql.catalog.references import Reference
    from cirql.session import Session

_BY_PREFIX = {
    "i": "instance",
    "vol": "volume",
    "vpc": "vpc",
    "subnet": "subnet",
    "sg": "security_group",
    "eni": "network_interface",
    "igw": "internet_gateway",
    "rtb": "route_table",
    "nat": "nat_gateway",
    "ami": "image",
    "snap": "snapshot",
    "acl": "network_acl",
    "lt": "launch_template",
    "tgw": "transit_gateway",
    "vpce": "vpc_endpoint",
    "eipalloc": "address",
    "dopt": "dhcp_options",
}
_ARN_SERVICES = {
    "cognito-idp": ("cognito_idp",),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "es": ("opensearch",),
    "states": ("stepfunctions",),
}
"""What services are called in the names of tables, where their ARNs say another word."""
_ARN_KINDS = {
    "rds": {"db": "db_instance", "cluster": "db_cluster", "snapshot": "db_snapshot", "cluster_snapshot": "db_cluster_snapshot"},
    "redshift": {"namespace": "cluster"},
}
_OTHER_NAMES = {("aws.kms_key", "alias/"): ("aws.kms_alias", "alias_name")}
"""What is named in place of a row of a table, by how such names begin."""
_LEAST_PERCENT = 80
_MOST_NODES = 60
_CLASSIC = 2
"""Parts of the end of a classic load balancer's ARN."""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One resource. `is_found`: it was read; else it is only named."""

    table: str
    name: str
    account: str = ""
    region: str = ""
    is_found: bool = True

    def __str__(self) -> str:
        place = "/".join(part for part in (self.account, self.region) if part)
        return f"{self.table} {self.name}" + (f" in {place}" if place else "") + ("" if self.is_found else " (not found)")


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """One resource names another, by a column or a member of its document: `security_groups[].GroupId`."""

    source: GraphNode
    column: str
    target: GraphNode


@dataclass(slots=True)
class Graph:
    """What was read, from the resource that was asked for outwards. `notes` are what was not read."""

    root: GraphNode
    edges: list[GraphEdge] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> Iterator[str]:
        """A tree; what was told already is not told again."""
        yield str(self.root)
        yield from self._below(self.root, "", {self.root})

    def _below(self, node: GraphNode, indent: str, told: set[GraphNode]) -> Iterator[str]:
        edges = [e for e in self.edges if e.source == node]
        for edge in edges:
            is_last = edge is edges[-1]
            yield f"{indent}{'└─' if is_last else '├─'} {edge.column} → {edge.target}"
            if edge.target not in told:
                told.add(edge.target)
                yield from self._below(edge.target, indent + ("   " if is_last else "│  "), told)

    def mermaid(self) -> Iterator[str]:
        """A flowchart, for a page that draws it."""
        numbers: dict[GraphNode, str] = {}
        for node in (self.root, *(n for e in self.edges for n in (e.source, e.target))):
            numbers.setdefault(node, f"n{len(numbers)}")
        yield "flowchart LR"
        for node, number in numbers.items():
            yield f'  {number}["{node.table}<br/>{_label(node.name)}"]'
        for edge in self.edges:
            yield f'  {numbers[edge.source]} -->|"{edge.column}"| {numbers[edge.target]}'


def draw(session: Session, name: str, table: str | None = None, depth: int = 2) -> Graph:
    """The graph around the resource of an id, a name or an ARN; `table` where these do not say of which.

    Raises UnknownTable, ResourceNotFound, and the errors of the first query.
    """
    start = session.catalog.find(table or _table_of(session, name)).table
    reading = _Reading(session)
    rows = reading.rows(start, _column_of(start, name), [name], {})
    if not rows:
        raise ResourceNotFound(f"there is no {start.name} {name} in scope", hint="--table says which table it is of")
    graph = Graph(reading.node(start, rows[0], name), notes=reading.notes)
    seen, waiting = {(graph.root.table, graph.root.name)}, [(graph.root, start, rows[0])]
    for _ in range(depth):
        found = [step for node, of, row in waiting for step in reading.steps(graph, node, of, row, seen)]
        waiting = found
    if reading.is_cut:
        reading.notes.append(f"the picture ends after {_MOST_NODES} resources; what the last of them name is left out")
    return graph


class _Reading:
    """Reads rows, each table's once for each node that names it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.notes: list[str] = []
        self.is_cut = False
        self._nodes: dict[tuple[Any, ...], GraphNode] = {}

    def steps(
        self, graph: Graph, node: GraphNode, table: Table, row: dict[str, Any], seen: set[tuple[str, str]]
    ) -> Iterator[tuple[GraphNode, Table, dict[str, Any]]]:
        """Add what a row names to the graph, each once; gives those that were read and not seen before."""
        places = self._places(table, row)
        if places and len(seen) > _MOST_NODES:
            self.is_cut = True
            return
        for name, named in places.items():
            other = self._session.catalog.find(name).table
            for meant in dict.fromkeys(meant for _, meant in named.values()):
                values = [value for value, (_, said) in named.items() if said == meant]
                column = _column_of(other, values[0], meant)
                found = {str(r.get(column)): r for r in self._known(other, column, values, row)}
                for value in values:
                    target = self.node(other, found[value], value) if value in found else GraphNode(str(other.name), value, is_found=False)
                    if target == node or any(e.source == node and e.target == target for e in graph.edges):
                        continue
                    graph.edges.append(GraphEdge(node, named[value][0], target))
                    if value in found and (target.table, target.name) not in seen:
                        seen.add((target.table, target.name))
                        yield target, other, found[value]

    def node(self, table: Table, row: dict[str, Any], name: str) -> GraphNode:
        """The node of a row: the same by whatever name it is called, ARN, id or name; the first one stays."""
        place = (str(row.get("account_id") or ""), str(row.get("region") or "") if table.scope is Scope.REGIONAL else "")
        made = GraphNode(str(table.name), name, *place)
        known = [str(row.get(column)) for column in (table.key or table.identifier)]
        return self._nodes.setdefault((made.table, *place, *(known or [name])), made)

    def _places(self, table: Table, row: dict[str, Any]) -> dict[str, dict[str, tuple[str, str]]]:
        """By other table, what a row names: the value, where it stands first, and which column of the other is meant by that."""
        found: dict[str, dict[str, tuple[str, str]]] = {}
        references = self._references(table)
        for place in sorted(references, key=lambda p: (bool(references[p][0].member), p.count("."), p)):
            choices = references[place]
            for value in _values(row.get(choices[0].column), choices[0].member):
                meant = self._meant(value, choices)
                if meant is not None:
                    other, column = meant
                    found.setdefault(other, {}).setdefault(value, (place, column))
        return found

    def _meant(self, value: str, choices: Sequence[Reference]) -> tuple[str, str] | None:
        """The table that a value names, and its column: the one that an ARN says, else the surest if it is sure enough."""
        said = ""
        if value.startswith("arn:"):
            with suppress(UnknownTable):
                said = _table_of(self._session, value)
        for choice in choices:
            if choice.other == said:
                return said, choice.other_column
        first = choices[0]
        for (table, beginning), other in _OTHER_NAMES.items():
            if first.other == table and value.startswith(beginning):
                return other
        is_other_service = said and first.other.count(".") == 1 and first.other.split("_")[0] != said.split("_")[0]
        if is_other_service:
            return said, ""
        return (first.other, first.other_column) if first.percent >= _LEAST_PERCENT else None

    def _known(self, table: Table, column: str, values: Sequence[str], near: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows, as far as they can be read: one table that refuses leaves the others as they are."""
        try:
            return self.rows(table, column, values, near)
        except Error as error:
            self.notes.append(error.message)
            return []

    def _references(self, table: Table) -> dict[str, list[Reference]]:
        """By place, which tables a table names there, the surest first; parts of keys name nothing by themselves."""
        found: dict[str, list[Reference]] = {}
        for reference in self._session.catalog.references(str(table.name)):
            if reference.reason != "part":
                found.setdefault(reference.place, []).append(reference)
        return found

    def rows(self, table: Table, column: str, values: Sequence[str], near: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows that have these values, in the account and region of the row that named them. What fails is noted."""
        wanted = dict.fromkeys(
            ["account_id", "region", column, *table.key, *table.identifier, *(r[0].column for r in self._references(table).values())]
        )
        columns = [name for name in wanted if table.column(name) is not None]
        where = [f"{quoted(column)} IN ({', '.join(map(constant, values))})"]
        if table.scope is Scope.REGIONAL and near.get("region"):
            where.append(f"region = {constant(near['region'])}")
        if near.get("account_id"):
            where.append(f"{quoted(table.account_column)} = {constant(near['account_id'])}")
        sql = f"SELECT {', '.join(map(quoted, columns))} FROM {table.name} WHERE {' AND '.join(where)}"
        with self._session.execute(sql) as result:
            rows = [dict(zip(columns, row, strict=True)) for row in result]
            self.notes += [str(failure) for failure in result.failures]
        return rows


def _table_of(session: Session, name: str) -> str:
    """The dataset that has such ids or ARNs. Raises UnknownTable."""
    if name.startswith("arn:"):
        _, _, service, *_ = name.split(":", 5)
        tail = name.split(":", 5)[-1].replace(":", "/").lstrip("/")
        found = [n for prefix in _ARN_SERVICES.get(service, (service.replace("-", "_"),)) for n in _of_kind(session, prefix, tail)]
        only = [n for n in ("aws.s3_bucket", "aws.sns_topic", "aws.sqs_queue") if n.startswith(f"aws.{service}_")]
        if found := [*found, *only]:
            return found[0]
    elif (noun := _BY_PREFIX.get(name.partition("-")[0])) is not None:
        return f"aws.ec2_{noun}"
    raise UnknownTable(f"nothing says which table {name} is of", hint="--table names it, for example --table aws.lambda_function")


def _of_kind(session: Session, service: str, tail: str) -> list[str]:
    """The datasets of a service whose ARNs end so; one says the kind as one word, another with capitals, a third in the plural."""
    parts = tail.split("/")
    if service == "elb" and parts[1:2] != parts[-1:]:  # application and network load balancers have `app` and `net` before the name
        return []
    if service == "elbv2" and parts[0] == "loadbalancer" and len(parts) == _CLASSIC:
        return []
    said = parts[0].replace("-", "_")
    kind = _ARN_KINDS.get(service, {}).get(said, said).replace("_", "").lower()
    prefix = f"aws.{service}_"
    return [n for n in session.catalog.names(prefix) if n.removeprefix(prefix).replace("_", "") in (kind, kind.removesuffix("s"))]


def _label(text: str) -> str:
    """A name as the text of a node: whoever named the resource draws nothing, and writes no markup into the page."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return " ".join(safe.split())


def _column_of(table: Table, value: str, meant: str = "") -> str:
    """The column that has such a value: an ARN, else what the reference means, an id, or a name."""
    noun = table.name.resource.removeprefix(f"{table.service}_")
    own = [table.arn.column] if table.arn is not None else []
    if value.startswith("arn:"):
        wanted = [meant if meant.endswith("arn") else "", *table.key, *own, f"{noun}_arn", "arn"]
        wanted = [name for name in wanted if name.endswith("arn")]
    else:
        named = [f"{noun}_{ending}" for ending in ("id", "name", "identifier")]
        wanted = [meant if not meant.endswith("arn") else "", *table.identifier, *named, "id", "name"]
        wanted += ["group_id"] if noun == "security_group" else ["allocation_id"] if noun == "address" else []
    names = [name for name in wanted if name and table.column(name) is not None]
    ids = [name for name in names if name.endswith("id")] if value.partition("-")[0] in _BY_PREFIX else []
    if not names:
        raise UnknownTable(f"{table.name} has no column that {value} could be in", hint="--table names another")
    return (ids or names)[0]


def _values(value: Any, member: str = "") -> Iterator[str]:
    """The texts in a column, each once: itself, those of its list, those that stand at a place of its document, or ids between commas."""
    if isinstance(value, str) and (member or value.startswith("[")):
        try:
            value = json.loads(value)
        except ValueError:
            return
    found = [value]
    for step in member.replace("[]", "").split("."):
        inner = [item for outer in found for item in (outer if isinstance(outer, list) else [outer])]
        found = [item.get(step) for item in inner if isinstance(item, dict)] if step else inner
    texts = [text for item in found for text in (item if isinstance(item, list) else [item]) if isinstance(text, str) and text]
    for text in dict.fromkeys(texts):
        is_ids = "," in text and text.partition("-")[0] in _BY_PREFIX
        yield from text.split(",") if is_ids else (text.removesuffix(":*"),)  # a log group's ARN in policies and trails
