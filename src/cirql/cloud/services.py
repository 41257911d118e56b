"""Services: what botocore knows of one service in one region, without its HTTP.

A `Service` turns parameters into a signed request and a response into an answer, through botocore's own serialiser, endpoint rules,
event hooks, signer and parser. It is shared by all accounts: the keys of the account at hand travel in a context variable, so the
number of botocore clients depends on services and regions and not on accounts. `Services` makes them off the event loop and keeps
a bounded number.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
from botocore.config import Config
from botocore.exceptions import BotoCoreError, FlexibleChecksumError, UnknownServiceError
from botocore.httpchecksum import apply_request_checksum, handle_checksum_body, resolve_checksum_context
from botocore.model import OperationModel, OperationNotFoundError

from cirql.cloud.answers import ErrorAnswer, Only, UnusableAnswerError, read_error, read_json, read_success, response_dict, unpacked
from cirql.cloud.credentials import Keys, client_configuration, open_session
from cirql.cloud.drafts import FastDraft, RequestDraft, Signed, UnsendableError, body_bytes, header_lines
from cirql.cloud.fastlane import Address, Lane, Write, as_bytes, form, may_have_lane, new_invocation, plain_writer, timestamp_at
from cirql.cloud.http import MAX_BODY, MAX_OBJECT, Response
from cirql.errors import NotSupported
from cirql.settings import Settings
from cirql.startup.records import dataclass

MOST_SERVICES = 192
"""Clients kept at once; one takes about a megabyte for the large services."""
_READING_VERBS = ("List", "Describe", "Get", "BatchGet", "BatchDescribe", "Search", "Lookup", "Query", "Scan", "Head", "Filter", "Select")

_caller: ContextVar[Keys | None] = ContextVar("cirql_caller", default=None)
_clock_offset: ContextVar[float] = ContextVar("cirql_clock_offset", default=0.0)


class _CallerKeys:
    """Stands where botocore expects credentials, and answers with the keys of the call being made."""

    method = "cirql"

    @property
    def account_id(self) -> str | None:
        keys = _caller.get()
        return keys.account_id if keys else None

    def get_frozen_credentials(self) -> Keys | None:
        return _caller.get()

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """For endpoint rules that want the account id: looked up when an endpoint is resolved."""
        return lambda: getattr(self, name)


class _CallerKeysProvider:
    """The credential component of a client-making session: it must not go looking for real ones."""

    def load_credentials(self) -> _CallerKeys:
        return _CallerKeys()


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
    """A lane, and how the requests for it are written. `plain`: JSON bodies are written without botocore where they are plain."""

    lane: Lane
    address: Address
    plain: Write | None


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
        token = _caller.set(keys)
        try:
            written = None if road is None else self._write(road, model, params)
            if road is not None and written is not None:
                return FastDraft(model, road.lane, *written, new_invocation())
            draft = self._draft(model, params)
            if key not in self._lanes and (found := self._learn(operation, draft, params, keys)) is not _ANOTHER_TIME:
                self._lanes[key] = found
            return draft
        finally:
            _caller.reset(token)

    def _write(self, road: _Road, model: OperationModel, params: dict[str, Any]) -> tuple[str, bytes] | None:
        """The URL and the body of a request; None where botocore has to make it."""
        if road.plain is not None:
            body = road.plain(params)
            return road.lane.url, self._client._serializer.serialize_to_request(params, model)["body"] if body is None else body
        context: dict[str, Any] = {}
        params = self._client._emit_api_params(api_params=params, operation_model=model, context=context)
        request = self._client._serializer.serialize_to_request(params, model)
        if not context.keys() <= _NOTED or params.get("Bucket") in self._elsewhere:
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
        is_json = model.service_model.resolved_protocol == "json"
        road = _Road(lane, address, plain_writer(model.input_shape) if is_json else None)
        if is_json:
            return road if request.method == "POST" and urlsplit(lane.url)[2:4] == ("/", "") else None
        written = self._write(road, model, params)
        if written is None:
            return _ANOTHER_TIME
        return road if written == (request.url, as_bytes(request.body)) else None

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
        tokens = _caller.set(keys), _clock_offset.set(clock_offset)
        try:
            return self._client._endpoint.create_request(draft.request, draft.model)
        finally:
            _caller.reset(tokens[0])
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
        try:
            events.emit(about, http_response=response, parsed=parsed, model=draft.model, context=context)
        except (SyntaxError, ValueError) as fault:  # What a hook cannot read: the first is what ElementTree raises.
            raise UnusableAnswerError("garbage", str(fault)) from None
        return parsed

    def slower(self, draft: FastDraft, params: dict[str, Any], keys: Keys) -> RequestDraft:
        """The same request as botocore makes it, and so all later ones of its bucket."""
        self._elsewhere.add(str(params.get("Bucket")))
        token = _caller.set(keys)
        try:
            return self._draft(draft.model, params)
        finally:
            _caller.reset(token)

    def redirect(self, draft: RequestDraft | FastDraft, response: Response, error: ErrorAnswer, keys: Keys) -> bool:
        """Point an S3 request at the bucket's own region, as botocore does; True where it was changed. May block."""
        if self._id != "s3" or isinstance(draft, FastDraft):
            return False
        if not is_elsewhere(error):
            return False
        token = _caller.set(keys)
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
            _caller.reset(token)
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


class Services:
    """Makes and keeps `Service` objects: one per (configuration, service, region) at most."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # One thread: botocore's client making is not thread-safe within a session.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="cirql-botocore")
        self._services: OrderedDict[tuple[str | None, str, str], Service] = OrderedDict()
        self._pending: dict[tuple[str | None, str, str], asyncio.Task[Service]] = {}
        self._sessions: dict[str, Any] = {}
        self._configurations: dict[str | None, str] = {}

    def known(self, service: str, region: str, profile: str | None) -> Service | None:
        """The service in a region where it has been made already."""
        key = (self._configurations.get(profile, ""), service, region)
        found = self._services.get(key)
        if found is not None:
            self._services.move_to_end(key)
        return found

    async def get(self, service: str, region: str, profile: str | None) -> Service:
        """The service in a region, as a profile configures it.

        Raises: NotSupported for a service that botocore does not know; SettingsError for a bad profile.
        """
        found = self.known(service, region, profile)
        if found is not None:
            return found
        key = (self._configurations.get(profile, f"profile:{profile}"), service, region)
        task = self._pending.get(key)
        if task is None:
            task = self._pending[key] = asyncio.create_task(self._make(service, region, profile))
            task.add_done_callback(lambda _: self._pending.pop(key, None))
        return await asyncio.shield(task)

    async def home_regions(self, profile: str | None) -> tuple[str | None, str | None]:
        """The region that AWS's configuration says for a profile, the environment before its file; and what the file alone says."""

        def read() -> tuple[str | None, str | None]:
            session = open_session(profile)
            return session.get_config_variable("region"), session.get_scoped_config().get("region")

        return await asyncio.get_running_loop().run_in_executor(self._maker, read)

    async def _make(self, service: str, region: str, profile: str | None) -> Service:
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(self._maker, self._make_blocking, service, region, profile)
        key = (self._configurations[profile], service, region)
        kept = self._services.setdefault(key, made)
        if len(self._services) > MOST_SERVICES:
            self._services.popitem(last=False)
        return kept

    def _make_blocking(self, service: str, region: str, profile: str | None) -> Service:
        session = self._session(profile)
        existing = self._services.get((self._configurations[profile], service, region))
        if existing is not None:
            return existing
        client = self._client(session, service, region, {})
        if service in ("s3", "s3control") and is_local(client.meta.endpoint_url):
            client = self._client(session, service, region, {"s3": {"addressing_style": "path"}})
        return Service(client, self._settings.endpoint_url)

    def _session(self, profile: str | None) -> Any:
        """The session that makes clients for a profile; equal configurations share one."""
        configuration = self._configurations.get(profile)
        if configuration is None:
            session = open_session(profile)
            configuration = client_configuration(session.get_scoped_config())
            if configuration not in self._sessions:
                session.register_component("credential_provider", _CallerKeysProvider())
                self._sessions[configuration] = session
            self._configurations[profile] = configuration
        return self._sessions[configuration]

    def _client(self, session: Any, service: str, region: str, more: dict[str, Any]) -> Any:
        retries = {"total_max_attempts": self._settings.max_attempts, "mode": "standard"}
        config = Config(retries=retries, user_agent_extra=_user_agent(), **more)
        if self._settings.endpoint_url:
            config = config.merge(Config(endpoint_discovery_enabled=False))
        try:
            return session.create_client(service, region_name=region, endpoint_url=self._settings.endpoint_url, config=config)
        except UnknownServiceError:
            near = get_close_matches(service, session.get_available_services(), n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else None
            raise NotSupported(f"botocore knows no AWS service {service!r}", hint=hint) from None
        except ValueError as error:
            # botocore builds a host name from the region; a bad endpoint in AWS's own configuration ends here as well.
            raise NotSupported(f"no endpoint for {service} in {region}: {error}", hint="check AWS_ENDPOINT_URL and the region") from None

    def close(self) -> None:
        """Drop all clients."""
        for service in self._services.values():
            service.close()
        self._services.clear()
        self._maker.shutdown(wait=False, cancel_futures=True)


@cache
def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"cirql/{version('cirql')}"
    except PackageNotFoundError:
        return "cirql"


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
