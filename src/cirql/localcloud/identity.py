"""Who is calling, and where to: read from the signature, which is not verified."""

from __future__ import annotations

from urllib.parse import parse_qs

from cirql.localcloud.listener import HttpAnswer, HttpRequest
from cirql.localcloud.wire import new_request_id
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
_ACCOUNT = regex(r"\d{12}")
_CREDENTIAL = regex(r"Credential=([^/,\s]+)/(\d{8})/([^,\s]+)")


@dataclass(frozen=True, slots=True)
class Caller:
    """One signed identity: the access key, the account it stands for, and the region and service of the signature's scope.

    A 12-digit access key is the account itself; any other key is `DEFAULT_ACCOUNT` until a backend knows better.
    `service` is the signing name, empty on unsigned requests.
    """

    access_key: str
    account: str
    region: str
    service: str


def read_caller(request: HttpRequest) -> Caller:
    """The caller of a request: SigV4 and SigV4A headers, presigned queries, or nobody."""
    match = _CREDENTIAL.search(request.headers.get("authorization", ""))
    if match:
        key, scope = match.group(1), match.group(3).split("/")
    elif "X-Amz-Credential" in request.query:
        key, _, *scope = parse_qs(request.query)["X-Amz-Credential"][0].split("/")
    else:
        return Caller("", DEFAULT_ACCOUNT, DEFAULT_REGION, "")
    if len(scope) < 3:
        # SigV4A signs for a set of regions: its scope names none.
        scope = [request.headers.get("x-amz-region-set", DEFAULT_REGION).split(",")[0], *scope]
    account = key if _ACCOUNT.fullmatch(key) else DEFAULT_ACCOUNT
    return Caller(key, account, scope[0], scope[1] if len(scope) > 1 else "")


def answer_caller_identity(caller: Caller) -> HttpAnswer:
    """The answer to sts:GetCallerIdentity for a caller whose key is an account id: that account's user `local`."""
    identity = (
        f"<Arn>arn:aws:iam::{caller.account}:user/local</Arn><UserId>AIDA{caller.account}LOCAL</UserId><Account>{caller.account}</Account>"
    )
    request_id = new_request_id()
    body = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult>{identity}</GetCallerIdentityResult>"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
    return HttpAnswer(200, (("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)), body.encode())
