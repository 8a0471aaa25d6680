"""AWS errors, rendered in the wire form of each protocol so that any SDK reads code and message."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape


class AwsError(Exception):
    """An error that AWS would answer. `code` is the generic name; `render` translates it per protocol."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of the double."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def json_answer(result: Mapping[str, object]) -> Answer:
    """A successful answer of a rest-json operation."""
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(result).encode())


# generic code -> (code, status) per family of protocols; AWS names the same failure differently.
_S3 = {
    "InvalidClientTokenId": ("InvalidAccessKeyId", 403),
    "InvalidToken": ("InvalidToken", 400),
    "ExpiredToken": ("ExpiredToken", 400),
    "MissingAuthenticationToken": ("AccessDenied", 403),
}
_EC2 = {
    "AccessDenied": ("UnauthorizedOperation", 403),
    "InvalidClientTokenId": ("AuthFailure", 401),
    "InvalidToken": ("AuthFailure", 401),
    "SignatureDoesNotMatch": ("AuthFailure", 401),
    "ExpiredToken": ("RequestExpired", 400),
}
_JSON = {
    "AccessDenied": ("AccessDeniedException", 403),
    "InvalidClientTokenId": ("UnrecognizedClientException", 403),
    "InvalidToken": ("UnrecognizedClientException", 403),
    "SignatureDoesNotMatch": ("InvalidSignatureException", 403),
    "ExpiredToken": ("ExpiredTokenException", 403),
    "MissingAuthenticationToken": ("MissingAuthenticationTokenException", 403),
}
_QUERY = {"InvalidToken": ("InvalidClientTokenId", 403)}


def _translate(error: AwsError, protocol: str) -> tuple[str, int]:
    if protocol in ("json", "rest-json", "smithy-rpc-v2-cbor"):
        code, status = _JSON.get(error.code, (error.code, error.status))
        # awsJson services answer every client error with 400; rest-json ones with the real status.
        return code, 400 if protocol != "rest-json" and 400 <= status < 500 else status
    table = {"rest-xml": _S3, "ec2": _EC2}.get(protocol, _QUERY)
    return table.get(error.code, (error.code, error.status))


def render(error: AwsError, protocol: str, resource: str = "") -> Answer:
    """The error as the protocol's clients expect it."""
    code, status = _translate(error, protocol)
    request_id = str(uuid.uuid4())
    message = error.message
    if protocol in ("json", "rest-json"):
        content = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
        body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        return Answer(status, {"Content-Type": content, "x-amzn-ErrorType": code, "x-amzn-RequestId": request_id}, body)
    if protocol == "smithy-rpc-v2-cbor":
        headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return Answer(status, headers, _cbor({"__type": code, "message": message}))
    code, message = escape(code), escape(message)
    if protocol == "rest-xml":
        xml = (
            f"<Error><Code>{code}</Code><Message>{message}</Message>"
            f"<Resource>{escape(resource)}</Resource><RequestId>{request_id}</RequestId></Error>"
        )
        return _xml(status, xml, {"x-amz-request-id": request_id})
    if protocol == "ec2":
        xml = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
        return _xml(status, xml, {})
    xml = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return _xml(status, xml, {})


def _xml(status: int, xml: str, headers: Mapping[str, str]) -> Answer:
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml.encode()
    return Answer(status, {"Content-Type": "text/xml", **headers}, body)


def _cbor(pairs: Mapping[str, str]) -> bytes:
    def text(value: str) -> bytes:
        raw = value.encode()
        return b"\x7a" + len(raw).to_bytes(4, "big") + raw

    return bytes([0xA0 + len(pairs)]) + b"".join(text(k) + text(v) for k, v in pairs.items())
