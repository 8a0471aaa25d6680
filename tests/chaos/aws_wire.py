"""Names an AWS request as read from the wire: its service, its operation, and whose resource it is about.

Every resource of a run has a name of its own, TAG-00012-q1, which stands in the request: as a parameter, in an ARN, a
URL or a tag. A resource without one is named by AWS's identifier, which `collect` then turns into the name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

NAME = re.compile(r"(?:chaos|naive)-\d{5}-(?:refused-)?[a-z]\d")
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
_LOOKS = ("Get", "List", "Simulate", "Generate", "Describe", "Head", "AssumeRole", "DecodeAuthorizationMessage")
_S3_QUERIES = {"tagging": "BucketTagging", "policy": "BucketPolicy", "publicAccessBlock": "PublicAccessBlock"}
# botocore's names of services that sign otherwise.
_SERVICES = {"cloudcontrolapi": "cloudcontrol", "monitoring": "cloudwatch"}
_TOKENS = ("ClientToken", "ClientRequestToken")
_IDS = re.compile(r"\b(?:i|vol)-[0-9a-f]{8,17}\b")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: "s3:CreateBucket" on a resource; `detail` is what else tells two effects apart.

    `token` is the idempotency token that it was sent with. `form` is how the service writes: json, cbor, ec2, query,
    rest-xml or rest-json. A `dry` run is to change nothing.
    """

    service: str
    operation: str
    resource: str = ""
    detail: str = ""
    region: str = ""
    token: str = ""
    form: str = "query"
    dry: bool = False

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def mutating(self) -> bool:
        """True where it can change something: for what is not known, too."""
        return not self.dry and not self.operation.startswith(_LOOKS)

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
    service = _SERVICES.get(service, service)
    text = body.decode(errors="replace")
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return Call(service, address.path.rpartition("/")[2], resource_in(text), "", region, form="cbor")
    if "x-amz-target" in headers:
        operation = headers["x-amz-target"].rpartition(".")[2]
        return _json(service, operation, json.loads(text or "{}"), region)
    form = {name: values[0] for name, values in parse_qs(text).items()}
    operation = form.get("Action") or f"{method} {address.path}"
    if service in ("iam", "sts"):
        resource = next((form[name] for name in ("RoleName", "UserName", "GroupName", "RoleArn") if name in form), "")
        detail = next((form[name] for name in ("PolicyArn", "PolicyName", "RoleSessionName") if name in form), "")
        return Call(service, operation, resource, detail, region)
    token = next((form[name] for name in _TOKENS if name in form), "")
    dry = form.get("DryRun", "").lower() == "true"
    resource = resource_in(unquote(text.replace("+", " ")))
    return Call(service, operation, resource, "", region, token, "ec2" if service == "ec2" else "query", dry)


def resource_in(text: str) -> str:
    """The first name of a run's resource in a text, else the first id of EC2's."""
    found = NAME.search(text) or _IDS.search(text)
    return found.group() if found else ""


def _json(service: str, operation: str, given: dict[str, Any], region: str) -> Call:
    text = json.dumps(given)
    token = next((str(given[name]) for name in _TOKENS if name in given), "")
    detail = ""
    if service == "cloudcontrol":
        detail = str(given.get("TypeName", ""))
        if "PatchDocument" in given:
            detail = f"{detail} {value_set(json.loads(given['PatchDocument']))}"
    return Call(service, operation, resource_in(text), detail, region, token, "json")


def value_set(patch: list[dict[str, Any]]) -> str:
    """The value that a JSON patch sets, besides tags."""
    values = [str(one["value"]) for one in patch if one["op"] in ("add", "replace") and "Tags" not in one["path"]]
    return " ".join(values)


def _s3(method: str, path: str, query: str, region: str) -> Call:
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    asked = next((name for name in query.split("&") if name.partition("=")[0] in _S3_QUERIES), "")
    verb = {"PUT": "Put", "DELETE": "Delete", "GET": "Get", "HEAD": "Head", "POST": "Post"}.get(method, method)
    form = "rest-xml"
    if key:
        return Call("s3", f"{verb}Object", bucket, key, region, form=form)
    if asked:
        return Call("s3", f"{verb}{_S3_QUERIES[asked.partition('=')[0]]}", bucket, "", region, form=form)
    whole = {"PUT": "CreateBucket", "DELETE": "DeleteBucket"}
    if method in whole and not query.replace("x-id=", "").replace(whole[method], ""):
        return Call("s3", whole[method], bucket, "", region, form=form)
    return Call("s3", f"{verb}Bucket", bucket, query, region, form=form)


def _lambda(method: str, path: str, body: bytes, region: str) -> Call:
    parts = unquote(path).strip("/").split("/")
    kind, name = parts[1] if len(parts) > 1 else "", parts[2] if len(parts) > 2 else ""
    if kind == "functions" and method == "POST" and not name:
        made = str(json.loads(body).get("FunctionName", ""))
        return Call("lambda", "CreateFunction", made, "", region, form="rest-json")
    if kind == "functions" and method == "DELETE" and len(parts) == 3:
        return Call("lambda", "DeleteFunction", name, "", region, form="rest-json")
    verb = {"GET": "Get", "HEAD": "Head"}.get(method, method.title())
    return Call("lambda", f"{verb} {'/'.join(parts[1:2] + parts[3:])}", name, "", region, form="rest-json")
