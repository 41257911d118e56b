"""What a change is, and how far it has come. Data only: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from cirql.cloud.target import Target
from cirql.startup.records import dataclass, field, replace

Model = dict[str, Any]
PropertyPath = tuple[str, ...]
MASK = "***"


class ChangeKind(StrEnum):
    """What is done. SET is a native write of a set-valued property, CALL any operation of a service (EXEC)."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SET = "set"
    CALL = "call"


class State(StrEnum):
    """How far a change has come.

    PLANNED is on disk and was never sent. SUBMITTING may or may not have reached AWS. SUBMITTED is known to AWS by its request
    token. UNKNOWN was cut off where nothing can tell whether it happened.
    """

    PLANNED = "planned"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self in (State.PLANNED, State.SUBMITTING, State.SUBMITTED)


@dataclass(frozen=True, slots=True)
class Change:
    """One change to one resource, complete enough to be carried out by another process.

    `body` is the exact text that AWS gets: the desired state (CREATE), the RFC 6902 patch (UPDATE), the request (CALL), and for SET the
    wanted set with its declaration. `type_name` is the CloudFormation type, or `service:Operation` for a CALL. `before` and `after` are the
    resource's model as AWS returned it and as it will be; `secrets` are the paths in them that are never shown.
    `depends` names changes that must have succeeded first. `permissions` are the IAM actions it needs.
    `repeatable`: sending it twice does the same as sending it once, so that it can be resumed when nobody knows whether it was sent.
    """

    id: str
    operation: ChangeKind
    table: str
    type_name: str
    target: Target
    identifier: str | None
    body: str
    before: Model | None = None
    after: Model | None = None
    secrets: tuple[PropertyPath, ...] = ()
    depends: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    repeatable: bool = True

    @property
    def subject(self) -> tuple[str, str, str, str]:
        """What it touches: two changes with the same subject never run at once."""
        return (self.target.account, self.target.region, self.type_name, self.identifier or self.id)

    @property
    def title(self) -> str:
        """One line for people: `update aws.sagemaker.image_version arn:… in 111111111111/us-east-1`."""
        what = self.identifier or (self.type_name if self.operation is ChangeKind.CALL else "(new)")
        return f"{self.operation.value} {self.table} {what} in {self.target}"

    def masked(self, model: Model | None) -> Model | None:
        """A model with every secret replaced."""
        return None if model is None else mask(model, self.secrets)


@dataclass(frozen=True, slots=True)
class RequestProgress:
    """The part of Cloud Control's ProgressEvent that is kept (API reference, `ProgressEvent`)."""

    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """PENDING, IN_PROGRESS, SUCCESS, FAILED, CANCEL_IN_PROGRESS or CANCEL_COMPLETE."""
        return str(self.fields.get("OperationStatus", ""))

    @property
    def error_code(self) -> str:
        """Why it FAILED, in Cloud Control's words; empty where it did not."""
        return str(self.fields.get("ErrorCode") or "")

    @property
    def message(self) -> str:
        """What AWS says about it."""
        return str(self.fields.get("StatusMessage") or "")


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A change and how far it has come: one row of the journal.

    Times are seconds since 1970, 0 where it has not happened. `run` groups the changes of one statement or transaction.
    `is_whole`: what it was told is known; not of one whose secrets cannot be opened. `user` is whose session it was, where a server had
    several; empty where it had one.
    """

    change: Change
    run: str
    number: int
    statement: str
    caller: str
    state: State = State.PLANNED
    attempt: int = 1
    request_token: str | None = None
    event: RequestProgress = field(default_factory=RequestProgress)
    error: str = ""
    created: float = 0.0
    submitted: float = 0.0
    updated: float = 0.0
    is_whole: bool = True
    user: str = ""

    @property
    def client_token(self) -> str:
        """The idempotency token of this attempt; AWS remembers it for 36 hours."""
        return f"cirql-{self.change.id}-{self.attempt}"

    @property
    def identifier(self) -> str | None:
        """The resource's identifier: AWS's own where it has said it."""
        return self.event.fields.get("Identifier") or self.change.identifier

    def moved(self, state: State, **changes: Any) -> JournalEntry:
        """The entry in another state."""
        return replace(self, state=state, **changes)


def values_at(model: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value that a path leads to; schemas write paths through arrays both with and without the `*`."""
    if not path:
        yield model
    elif isinstance(model, list):
        for item in model:
            yield from values_at(item, path[1:] if path[0] == "*" else path)
    elif isinstance(model, dict):
        if path[0] == "*":
            for item in model.values():
                yield from values_at(item, path[1:])
        elif path[0] in model:
            yield from values_at(model[path[0]], path[1:])


def mask(model: Model, paths: Sequence[PropertyPath]) -> Model:
    """A copy of a model in which the values at these paths read `***`."""
    result: Model = _masked(model, [tuple(p) for p in paths])
    return result


def _masked(node: Any, paths: Sequence[PropertyPath]) -> Any:
    if any(not p for p in paths):
        return MASK
    if isinstance(node, list):
        inner = [p[1:] if p[0] == "*" else p for p in paths]
        return [_masked(item, inner) for item in node]
    if isinstance(node, dict):
        return {k: _masked(v, [p[1:] for p in paths if p[0] in (k, "*")]) for k, v in node.items()}
    return node
