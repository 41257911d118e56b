"""The fast lane: requests of reads made without most of botocore's per-call work, and equal to botocore's byte for byte.

What is the same in all requests of an operation (most headers, which of them are signed) is learned from one request that botocore
made; what differs (URL, body, time, ids, signature) is filled in. A lane proves itself before it opens: it must rebuild
the very request it learned from. Whatever may depend on the call in other ways (endpoint parameters, idempotency tokens,
checksums, streaming) never gets a lane.

AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
import random
import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeGuard
from urllib.parse import quote, urlsplit, urlunsplit

from botocore.awsrequest import _urljoin
from botocore.model import OperationModel
from botocore.utils import normalize_url_path, percent_encode_sequence

from cirql.cloud.credentials import Keys
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

_SCOPE = regex(r"AWS4-HMAC-SHA256 Credential=[^,]*/\d{8}/([^/,]+)/([^/,]+)/aws4_request, SignedHeaders=([^,]+), Signature=")
_PROTOCOLS = ("json", "query", "ec2", "rest-xml")
_FORMS = (("POST", False), ("GET", True), ("HEAD", True))
"""Methods, and whether their requests are without a body."""
_SLOTS = {
    "x-amz-date": "%(timestamp)s",
    "authorization": "AWS4-HMAC-SHA256 Credential=%(access_key)s/%(scope)s, SignedHeaders={signed}, Signature=%(signature)s",
    "content-length": "%(length)d",
    "amz-sdk-invocation-id": "%(invocation)s",
    "amz-sdk-request": "attempt=%(attempt)d{retries}",
    "x-amz-security-token": "%(token)s",
    "x-amz-content-sha256": "%(hash)s",
}
"""The headers that differ from request to request; in braces what the lane fills in once and for all."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The lasting part of one operation's requests: templates with a slot for each thing that varies.

    `head` are the header lines in botocore's order; `canonical` is SigV4's canonical request.
    """

    method: str
    url: str
    head: str
    canonical: str
    scope: str
    region: str
    signing_name: str

    @classmethod
    def learn(cls, request: Any) -> Lane | None:
        """The lane of a request that botocore signed; None where the request is not of the plain kind."""
        headers = {name: _text(value) for name, value in request.headers.items()}
        by_lower = {name.lower(): value for name, value in headers.items()}
        scope = _SCOPE.match(by_lower.get("authorization", ""))
        parts = urlsplit(request.url)
        if scope is None or parts.fragment or "expect" in by_lower or (request.method, request.body is None) not in _FORMS:
            return None
        retries = by_lower.get("amz-sdk-request", "").partition(";")[2]
        filled = {"signed": scope[3], "retries": f";{_escaped(retries)}" if retries else ""}
        slots = {name: slot.format(**filled) for name, slot in _SLOTS.items()}
        values = {name: slots.get(name) or _escaped(value) for name, value in by_lower.items()}
        port = {"http": 80, "https": 443}[parts.scheme]
        if parts.port == port:  # named although it is the usual one
            return None
        values["host"] = "%(host)s"
        lines = "".join(f"{name}:{' '.join(values[name].split())}\n" for name in scope[3].split(";"))
        return cls(
            request.method,
            request.url,
            head="".join(f"{name}: {values[name.lower()]}\r\n" for name in headers),
            canonical=f"{request.method}\n%(path)s\n%(query)s\n{lines}\n{scope[3]}\n%(hash)s",
            scope=f"%s/{scope[1]}/{scope[2]}/aws4_request",
            region=scope[1],
            signing_name=scope[2],
        )

    def sign(self, url: str, body: bytes, keys: Keys, attempt: int, invocation: str, timestamp: str) -> str:
        """The header lines of one request; `timestamp` is SigV4's (`20260102T030405Z`)."""
        host, path, query = _canonical(url, is_as_sent=self.signing_name == "s3")
        scope = self.scope % timestamp[:8]
        values = {
            "host": host,
            "path": path,
            "query": query,
            "timestamp": timestamp,
            "length": len(body),
            "invocation": invocation,
            "attempt": attempt,
            "token": keys.token,
            "hash": sha256(body).hexdigest(),
            "access_key": keys.access_key,
            "scope": scope,
        }
        canonical = sha256((self.canonical % values).encode()).hexdigest()
        key = _day_key(keys.secret_key, timestamp[:8], self.region, self.signing_name)
        values["signature"] = hmac.digest(key, f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{canonical}".encode(), "sha256").hex()
        return self.head % values

    def reproduces(self, request: Any, keys: Keys) -> bool:
        """Whether the lane, given the same body, time and ids, comes to the very request that botocore made."""
        headers = {name: _text(value) for name, value in request.headers.items()}
        by_lower = {name.lower(): value for name, value in headers.items()}
        attempt = int(by_lower.get("amz-sdk-request", "attempt=1").removeprefix("attempt=").partition(";")[0])
        body = as_bytes(request.body)
        mine = self.sign(request.url, body, keys, attempt, by_lower.get("amz-sdk-invocation-id", ""), by_lower.get("x-amz-date", ""))
        return mine == "".join(f"{name}: {value}\r\n" for name, value in headers.items())


@lru_cache(maxsize=4096)
def _canonical(url: str, *, is_as_sent: bool) -> tuple[str, str, str]:
    """The host, path and query of a URL as SigV4 signs them; S3 signs the path as it is sent, other services encode it once more."""
    parts = urlsplit(url)
    path = parts.path or "/"
    if not is_as_sent:
        path = quote(normalize_url_path(path), safe="/~")
    pairs = sorted(pair.partition("=")[::2] for pair in parts.query.split("&")) if parts.query else ()
    return parts.netloc, path, "&".join(f"{name}={value}" for name, value in pairs)


_BUCKET = regex(r"(?=.{3,63}\Z)(?!xn--|sthree-)[a-z0-9](?:-?[a-z0-9])+(?<!-s3alias)\Z")
"""Names of buckets that all go into host or path alike: no dots, and none of the endings by which the endpoint rules know other things."""


def is_usual(bucket: Any) -> TypeGuard[str]:
    """Whether a bucket's name is one of those."""
    return isinstance(bucket, str) and _BUCKET.match(bucket) is not None


def as_bytes(body: Any) -> bytes:
    """The body of a request that botocore prepared."""
    return b"" if body is None else body.encode() if isinstance(body, str) else bytes(body)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the requests of an operation go: its endpoint, with a slot for the bucket where there is one."""

    endpoint: str
    has_bucket: bool

    @classmethod
    def learn(cls, endpoint: str, params: Mapping[str, Any], model: OperationModel) -> Address | None:
        """The address of a request with these parameters; None where it may depend on them in another way."""
        if not model.context_parameters:
            return cls(_escaped(endpoint), has_bucket=False)
        bucket = params.get("Bucket")
        if not is_usual(bucket):
            return None
        parts = urlsplit(endpoint)
        if parts.netloc.startswith(f"{bucket}."):
            parts = parts._replace(netloc=f"%s{_escaped(parts.netloc[len(bucket) :])}")
        elif parts.path == f"/{bucket}":
            parts = parts._replace(path="/%s")
        else:
            return None
        return cls(urlunsplit(parts), has_bucket=True)

    @property
    def template(self) -> str:
        """The endpoint with a slot for a bucket that has a name."""
        return self.endpoint.replace("%s", "%(Bucket)s") if self.has_bucket else self.endpoint

    def url(self, params: Mapping[str, Any], request: Mapping[str, Any]) -> str | None:
        """The URL of a request as botocore's serialiser wrote it; None for a bucket that is not of the usual kind."""
        if not self.has_bucket:
            endpoint = self.endpoint % ()
        else:
            bucket = params.get("Bucket")
            if not is_usual(bucket):
                return None
            endpoint = self.endpoint % bucket
        url: str = _urljoin(endpoint, request["url_path"], None)
        if not request["query_string"]:
            return url
        return f"{url}{'&' if '?' in url else '?'}{percent_encode_sequence(request['query_string'])}"


def may_have_lane(model: OperationModel) -> bool:
    """Whether nothing in an operation's model makes its requests depend on the call in a way that no lane knows."""
    if model.service_model.resolved_protocol not in _PROTOCOLS or _depends_on_the_call(model):
        return False
    if model.service_model.service_name == "s3" and model.context_parameters:
        # The endpoint depends on the bucket's name, and on what is the same in all calls of the operation.
        return [parameter.name for parameter in model.context_parameters] == ["Bucket"] and not model.operation_context_parameters
    return not (model.context_parameters or model.static_context_parameters or model.operation_context_parameters)


def _depends_on_the_call(model: OperationModel) -> bool:
    return any(
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
        )
    )


def new_invocation() -> str:
    """A random id for all tries of one call, spelled as a version 4 UUID (RFC 9562 §5.4)."""
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[int(digits[16], 16) & 3]}{digits[17:20]}-{digits[20:]}"


def timestamp_at(seconds: float) -> str:
    """SigV4's spelling of a time in seconds since the epoch."""
    return _timestamp(int(seconds))


@lru_cache(maxsize=8)
def _timestamp(seconds: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _escaped(value: str) -> str:
    return value.replace("%", "%%")


@lru_cache(maxsize=4096)
def _day_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The signing key of one day; the same for every request to a service in a region."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
