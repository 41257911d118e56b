"""Service: what botocore knows of one service in one region, without its HTTP.

A `Service` turns parameters into a signed request and a response into an answer, through botocore's own serialiser, endpoint rules,
event hooks, signer and parser. It is shared by all accounts: the keys of the account at hand travel in a context variable.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth, resolve_auth_scheme_preference
from botocore.compat import get_current_datetime
from botocore.compress import maybe_compress_request
from botocore.exceptions import BotoCoreError, FlexibleChecksumError
from botocore.httpchecksum import apply_request_checksum, handle_checksum_body, resolve_checksum_context
from botocore.model import OperationModel, OperationNotFoundError

from cirql.cloud.answers import ErrorAnswer, Only, UnusableAnswerError, read_error, read_json, read_success, response_dict, unpacked
from cirql.cloud.credentials import Keys
from cirql.cloud.drafts import FastDraft, RequestDraft, Signed, UnsendableError, body_bytes, header_lines
from cirql.cloud.fastlane import Address, Lane, as_bytes, is_usual, may_have_lane, new_invocation, timestamp_at
from cirql.cloud.hooks import Events, busy, tell
from cirql.cloud.http import MAX_BODY, MAX_OBJECT, Response
from cirql.cloud.plain import form, form_writer, json_writer, url_writer
from cirql.errors import NotSupported
from cirql.startup.records import dataclass

_READING_VERBS = ("List", "Describe", "Get", "BatchGet", "BatchDescribe", "Search", "Lookup", "Query", "Scan", "Head", "Filter", "Select")

caller: ContextVar[Keys | None] = ContextVar("cirql_caller", default=None)
_clock_offset: ContextVar[float] = ContextVar("cirql_clock_offset", default=0.0)


class _ShiftedClock:
    """Mixed into a SigV4 signer: signs by the server's clock."""

    def add_auth(self: Any, request: Any) -> None:
        now = get_current_datetime() + timedelta(seconds=_clock_offset.get())
        request.context["timestamp"] = now.strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))


@cache
def _shifted(kind: type) -> type:
    return type(f"Shifted{kind.__name__}", (_ShiftedClock, kind), {})


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation's model, and what of it every call asks."""

    model: OperationModel
    is_repeatable: bool
    """Carrying it out twice does no harm: it reads, or it takes an idempotency token."""
    may_block: bool
    """Preparing it may block: endpoint discovery (Timestream) asks AWS first."""
    most: int = MAX_BODY
    """Bytes that its answer may have."""

    @classmethod
    def of(cls, model: OperationModel) -> Operation:
        """What botocore's model says."""
        is_repeatable = model.name.startswith(_READING_VERBS) or bool(model.idempotent_members)
        most = MAX_OBJECT if model.has_streaming_output else MAX_BODY
        return cls(model, is_repeatable, may_block=bool(model.endpoint_discovery), most=most)


@dataclass(frozen=True, slots=True)
class _Road:
    """A lane, and how the requests for it are written: where they are plain, without botocore."""

    lane: Lane
    address: Address
    body: Callable[[Mapping[str, Any]], bytes | None] | None = None
    url: Callable[[Mapping[str, Any]], str | None] | None = None

    def plain(self, params: Mapping[str, Any]) -> tuple[str, bytes] | None:
        """The URL and the body of a plain request; None for any other."""
        if self.body is not None:
            body = self.body(params)
            return None if body is None else (self.lane.url, body)
        if self.url is None or (self.address.has_bucket and not is_usual(params.get("Bucket"))):
            return None
        url = self.url(params)
        return None if url is None else (url, b"")


_LENGTHS = {"Content-Length", "Transfer-Encoding"}
_NOTED = {"s3_redirect", "input_params"}
"""What botocore's hooks write down of any S3 request; what they write beside it changes how the answer is read."""
_ANOTHER_TIME: Any = object()
"""Nothing is to be learned from this request: the next one may do."""


class Service:
    """One service in one region."""

    def __init__(self, client: Any, only: str | None = None) -> None:
        self._client = client
        self._only = urlsplit(only) if only else None  # the endpoint that the settings name: no rule leads elsewhere
        self._id = client.meta.service_model.service_id.hyphenize()
        self._operations: dict[str, Operation] = {}
        self._lanes: dict[tuple[str, bool], _Road | None] = {}
        self._busy: dict[str, tuple[Events, Events]] = {}
        self._elsewhere: set[str] = set()  # buckets of other regions: botocore knows the way
        self._has_account_endpoints = "AccountId" in getattr(client._ruleset_resolver, "_param_definitions", ())
        self._address = urlsplit(self.endpoint_url).netloc if is_local(self.endpoint_url) else None
        if self._address is not None:
            client.meta.config.inject_host_prefix = False
        signer = client._request_signer
        original = signer.get_auth_instance

        def by_clock(**kwargs: Any) -> Any:
            auth = original(**kwargs)
            if _clock_offset.get() and isinstance(auth, SigV4Auth):
                auth.__class__ = _shifted(auth.__class__)
            return auth

        signer.get_auth_instance = by_clock

    @property
    def endpoint_url(self) -> str:
        """The endpoint before the rules of an operation are applied."""
        return str(self._client.meta.endpoint_url)

    @property
    def operation_names(self) -> tuple[str, ...]:
        """Every operation of the service."""
        return tuple(self._client.meta.service_model.operation_names)

    def operation(self, name: str) -> Operation:
        """An operation by its name.

        Raises: NotSupported, with the nearest names, where botocore knows no such operation.
        """
        known = self._operations.get(name)
        if known is None:
            service_model = self._client.meta.service_model
            try:
                known = self._operations[name] = Operation.of(service_model.operation_model(name))
            except OperationNotFoundError:
                near = get_close_matches(name, service_model.operation_names, n=3)
                hint = f"did you mean {' or '.join(near)}?" if near else None
                raise NotSupported(f"{service_model.service_name} has no operation {name}", hint=hint) from None
        return known

    def draft(self, operation: Operation, params: dict[str, Any], keys: Keys) -> RequestDraft | FastDraft:
        """Serialise a request, as `BaseClient._make_api_call` does it.

        Raises: botocore's ParamValidationError and endpoint errors; UnsendableError.
        """
        model = operation.model
        key = (model.name, keys.token is not None)
        road = self._lanes.get(key)
        token = caller.set(keys)
        try:
            written = None if road is None else self._write(road, model, params)
            if road is not None and written is not None:
                return FastDraft(model, road.lane, *written, new_invocation())
            draft = self._draft(model, params)
            if key not in self._lanes and (found := self._learn(operation, draft, params, keys)) is not _ANOTHER_TIME:
                self._lanes[key] = found
            return draft
        finally:
            caller.reset(token)

    def _write(self, road: _Road, model: OperationModel, params: dict[str, Any]) -> tuple[str, bytes] | None:
        """The URL and the body of a request; None where botocore has to make it."""
        if params.get("Bucket") in self._elsewhere and road.address.has_bucket:
            return None
        written = road.plain(params)
        if written is not None:
            return written
        if model.service_model.resolved_protocol == "json":
            return road.lane.url, self._client._serializer.serialize_to_request(params, model)["body"]
        context: dict[str, Any] = {}
        params = self._client._emit_api_params(api_params=params, operation_model=model, context=context)
        request = self._client._serializer.serialize_to_request(params, model)
        if not context.keys() <= _NOTED:
            return None
        if road.lane.method == "POST":
            return road.lane.url, form(request["body"])
        if request["headers"] or request["body"]:
            return None
        url = road.address.url(params, request)
        return None if url is None else (url, b"")

    def _learn(self, operation: Operation, draft: RequestDraft, params: dict[str, Any], keys: Keys) -> Any:
        """The road for an operation that proves to send what botocore sends; None for none, or `_ANOTHER_TIME`."""
        model = draft.model
        if self._has_account_endpoints or not operation.is_repeatable or not may_have_lane(model):
            return None
        address = Address.learn(draft.endpoint, params, model)
        if address is None:
            return _ANOTHER_TIME
        request = self._client._endpoint.create_request(draft.request, model)
        lane = Lane.learn(request)
        if (
            lane is None
            or not lane.reproduces(request, keys)
            or (lane.method == "POST") is (model.service_model.resolved_protocol == "rest-xml")
        ):
            return None
        road = self._road(lane, address, model)
        if model.service_model.resolved_protocol == "json":
            return road if request.method == "POST" and urlsplit(lane.url)[2:4] == ("/", "") else None
        wanted = request.url, as_bytes(request.body)
        if road.plain(params) not in (None, wanted):
            road = _Road(lane, address)
        written = self._write(road, model, params)
        if written is None:
            return _ANOTHER_TIME
        return road if written == wanted else None

    def _road(self, lane: Lane, address: Address, model: OperationModel) -> _Road:
        """How requests for a lane are written."""
        if model.service_model.resolved_protocol == "json":
            return _Road(lane, address, json_writer(model.input_shape))
        if busy(self._client, self._id, model, "provide-client-params", "before-parameter-build"):
            return _Road(lane, address)
        if lane.method == "POST":
            return _Road(lane, address, form_writer(model))
        return _Road(lane, address, url=url_writer(model, address.template))

    def _draft(self, model: OperationModel, params: dict[str, Any]) -> RequestDraft:
        client = self._client
        context: dict[str, Any] = {
            "client_region": client.meta.region_name,
            "client_config": client.meta.config,
            "has_streaming_input": model.has_streaming_input,
            "auth_type": _auth_type(client, model),
            "unsigned_payload": model.unsigned_payload,
            "auth_options": client.meta.service_model.metadata.get("auth"),
        }
        params = client._emit_api_params(api_params=params, operation_model=model, context=context)
        url, headers, properties = client._resolve_endpoint_ruleset(model, params, context)
        if properties:
            context["endpoint_properties"] = properties
        request: dict[str, Any] = client._convert_to_request_dict(
            api_params=params, operation_model=model, endpoint_url=self._reachable(url), context=context, headers=headers
        )
        # A prefix without a dot (`workflows-` of HealthOmics) would make another host of an endpoint that the settings name.
        request["url"] = self._reachable(request["url"])
        resolve_checksum_context(request, model, params)
        client.meta.events.emit(
            f"before-call.{self._id}.{model.name}", model=model, params=request, request_signer=client._request_signer, context=context
        )
        maybe_compress_request(client.meta.config, request, model)
        apply_request_checksum(request)
        context["retries"] = {"attempt": 1, "invocation-id": new_invocation()}
        return RequestDraft(model, request, context, self._reachable(url))

    def _reachable(self, url: str) -> str:
        """An endpoint without what rules put before a bare address: `123456789012.127.0.0.1` does not resolve (botocore would try)."""
        parts, only = urlsplit(url), self._only
        if only is not None and not _is_of(parts.netloc, only.netloc):
            return urlunsplit(parts._replace(scheme=only.scheme, netloc=only.netloc))
        if self._address is None or not parts.netloc.endswith(f".{self._address}"):
            return url
        return urlunsplit(parts._replace(netloc=self._address))

    def sign(self, draft: RequestDraft | FastDraft, keys: Keys, attempt: int, clock_offset: float = 0.0) -> Signed:
        """One attempt at a request, signed; `clock_offset` in seconds.

        Raises: UnsendableError.
        """
        if isinstance(draft, FastDraft):
            head = draft.lane.sign(draft.url, draft.body, keys, attempt, draft.invocation, timestamp_at(time.time() + clock_offset))
            return Signed(draft.lane.method, draft.url, head, draft.body)
        request = self.sign_as_botocore(draft, keys, attempt, clock_offset)
        if self._only is not None and not _is_of(urlsplit(request.url).netloc, self._only.netloc):
            # A parameter may name a host of its own (Machine Learning's PredictEndpoint).
            host = urlsplit(request.url).netloc
            raise UnsendableError(f"the request would leave for {host}, and the settings name {self._only.netloc}")
        head, body = header_lines(request.headers), body_bytes(request.body)
        if body and not request.headers.keys() & _LENGTHS:
            # botocore says no length for GET and leaves that to http.client: without it the body would begin the connection's next request.
            head += f"Content-Length: {len(body)}\r\n"
        return Signed(request.method, request.url, head, body)

    def sign_as_botocore(self, draft: RequestDraft, keys: Keys, attempt: int, clock_offset: float = 0.0) -> Any:
        """The signed botocore request (`method`, `url`, `headers`, `body`) for one attempt."""
        draft.context["retries"]["attempt"] = attempt
        tokens = caller.set(keys), _clock_offset.set(clock_offset)
        try:
            return self._client._endpoint.create_request(draft.request, draft.model)
        finally:
            caller.reset(tokens[0])
            _clock_offset.reset(tokens[1])

    def read(self, draft: RequestDraft | FastDraft, response: Response, only: Only = None) -> dict[str, Any] | ErrorAnswer:
        """The answer that a response holds; of large ones nothing but `only` these members, where that is cheaper.

        Raises: UnusableAnswerError.
        """
        if not draft.model.has_streaming_output:  # those are the caller's bytes, packed or not
            response = unpacked(response)
        is_json = isinstance(draft, FastDraft) and draft.model.service_model.resolved_protocol == "json"
        if is_json and response.status_code < 300:
            return read_json(draft.model, response.body, response.status_code)
        answer = response_dict(response, draft.model.name)
        if is_json:
            return read_error(draft.model, answer)
        if isinstance(draft, FastDraft) and response.status_code < 300:
            before, after = self._events(draft.model)
            if not before:
                parsed = read_success(draft.model, answer, only)
                return parsed if isinstance(parsed, ErrorAnswer) else self._told(after, draft, response, parsed, {})
        context: dict[str, Any] = {} if isinstance(draft, FastDraft) else draft.context
        if not draft.model.has_streaming_output:  # botocore checks those as they are read from the line: here they have been
            try:
                handle_checksum_body(response, answer, context, draft.model)
            except FlexibleChecksumError as fault:
                raise UnusableAnswerError("cut", str(fault)) from None
        events = self._client.meta.events
        custom: dict[str, Any] = {}
        events.emit(
            f"before-parse.{self._id}.{draft.model.name}",
            operation_model=draft.model,
            response_dict=answer,
            customized_response_dict=custom,
        )
        if answer["status_code"] >= 300:
            error = read_error(draft.model, answer)
            if response.status_code < 300 and error.code == str(answer["status_code"]):
                # botocore's S3 hook turns a success without a readable body into a 500 without a code.
                raise UnusableAnswerError("garbage" if response.body else "cut", "the body is not an S3 answer")
            return error
        parsed = read_success(draft.model, answer, only)
        if isinstance(parsed, ErrorAnswer):
            return parsed
        parsed.update(custom)
        about = f"after-call.{self._id}.{draft.model.name}"
        return self._told(((about, events.emit),), draft, response, parsed, context)

    def _told(
        self, after: Events, draft: RequestDraft | FastDraft, response: Response, parsed: dict[str, Any], context: Any
    ) -> dict[str, Any]:
        """An answer as botocore's hooks leave it. Raises: UnusableAnswerError for what a hook cannot read."""
        try:
            tell(after, http_response=response, parsed=parsed, model=draft.model, context=context)
        except (SyntaxError, ValueError) as fault:  # the first is what ElementTree raises
            raise UnusableAnswerError("garbage", str(fault)) from None
        return parsed

    def _events(self, model: OperationModel) -> tuple[Events, Events]:
        """What is to be called before and after an answer of a lane is read."""
        if model.name not in self._busy:
            before, after = (busy(self._client, self._id, model, event) for event in ("before-parse", "after-call"))
            self._busy[model.name] = before, after
        return self._busy[model.name]

    def slower(self, draft: FastDraft, params: dict[str, Any], keys: Keys) -> RequestDraft:
        """The same request as botocore makes it, and so all later ones of its bucket."""
        self._elsewhere.add(str(params.get("Bucket")))
        token = caller.set(keys)
        try:
            return self._draft(draft.model, params)
        finally:
            caller.reset(token)

    def redirect(self, draft: RequestDraft | FastDraft, response: Response, error: ErrorAnswer, keys: Keys) -> bool:
        """Point an S3 request at the bucket's own region, as botocore does; True where it was changed. May block."""
        if self._id != "s3" or isinstance(draft, FastDraft):
            return False
        if not is_elsewhere(error):
            return False
        token = caller.set(keys)
        try:
            _, delay = self._client.meta.events.emit_until_response(
                f"needs-retry.s3.{draft.model.name}",
                response=(response, error.parsed),
                endpoint=self._client._endpoint,
                operation=draft.model,
                attempts=1_000_000,
                caught_exception=None,
                request_dict=draft.request,
            )
        except BotoCoreError:  # a region that is none: whoever answered so is not followed
            return False
        finally:
            caller.reset(token)
        return delay is not None and delay is not False

    def close(self) -> None:
        """Let go of botocore's own (unused) connection pool."""
        self._client.close()


def _is_of(host: str, endpoint: str) -> bool:
    """Whether a host is the endpoint, or a bucket's or an account's name before it."""
    return host == endpoint or host.endswith(f".{endpoint}")


def is_elsewhere(error: ErrorAnswer) -> bool:
    """Whether S3 says that the bucket is in another region."""
    return error.status in (301, 302, 307) or error.code in ("AuthorizationHeaderMalformed", "PermanentRedirect")


def _auth_type(client: Any, model: OperationModel) -> Any:
    preference = client.meta.config.auth_scheme_preference
    if model.auth and preference:
        return resolve_auth_scheme_preference(preference.split(","), model.auth)
    return model.resolved_auth_type


def is_local(url: str) -> bool:
    """Whether a URL points at this machine or a bare address, where `bucket.host` does not resolve."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
