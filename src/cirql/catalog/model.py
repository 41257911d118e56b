"""What a table is: its columns, the API operations that fill them, and what those need.

Everything here is data, made by the compiler (`cirql.compiler`), corrected by its overlay, stored by
`artefact` and read by the planner. Nothing here does I/O or knows SQL.

How the parts meet. A `Fetch` is one AWS operation seen from one table. Its `inputs` name columns of the same
table whose values the call takes; its `outputs` name the columns it fills. A table is answered by one root
fetch (role LIST or GET) followed, for the columns still missing, by per-row fetches (GET or ENRICH). Where a
root fetch needs a column that the query does not give, `Table.parents` says which other table can supply it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from cirql.names import TableName
from cirql.startup.records import dataclass, field
from cirql.types import ColumnType

# The path of what stands behind a key of a map, whichever key that is.
ANY_KEY = ("*",)

# Where the rows of several lists of one answer are one table: what the list is called that a row is in, as if it were a member around it.
LIST = "(list)"

# The hidden column of a resource that holds its identifier, parts joined by `|`.
IDENTIFIER = "data__identifier"


class Face(StrEnum):
    """Which spelling of a table was used: it decides what `SELECT *` and `SHOW METHODS` mean, never what may be asked.

    A dataset has one face. A resource has up to four: its singular, its plural, its plural with `_list_only`, its singular with `_tags`.
    """

    DATASET = "dataset"
    SINGULAR = "singular"
    PLURAL = "plural"
    LIST_ONLY = "list_only"
    TAGS = "tags"


class Access(StrEnum):
    """What a user may do with a column in a write (CloudFormation's property classes).

    WRITE_ONLY and WRITE_ONCE values are never returned by AWS; WRITE_ONCE ones can only be given on creation.
    """

    READ_ONLY = "read-only"
    READ_WRITE = "read-write"
    CREATE_ONLY = "create-only"
    WRITE_ONLY = "write-only"
    WRITE_ONCE = "write-once"

    @property
    def is_settable_on_create(self) -> bool:
        """Whether an INSERT may give it."""
        return self is not Access.READ_ONLY

    @property
    def is_updatable(self) -> bool:
        """Whether an UPDATE may change it."""
        return self in (Access.READ_WRITE, Access.WRITE_ONLY)

    @property
    def is_readable(self) -> bool:
        """Whether AWS ever returns it."""
        return self not in (Access.WRITE_ONLY, Access.WRITE_ONCE)


class Role(StrEnum):
    """What part a fetch plays: LIST gives many rows, GET gives or completes one, ENRICH only completes."""

    LIST = "list"
    GET = "get"
    ENRICH = "enrich"


class Scope(StrEnum):
    """Where a service lives: asked in every region, or once per account."""

    REGIONAL = "regional"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    `declared` is the type as the table's published page prints it (`int64`, `array`). `member` is the spelling in the
    API (a CloudFormation property, a botocore member), accepted in SQL as well; so is every name in `aliases`.
    Hidden columns are not in `SELECT *` and are there when named.
    """

    name: str
    type: ColumnType
    declared: str
    description: str = ""
    member: str = ""
    access: Access = Access.READ_ONLY
    required: bool = False
    hidden: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Default:
    """What a request member that AWS requires is told where a statement says nothing of its column.

    `text` is the value, as JSON where the member is structured. In it `{start}` and `{end}` stand for the time frame: what the session
    is set to, else the `hours` before now (after now, where they are negative). `{start.date}`, `{start.month}` and `{start.seconds}`
    are other spellings. `moments` are columns of the rows whose conditions say the time frame, where there are any.
    """

    text: str
    hours: int = 24
    moments: tuple[str, ...] = ()

    @property
    def is_timed(self) -> bool:
        """Whether it depends on the time frame."""
        return "{start" in self.text or "{end" in self.text


@dataclass(frozen=True, slots=True)
class Input:
    """One request member of a fetch, supplied by a column.

    `param` is a dotted path into the request (`ImageName`, `ResourceModel.ImageName`). `operator` is what the member
    means to AWS: `=`; `<`, `<=`, `>`, `>=` for ranges; `prefix`, `contains` for text. An inexact input lets through rows
    that do not match. `batch` > 1: the member is a list that takes up to that many values in one call.
    `filter_name`: the value goes into an EC2-style `Filters` list under that name; `filter_form` is how its items spell name and values.
    `path` with the operator `member`: what is meant is the text of that member of a JSON column, or any key of a map (`*`, which stands
    for the key in the filter's name too); without a path, that a map has one of the keys.
    `values`: all that the member can take (an enum); where a required one is not given, each is asked in turn.
    An input on `region` or on the table's account column takes what the target says. `is_structured`: the member is a structure or
    a list of them, and the column holds it as JSON. `is_text`: the member is a text, and the column holds a number (a version).
    `default`: what is sent where it is required and the statement does not give it. `may_lack`: what has no such value is asked for
    without it (packages without a namespace).
    """

    param: str
    column: str
    required: bool = True
    operator: str = "="
    exact: bool = True
    batch: int = 1
    filter_name: str | None = None
    values: tuple[str, ...] = ()
    is_structured: bool = False
    path: tuple[str, ...] = ()
    filter_form: tuple[str, str] = ("Name", "Values")
    is_text: bool = False
    default: Default | None = None
    may_lack: bool = False

    @property
    def is_supplied(self) -> bool:
        """Whether there is something to send where nobody says what."""
        return bool(self.values) or self.default is not None


@dataclass(frozen=True, slots=True)
class Output:
    """One column that a fetch fills: the path of member names in a row of its answer.

    An empty path is the row itself (a list of bare strings). `reading` says how the value is read where its shape alone
    does not say: `tags` (a list of Key/Value structures, or a map, to hstore), `only` (the element of a list
    of exactly one, else NULL), `list` (all of them), `arn:<n>` (the n-th `/`- or `:`-separated part of an ARN's resource,
    counted from 0: part 1 of `...:image/base` is `base`), `arn:service` and `arn:type` what an ARN says of the resource,
    `text` (JSON in writing: a number, a boolean, seconds since 1970, JSON), `url` (percent-encoded text). A path into a list takes
    the member of every element.
    """

    column: str
    path: tuple[str, ...]
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation pages, as botocore's paginator models say it.

    `input_tokens` and `output_tokens` pair up; an output token may be a dotted path. `more` names a boolean member that
    says whether there is another page. `limit` is the page-size member and `size` the largest value it takes.
    `ends_with_same`: the last page gives the token that it was asked with, and not none.
    """

    input_tokens: tuple[str, ...]
    output_tokens: tuple[str, ...]
    more: str | None = None
    limit: str | None = None
    size: int | None = None
    ends_with_same: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """How a list's rows are told from each other where several regions of an account give the same ones.

    `id` is the path in a row to its name, `homes` are those to the regions that it is in, or to ARNs that say them. `whole`: every region
    gives the rows of all, so that one is asked for the account; `narrows` is the request member that takes a region where its answer
    does not say which rows are in which, as answers of those who imitate AWS may not.
    """

    id: tuple[str, ...] = ()
    homes: tuple[tuple[str, ...], ...] = ()
    whole: bool = False
    narrows: str = ""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One API operation seen from a table.

    `rows` is the path from the answer to the rows; lists on the way are flattened, a structure at the end is one row,
    and an empty path takes the answer itself as the row. `lifted` fills columns from members on the way (path from the answer's
    outer element to a scalar), for wrapped lists. `json_params` and `json_members` are request members to encode,
    and row members to decode, as JSON text (Cloud Control). `rows_may_be_absent`: the model does not
    require the member or the protocol drops empty lists (flattened XML), so a missing one is an empty list rather than a broken answer.
    `not_found` are the codes by which AWS says that what was asked for is not there; `code: words` where only with those words in the
    message.
    `tolerated`: a denial leaves the columns NULL with a notice, instead of failing the target.
    `collect`: all rows of all pages of one call are one list value, which the outputs then read (`list`, `only`): the call
    gives exactly one row, even when the list is empty.
    `beside` are the paths to further lists of the answer whose elements are rows too (the delete markers beside the versions); a lifted
    output of the path `LIST` says in which of them a row is.
    `spread`: several regions give the same rows.
    `fallback` names the table's fetch that gives the same where this one is refused, or saves no call. A list that has one tells in one
    call what the other tells key by key.
    `match`: a bulk call, made once for all rows of a target; these columns say whose each of its rows is. What it leaves out
    of a row is not known.
    Columns that are inputs and not outputs keep the value that was asked for.
    """

    name: str
    role: Role
    service: str
    operation: str
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    rows: tuple[str, ...] = ()
    lifted: tuple[Output, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    paging: Paging | None = None
    json_params: tuple[str, ...] = ()
    json_members: tuple[str, ...] = ()
    rows_may_be_absent: bool = False
    tolerated: bool = False
    permissions: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    collect: bool = False
    fallback: str = ""
    match: tuple[str, ...] = ()
    beside: tuple[tuple[str, ...], ...] = ()
    spread: Spread | None = None

    @property
    def gives(self) -> frozenset[str]:
        """The columns whose value is known once this fetch has answered."""
        return frozenset(
            [o.column for o in self.outputs]
            + [o.column for o in self.lifted]
            + [i.column for i in self.inputs if i.required and i.operator == "="]
        )

    def lacks(self, values: Mapping[str, Any]) -> list[str]:
        """The columns without which it cannot be asked and that have no value among these."""
        return [c for c, v in values.items() if v is None and not any(i.may_lack and i.column == c for i in self.inputs)]

    @property
    def batch(self) -> int:
        """For how many rows one call serves."""
        return max((i.batch for i in self.inputs if i.required), default=1)

    @property
    def required(self) -> frozenset[str]:
        """The columns whose values this fetch cannot do without."""
        return frozenset(i.column for i in self.inputs if i.required)


@dataclass(frozen=True, slots=True)
class Parent:
    """Where a required key comes from when the query does not give it: `column` takes the values of `source` in `table`.

    `path`: what is meant is behind these member names in each of the source's elements; `*` are the elements themselves.
    `again` is a column of the child's own rows whose values are keys too: units are listed for the roots, and for each unit.
    `among`: several tables have values of this key, and all are asked. `says` is what the call is told besides for this table's values
    (that they are assets), by column.
    """

    column: str
    table: TableName
    source: str
    path: tuple[str, ...] = ()
    again: str = ""
    among: bool = False
    says: tuple[tuple[str, str], ...] = ()

    @property
    def is_value(self) -> bool:
        """Whether what this table gives are the very values of its column, so that conditions on the key hold for the column."""
        return not self.path and not self.again

    @property
    def is_equal(self) -> bool:
        """Whether each row's key is the very value of its parent's column, so that conditions on one hold for the other."""
        return self.is_value and not self.among


@dataclass(frozen=True, slots=True)
class Arn:
    """How a table's ARNs are built, so that one names all of the row's keys.

    `template` uses `{partition}`, `{region}`, `{account_id}` and column names:
    `arn:{partition}:sagemaker:{region}:{account_id}:image-version/{image_name}/{version}`. `column` holds the ARN.
    """

    column: str
    template: str


@dataclass(frozen=True, slots=True)
class Method:
    """One row of a page's Methods table: the StackQL name, the SQL verb, what it cannot do without, and whose page has it."""

    name: str
    verb: str
    required: tuple[str, ...]
    face: Face = Face.SINGULAR


@dataclass(frozen=True, slots=True)
class Table:
    """One table: everything the planner, the docs and the writer need to know about it.

    `columns` are in published order, hidden ones last. `identifier` names the columns of the primary identifier, in order
    (joined by `|` in `data__identifier`). `key` names the columns whose values tell one row of a target from another: the
    ARN alone where there is one; `_key` is made of them, and NULL where nothing tells rows apart.
    `plural` is the other spelling of a resource (equal to the name's last part where a type has only one). `account_column`
    says which column holds the account that was asked: a resource with a property `AccountId` of its own publishes that
    as `account_id`. `permissions` maps a verb (`read`, `list`, `create`, `update`, `delete`) to IAM actions. `regions` is None
    where the table is available everywhere. `problem` says why a table cannot be answered without help, or is empty.
    `modified` is the column of its list call that differs whenever what its describe call gives has changed, or empty (`modified.py`).
    """

    name: TableName
    service: str
    title: str
    description: str
    columns: tuple[Column, ...]
    fetches: tuple[Fetch, ...]
    identifier: tuple[str, ...] = ()
    parents: tuple[Parent, ...] = ()
    arn: Arn | None = None
    methods: tuple[Method, ...] = ()
    permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cfn_type: str | None = None
    scope: Scope = Scope.REGIONAL
    regions: frozenset[str] | None = None
    problem: str = ""
    key: tuple[str, ...] = ()
    plural: str = ""
    account_column: str = "account_id"
    modified: str = ""

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: duplicate column names")

    def fallback(self, fetch: Fetch) -> Fetch | None:
        """The fetch that gives what another one gives, where that one is refused or saves no call; None where it has none."""
        return next((f for f in self.fetches if f.name == fetch.fallback), None) if fetch.fallback else None

    def needs(self, fetch: Fetch) -> frozenset[str]:
        """The columns that a call takes and neither the target, an enum nor a default supplies."""
        return fetch.required - {i.column for i in fetch.inputs if i.is_supplied} - {"region", self.account_column}

    @property
    def roots(self) -> list[Fetch]:
        """The calls that a scan can begin with, those that need least first; a per-row call only where nothing lists.

        Lists that tell what another one does are left out: where a table's rows come from, that one says.
        """
        lists = [f for f in self.fetches if f.role is Role.LIST and not f.fallback]
        return sorted(lists or [f for f in self.fetches if f.role is Role.GET], key=lambda f: len(self.needs(f)))

    @property
    def published(self) -> tuple[Column, ...]:
        """The columns of `SELECT *`."""
        return tuple(c for c in self.columns if not c.hidden)

    def column(self, name: str) -> Column | None:
        """The column of that name in any accepted spelling, case-insensitive; None where there is none."""
        wanted = name.lower()
        for c in self.columns:
            if c.name == wanted:
                return c
        for c in self.columns:
            if c.member.lower() == wanted or wanted in c.aliases:
                return c
        return None
