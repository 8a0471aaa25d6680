"""The errors that AWS would answer, in the words and the form of the call's service."""

from __future__ import annotations

import json
import uuid
from functools import partial

from tests.chaos.aws_wire import Call

Answer = tuple[int, dict[str, str], bytes]


def error_answer(call: Call, status: int, code: str, message: str) -> Answer:
    """An error: status, headers, body. It has a request id, as every answer of AWS has."""
    status, headers, body = _written(call, status, code, message)
    named = "x-amz-request-id" if call.form == "rest-xml" else "x-amzn-RequestId"
    return status, {**headers, named: str(uuid.uuid4())}, body


def _written(call: Call, status: int, code: str, message: str) -> Answer:
    if call.form == "rest-json":
        body = json.dumps({"Message": message, "Type": "User" if status < 500 else "Service"})
        return status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, body.encode()
    if call.form == "json":
        body = json.dumps({"__type": code, "message": message})
        return status, {"Content-Type": "application/x-amz-json-1.0"}, body.encode()
    if call.form == "cbor":
        return status, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, _cbor(code, message)
    inner = f"<Code>{code}</Code><Message>{message}</Message>"
    if call.form == "rest-xml":
        body = f"<?xml version='1.0'?><Error>{inner}<RequestId>chaos</RequestId></Error>"
        return status, {"Content-Type": "application/xml"}, body.encode()
    if call.form == "ec2":
        body = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>chaos</RequestID></Response>"
        return status, {"Content-Type": "text/xml"}, body.encode()
    kind = "Sender" if status < 500 else "Receiver"
    body = f"<ErrorResponse><Error><Type>{kind}</Type>{inner}</Error><RequestId>chaos</RequestId></ErrorResponse>"
    return status, {"Content-Type": "text/xml"}, body.encode()


def _cbor(code: str, message: str) -> bytes:
    """A map of two texts, each of less than 256 bytes (RFC 8949)."""
    parts = [part.encode() for part in ("__type", code, "message", message)]
    return b"\xa2" + b"".join(bytes([0x78, len(part)]) + part for part in parts)


def throttled(call: Call) -> Answer:
    """The call's service says that there are too many."""
    status, code = {
        "lambda": (429, "TooManyRequestsException"),
        "s3": (503, "SlowDown"),
        "ec2": (503, "RequestLimitExceeded"),
    }.get(call.service, (400, "ThrottlingException" if call.form in ("json", "cbor") else "Throttling"))
    return error_answer(call, status, code, "Rate exceeded")


def failed(call: Call, status: int = 500) -> Answer:
    """The call's service says that it broke, or what stands before it: whether it did the work is another matter."""
    if status == 504:
        return status, {"Content-Type": "text/html"}, b"<html><body><h1>504 Gateway Time-out</h1></body></html>"
    if status == 503:
        return error_answer(call, status, "ServiceUnavailable", "Service is unable to handle request.")
    code = {"lambda": "ServiceException", "s3": "InternalError"}.get(call.service, "InternalFailure")
    return error_answer(call, status, code, "We encountered an internal error. Please try again.")


FAILED = {status: partial(failed, status=status) for status in (500, 503, 504)}


def hidden(call: Call) -> Answer:
    """The call's service does not let one look."""
    code = "AccessDeniedException" if call.form in ("json", "rest-json", "cbor") else "AccessDenied"
    return error_answer(call, 403, code, "You may not look at this now.")


def refused(call: Call) -> Answer:
    """The call's service says no, for good and before doing anything."""
    status, code = {
        "lambda": (400, "CodeStorageExceededException"),
        "s3": (400, "TooManyBuckets"),
        "cloudcontrol": (400, "ServiceLimitExceededException"),
    }.get(call.service, (409 if call.form == "query" else 400, "LimitExceeded"))
    return error_answer(call, status, code, "A quota of the account is used up.")
