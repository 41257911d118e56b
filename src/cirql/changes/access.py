"""What an operation does, as far as its model and IAM's access levels say: it reads, it reads secrets, or it may change something.

A model has no word for that, so all must agree that it reads: its name, its HTTP method, that it takes no token for repeating it, IAM's
level (`access.toml`), and what is known of single operations. What hands out passwords, keys, tokens or signed URLs reads secrets.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from cirql.names import snake


class Effect(StrEnum):
    """What a call does."""

    READ = "read"
    SECRET = "secret"
    CHANGE = "change"


READING = ("Get", "List", "Describe", "BatchGet", "BatchDescribe", "Search", "Lookup", "Head", "Select", "Scan", "Query")
_SECRET_ENDS = tuple(
    """
    password password_data secret_string secret_binary secret_value secret_access_key secret_key client_secret private_key session_token
    access_token refresh_token id_token open_id_token authorization_token auth_token bearer_token oauth_token secret_token
    workload_access_token api_key pre_signed_url presigned_url signed_url presigned_s3_url pre_signed_log_url presigned_log_url login_url
    mac_key unlock_code join_token security_token
    registration_code secret_to_authenticate_initiator secret_to_authenticate_target basic_auth_credentials
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)
_DEEPEST = 8


def effect_of(service: str, operation: Any, request: Mapping[str, Any]) -> Effect:
    """The effect of an operation (botocore's model of it) with a request."""
    name = f"{service}:{operation.name}"
    if (
        not operation.name.startswith(READING)
        or operation.idempotent_members
        or operation.http.get("method") not in ("GET", "POST", "HEAD")
    ):
        return Effect.CHANGE
    known = _known()
    if name in known["iam"] or name in known["changing"]:
        return Effect.CHANGE
    if any(request.get(member) != value for member, value in known["reading_when"].get(name, {}).items()):
        return Effect.CHANGE
    if name in known["secret"] or (name not in known["masked"] and any(map(is_secret, _leaves(operation.output_shape)))):
        return Effect.SECRET
    return Effect.READ


def is_secret(path: tuple[str, ...]) -> bool:
    """Whether what stands there in a structure is a secret, by its name: `Credentials.SessionToken`, `masterUserPassword`."""
    words = snake(path[-1])
    return any(words == end or words.endswith("_" + end) for end in _SECRET_ENDS)


def _leaves(shape: Any, path: tuple[str, ...] = (), inside: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The places of texts and bytes in a structure."""
    if shape is None or shape.name in inside or len(inside) > _DEEPEST:
        return
    inside = (*inside, shape.name)
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                yield from _leaves(member, (*path, name), inside)
        case "list":
            yield from _leaves(shape.member, path, inside)
        case "map":
            yield from _leaves(shape.value, path, inside)
        case "string" | "blob" if path:
            yield path


@cache
def _known() -> dict[str, Any]:
    found = tomllib.loads(resources.files("cirql.changes").joinpath("access.toml").read_text(encoding="utf-8"))
    return {**found, **{name: frozenset(found[name]["operations"]) for name in ("iam", "changing", "secret", "masked")}}
