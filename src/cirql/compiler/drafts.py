"""A dataset in the making: its columns, and which of them holds which member of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore.model import Shape

from cirql.catalog.model import Column, Output
from cirql.compiler import tags
from cirql.compiler.descriptions import clean
from cirql.compiler.identities import plain
from cirql.compiler.services import Service
from cirql.names import snake
from cirql.startup.records import dataclass, field
from cirql.types import ColumnType, from_botocore

# `account_id` and `region` say where a row was read, `tags` what it is tagged with: members that mean something else give way.
TAKEN = frozenset({"account_id", "region", "tags"})
# Members whose names do not say of what they are.
_SAY_LITTLE = frozenset(
    {"attributes", "configuration", "enabled", "policy", "properties", "result", "results", "state", "status", "type", "value"}
)


@dataclass(slots=True)
class Draft:
    """A dataset in the making: columns by name, and for each member of the API the column that holds it."""

    service: Service
    noun: str
    columns: dict[str, Column] = field(default_factory=dict)
    by_member: dict[str, str] = field(default_factory=dict)

    def add(self, member: str, shape: Shape, *, hidden: bool = False) -> str:
        """The column of a member, made if it is new; the first to claim a name decides its type."""
        name = snake(member)
        if name in TAKEN:
            name = f"own_{name}"
        self.by_member.setdefault(plain(member), name)
        if name not in self.columns:
            column_type = from_botocore(shape)
            self.columns[name] = Column(name, column_type, column_type.dataset_name, clean(shape.documentation), member, hidden=hidden)
        return name

    def add_parent(self, name: str, shape: Shape) -> None:
        """The column of a key that calls a thing what the rows call themselves."""
        column_type = from_botocore(shape)
        self.columns[name] = Column(name, column_type, column_type.dataset_name, clean(shape.documentation), hidden=True)

    def add_told(self, call: str, member: str, shape: Shape) -> Output | None:
        """The output of a member that a further call tells, with a hidden column; it says whose it is where its name is taken."""
        noun = snake(call.removeprefix("Describe").removeprefix("Get"))
        name = snake(member)
        if name in self.columns or name in TAKEN or name in _SAY_LITTLE:
            name = f"{noun.removeprefix(f'{snake(self.noun)}_')}_{name}" if not noun.endswith(name) else noun
        known = [m for m in getattr(shape, "members", ()) if plain(m) in self.by_member]
        if not name or name in self.columns or len(known) > len(getattr(shape, "members", ())) / 2:
            return None  # The thing itself, told again.
        column_type = from_botocore(shape)
        self.columns[name] = Column(name, column_type, column_type.dataset_name, clean(shape.documentation), member, hidden=True)
        return Output(name, (member,))

    def attribute(self, member: str, column_type: ColumnType) -> Output:
        """The output of a member of a map of text, with its column made."""
        name = snake(member)
        self.by_member.setdefault(plain(member), name)
        self.columns[name] = Column(name, column_type, column_type.dataset_name, "", member)
        return Output(name, (member,), "" if column_type is ColumnType.VARCHAR else "text")

    def outputs(self, members: Mapping[tuple[str, ...], Shape], lacks: tuple[str, ...] = ()) -> Iterator[Output]:
        """A fetch's outputs, with their columns made."""
        given: set[str] = set()
        for path, shape in members.items():
            if path[-1] in lacks or not snake(path[-1]):
                continue
            if tags.is_inline(path[-1], shape):
                column, reading = "tags", "tags"
            else:
                column, reading = self.add(path[-1], shape), "url" if shape.name in self.service.url_encoded else ""
                if self.columns[column].type is not from_botocore(shape):
                    continue
            if column not in given:
                given.add(column)
                yield Output(column, path, reading)
