"""The fast lane: requests of JSON-protocol reads made without botocore's per-call work, and equal to botocore's byte for byte.

What is the same in all requests of an operation (URL, most headers, which of them are signed) is learned from one request that
botocore made; what differs (body, time, ids, signature) is filled in. A lane proves itself before it opens: it must rebuild
the very request it learned from. Whatever may depend on the call in other ways (endpoint parameters, idempotency tokens,
checksums, streaming) never gets a lane.

AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from botocore.model import OperationModel

from cirql.cloud.credentials import Keys

_SCOPE = re.compile(r"AWS4-HMAC-SHA256 Credential=[^,]*/\d{8}/([^/,]+)/([^/,]+)/aws4_request, SignedHeaders=([^,]+), Signature=")
_VARYING = {"x-amz-date", "authorization", "content-length", "amz-sdk-invocation-id", "amz-sdk-request", "x-amz-security-token"}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request ready to be sent, with the attributes of botocore's."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Lane:
    """The lasting part of one operation's requests. `headers` are in botocore's order; a varying one has an empty value."""

    url: str
    host: str
    headers: tuple[tuple[str, str], ...]
    signed: tuple[str, ...]
    region: str
    signing_name: str
    retries: str

    @classmethod
    def learn(cls, request: Any) -> Lane | None:
        """The lane of a request that botocore signed; None where the request is not of the plain kind."""
        headers = {name: _text(value) for name, value in request.headers.items()}
        by_lower = {name.lower(): value for name, value in headers.items()}
        scope = _SCOPE.match(by_lower.get("authorization", ""))
        parts = urlsplit(request.url)
        if scope is None or request.method != "POST" or parts.path != "/" or parts.query or not isinstance(request.body, bytes):
            return None
        lasting = tuple((name, "" if name.lower() in _VARYING else value) for name, value in headers.items())
        port = {"http": 80, "https": 443}[parts.scheme]
        host = parts.netloc if parts.port != port else parts.netloc.rpartition(":")[0]
        retries = by_lower.get("amz-sdk-request", "").partition(";")[2]
        return cls(request.url, host, lasting, tuple(scope[3].split(";")), scope[1], scope[2], retries)

    def sign(self, body: bytes, keys: Keys, attempt: int, invocation: str, timestamp: str) -> SignedRequest:
        """One request; `timestamp` is SigV4's (`20260102T030405Z`)."""
        varying = {
            "x-amz-date": timestamp,
            "content-length": str(len(body)),
            "amz-sdk-invocation-id": invocation,
            "amz-sdk-request": f"attempt={attempt};{self.retries}" if self.retries else f"attempt={attempt}",
            "x-amz-security-token": keys.token or "",
        }
        headers = {name: value or varying.get(name.lower(), "") for name, value in self.headers}
        values = {name.lower(): value for name, value in headers.items()}
        values["host"] = self.host
        lines = "".join(f"{name}:{' '.join(values[name].split())}\n" for name in self.signed)
        names = ";".join(self.signed)
        canonical = f"POST\n/\n\n{lines}\n{names}\n{sha256(body).hexdigest()}"
        scope = f"{timestamp[:8]}/{self.region}/{self.signing_name}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = _day_key(keys.secret_key, timestamp[:8], self.region, self.signing_name)
        signature = hmac.new(key, text.encode(), sha256).hexdigest()
        authorization = f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        headers = {name: authorization if name.lower() == "authorization" else value for name, value in headers.items()}
        return SignedRequest("POST", self.url, headers, body)

    def reproduces(self, request: Any, keys: Keys) -> bool:
        """Whether the lane, given the same body, time and ids, comes to the very request that botocore made."""
        headers = {name: _text(value) for name, value in request.headers.items()}
        by_lower = {name.lower(): value for name, value in headers.items()}
        attempt = int(by_lower.get("amz-sdk-request", "attempt=1").removeprefix("attempt=").partition(";")[0])
        mine = self.sign(request.body, keys, attempt, by_lower.get("amz-sdk-invocation-id", ""), by_lower.get("x-amz-date", ""))
        return mine.url == request.url and list(mine.headers.items()) == list(headers.items())


def may_have_lane(model: OperationModel) -> bool:
    """Whether nothing in an operation's model makes its requests depend on the call beyond the body."""
    return model.service_model.resolved_protocol == "json" and not any(
        (
            model.idempotent_members,
            model.has_streaming_input,
            model.has_streaming_output,
            model.has_event_stream_input,
            model.has_event_stream_output,
            model.endpoint,
            model.endpoint_discovery,
            model.http_checksum,
            model.request_compression,
            model.context_parameters,
            model.static_context_parameters,
            model.operation_context_parameters,
        )
    )


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


@lru_cache(maxsize=4096)
def _day_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The signing key of one day; the same for every request to a service in a region."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    return key
