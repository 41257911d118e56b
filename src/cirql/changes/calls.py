"""EXEC: one operation of a service by its dotted name, and whether it only reads.

What only reads is answered at once (`access` says what that is); everything else needs a writable session, counts as a change and is
journalled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from cirql.changes.access import Effect, effect_of
from cirql.changes.masking import named_secrets, sensitive_members
from cirql.changes.model import Change, ChangeKind, PropertyPath
from cirql.changes.spelling import member_named, read_operation
from cirql.cloud.target import Target
from cirql.errors import AccessDenied
from cirql.names import snake
from cirql.settings import Settings
from cirql.sql.calls import document
from cirql.startup.records import dataclass

_TOKEN_PARAMS = ("NextToken", "nextToken", "Marker", "NextMarker", "nextMarker")


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of a service with its request, complete but for the target."""

    service: str
    operation: str
    params: Mapping[str, Any]
    effect: Effect
    repeatable: bool
    secrets: tuple[PropertyPath, ...] = ()

    @property
    def name(self) -> str:
        """The service and the operation, as IAM spells an action: `ec2:StopInstances`."""
        return f"{self.service}:{self.operation}"

    def check_allowed(self, settings: Settings, *, wants_secrets: bool) -> None:
        """Raise AccessDenied where a locked session does not list it, or a statement does not say that it wants secrets."""
        if settings.locked and self.name not in settings.exec_allowed:
            raise AccessDenied(f"this session is locked: EXEC of {self.name} is not allowed", hint="exec_allowed lists what is")
        if self.effect is Effect.SECRET and not wants_secrets:
            raise AccessDenied(f"{self.name} gives out secrets", hint="say that they are wanted: EXEC /*+ SECRETS */ …")

    def change(self, table: str, target: Target, change_id: str) -> Change:
        """The call as a change to be journalled and carried out."""
        return Change(
            id=change_id,
            operation=ChangeKind.CALL,
            table=table,
            type_name=self.name,
            target=target,
            identifier=None,
            body=json.dumps(dict(self.params), sort_keys=True),
            secrets=self.secrets,
            permissions=(self.name,),
            repeatable=self.repeatable,
        )


def read_call(path: tuple[str, ...], params: Mapping[str, Any], body: Mapping[str, Any], new_token: Callable[[], str]) -> Call:
    """The operation that EXEC names, with its parameters in the service's own spelling.

    An idempotency token is put in where the operation takes one and none is given, so that the call can be repeated.

    Raises NotSupported for an unknown service or operation, InvalidText for a parameter that it does not take.
    """
    service, operation = read_operation(path)
    members = dict(operation.input_shape.members) if operation.input_shape is not None else {}
    given = {**body, **{member_named(members, service, operation.name, key): value for key, value in params.items()}}
    request = {key: _typed(members.get(key), value) for key, value in given.items()}
    tokens = list(operation.idempotent_members)
    effect = effect_of(service, operation, request)
    request |= {token: new_token() for token in tokens if token not in request}
    secrets = dict.fromkeys((*sensitive_members(operation.input_shape), *named_secrets(request)))
    return Call(
        service, operation.name, request, effect, effect is not Effect.CHANGE or bool(tokens), tuple(s for s in secrets if s[0] in request)
    )


def rows_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """An answer as rows: the elements of its only list, else one row of its members."""
    shown = {k: v for k, v in answer.items() if k not in _TOKEN_PARAMS}
    lists = [v for v in shown.values() if isinstance(v, list)]
    if len(shown) == 1 and len(lists) == 1 and all(isinstance(item, dict) for item in lists[0]):
        return [{snake(k): v for k, v in item.items()} for item in lists[0]]
    if len(shown) == 1 and len(lists) == 1:
        return [{snake(next(iter(shown))): item} for item in lists[0]]
    return [{snake(k): v for k, v in shown.items()}] if shown else []


def _typed(shape: Any, value: Any) -> Any:
    """A text as the number, boolean or document that the operation takes, and one value where a list is wanted."""
    if shape is None:
        return value
    if isinstance(value, str) and shape.type_name in ("list", "structure", "map"):
        value = document(value)
    if shape.type_name == "list" and not isinstance(value, list):
        return [_typed(shape.member, value)]
    if isinstance(value, str):
        match shape.type_name:
            case "integer" | "long" if value.strip().lstrip("-").isdigit():
                return int(value)
            case "boolean" if value.strip().lower() in ("true", "false"):
                return value.strip().lower() == "true"
    if shape.type_name == "string" and isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if shape.type_name == "string" and isinstance(value, dict | list):
        return json.dumps(value)
    return value
