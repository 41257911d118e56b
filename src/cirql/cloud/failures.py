"""Failures: AWS's error codes and the transport's troubles, as cirql's errors. The only place where AWS codes are mapped."""

from __future__ import annotations

from cirql.cloud.http import TransportError
from cirql.cloud.regions import is_opt_in
from cirql.cloud.retry import Verdict
from cirql.cloud.target import Target
from cirql.errors import (
    TOO_MANY_FILES,
    AccessDenied,
    AlreadyExists,
    CloudError,
    CloudFailure,
    CredentialsError,
    Error,
    ResourceNotFound,
    Throttled,
    Unreachable,
)
from cirql.startup.records import dataclass, replace
from cirql.startup.regexes import regex

_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedFault",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedOperation",
        "UnauthorizedException",
        "NotAuthorizedException",
        "NotAuthorized",
        "Forbidden",
        "ForbiddenException",
        "InsufficientPrivilegesException",
        "OptInRequired",
        "SubscriptionRequiredException",
        "403",
    }
)
_BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "TokenRefreshRequired",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "InvalidToken",
        "InvalidTokenException",
        "UnrecognizedClientException",
        "AuthFailure",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "RequestTimeTooSkewed",
        "RequestExpired",
        "RequestInTheFuture",
    }
)
_UNKNOWN_TOKEN = frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"})
"""What a region says of good credentials while it is not enabled for their account."""
_CLOCK = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_NOT_FOUND = regex(r"NotFound(Exception|Fault|Error)?$|DoesNotExist(Exception|Fault)?$|NonExistent\w+$|^NoSuch")
# These say that a request, a type or the key that encrypts it is unknown, not that the resource is gone.
_NOT_FOUND_EXCEPTIONS = frozenset(
    {
        "RequestTokenNotFoundException",
        "TypeNotFoundException",
        "KMSNotFoundException",
        "KmsNotFoundException",
        "EncryptionKeyNotFoundException",
        "KMS.NotFoundException",
    }
)
_EXISTS = regex(r"AlreadyExists(Exception|Fault)?$|\.Duplicate$|^BucketAlreadyOwnedByYou$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call was made, for the failure that may come of it. `is_sso`: the credentials come from IAM Identity Center."""

    target: Target
    service: str
    operation: str
    is_sso: bool = False

    @property
    def account(self) -> str:
        """The account id, or the name of the credentials while the id is not known."""
        return self.target.account or self.target.credentials

    def failure(self, code: str, message: str, request_id: str | None = None) -> CloudFailure:
        """The frozen record of what went wrong here."""
        return CloudFailure(self.account, self.target.region, self.service, self.operation, code, message, request_id)

    def __str__(self) -> str:
        return f"{self.service}:{self.operation} in {self.account}/{self.target.region}"


def of_answer(
    place: Place, code: str, message: str, request_id: str | None, verdict: Verdict, attempts: int, *, is_head: bool = False
) -> Error:
    """The error for an AWS error answer that is not tried again.

    `is_head`: it answers a HEAD, which has no body to name an error in. Any other 404 without a name is not AWS's: gateways and
    proxies say it of pages that they do not have, and it must not pass for a resource that is gone.
    """
    code = code or "Unknown"
    failure = place.failure(code, message, request_id)
    text = f"{place}: {code}" + (f": {message}" if message else "")
    if verdict is Verdict.THROTTLE and code != "LimitExceededException":
        return Throttled(
            f"{text} (after {attempts} attempts)",
            hint=f"lower the rate with the setting max_rps, as in {place.service} = 5, or ask for fewer rows",
            failure=failure,
        )
    if code in _UNKNOWN_TOKEN and is_opt_in(place.target.region):
        failure = replace(failure, reason="region-not-enabled")
        hint = f"the region {place.target.region} is not enabled for this account, or the credentials are not valid; leave it out"
        return AccessDenied(text, hint=hint, failure=failure)
    if code in _BAD_CREDENTIALS:
        return CredentialsError(text, hint=_credentials_hint(place, code), failure=failure)
    if code in _DENIED or code.endswith(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")):
        failure = replace(failure, reason=_denied_reason(code, message))
        return AccessDenied(text, hint=_denied_hint(place, message), failure=failure)
    if (code == "404" and is_head) or (code not in _NOT_FOUND_EXCEPTIONS and _NOT_FOUND.search(code)):
        return ResourceNotFound(text, hint=f"it is not in {place.account}/{place.target.region}, or was deleted meanwhile", failure=failure)
    if _EXISTS.search(code):
        return AlreadyExists(text, failure=failure)
    tries = f" (after {attempts} attempts)" if verdict is Verdict.TRANSIENT and attempts > 1 else ""
    return CloudError(text + tries, hint=_other_hint(place, code, verdict), failure=failure)


def _credentials_hint(place: Place, code: str) -> str:
    if code in _CLOCK:
        return "the clock of this machine is wrong; set it, then try again"
    if place.is_sso:
        return f"sign in again: aws sso login --profile {place.target.credentials}"
    if "Expired" in code or code == "TokenRefreshRequired":
        return "the session token has expired; renew it, then try again"
    return "AWS does not take these credentials; check them with: aws sts get-caller-identity"


def _denied_reason(code: str, message: str) -> str:
    """Who denied it: AWS says so in words (IAM User Guide, access denied error messages)."""
    lowered = message.lower()
    if "service control policy" in lowered or "resource control policy" in lowered:
        return "denied-by-organization"
    return "region-not-enabled" if "opt-in" in lowered or code == "OptInRequired" else "denied"


def _denied_hint(place: Place, message: str) -> str:
    if place.operation == "AssumeRole":
        return "the role must exist in the account and trust the caller, and the caller must be allowed sts:AssumeRole"
    if "service control policy" in message.lower():
        return "a service control policy of the organization forbids it; leave this account or region out of the statement"
    if "OptIn" in message or "opt-in" in message.lower():
        return f"the region {place.target.region} may not be enabled for this account"
    service = {"cloudcontrol": "cloudformation"}.get(place.service, place.service)
    return f"the caller needs the permission {service}:{place.operation}"


def _other_hint(place: Place, code: str, verdict: Verdict) -> str | None:
    if verdict is Verdict.TRANSIENT:
        return "AWS had an internal problem; try again later"
    if code in ("UnknownOperationException", "NotImplemented", "InvalidAction", "UnsupportedOperation", "501"):
        return f"the endpoint does not offer {place.operation}"
    if code.isdigit():
        return "AWS's errors have a name: is a proxy or a sign-in page in between? Check the endpoint and HTTPS_PROXY"
    return None


def of_transport(place: Place, failure: TransportError, url: str, attempts: int, *, may_have_happened: bool) -> Unreachable:
    """The error for a request that got no usable answer."""
    where = url.split("?", 1)[0]
    tries = f" (after {attempts} attempts)" if attempts > 1 else ""
    hints = {
        "unknown-host": f"{place.service} may not be offered in {place.target.region}, or the network is not reachable",
        "refused": "check the endpoint (AWS_ENDPOINT_URL, the setting endpoint_url), the region and the network",
        "no-files": TOO_MANY_FILES,
        "connect-timeout": "check the network, the proxy settings and the region",
        "read-timeout": "the endpoint accepts connections but does not answer; the setting read_timeout gives it longer",
        "tls": "check the certificate; ca_bundle (AWS_CA_BUNDLE) names the authorities to trust",
        "proxy": "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
        "garbage": "is this an AWS endpoint?",
        "too-long": "no page of an AWS API is so long; is this an AWS endpoint?",
        "cut": "the answer was cut short on the way; nothing of it was used",
    }
    hint = hints.get(failure.reason)
    if may_have_happened:
        hint = "the request may have been carried out: look before you repeat it"
    record = place.failure(failure.reason, str(failure))
    return Unreachable(f"{place}: {failure}{tries} ({where})", hint=hint, failure=record)


def no_credentials(name: str, detail: str, *, is_sso: bool = False) -> CredentialsError:
    """The error for credentials that are not there or cannot be read."""
    if is_sso:
        hint = f"sign in: aws sso login --profile {name}"
    elif name == "default":
        hint = "set AWS_PROFILE or run: aws configure (or aws sso login); cirql query --local needs none"
    else:
        hint = f"check the profile {name} in ~/.aws/config"
    return CredentialsError(f"no usable AWS credentials ({name}): {detail}", hint=hint)
