"""Calls that tell one thing more of a row: `GetKeyRotationStatus` of a key, `DescribeTimeToLive` of a table.

Such a call belongs to the table whose rows fill all that it requires: the one that its only parameter is named after, or the one that its
own noun begins with. What it tells are hidden columns, so that only who names one pays for the call, which is one for each row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from botocore.model import OperationModel, Shape

from cirql.compiler.identities import plain
from cirql.compiler.operations import Listing, is_data, read_listing, required_members
from cirql.compiler.services import Service
from cirql.names import singular
from cirql.startup.regexes import regex

_VERB = regex(r"(Describe|Get)([A-Z].*)")
_NAMING = regex(r"(.+?)(idorarn|arnorid|nameorarn|nameorid|identifier|arn|id|name|)")
# What gives out secrets or the thing itself, makes something for whoever asks, or has a table or a column of its own.
_NOT_TOLD = regex(
    r".*(Credentials?|Tokens?|Passwords?|PasswordData|Secrets?|SecretValue|AccessKey|PrivateKey|ApiKey|Signed.*|Presigned.*|Url|URL|Uri"
    r"|Download.*|Embed.*|Authorization|Challenge|Tags?|Tagging|Content|Object|Payload|Media|Image.*Data|Estimate|Forecast|Preview"
    r"|.*Statistics|.*MetricData|.*For[A-Z].*|.*Report|.*Recommendation|.*Thumbnail|Screenshot|ConsoleOutput|Record|Snippet|Sdk|SDK)"
)
_SECRET = regex(r".*(password|secret(key|value|string)?|privatekey|sessiontoken|accesstoken|authtoken|apikey|credentials)")
# What names the row again, however the call spells it.
_NAMES = ("arn", "id", "name", "identifier", "number", "version")
_MOST = 25


def by_noun(service: Service, nouns: Collection[str], taken: Collection[str]) -> Mapping[str, Sequence[OperationModel]]:
    """The calls that may tell more of rows, by the noun of the rows. `taken` are the operations that give rows or describe them."""
    found: defaultdict[str, list[OperationModel]] = defaultdict(list)
    known = {plain(n): n for n in nouns}
    for name in service.model.operation_names:
        match = _VERB.fullmatch(name)
        if match is None or name in taken or _NOT_TOLD.fullmatch(match[2]):
            continue
        operation = service.operation(name)
        if _is_plain_read(service, operation) and (noun := _noun(operation, match[2], known)) is not None:
            found[noun].append(operation)
    return {noun: sorted(calls, key=lambda o: o.name)[:_MOST] for noun, calls in found.items()}


def _is_plain_read(service: Service, operation: OperationModel) -> bool:
    if operation.deprecated or operation.output_shape is None or not required_members(operation):
        return False
    if operation.has_event_stream_output or operation.has_streaming_output or operation.has_streaming_input:
        return False
    return service.paging(operation.name) is None and not any(_SECRET.fullmatch(plain(m)) for m in operation.output_shape.members)


def _noun(operation: OperationModel, about: str, known: Mapping[str, str]) -> str | None:
    """The noun whose rows a call is asked about."""
    required = required_members(operation)
    if len(required) == 1 and (match := _NAMING.fullmatch(plain(required[0]))) is not None and match[1] in known:
        return known[match[1]]
    if singular(about) != about and plain(singular(about)) in known:
        return None
    wanted = plain(about)
    begins = [n for n in known if wanted.startswith(n) and (wanted != n or len(required) == 1)]
    return known[max(begins, key=len)] if begins else None


def told(service: Service, operation: OperationModel, listing: Listing) -> Iterator[tuple[str, Shape]]:
    """The members of an answer that say more than what names the row; none where it is another list of the same rows."""
    own = read_listing(service, operation, listing.noun)
    if own is not None and own.element.name == listing.element.name and not listing.is_bare:
        return
    same = {plain(m): s.name for m, s in listing.members.items()}
    asked = {plain(m) for m in required_members(operation)}
    for member, shape in operation.output_shape.members.items():
        name = plain(member)
        is_said = name in same and (same[name] == shape.name or name.endswith(_NAMES))
        is_name = name.endswith(_NAMES) and (name.removeprefix(plain(listing.noun)) in ("", *_NAMES) or name in asked)
        if is_data(member, shape) and shape.type_name != "blob" and not is_said and not is_name:
            yield member, shape
