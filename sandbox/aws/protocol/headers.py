"""What every answer of AWS has: the content type of its protocol, and the request's id, in headers and body."""

import base64
import hashlib
import re
from collections.abc import Iterable

# https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html
_S3_PROTOCOL = "rest-xml"
_CONTENT_TYPES = {
    "query": "text/xml",
    "ec2": "text/xml;charset=UTF-8",
    "json": "application/x-amz-json-1.1",
    "rest-json": "application/json",
    "smithy-rpc-v2-cbor": "application/cbor",
}
_ID_HEADERS = frozenset({"x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"})
_ID_ELEMENT = re.compile(rb"<(RequestId|requestId|RequestID)>[^<]*</\1>")
Headers = list[tuple[str, str]]


def id_on_wire(protocol: str, request_id: str) -> str:
    """A request's id, a UUID, in the form of a protocol: S3's are 16 hexadecimal digits."""
    return request_id.replace("-", "").upper()[:16] if protocol == _S3_PROTOCOL else request_id


def complete(protocol: str, headers: Iterable[tuple[str, str]], request_id: str) -> Headers:
    """The headers of an answer, with the request's id and the content type that they may lack."""
    found = [pair for pair in headers if pair[0].lower() not in _ID_HEADERS]
    named = {name.lower(): value for name, value in found}
    # A server calls "text/html" what moto gives no type. What S3 answers may be an object, of whatever type.
    if protocol != _S3_PROTOCOL and named.get("content-type", "text/html").startswith(("text/html", "text/plain")):
        found = [pair for pair in found if pair[0].lower() != "content-type"]
        found.append(("Content-Type", _CONTENT_TYPES[protocol]))
    return [*found, *_ids(protocol, request_id)]


def _ids(protocol: str, request_id: str) -> Headers:
    if protocol != _S3_PROTOCOL:
        return [("x-amzn-RequestId", request_id)]
    extended = base64.b64encode(hashlib.sha512(request_id.encode()).digest()[:56]).decode()
    return [("x-amz-request-id", id_on_wire(protocol, request_id)), ("x-amz-id-2", extended)]


def with_id(protocol: str, body: bytes, request_id: str, failed: bool) -> bytes:
    """A body in XML with the request's id: SDKs read it there, and moto's are made up or always the same."""
    if protocol not in ("query", "ec2") and not (protocol == _S3_PROTOCOL and failed):
        return body
    found = list(_ID_ELEMENT.finditer(body))
    if not found:
        return body
    # EC2 has it first of all, the query protocol last.
    match = found[0] if protocol == "ec2" else found[-1]
    element = match.group(1)
    id_ = id_on_wire(protocol, request_id).encode()
    return body[: match.start()] + b"<" + element + b">" + id_ + b"</" + element + b">" + body[match.end() :]


def content_length(body: bytes) -> tuple[str, str]:
    """The header of a body's length. One of HEAD has no body and the length of what GET would answer."""
    return "Content-Length", str(len(body))
