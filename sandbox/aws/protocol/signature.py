"""Signature Version 4: read a request's signature and check it against the caller's secret.

Source: "Create a signed AWS API request" in the IAM user guide.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from botocore.utils import normalize_url_path

from sandbox.aws.protocol.errors import AwsError

CLOCK_SKEW = timedelta(minutes=15)


@dataclass(frozen=True)
class Signature:
    """What a request says about its signer."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    value: str
    timestamp: str
    session_token: str | None
    presigned_seconds: int | None = None

    @property
    def scope(self) -> str:
        """The credential scope."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True)
class RawRequest:
    """The bytes that were signed. `path` and `query` are as sent, still percent-encoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def _incomplete(detail: str) -> AwsError:
    return AwsError("IncompleteSignature", detail, 400)


def read_signature(request: RawRequest) -> Signature:
    """The signature of a request, from its Authorization header or its presigned query.

    Raises MissingAuthenticationToken or IncompleteSignature.
    """
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("AWS4-HMAC-SHA256"):
        fields = dict(
            part.strip().partition("=")[::2] for part in authorization.removeprefix("AWS4-HMAC-SHA256").split(",")
        )
        stamp = request.headers.get("x-amz-date", "")
        token = request.headers.get("x-amz-security-token")
        return _signature(
            fields.get("Credential", ""), fields.get("SignedHeaders", ""), fields.get("Signature", ""), stamp, token
        )
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if query.get("X-Amz-Algorithm") == "AWS4-HMAC-SHA256":
        found = _signature(
            query.get("X-Amz-Credential", ""), query.get("X-Amz-SignedHeaders", ""),
            query.get("X-Amz-Signature", ""), query.get("X-Amz-Date", ""), query.get("X-Amz-Security-Token"),
        )  # fmt: skip
        expires = query.get("X-Amz-Expires", "0")
        return Signature(**{**found.__dict__, "presigned_seconds": int(expires) if expires.isdigit() else 0})
    raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)


def _signature(credential: str, headers: str, value: str, stamp: str, token: str | None) -> Signature:
    parts = credential.split("/")
    if len(parts) != 5 or not headers or not value or not stamp:
        raise _incomplete("Authorization header requires Credential, SignedHeaders, Signature and a date")
    key, date, region, service, _ = parts
    return Signature(key, date, region, service, tuple(headers.split(";")), value, stamp, token)


def verify(request: RawRequest, signature: Signature, secret: str) -> None:
    """Raise SignatureDoesNotMatch unless the request was signed with this secret, lately."""
    _check_time(signature)
    canonical = "\n".join(
        [
            request.method,
            _canonical_path(request.path, signature.service),
            _canonical_query(request.query),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in signature.signed_headers),
            "",
            ";".join(signature.signed_headers),
            _payload_hash(request, signature),
        ]
    )
    to_sign = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            signature.timestamp,
            signature.scope,
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = ("AWS4" + secret).encode()
    for part in (signature.date, signature.region, signature.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature.value):
        raise AwsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details.",
            403,
        )


def _check_time(signature: Signature) -> None:
    try:
        signed_at = datetime.strptime(signature.timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise _incomplete("Date must be in ISO-8601 'basic format'") from error
    now = datetime.now(UTC)
    if signature.presigned_seconds is not None:
        if now > signed_at + timedelta(seconds=signature.presigned_seconds):
            raise AwsError("AccessDenied", "Request has expired", 403)
    elif abs(now - signed_at) > CLOCK_SKEW:
        raise AwsError("SignatureDoesNotMatch", f"Signature expired: {signature.timestamp}", 403)


def _canonical_path(path: str, service: str) -> str:
    if service == "s3":  # the one service that neither normalises nor encodes twice
        return path or "/"
    return quote(normalize_url_path(path), safe="/~")


def _canonical_query(query: str) -> str:
    pairs = (pair.partition("=")[::2] for pair in query.split("&") if pair)
    return "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != "X-Amz-Signature")


def _payload_hash(request: RawRequest, signature: Signature) -> str:
    declared = request.headers.get("x-amz-content-sha256")
    actual = hashlib.sha256(request.body).hexdigest()
    if signature.presigned_seconds is not None:
        return "UNSIGNED-PAYLOAD" if signature.service == "s3" else actual
    if declared is None:
        return actual
    if len(declared) == 64 and declared != actual:
        raise AwsError("XAmzContentSHA256Mismatch", "The provided x-amz-content-sha256 does not match.", 400)
    return declared
