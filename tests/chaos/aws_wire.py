"""Names an AWS request as read from the wire, and makes the errors AWS would answer: IAM, STS, S3 and Lambda."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
_LOOKS = ("Get", "List", "Simulate", "Generate", "Describe", "Head", "AssumeRole", "DecodeAuthorizationMessage")
_S3_QUERIES = {"tagging": "BucketTagging", "policy": "BucketPolicy", "publicAccessBlock": "PublicAccessBlock"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request: "s3:CreateBucket" on a resource; `detail` is what else tells two effects apart."""

    service: str
    operation: str
    resource: str = ""
    detail: str = ""
    region: str = ""

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def mutating(self) -> bool:
        """True where it can change something: for what is not known, too."""
        return not self.operation.startswith(_LOOKS)

    @property
    def effect(self) -> tuple[str, str, str]:
        """What a second one of would be a doubled effect."""
        return (self.name, self.resource, self.detail)


def name_call(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
    """The call of one HTTP request; header names are in lower case."""
    scope = _SCOPE.search(headers.get("authorization", ""))
    region, service = scope.groups() if scope else ("", "unknown")
    address = urlsplit(target)
    if service == "s3":
        return _s3(method, address.path, address.query, region)
    if service == "lambda":
        return _lambda(method, address.path, body, region)
    form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
    operation = form.get("Action") or headers.get("x-amz-target", "").rpartition(".")[2] or f"{method} {address.path}"
    resource = next((form[name] for name in ("RoleName", "UserName", "GroupName", "RoleArn") if name in form), "")
    detail = next((form[name] for name in ("PolicyArn", "PolicyName", "RoleSessionName") if name in form), "")
    return Call(service, operation, resource, detail, region)


def _s3(method: str, path: str, query: str, region: str) -> Call:
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    asked = next((name for name in query.split("&") if name.partition("=")[0] in _S3_QUERIES), "")
    verb = {"PUT": "Put", "DELETE": "Delete", "GET": "Get", "HEAD": "Head", "POST": "Post"}.get(method, method)
    if key:
        return Call("s3", f"{verb}Object", bucket, key, region)
    if asked:
        return Call("s3", f"{verb}{_S3_QUERIES[asked.partition('=')[0]]}", bucket, "", region)
    whole = {"PUT": "CreateBucket", "DELETE": "DeleteBucket"}
    if method in whole and not query.replace("x-id=", "").replace(whole[method], ""):
        return Call("s3", whole[method], bucket, "", region)
    return Call("s3", f"{verb}Bucket", bucket, query, region)


def _lambda(method: str, path: str, body: bytes, region: str) -> Call:
    parts = unquote(path).strip("/").split("/")
    kind, name = parts[1] if len(parts) > 1 else "", parts[2] if len(parts) > 2 else ""
    if kind == "functions" and method == "POST" and not name:
        return Call("lambda", "CreateFunction", str(json.loads(body).get("FunctionName", "")), "", region)
    if kind == "functions" and method == "DELETE" and len(parts) == 3:
        return Call("lambda", "DeleteFunction", name, "", region)
    verb = {"GET": "Get", "HEAD": "Head"}.get(method, method.title())
    return Call("lambda", f"{verb} {'/'.join(parts[1:2] + parts[3:])}", name, "", region)


def error_answer(call: Call, status: int, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    """An error in the words of the call's service: status, headers, body."""
    if call.service == "lambda":
        body = json.dumps({"Message": message, "Type": "User" if status < 500 else "Service"})
        return status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, body.encode()
    inner = f"<Code>{code}</Code><Message>{message}</Message>"
    if call.service == "s3":
        body = f"<?xml version='1.0'?><Error>{inner}<RequestId>chaos</RequestId></Error>"
        return status, {"Content-Type": "application/xml"}, body.encode()
    kind = "Sender" if status < 500 else "Receiver"
    body = f"<ErrorResponse><Error><Type>{kind}</Type>{inner}</Error><RequestId>chaos</RequestId></ErrorResponse>"
    return status, {"Content-Type": "text/xml"}, body.encode()


def throttled(call: Call) -> tuple[int, dict[str, str], bytes]:
    """The call's service says that there are too many."""
    status, code = {"lambda": (429, "TooManyRequestsException"), "s3": (503, "SlowDown")}.get(
        call.service, (400, "Throttling")
    )
    return error_answer(call, status, code, "Rate exceeded")


def failed(call: Call) -> tuple[int, dict[str, str], bytes]:
    """The call's service says that it broke; whether it did the work is another matter."""
    code = {"lambda": "ServiceException", "s3": "InternalError"}.get(call.service, "InternalFailure")
    return error_answer(call, 500, code, "We encountered an internal error. Please try again.")


def hidden(call: Call) -> tuple[int, dict[str, str], bytes]:
    """The call's service does not let one look."""
    code = "AccessDeniedException" if call.service == "lambda" else "AccessDenied"
    return error_answer(call, 403, code, "You may not look at this now.")


def refused(call: Call) -> tuple[int, dict[str, str], bytes]:
    """The call's service says no, for good and before doing anything."""
    status, code = {"lambda": (400, "CodeStorageExceededException"), "s3": (400, "TooManyBuckets")}.get(
        call.service, (409, "LimitExceeded")
    )
    return error_answer(call, status, code, "A quota of the account is used up.")
