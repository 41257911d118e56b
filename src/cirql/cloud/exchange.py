"""Exchange: one call to AWS carried through: drafted, signed, sent, read, and tried again where that may help.

It joins the parts that know one thing each: services (botocore), transport (HTTP), limits (pace), retry (judgement), keyring (keys).
Importing it imports botocore, so the client does that when AWS is first asked.
"""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ParamValidationError

from cirql.cloud import failures
from cirql.cloud.answers import ErrorAnswer, Only, UnusableAnswerError
from cirql.cloud.credentials import Keyring, Keys
from cirql.cloud.drafts import FastDraft, RequestDraft, Signed, UnsendableError
from cirql.cloud.failures import Place
from cirql.cloud.http import Response, Transport, TransportError
from cirql.cloud.limits import Limits, Line
from cirql.cloud.retry import RetryBudget, Verdict, backoff, classify, retry_after, skew
from cirql.cloud.service import Operation, Service, is_elsewhere
from cirql.cloud.services import Services
from cirql.cloud.stats import CallStats, listeners, pass_gates
from cirql.cloud.target import Target
from cirql.errors import CloudError, Error, InvalidText
from cirql.startup.records import dataclass, field

SKEW_LIMIT = 30.0
"""A clock that is off by less is not what AWS complains about (it allows five minutes)."""
SOON = 5.0
"""Seconds for which keys need not be looked at again: they are renewed minutes before they end."""
LONGEST_TRYING = 180.0
"""Seconds after which a call that gets no usable answer is not tried again: what trickles once may trickle eight times."""
PATIENCE = 5
"""How many times as many tries a throttled call has while the others of its API are served: its turn will come."""
_BAD_VALUE = "a value in the statement is not of the form that this API takes"


@dataclass(frozen=True, slots=True)
class _Setback:
    """A try that did not give an answer: what it means, the error it would be, and what the server said about waiting."""

    verdict: Verdict
    error: Error
    wait: float | None = None
    clock_offset: float | None = None
    redirect: tuple[Response, ErrorAnswer] | None = None
    others_served: bool = False
    """The API answered other calls since this one began to wait for its turn."""


@dataclass(slots=True)
class _Call:
    """One call under way."""

    place: Place
    name: str
    service: Service
    operation: Operation
    params: dict[str, Any]
    keys: Keys
    keys_at: float
    only: Only = None
    draft: RequestDraft | FastDraft = field(init=False)
    clock_offset: float = 0.0
    attempt: int = 0
    has_renewed: bool = False
    has_corrected_clock: bool = False
    has_redirected: bool = False
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())


@dataclass(slots=True)
class Exchange:
    """Carries calls through. `stats` counts for the life of the client."""

    services: Services
    transport: Transport
    limits: Limits
    keyring: Keyring
    max_attempts: int
    budget: RetryBudget = field(default_factory=lambda: RetryBudget(time.monotonic))
    stats: CallStats = field(default_factory=CallStats)
    clock_offset: float = 0.0

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any], only: Only = None) -> dict[str, Any]:
        """One answer of one operation; `only` these members of it are asked for.

        Raises: the errors of `cirql.cloud.failures`; InvalidText for parameters that the operation does not take.
        """
        call = await self._begin(target, service, operation, params)
        call.only = only
        while True:
            call.attempt += 1
            outcome = await self._try(call)
            if not isinstance(outcome, _Setback):
                self.budget.succeed()
                return outcome
            delay = await self._delay_before_retry(call, outcome)
            if delay is None:
                raise outcome.error
            for stats in (self.stats, *listeners()):
                stats.retries += 1
            await asyncio.sleep(delay)

    async def _begin(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> _Call:
        profile = self.keyring.profile(target.credentials)
        handle = self.services.known(service, target.region, profile) or await self.services.get(service, target.region, profile)
        keys = await self.keyring.keys(target.credentials)
        place = Place(target, service, operation, self.keyring.is_sso(target.credentials))
        call = _Call(place, f"{service}:{operation}", handle, handle.operation(operation), params, keys, asyncio.get_running_loop().time())
        await self._write(call)
        return call

    async def _write(self, call: _Call) -> None:
        """Serialise the call's request."""
        if call.operation.may_block:
            call.draft = await asyncio.to_thread(_draft, call)
        else:
            call.draft = _draft(call)

    async def _try(self, call: _Call) -> dict[str, Any] | _Setback:
        """One request, in its turn under the rate limit."""
        place, loop = call.place, asyncio.get_running_loop()
        line = self.limits.line(place.account, place.target.region, place.service, place.operation, loop.time())
        served = line.served
        await line.enter()
        try:
            request = await self._signed(call)
            pass_gates()
            sent = loop.time()
            try:
                response = await self.transport.send(
                    request.method,
                    request.url,
                    request.head,
                    request.body,
                    repeatable=call.operation.is_repeatable,
                    most=call.operation.most,
                )
            except TransportError as failure:
                if failure.sent:
                    self._count(call.name, b"")
                return _of_transport(call, failure, request.url)
            self._count(call.name, response.body)
            return self._judge(call, response, request.url, line, sent, served)
        finally:
            line.leave()

    async def _signed(self, call: _Call) -> Signed:
        """The request, signed with the keys and by the clock of now: its turn may have been a long time coming."""
        name, now = call.place.target.credentials, asyncio.get_running_loop().time()
        keys, call.clock_offset = self.keyring.latest(name), self.clock_offset
        if keys is None or now - call.keys_at > SOON:
            keys, call.keys_at = await self.keyring.keys(name), now
        if keys is not call.keys:
            is_of_another_kind = (keys.token is None) is not (call.keys.token is None)
            call.keys = keys
            if is_of_another_kind:
                await self._write(call)
        try:
            if call.operation.may_block:
                return await asyncio.to_thread(call.service.sign, call.draft, keys, call.attempt, call.clock_offset)
            return call.service.sign(call.draft, keys, call.attempt, call.clock_offset)
        except UnsendableError as error:
            failure = call.place.failure("ParamValidation", str(error))
            raise InvalidText(f"{call.place}: {error}", hint=_BAD_VALUE, failure=failure) from None
        except BotoCoreError as error:  # A service that takes a token of its own, which nobody has given.
            raise CloudError(f"{call.place}: {error}", failure=call.place.failure(type(error).__name__, str(error))) from error

    def _judge(self, call: _Call, response: Response, url: str, line: Line, sent: float, served: int) -> dict[str, Any] | _Setback:
        """What a response means, for the statement and for the line of its API."""
        now = asyncio.get_running_loop().time()
        try:
            answer = call.service.read(call.draft, response, call.only)
        except UnusableAnswerError as unusable:
            failure = TransportError(unusable.reason, f"the answer (HTTP {response.status_code}) cannot be used: {unusable}", sent=True)
            return _of_transport(call, failure, url)
        if not isinstance(answer, ErrorAnswer):
            line.succeed(now, sent)
            return answer
        verdict = classify(answer.code, answer.status, call.draft.model)
        if verdict is Verdict.THROTTLE:
            line.throttle(now, sent)
            for stats in (self.stats, *listeners()):
                stats.throttles += 1
        is_head = call.operation.model.http.get("method") == "HEAD"
        error = failures.of_answer(call.place, answer.code, answer.message, answer.request_id, verdict, call.attempt, is_head=is_head)
        return _Setback(
            verdict,
            error,
            wait=retry_after(response.headers, time.time()),
            clock_offset=skew(response.headers, datetime.now(UTC)),
            redirect=(response, answer) if call.place.service in ("s3", "s3control") else None,
            others_served=line.has_served(served, now),
        )

    async def _delay_before_retry(self, call: _Call, setback: _Setback) -> float | None:
        """Seconds to wait before another try; None where the setback stands."""
        if setback.redirect is not None and not call.has_redirected:
            call.has_redirected = True
            response, answer = setback.redirect
            if isinstance(call.draft, FastDraft) and is_elsewhere(answer):
                call.draft = await asyncio.to_thread(call.service.slower, call.draft, call.params, call.keys)
            if await asyncio.to_thread(call.service.redirect, call.draft, response, answer, call.keys):
                return 0.0
        if setback.verdict in (Verdict.SKEWED, Verdict.EXPIRED):
            return 0.0 if await self._repair(call, setback) else None
        if setback.verdict is Verdict.FINAL or not self._may_retry(call, setback):
            return None
        delay = backoff(call.attempt, setback.verdict, random.random(), others_served=setback.others_served)
        return max(delay, setback.wait or 0.0)

    def _may_retry(self, call: _Call, setback: _Setback) -> bool:
        """Whether a call may be tried again: throttles cost neither tries nor budget while the statement gets on."""
        if setback.verdict is Verdict.THROTTLE and setback.others_served and self.max_attempts > 1:
            return call.attempt < PATIENCE * self.max_attempts
        return call.attempt < self.max_attempts and self.budget.spend(setback.verdict)

    async def _repair(self, call: _Call, setback: _Setback) -> bool:
        """Correct the signing clock or renew the keys, each once a call; False where neither helps."""
        offset = setback.clock_offset
        if offset is not None and abs(offset - call.clock_offset) > SKEW_LIMIT and not call.has_corrected_clock:
            call.has_corrected_clock = True
            self.clock_offset = offset if abs(offset) > SKEW_LIMIT else 0.0
            return True
        if setback.verdict is Verdict.EXPIRED and not call.has_renewed:
            call.has_renewed = True
            name = call.place.target.credentials
            return await self.keyring.renew(name, call.keys)
        return False

    def _count(self, name: str, body: bytes) -> None:
        for stats in (self.stats, *listeners()):
            stats.calls[name] += 1
            stats.bytes += len(body)


def _draft(call: _Call) -> RequestDraft | FastDraft:
    place = call.place
    try:
        return call.service.draft(call.operation, call.params, call.keys)
    except ParamValidationError as error:
        problem = " ".join(str(error).removeprefix("Parameter validation failed:").split())
        failure = place.failure("ParamValidation", problem)
        raise InvalidText(f"{place}: {problem}", hint=_BAD_VALUE, failure=failure) from None
    except BotoCoreError as error:
        raise CloudError(f"{place}: {error}", failure=place.failure(type(error).__name__, str(error))) from error


def _of_transport(call: _Call, failure: TransportError, url: str) -> _Setback:
    """A request without a usable answer: worth a retry unless it may have changed something, or cannot get better."""
    unsure = failure.sent and not call.operation.is_repeatable
    error = failures.of_transport(call.place, failure, url, call.attempt, may_have_happened=unsure)
    hopeless = failure.reason in ("tls", "proxy", "unknown-host", "too-long")
    hopeless = hopeless or asyncio.get_running_loop().time() - call.began > LONGEST_TRYING
    return _Setback(Verdict.FINAL if unsure or hopeless else Verdict.TRANSIENT, error)
