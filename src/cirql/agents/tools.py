"""Tool: what an agent may call, with the schemas of what it takes and gives. Data; the protocol is spoken elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from cirql.agents.limits import AnswerLimits
from cirql.startup.records import dataclass, field

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.session import Session

Schema = Mapping[str, Any]


class Asked(Protocol):
    """A call, as its tool sees it."""

    arguments: Mapping[str, Any]
    approved: str
    """The nonce of the question that the user said yes to; empty where there was none, or it was a no."""

    @property
    def limits(self) -> AnswerLimits:
        """The most that it may cost, and say."""
        ...

    @property
    def catalog(self) -> Catalog:
        """The catalog of tables."""
        ...

    @property
    def failures(self) -> list[str]:
        """What AWS did not answer to earlier calls."""
        ...

    def session(self, **settings: Any) -> Session:
        """A locked session of this call's own, within its limits."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What the user is asked before a tool runs: in words, and the same as data. `nonce` tells this question from all others."""

    text: str
    data: Mapping[str, Any]
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tool:
    """`run` gives plain data that `gives` describes, or raises an Error. `required` are names in `takes`.

    `changes`: something may be different in AWS after it. `asks`: the user must say yes to that question first.
    """

    name: str
    title: str
    description: str
    takes: Mapping[str, Schema]
    gives: Mapping[str, Schema]
    run: Callable[[Asked], dict[str, Any]] = field(repr=False)
    required: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    changes: bool = False
    asks: Callable[[Asked], Question] | None = field(default=None, repr=False)

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments; there are no others."""
        return {"type": "object", "properties": dict(self.takes), "required": list(self.required), "additionalProperties": False}

    @property
    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of the answer."""
        return {"type": "object", "properties": dict(self.gives), "required": list(self.always)}


def text(description: str, most: int = 100_000) -> Schema:
    """A text that is not empty."""
    return {"type": "string", "description": description, "minLength": 1, "maxLength": most}


def whole(description: str, least: int, most: int) -> Schema:
    """A whole number."""
    return {"type": "integer", "description": description, "minimum": least, "maximum": most}


def listed(items: Schema, description: str = "") -> Schema:
    """A list of those."""
    return {"type": "array", "items": items, **({"description": description} if description else {})}


STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
YES: Schema = {"type": "boolean"}
THING: Schema = {"type": "object"}
TEXTS = listed(STRING)
ROWS: Mapping[str, Schema] = {
    "columns": listed({"type": "object", "properties": {"name": STRING, "type": STRING}, "required": ["name", "type"]}),
    "rows": listed({"type": "array"}, "One list per row, values in the order of `columns`."),
    "shown": {"type": "integer", "description": "How many rows are here."},
    "total": {"type": ["integer", "null"], "description": "How many there are; null where reading stopped before the end."},
    "complete": {"type": "boolean", "description": "False where some account, region or page was not read."},
    "note": {"type": "string", "description": "What to know of the rows, and how to get others."},
    "calls": {"type": "integer", "description": "Requests sent to AWS."},
    "milliseconds": NUMBER,
    "null_columns": listed(STRING, "Columns that are NULL in every row here, and so left out."),
    "cut": listed(THING, "Values that are longer than shown: row, column, length, members."),
    "marked": listed(THING, "Values that read like instructions or hold invisible characters: row, column."),
    "notices": TEXTS,
    "failures": listed(STRING, "Accounts, regions and calls that gave no answer."),
}
ALWAYS_ROWS = ("columns", "rows", "shown", "total", "complete", "note", "calls", "milliseconds")
