"""Translates AWS's errors, and those of the way to it, into this system's."""

from __future__ import annotations

import re
import ssl
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    ParamValidationError,
    ProxyConnectionError,
    SSLError,
)

from shared.aws.answers.advice import advice_on
from shared.aws.answers.clock import clock_skew, in_words
from shared.aws.answers.not_aws import NotAws
from shared.errors import AssistantError, AwsError, Forbidden, InvalidArguments, Unauthenticated, Unavailable

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_KEY = {"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId"}
_BAD_SECRET = {"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "AuthorizationError"}
# Answered with 403, and no question of permissions.
_NO_DENIAL = {"RegionDisabledException", "InvalidObjectState"}
# How urllib3 puts what a proxy answered to CONNECT.
_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: ([\w .-]+)")
_LOOK_AT_PROXY = (
    "Look at HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL of the services, and at what lies between them and AWS"
)
# Codes of requests that were refused before anything was done: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
THROTTLED = {
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
    *("RequestLimitExceeded", "TooManyRequestsException", "SlowDown", "BandwidthLimitExceeded"),
    *("ProvisionedThroughputExceededException", "PriorRequestNotComplete", "TransactionInProgressException"),
}
# What some services call a limit without saying of what, such as Cost Explorer ("Rate exceeded"):
# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html#API_GetCostAndUsage_Errors
LIMITED = ("LimitExceeded", "LimitExceededException")
OF_A_RATE = re.compile(r"\brate\b.{0,20}\bexceeded|too many (?:calls|requests)|request rate", re.IGNORECASE)


def is_throttling(aws_code: str, message: str) -> bool:
    """Whether an error code, with what AWS says to it, means that there were too many requests for a moment."""
    return aws_code in THROTTLED or (aws_code in LIMITED and OF_A_RATE.search(message) is not None)


def translate(error: ClientError | BotoCoreError) -> AssistantError:
    """Turn a botocore error into one of ours: what happened, on which operation, and whether a retry can help."""
    if isinstance(error, ClientError):
        return _translate_client_error(error)
    if isinstance(error, ParamValidationError):
        return InvalidArguments(str(error))
    if isinstance(error, (NotAws, SSLError, ProxyConnectionError)):
        return _translate_obstacle(error)
    if isinstance(error, (ConnectionError, HTTPClientError)):
        return Unavailable(f"AWS could not be reached: {error}", code="aws_unreachable")
    return AwsError(f"the AWS client failed: {error}")


def _translate_obstacle(error: NotAws | SSLError | ProxyConnectionError) -> AssistantError:
    """What stands between here and AWS, and what to do about it."""
    if isinstance(error, SSLError):
        if not refuses_certificate(error):
            return Unavailable(f"AWS could not be reached: {error}", code="aws_unreachable")
        host = urlsplit(str(error.kwargs.get("endpoint_url", ""))).hostname or "AWS"
        detail = (
            f"what answers for {host} has a certificate that is not trusted here, so nothing was sent. Where a proxy"
            " opens TLS on the way, give its certificate authority as AWS_CA_BUNDLE"
        )
        return Unavailable(detail, code="not_aws")
    if isinstance(error, ProxyConnectionError):
        refused = _TUNNEL_REFUSED.search(str(error.kwargs.get("error", "")))
        said = f"it answered {refused.group(1)[:80]}" if refused else "it could not be reached"
        detail = f"the proxy {error.kwargs['proxy_url']} let nothing through to AWS: {said}. {_LOOK_AT_PROXY}"
        if refused:
            return Unavailable(detail, code="not_aws")
        return Unavailable(detail, code="aws_unreachable")
    return Unavailable(f"{error}. {_LOOK_AT_PROXY}", code="not_aws")


def refuses_certificate(error: SSLError) -> bool:
    """Whether the server's certificate was not accepted, which ends the handshake before any request."""
    reason = error.kwargs["error"]
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in (reason, *getattr(reason, "args", ())))


def error_code(error: ClientError) -> str:
    """AWS's own error code, or the HTTP status where a service sends only that."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _translate_client_error(error: ClientError) -> AssistantError:
    code = error_code(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    skew = clock_skew(error)
    if skew is not None:
        return Unavailable(
            f"the clock of the machine that runs the services is {in_words(skew)}, so that AWS refuses its signatures"
            f" ({error.operation_name}: {code}). Set the clock, by NTP; the credentials may well be right",
            code="clock_skew",
        )
    throttled = status == 429 or is_throttling(code, str(error.response.get("Error", {}).get("Message", "")))
    advice = advice_on("Throttling" if throttled and code in LIMITED else code)
    # AWS's message on a bad signature repeats the request, session token and all.
    message = code if code in _BAD_SECRET else str(error.response.get("Error", {}).get("Message") or "no message")
    what = f"{error.operation_name}: {message}"
    if code in _EXPIRED:
        return Unauthenticated(
            f"the session's AWS credentials have expired ({what}); open a new session", code="credentials_expired"
        )
    if code in _UNKNOWN_KEY or code in _BAD_SECRET:
        detail = f"AWS does not accept the credentials ({what}). {advice}"
        if "Role" in error.operation_name or "Polic" in error.operation_name:
            detail += "; a session opened with a long-term key and no role_arn cannot call IAM: open one with role_arn"
        return Unauthenticated(detail, code="credentials_invalid")
    if code in _DENIED or (status == 403 and code not in _NO_DENIAL):
        return Forbidden(_advised(f"AWS denied {what}", advice or advice_on("AccessDenied")), code="aws_access_denied")
    if throttled:
        detail = _advised(f"AWS throttled {what}", advice or advice_on("Throttling"))
        return AwsError(detail, code="aws_throttled", retryable=True)
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.sub(r"[^A-Za-z0-9]+", "_", code)).lower()
    return AwsError(
        _advised(what, advice), code=f"aws_{snake}", retryable=status >= 500, aws_code=code, aws_status=status
    )


def _advised(what: str, advice: str) -> str:
    return f"{what.rstrip('.')}. {advice}" if advice else what
