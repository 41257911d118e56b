"""The fault layer: rules that make a local AWS misbehave on purpose, and the errors they answer with.

A rule matches by account, region, service and operation (globs over botocore's names). The kinds:

* `throttle`, `server_error`, `expired_token`, `access_denied`: the error that this service really gives, in its protocol; nothing is done.
* `error`: an error of your own (`code`, `message`, `status`); nothing is done.
* `latency`: the answer comes `seconds` late; combines with other rules.
* `short_pages`: pages hold at most `page_size` items; combines with other rules.
* `drop`, `hang`: nothing is done; the connection closes at once, or after `seconds`, without an answer.
* `cut_body`, `empty_body`, `garbage`: the call is done, but its answer is cut in half, empty, or not what the protocol says.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from cirql.localcloud.identity import Caller
from cirql.localcloud.operations import service_heads, service_model
from cirql.localcloud.wire import Protocol, ServiceError, WireOperation
from cirql.startup.records import dataclass, fields

ERROR_KINDS = ("throttle", "server_error", "expired_token", "access_denied", "error")
LINE_KINDS = ("drop", "hang")
BODY_KINDS = ("cut_body", "empty_body", "garbage")
SHAPING_KINDS = ("latency", "short_pages")
KINDS = (*ERROR_KINDS, *LINE_KINDS, *BODY_KINDS, *SHAPING_KINDS)

_THROTTLE_CODES = (
    "ThrottlingException",
    "TooManyRequestsException",
    "ThrottledException",
    "Throttling",
    "RequestThrottledException",
    "RequestLimitExceeded",
)
_ACCESS_CODES = ("AccessDeniedException", "AccessDenied", "AuthorizationErrorException", "UnauthorizedException")
_IAM_PREFIXES = {"cloudcontrolapi": "cloudformation", "monitoring": "cloudwatch"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault: whom it hits, what it does, how often.

    `account`, `region`, `service` and `operation` are globs, None hits all. `times` is how often it fires (None: for ever),
    `rate` the probability that it fires when it matches. `seconds` belongs to latency and hang, `page_size` to short_pages,
    `code`, `message` and `status` to error (where they also override the other error kinds').
    Raises ValueError for an unknown kind or a number that makes no sense.
    """

    account: str | None = None
    region: str | None = None
    service: str | None = None
    operation: str | None = None
    kind: str = "throttle"
    times: int | None = None
    rate: float = 1.0
    seconds: float = 1.0
    page_size: int = 1
    code: str | None = None
    message: str | None = None
    status: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such kind of fault: {self.kind!r} (kinds: {', '.join(KINDS)})")
        if not 0 <= self.rate <= 1 or self.seconds < 0 or self.page_size < 1:
            raise ValueError("a fault's rate is within 0 and 1, its seconds are not negative, its page_size is 1 or more")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rule:
        """A rule from a JSON object with the same names. Raises ValueError for a name that is none."""
        unknown = data.keys() - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        return cls(**data)

    def matches(self, caller: Caller, operation: WireOperation) -> bool:
        """Whether a call is one that this rule is about."""
        pairs = (
            (self.account, caller.account),
            (self.region, caller.region),
            (self.service, operation.service),
            (self.operation, operation.name),
        )
        return all(glob is None or fnmatchcase(value, glob) for glob, value in pairs)


@dataclass(frozen=True, slots=True)
class Spoiling:
    """What the rules decided for one call: a delay, a page limit, and at most one rule that spoils it."""

    delay: float = 0.0
    page_limit: int | None = None
    spoiler: Rule | None = None
    kinds: tuple[str, ...] = ()

    @property
    def kind(self) -> str | None:
        """What the call log says: the kinds that fired, joined by `+`."""
        return "+".join(self.kinds) or None


NO_FAULT = Spoiling()


class Faults:
    """The rules in force, in order. Of the rules that spoil an answer, the first that matches and fires is taken."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._random = random.Random(seed)
        self._rules: list[tuple[Rule, list[int | None]]] = []

    def add(self, *rules: Rule) -> None:
        """Put rules in force, after those there are."""
        with self._lock:
            self._rules.extend((rule, [rule.times]) for rule in rules)

    def clear(self) -> None:
        """Lift every rule and start the random sequence again."""
        with self._lock:
            self._rules.clear()
            self._random.seed(self._seed)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that can still fire."""
        with self._lock:
            return tuple(rule for rule, left in self._rules if left[0] != 0)

    def judge(self, caller: Caller, operation: WireOperation) -> Spoiling:
        """Decide one call, and count the rules that fired."""
        if not self._rules:
            return NO_FAULT
        delay, page_limit, spoiler, kinds = 0.0, None, None, []
        with self._lock:
            for rule, left in self._rules:
                spoils = rule.kind not in SHAPING_KINDS
                if left[0] == 0 or (spoils and spoiler is not None) or not rule.matches(caller, operation):
                    continue
                if rule.rate < 1 and self._random.random() >= rule.rate:
                    continue
                if left[0] is not None:
                    left[0] -= 1
                kinds.append(rule.kind)
                if rule.kind == "latency":
                    delay += rule.seconds
                elif rule.kind == "short_pages":
                    page_limit = rule.page_size
                else:
                    spoiler = rule
        return Spoiling(delay, page_limit, spoiler, tuple(kinds))


def fault_error(rule: Rule, caller: Caller, operation: WireOperation) -> ServiceError:
    """The error that a rule of an error kind answers a call with."""
    match rule.kind:
        case "throttle":
            error = _throttle(operation)
        case "server_error":
            error = _server_error(operation)
        case "expired_token":
            error = _expired_token(operation)
        case "access_denied":
            error = _access_denied(caller, operation)
        case _:
            error = ServiceError("InternalFailure", "The request failed because a fault rule says so.", 500)
    return ServiceError(rule.code or error.code, rule.message or error.message, rule.status or error.status)


def _throttle(operation: WireOperation) -> ServiceError:
    fixed = {
        "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
        "s3": ("SlowDown", "Please reduce your request rate.", 503),
        "sqs": ("RequestThrottled", "The request was throttled.", 403),
    }
    if operation.service in fixed:
        return ServiceError(*fixed[operation.service])
    code, status = _modelled_code(operation, _THROTTLE_CODES)
    if code:
        return ServiceError(code, "Rate exceeded", status)
    if operation.protocol in (Protocol.QUERY, Protocol.REST_XML):
        return ServiceError("Throttling", "Rate exceeded", 400)
    return ServiceError("ThrottlingException", "Rate exceeded", 429 if operation.protocol == Protocol.REST_JSON else 400)


def _server_error(operation: WireOperation) -> ServiceError:
    code = "InternalError" if operation.service in ("ec2", "s3") else "InternalFailure"
    return ServiceError(code, "The request processing has failed because of an unknown error.", 500)


def _expired_token(operation: WireOperation) -> ServiceError:
    text = "The security token included in the request is expired"
    if operation.protocol == Protocol.EC2:
        return ServiceError("RequestExpired", "Request has expired.", 400)
    if operation.service == "s3":
        return ServiceError("ExpiredToken", "The provided token has expired.", 400)
    if operation.protocol in (Protocol.QUERY, Protocol.REST_XML):
        return ServiceError("ExpiredToken", text, 403)
    return ServiceError("ExpiredTokenException", text, 403 if operation.protocol == Protocol.REST_JSON else 400)


def _access_denied(caller: Caller, operation: WireOperation) -> ServiceError:
    head = service_heads().get(operation.service, {})
    signing = head.get("signingName") or head.get("endpointPrefix") or operation.service
    action = f"{_IAM_PREFIXES.get(signing, signing)}:{operation.name}"
    text = (
        f"User: arn:aws:iam::{caller.account}:user/local is not authorized to perform: {action} "
        f"because no identity-based policy allows the {action} action"
    )
    if operation.protocol == Protocol.EC2:
        return ServiceError("UnauthorizedOperation", f"You are not authorized to perform this operation. {text}", 403)
    if operation.protocol in (Protocol.QUERY, Protocol.REST_XML):
        return ServiceError("AccessDenied", text, 403)
    code, _ = _modelled_code(operation, _ACCESS_CODES)
    return ServiceError(code or "AccessDeniedException", text, 403 if operation.protocol == Protocol.REST_JSON else 400)


def _modelled_code(operation: WireOperation, codes: tuple[str, ...]) -> tuple[str, int]:
    """The first of `codes` that the operation's model has as an error, and its HTTP status; `("", 400)` where it has none."""
    model = service_model(operation.service)
    shapes = [e["shape"] for e in model.get("operations", {}).get(operation.name, {}).get("errors", ())]
    for code in codes:
        for name in shapes:
            error = model["shapes"][name].get("error", {})
            if code in (name, error.get("code")):
                return error.get("code", name), error.get("httpStatusCode", 400)
    return "", 400
