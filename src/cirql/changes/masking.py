"""Where secrets are in what a change holds, and texts without them: statements, errors, events.

A secret is what a schema calls write-only, what an API's model marks sensitive, and whatever stands under a name that says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cirql.changes.access import is_secret
from cirql.changes.model import MASK, Change, ChangeKind, JournalEntry, PropertyPath, values_at
from cirql.names import snake
from cirql.sql.literals import with_stars, without_literals
from cirql.startup.records import replace

_ENDS = (
    "secret",
    "passphrase",
    "passwd",
    "pass_code",
    "token",
    "api_key",
    "access_key",
    "connection_string",
    "credential",
    "credentials",
    "private_key_pem",
)
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "EXEC", "EXECUTE", "PREPARE", "CREATE", "SET_CONFIG"})
_NO_SECRET = ("client_token", "client_request_token", "next_token", "request_token", "idempotency_token", "page_token", "starting_token")


def named_secrets(model: Any, path: PropertyPath = ()) -> Iterator[PropertyPath]:
    """The places in a model whose names say that a secret stands there."""
    if isinstance(model, Mapping):
        for name, value in model.items():
            if value is not None and not isinstance(value, bool | Mapping) and _says_secret(str(name)):
                yield (*path, str(name))
            else:
                yield from named_secrets(value, (*path, str(name)))
    elif isinstance(model, list):
        for item in model:
            yield from named_secrets(item, (*path, "*"))


def sensitive_members(shape: Any, path: PropertyPath = (), inside: tuple[str, ...] = ()) -> Iterator[PropertyPath]:
    """The places in an input that botocore's model marks sensitive."""
    if shape is None or shape.name in inside:
        return
    if shape.metadata.get("sensitive") and path:
        yield path
        return
    inside = (*inside, shape.name)
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                yield from sensitive_members(member, (*path, name), inside)
        case "list":
            yield from sensitive_members(shape.member, (*path, "*"), inside)
        case "map":
            yield from sensitive_members(shape.value, (*path, "*"), inside)


def without_secrets(statement: str, changes: Iterable[Change]) -> str:
    """A statement's text with the secrets of its changes replaced; where one was computed (`'a' || 'b'`), with no text left at all."""
    changes = list(changes)
    values = sorted({v for change in changes for v in secret_values(change)}, key=len, reverse=True)
    # JSON may say a name twice, and what counts is the second: of a call that is told a secret, no text is left.
    text, all_found = statement, not (values and any(c.operation is ChangeKind.CALL for c in changes))
    for value in values:
        forms = [form for form in _forms(value) if form in text]
        all_found = all_found and bool(forms)
        for form in forms:
            text = text.replace(form, MASK)
    return text if all_found else without_literals(text, MASK)


def told_statement(statement: str) -> str:
    """A statement's text for a log: none of its texts is left where it writes, or where any of its names says that a secret is meant.

    Which parameters of which calls are secrets nobody knows here (`@Value` of a parameter store is), nor what EXECUTE gives its values to.
    """
    return without_literals(statement, MASK) if _may_tell_secrets(statement) else statement


def shown_statement(statement: str) -> str:
    """A statement's text to point at a place in: stars where `told_statement` leaves a text out, and all else is where it was."""
    return with_stars(statement) if _may_tell_secrets(statement) else statement


def _may_tell_secrets(statement: str) -> bool:
    words = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", statement)
    return any(word.upper() in _WRITES or _says_secret(word) for word in words)


def without_told_secrets(entry: JournalEntry) -> JournalEntry:
    """The entry with no secret in what AWS said of it: a validation error quotes the value that it refuses."""
    message = entry.event.fields.get("StatusMessage")
    if not entry.change.secrets or not (entry.error or message):
        return entry
    event = entry.event
    if isinstance(message, str):
        event = replace(event, fields={**event.fields, "StatusMessage": _hidden(message, entry.change)})
    return replace(entry, error=_hidden(entry.error, entry.change), event=event)


def _hidden(text: str, change: Change) -> str:
    for value in sorted(secret_values(change), key=len, reverse=True):
        for form in _forms(value):
            text = text.replace(form, MASK)
    return text


def secret_values(change: Change) -> set[str]:
    """The secrets themselves, as texts."""
    if not change.secrets:
        return set()
    models = [change.before, change.after, _request(change)]
    found = (v for model in models if model for path in change.secrets for v in values_at(model, path))
    return {str(leaf) for value in found for leaf in _leaves(value)} - {"", MASK}


def _request(change: Change) -> Any:
    """The body where it is a structure that the secrets' places are in: of a call."""
    try:
        body = json.loads(change.body) if change.body else None
    except ValueError:
        return None
    return body if isinstance(body, dict) and "write" not in body else None


def _says_secret(name: str) -> bool:
    words = snake(name)
    if any(words == end or words.endswith("_" + end) for end in _NO_SECRET):
        return False
    return is_secret((name,)) or any(words == end or words.endswith("_" + end) for end in _ENDS)


def _forms(value: str) -> list[str]:
    """A value as SQL and JSON may write it."""
    written = [value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
    return list(dict.fromkeys(f for w in written for f in (w.replace("'", "''"), w)))


def _leaves(node: Any) -> list[Any]:
    if isinstance(node, Mapping):
        return [leaf for value in node.values() for leaf in _leaves(value)]
    if isinstance(node, list):
        return [leaf for value in node for leaf in _leaves(value)]
    return [] if isinstance(node, bool) or node is None else [node]
