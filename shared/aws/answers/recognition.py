"""Tells an answer of AWS from that of a proxy, a captive portal or a block page, by what every answer of AWS has.

Every service sends the id of the request, most of them in `x-amzn-RequestId`, S3 in `x-amz-request-id`, `x-amz-id-2`:
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html. Some answers have it in the body alone,
such as EC2's: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html. Where neither is there, the
protocol's own content type or the XML namespace of AWS will do. Then the body must be whole, and of the protocol and
the operation. Bodies that are streams, and those that are empty where nothing was to be said, have only their headers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.model import Shape, StructureShape

# Header names in lower case. The first three carry the request's id.
_ID_HEADERS = ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2", "x-amzn-request-id")
_MARK_HEADERS = (*_ID_HEADERS, "x-amzn-errortype", "smithy-protocol")
# https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html, nobody else sends it.
_OWN_CONTENT_TYPE = "application/x-amz-json-"
_ID_IN_BODY = re.compile(rb"<(?:RequestId|requestId|RequestID)>\s*[\w+/=-]{6,}\s*<")
_NAMESPACE = re.compile(rb"""\bxmlns=["']https?://[\w.-]+\.(?:amazonaws|amazon|aws)\.com/""")
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)([^<>]*)>")
_PROLOGUE = re.compile(rb"(?s)\A(?:\xef\xbb\xbf)?\s*(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*)*")
_XML = frozenset({"rest-xml", "query", "ec2"})
_JSON = frozenset({"rest-json", "json"})
_CBOR = "smithy-rpc-v2-cbor"
# Statuses with which a body may be left out though the operation has an output.
_WITHOUT_BODY = frozenset({202, 204, 205, 304})


# What AWS never leaves out, empty or not, and what callers rely on; others may be left out where they are empty.
_ALWAYS_THERE: Mapping[str, tuple[str, ...]] = {
    "GetCallerIdentity": ("Account", "Arn"),
    "AssumeRole": ("Credentials", "AssumedRoleUser"),
    "GetSessionToken": ("Credentials",),
    "GetRole": ("Role",),
    "CreateRole": ("Role",),
    "ListRoles": ("Roles",),
    "ListBuckets": ("Buckets",),
    "DescribeInstances": ("Reservations",),
    "DescribeRegions": ("Regions",),
    "ListFunctions": ("Functions",),
    "GetCostAndUsage": ("ResultsByTime",),
    "CreateFunction": ("FunctionName", "FunctionArn"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer to `operation`. `headers` by any case; `body` is None where it is a stream that is not read."""

    protocol: str
    operation: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None
    output: Shape | None


def doubt(answer: Answer) -> str | None:
    """What speaks against its being a whole answer of AWS; None where nothing does."""
    if not _has_mark(answer):
        return "it has no request id, which every answer of AWS has"
    if answer.body is None:
        return None
    if cut := _cut_off(answer.headers, answer.body):
        return cut
    if not answer.body.strip():
        return "it is empty" if _must_say_something(answer) else None
    if _is_free_form(answer):
        return None
    if answer.protocol in _XML:
        return _doubt_xml(answer, answer.body)
    if answer.protocol in _JSON:
        return _doubt_json(answer, answer.body)
    if answer.protocol == _CBOR and not _is_cbor_map(answer.body):
        return "it is no CBOR, in which this service answers"
    return None


def missing(operation: str, status: int, parsed: Mapping[str, object]) -> str | None:
    """What an answer of the operation always has and this one has not, as a doubt; None where it has all."""
    if status >= 300:
        return None if isinstance(parsed.get("Error"), dict) else "it has no error in it"
    absent = [name for name in _ALWAYS_THERE.get(operation, ()) if name not in parsed]
    return f"it has no {' and no '.join(absent)}" if absent else None


def _has_mark(answer: Answer) -> bool:
    if any(name in answer.headers for name in _MARK_HEADERS):
        return True
    if str(answer.headers.get("content-type", "")).lower().startswith(_OWN_CONTENT_TYPE):
        return True
    if answer.protocol not in _XML or not answer.body:
        return False
    if _ID_IN_BODY.search(answer.body):
        return True
    root = _root(answer.body)
    return root is not None and _NAMESPACE.search(root.group(2)) is not None


def _cut_off(headers: Mapping[str, str], body: bytes) -> str | None:
    """How many bytes are missing of those announced: botocore does not check. HEAD announces what it does not send."""
    announced = str(headers.get("content-length", ""))
    if not body or not announced.isdecimal() or "transfer-encoding" in headers:
        return None
    return f"{len(body)} of {announced} bytes came" if len(body) < int(announced) else None


def _must_say_something(answer: Answer) -> bool:
    """Whether an empty body leaves out what a successful answer of this operation has in it."""
    if answer.status >= 300 or answer.status in _WITHOUT_BODY or not isinstance(answer.output, StructureShape):
        return False
    if answer.protocol == "rest-json" and _payload(answer) is not None:
        return False
    in_body = [one for one in answer.output.members.values() if "location" not in one.serialization]
    return bool(in_body) or answer.protocol in ("query", "ec2")


def _payload(answer: Answer) -> Shape | None:
    """The member of the output that is the whole body, where it has one."""
    if not isinstance(answer.output, StructureShape):
        return None
    name = answer.output.serialization.get("payload")
    found: Shape | None = answer.output.members[name] if name else None
    return found


def _is_free_form(answer: Answer) -> bool:
    """Whether the body of a success is whatever somebody stored, such as a bucket's policy."""
    payload = _payload(answer)
    return answer.status < 300 and payload is not None and payload.type_name in ("blob", "string")


def _root(body: bytes) -> re.Match[bytes] | None:
    """The first tag of an XML document."""
    prologue = _PROLOGUE.match(body)
    return _ROOT.match(body, prologue.end() if prologue else 0)


def _doubt_xml(answer: Answer, body: bytes) -> str | None:
    root = _root(body)
    if root is None:
        return "it is no XML, in which this service answers"
    name = root.group(1).decode("ascii", "replace")
    if name.lower() == "html":
        return "it is a web page"
    if not root.group(2).endswith(b"/") and not body.rstrip().endswith(b"</" + root.group(1) + b">"):
        return "it is cut off"
    if answer.protocol in ("query", "ec2") and answer.status < 300 and name != f"{answer.operation}Response":
        return f"it is a <{name}> and not a <{answer.operation}Response>"
    return None


def _doubt_json(answer: Answer, body: bytes) -> str | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        page = body.lstrip()[:1] == b"<"
        return "it is a web page" if page else "it is no whole JSON, in which this service answers"
    if answer.status >= 300 or _payload(answer) is not None or not isinstance(answer.output, StructureShape):
        return None if isinstance(found, dict) or answer.status < 300 else "it is no JSON object"
    if not isinstance(found, dict):
        return "it is no JSON object"
    known = {shape.serialization.get("name", name) for name, shape in answer.output.members.items()}
    if found and known and not answer.output.is_document_type and known.isdisjoint(found):
        return f"it has nothing that {answer.operation} answers"
    return None


def _is_cbor_map(body: bytes) -> bool:
    """Whether the first byte begins a map (RFC 8949, section 3.1: major type 5)."""
    return body[0] >> 5 == 5
