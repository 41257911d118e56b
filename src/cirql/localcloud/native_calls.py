"""Calls of a service's own API on behalf of Cloud Control: members by name and by expression, answers narrowed to what was asked for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cirql.localcloud.expressions import evaluate
from cirql.localcloud.identity import Caller
from cirql.localcloud.images import AccountRegion
from cirql.localcloud.listener import HttpAnswer, HttpRequest
from cirql.localcloud.members import as_input, find_member, other_names, plain_name
from cirql.localcloud.moto_client import exchange, operation_model
from cirql.localcloud.native_types import NativeCall
from cirql.localcloud.operations import service_model
from cirql.localcloud.progress import HandlerError
from cirql.startup.regexes import regex

Send = Callable[[HttpRequest, Caller], HttpAnswer]
Facts = dict[str, Any]

_MISSING = regex(
    r"notfound|nosuch|nonexist|doesnotexist|not exist|could not find|cannot be found|not found|unknown .*repository", re.IGNORECASE
)
_TAKEN = regex(r"alreadyexist|already exist|alreadyowned|duplicate|inuse|conflict", re.IGNORECASE)
_UNSERVED = "The local AWS does not implement"


class NativeCalls:
    """Makes the calls of one service's types in any place, through `send`."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def make(self, place: AccountRegion, service: str, call: NativeCall, noun: str, facts: Facts, values: Mapping[str, Any]) -> Any:
        """One call and the part of its answer that is meant. `values` are offered to members by name. Raises HandlerError."""
        members = self.members(service, call, noun, facts, values)
        return narrow(self._ask(place, service, call.operation, members), call, noun)

    def items(self, place: AccountRegion, service: str, call: NativeCall, facts: Facts, values: Mapping[str, Any]) -> list[Any]:
        """Everything that a list call gives, over all its pages. Raises HandlerError."""
        pages = service_model(service, "paginators-1").get("pagination", {}).get(call.operation, {})
        result = call.result or _listed_member(service, call.operation, pages)
        members = self.members(service, call, "", facts, values)
        found: list[Any] = []
        while True:
            answer = self._ask(place, service, call.operation, members)
            found.extend(evaluate(result, answer) or ())
            tokens = _as_list(pages.get("output_token", ()))
            values_of_tokens = [evaluate(token, answer) for token in tokens]
            if not any(values_of_tokens) or ("more_results" in pages and not evaluate(pages["more_results"], answer)):
                return found
            following = zip(_as_list(pages["input_token"]), values_of_tokens, strict=True)
            members = {**members, **{name: token for name, token in following if token is not None}}

    def members(self, service: str, call: NativeCall, noun: str, facts: Facts, values: Mapping[str, Any]) -> dict[str, Any]:
        """The members of a request: those of the expressions, and those that are called as a value is."""
        shape = operation_model(service, call.operation).input_shape
        made: dict[str, Any] = {}
        if shape is None:
            return made
        for name, expression in call.members.items():
            value = evaluate(expression, facts)
            given = None if value is None else as_input(shape.members[name], value)
            # An object whose members all came to nothing is none.
            if given is not None and (given != {} or not value):
                made[name] = given
        if not call.is_plain:
            for member, source in self.matches(service, call, noun, values).items():
                made[member] = as_input(shape.members[member], values[source])
        for name, member in shape.members.items():
            if name not in made and member.metadata.get("idempotencyToken"):  # every SDK sends one
                made[name] = str(uuid.uuid4())
        return made

    def matches(self, service: str, call: NativeCall, noun: str, values: Mapping[str, Any]) -> dict[str, str]:
        """Which value each member without an expression takes its own from, by name."""
        shape = operation_model(service, call.operation).input_shape
        if shape is None or call.is_plain:
            return {}
        open_members = {name: member for name, member in shape.members.items() if name not in call.members}
        pairs = ((find_member(open_members, name, noun), name) for name in values if values[name] is not None)
        made: dict[str, str] = {}
        for member, name in pairs:
            if member is not None:
                made.setdefault(member, name)
        return made

    def _ask(self, place: AccountRegion, service: str, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
        status, answer = exchange(self._send, place, service, operation, members)
        if status < 300:
            answer.pop("ResponseMetadata", None)
            return answer
        error = answer.get("Error", {})
        code, message = str(error.get("Code", status)), str(error.get("Message", ""))
        raise HandlerError(_handler_code(code, message), f"{message or code} (Service: {service}, Operation: {operation}, Code: {code})")


def is_unserved(error: HandlerError) -> bool:
    """Whether nobody here implements what was asked."""
    return _UNSERVED in error.message


def narrow(answer: Mapping[str, Any], call: NativeCall, noun: str) -> Any:
    """What of an answer is meant: by expression, by the noun, or its only member. Raises HandlerError where a list of one is empty."""
    if call.result is not None:
        return evaluate(call.result, answer)
    named = find_member(answer, noun, noun) or next((m for m in answer if plain_name(m) == plain_name(noun) + "s"), None)
    name = named if named is not None and isinstance(answer[named], dict | list) else None
    if name is None and len(answer) == 1:
        name = next(iter(answer))
    value = answer if name is None else answer[name]
    if isinstance(value, list):
        if not value:
            raise HandlerError("NotFound", f"{call.operation} has none.")
        value = value[0]
    return value if isinstance(value, dict) else answer


def filters_by_identifier(service: str, call: NativeCall, noun: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a list call that narrow it to given identifiers: `VolumeIds` for `VolumeId`, or `LogGroupNamePrefix`."""
    shape = operation_model(service, call.operation).input_shape
    members = {plain_name(name): name for name in shape.members if name not in call.members} if shape else {}
    found: dict[str, Any] = {}
    for name, value in values.items():
        for other in other_names(name, noun):
            if (many := members.get(f"{other}s")) and shape.members[many].type_name == "list":
                found[many] = [value]
                break
            if start := members.get(f"{other}prefix"):
                found[start] = value
                break
    return found


def find_values(answer: Any, name: str, noun: str) -> Iterator[Any]:
    """Plain values called `name` in an answer, the outermost first."""
    if not isinstance(answer, Mapping):
        return
    member = find_member(answer, name, noun)
    if member is not None and isinstance(answer[member], str | int):
        yield answer[member]
    for inner in answer.values():
        candidates = inner if isinstance(inner, list) else [inner]
        for candidate in candidates[:1]:
            yield from find_values(candidate, name, noun)


def _handler_code(code: str, message: str) -> str:
    if _MISSING.search(code) or (_MISSING.search(message) and not _TAKEN.search(code)):
        return "NotFound"
    if _TAKEN.search(code) or _TAKEN.search(message):
        return "AlreadyExists" if "exist" in (code + message).lower() or "owned" in code.lower() else "ResourceConflict"
    if "limit" in code.lower():
        return "ServiceLimitExceeded"
    return "GeneralServiceException" if _UNSERVED in message else "InvalidRequest"


def _listed_member(service: str, operation: str, pages: Mapping[str, Any]) -> str:
    keys = _as_list(pages.get("result_key", ()))
    if keys:
        return str(keys[0])
    members = operation_model(service, operation).output_shape.members
    lists = [name for name, member in members.items() if member.type_name == "list"]
    return str(lists[0])


def _as_list(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value)
