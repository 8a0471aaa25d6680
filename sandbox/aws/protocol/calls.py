"""Which AWS operation an HTTP request is: service, operation, protocol and parameters."""

import gzip
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import botocore
from botocore.exceptions import BotoCoreError
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from sandbox.aws.protocol.wsgi import INVOKED_BY

# Signing names whose services are known without reading every model of botocore.
_KNOWN_SERVICES = {
    "s3": ("s3", "s3control"),
    "iam": ("iam",),
    "sts": ("sts",),
    "ec2": ("ec2",),
    "lambda": ("lambda",),
    "ce": ("ce",),
    "monitoring": ("cloudwatch",),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "sqs": ("sqs",),
    "sns": ("sns",),
    "logs": ("logs",),
    "tagging": ("resourcegroupstaggingapi",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "rds": ("rds",),
    "kms": ("kms",),
    "secretsmanager": ("secretsmanager",),
    "ssm": ("ssm",),
    "cloudtrail": ("cloudtrail",),
    "acm": ("acm",),
    "autoscaling": ("autoscaling",),
    "cloudformation": ("cloudformation",),
    "cloudfront": ("cloudfront",),
    "ecr": ("ecr",),
    "ecs": ("ecs",),
    "eks": ("eks",),
    "elasticache": ("elasticache",),
    "elasticfilesystem": ("efs",),
    "es": ("opensearch", "es"),
    "events": ("events", "eventbridgev2"),
    "guardduty": ("guardduty",),
    "kinesis": ("kinesis",),
    "redshift": ("redshift",),
    "route53": ("route53",),
    "states": ("stepfunctions",),
    "organizations": ("organizations",),
    "cloudcontrolapi": ("cloudcontrol",),
    "pricing": ("pricing",),
}

# IAM action prefixes that differ from the signing name.
_PREFIXES = {"monitoring": "cloudwatch", "email": "ses", "tagging": "tag", "cloudcontrolapi": "cloudformation"}


@dataclass(frozen=True)
class Call:
    """One AWS API call as read from the wire."""

    service: str
    prefix: str
    operation: str
    protocol: str
    region: str
    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = "127.0.0.1"
    invoked_by: str | None = None
    """The service of AWS that calls for the principal; None where the principal calls itself."""


def guess_protocol(request: Request, service: str) -> str:
    """The protocol a request speaks, from its headers, before its operation is known."""
    if service in ("s3", "s3express"):
        return "rest-xml"
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if request.headers.get("X-Amz-Target"):
        return "json"
    if (request.content_type or "").startswith("application/x-www-form-urlencoded"):
        return "ec2" if service == "ec2" else "query"
    return "rest-json"


@lru_cache(maxsize=1)
def _services_by_signing_name() -> Mapping[str, tuple[str, ...]]:
    """Every service of botocore by its signing name; reads all models once (about 1.5 s)."""
    root = os.path.join(os.path.dirname(botocore.__file__), "data")
    found: dict[str, tuple[str, ...]] = {}
    for service in sorted(os.listdir(root)):
        folder = os.path.join(root, service)
        versions = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        model = os.path.join(folder, versions[-1], "service-2.json.gz") if versions else ""
        if os.path.exists(model):
            with gzip.open(model) as stream:
                metadata = json.load(stream)["metadata"]
            name = metadata.get("signingName") or metadata["endpointPrefix"]
            found[name] = (*found.get(name, ()), service)
    return found


def _candidates(signing_name: str) -> tuple[str, ...]:
    return _KNOWN_SERVICES.get(signing_name) or _services_by_signing_name().get(signing_name, ())


def identify(request: Request, signing_name: str, region: str) -> Call:
    """Name the operation of a request that claims to be for `signing_name`.

    An operation that no model knows keeps the name the client gave it, so that it can be denied.
    """
    prefix = _PREFIXES.get(signing_name, signing_name)
    protocol = guess_protocol(request, signing_name)
    common: dict[str, Any] = {
        "prefix": prefix,
        "region": region,
        "method": request.method,
        "path": request.path,
        "query": request.args.to_dict(),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": request.get_data(),
        "peer": request.remote_addr or "127.0.0.1",
        "invoked_by": request.environ.get(INVOKED_BY),
    }
    if protocol == "smithy-rpc-v2-cbor":
        operation = request.path.rsplit("/", 1)[-1]
        return Call(service=prefix, operation=operation, protocol=protocol, **common)
    if signing_name == "s3express" and (request.method, request.path) == ("GET", "/"):
        # By its address it is ListBuckets; AWS tells them apart by the host and the name that was signed.
        return Call(service="s3", operation="ListDirectoryBuckets", protocol=protocol, **common)
    for service in _candidates(signing_name):
        found = _match(service, request)
        if found is not None:
            operation, uri_params, wire_protocol = found
            params = _params(service, operation, wire_protocol, request, uri_params)
            return Call(service=service, operation=operation, protocol=wire_protocol, params=params, **common)
    name = request.headers.get("X-Amz-Target", "").rsplit(".", 1)[-1] or request.values.get("Action", "")
    return Call(service=prefix, operation=name or "UnknownOperation", protocol=protocol, **common)


def _match(service: str, request: Request) -> tuple[str, dict[str, Any], str] | None:
    try:
        model = get_service_model(service)
        operation, uri_params = get_service_router(service).match(request)
    except (HTTPException, NotImplementedError, BotoCoreError):
        return None
    protocol = guess_protocol(request, service)
    if protocol in ("query", "ec2") and request.values.get("Version", model.api_version) != model.api_version:
        return None
    if protocol == "rest-json" and str(model.protocol) == "rest-xml":
        protocol = "rest-xml"
    return str(operation.name), dict(uri_params), protocol


def _params(
    service: str, operation: str, protocol: str, request: Request, uri_params: Mapping[str, Any]
) -> Mapping[str, Any]:
    if service == "s3":  # bodies may be large, and its permissions only need the address
        return uri_params
    parser = PROTOCOL_PARSERS[protocol](get_service_model(service).operation_model(operation), map_type=dict)
    try:
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.get_data(),
                "url_path": request.path,
                "url_params": dict(uri_params),
            }
        )
    except (RequestParserError, ValueError, KeyError, TypeError, AttributeError):
        # A malformed body is moto's to refuse; without parameters the resource is "*".
        return uri_params
    return {**uri_params, **(parsed or {})}
