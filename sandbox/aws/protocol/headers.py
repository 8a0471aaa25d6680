"""The headers that every answer of AWS has: the request's id, and the content type of the protocol."""

import base64
import hashlib
import uuid
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
Headers = list[tuple[str, str]]


def complete(protocol: str, headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers of an answer, with those that it lacks."""
    found = list(headers)
    named = {name.lower(): value for name, value in found}
    # A server calls "text/html" what moto gives no type. What S3 answers may be an object, of whatever type.
    if protocol != _S3_PROTOCOL and named.get("content-type", "text/html").startswith(("text/html", "text/plain")):
        found = [pair for pair in found if pair[0].lower() != "content-type"]
        found.append(("Content-Type", _CONTENT_TYPES[protocol]))
    return [*found, *(pair for pair in _ids(protocol) if pair[0].lower() not in named)]


def _ids(protocol: str) -> Headers:
    request_id = str(uuid.uuid4())
    if protocol != _S3_PROTOCOL:
        return [("x-amzn-RequestId", request_id)]
    extended = base64.b64encode(hashlib.sha512(request_id.encode()).digest()[:56]).decode()
    return [("x-amz-request-id", request_id.replace("-", "").upper()[:16]), ("x-amz-id-2", extended)]
