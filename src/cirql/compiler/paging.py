"""How operations page: as botocore's paginators say, and where those are silent, as the names of members say.

A token is any text in an answer that is called one (`NextToken`, `FunctionList.NextMarker`, `NextContinuationToken`), at the top or in a
structure there. What takes it has the same name, with or without `next`, or is the only such member of the request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from botocore.model import OperationModel, Shape

from cirql.catalog.model import Paging
from cirql.compiler.prose import default_of, largest_of
from cirql.startup.regexes import regex

_TOKEN = regex(
    r"(.*(token|marker|cursor))|next|position|nextpage|nextkey|next(record)?(name|type|identifier)|lastevaluated.*|exclusivestart.*"
)
# What is called a token and continues no list: it proves who asks, or what is asked twice.
_OTHER_TOKEN = regex(
    r".*(client|idempotency|request|session|access|auth|authorization|csrf|secret|lock|sync|change|upload|update|task|version|bearer|refresh"
    r"|id|device|registration|activation|verification|challenge|confirmation|security|unsubscribe|image|pairing|stream|ack|approval|opt|usage"
    r"|identity|service|bootstrap|enrollment|connection|participant|feedback|setup|polling|invocation|handover|ingestion|job|delete|join|grafana|conditional|billing|backward)token"
)
_MORE = regex(r"(is)?truncated|has(more|next).*|moreresults.*")
_LIMITS = ("MaxResults", "maxResults", "MaxItems", "maxItems", "MaxRecords", "Limit", "limit", "PageSize", "pageSize")
# Models allow page sizes (up to 2^31) that services then refuse or answer slowly.
_LARGEST_PAGE = 1000
# Where a page size must be given and the model bounds it by nothing.
_USUAL_PAGE = 50


def paging(operation: OperationModel, known: Mapping[str, Any] | None) -> Paging | None:
    """How an operation pages; None where it does not. `known` is botocore's paginator of it, or the overlay's."""
    members: Mapping[str, Shape] = operation.input_shape.members if operation.input_shape else {}
    required: Collection[str] = operation.input_shape.required_members if operation.input_shape else ()
    if known is None:
        return _read(operation, members, required)
    # Some paginators leave out a page size, even one that the request cannot do without.
    limit: str | None = known.get("limit_key") or next((k for k in _LIMITS if k in members), None)
    limit = limit if limit in members else None
    return Paging(
        input_tokens=_texts(known["input_token"]),
        # `NextMarker || Contents[-1].Key`: the first is always there when the engine asks without a delimiter.
        output_tokens=tuple(o.split(" || ")[0] for o in _texts(known["output_token"])),
        more=known.get("more_results"),
        limit=limit,
        size=_page_size(members[limit], is_required=limit in required) if limit is not None else None,
        ends_with_same=known.get("ends_with_same", False),
    )


def given_tokens(operation: OperationModel) -> list[str]:
    """The dotted paths in an answer to what looks like a page token."""
    return [".".join(p) for p in _tokens(operation.output_shape)] if operation.output_shape is not None else []


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _page_size(shape: Shape, *, is_required: bool) -> int | None:
    """The largest page a model or its documentation allows, within reason; None where neither sets a bound and a request can do without."""
    # Numbers as text (Route 53's MaxItems, CloudFront's) carry a length there, not a bound.
    bound = shape.metadata.get("max") if shape.type_name in ("integer", "long") else None
    said = largest_of(shape.documentation)
    if bound:
        return min(int(bound), said or _LARGEST_PAGE, _LARGEST_PAGE)
    if said is not None and said > default_of(shape.documentation, said) and shape.type_name in ("integer", "long"):
        return min(said, _LARGEST_PAGE)
    return _USUAL_PAGE if is_required else None


def _read(operation: OperationModel, members: Mapping[str, Shape], required: Collection[str]) -> Paging | None:
    if operation.output_shape is None:
        return None
    taken = [m for m, s in members.items() if _is_token(m, s)]
    given = list(_tokens(operation.output_shape))
    pairs = [(t, path) for t in taken if (path := _source(t, given)) is not None]
    if not pairs and len(taken) == len(given) == 1:
        pairs = [(taken[0], given[0])]
    if not pairs:
        return None
    limit = next((k for k in _LIMITS if k in members), None)
    return Paging(
        tuple(t for t, _ in pairs),
        tuple(".".join(path) for _, path in pairs),
        _more(operation.output_shape, pairs[0][1][:-1]),
        limit,
        _page_size(members[limit], is_required=limit in required) if limit else None,
    )


def _source(taken: str, given: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    """What the answer gives for a request member: `Next` before its name, else its name (which may only be said again), else without it."""
    plain = {_plain(path[-1]): path for path in reversed(given)}
    name = _plain(taken)
    start = name.removeprefix("exclusivestart")
    names = (f"next{name}", f"lastevaluated{start}" if start != name else name, name, name.removeprefix("next"))
    return next((plain[n] for n in names if n in plain), None)


def _tokens(output: Shape) -> Iterator[tuple[str, ...]]:
    yield from ((m,) for m, s in output.members.items() if _is_token(m, s))
    for member, shape in output.members.items():
        if shape.type_name == "structure":
            yield from ((member, m) for m, s in shape.members.items() if _is_token(m, s))


def _more(output: Shape, path: tuple[str, ...]) -> str | None:
    """The member that says in so many words whether there is another page, beside the token."""
    for name in path:
        output = output.members[name]
    found = next((m for m, s in output.members.items() if s.type_name == "boolean" and _MORE.fullmatch(_plain(m))), None)
    return ".".join((*path, found)) if found is not None else None


def _is_token(name: str, shape: Shape) -> bool:
    return bool(shape.type_name == "string" and _TOKEN.fullmatch(_plain(name)) and not _OTHER_TOKEN.fullmatch(_plain(name)))


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
