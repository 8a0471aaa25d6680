"""Answers of AWS's XML protocols, written at random by their shape, and what a parser makes of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.parsers
from botocore.model import OperationModel, ServiceModel

from shared.aws.service_models import LOADER

# Of each protocol those with maps, unions, attributes, flat lists, headers, and structures that hold themselves.
SERVICES = {
    "ec2": ("ec2",),
    "query": ("iam", "rds", "sns", "autoscaling", "cloudformation", "elasticbeanstalk", "redshift"),
    "rest-xml": ("s3", "s3control", "route53", "cloudfront"),
}
NAMESPACE = "http://example.amazonaws.com/doc/"
MOMENTS = ("2026-03-01T10:11:12.000Z", "2026-03-01T10:11:12Z", "2026-03-01T10:11:12+01:00", "1772359872.5")


@lru_cache(maxsize=64)
def model_of(service: str) -> ServiceModel:
    # Not the process's own model, whose shapes may be prepared already.
    return ServiceModel(LOADER.load_service_model(service, "service-2"), service)


def operations(protocol: str) -> Iterator[OperationModel]:
    for service in SERVICES[protocol]:
        for name in model_of(service).operation_names:
            operation = model_of(service).operation_model(name)
            streams = operation.has_streaming_output or operation.has_event_stream_output
            if operation.output_shape is not None and not streams:
                yield operation


class Writer:
    """Writes answers of a shape, some members left out, some repeated, unknown ones among them."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.parser = botocore.parsers.EC2QueryParser()

    def answer(self, operation: OperationModel, protocol: str) -> bytes:
        shape, root = operation.output_shape, f"{operation.name}Response"
        payload = shape.serialization.get("payload")
        inside = self.members(shape.members[payload] if payload else shape, 0)
        if protocol == "query":
            wrapper = shape.serialization.get("resultWrapper")
            inside = f"<{wrapper}>{inside}</{wrapper}>" if wrapper else inside
            inside += "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
        return f'<{root} xmlns="{NAMESPACE}"><requestId>r-1</requestId>{inside}</{root}>'.encode()

    def members(self, shape: Any, depth: int) -> str:
        if shape.type_name != "structure":
            return self.value(shape, depth)
        written = []
        names = list(shape.members)
        if shape.is_tagged_union:
            names = names[:1]
        for name in names:
            member = shape.members[name]
            if member.serialization.get("location") or self.chance.random() < (0.2 if depth < 3 else 0.7):
                continue
            key = self.parser._member_key_name(member, name)
            for _ in range(2 if self.chance.random() < 0.1 and not shape.is_tagged_union else 1):
                written.append(self.element(key, member, depth))
        if not shape.is_tagged_union and self.chance.random() < 0.2:
            written.append("<newInAService><nested>1</nested></newInAService>")
        if self.chance.random() < 0.5:
            self.chance.shuffle(written)
        return "".join(written)

    def element(self, key: str, shape: Any, depth: int) -> str:
        flat = bool(shape.serialization.get("flattened"))
        if shape.type_name == "list" and flat:
            count = self.chance.randint(1, 3)
            return "".join(f"<{key}>{self.members(shape.member, depth + 1)}</{key}>" for _ in range(count))
        # An attribute's prefix is declared where it is used.
        space = f' xmlns="{NAMESPACE}other/"' if self.chance.random() < 0.05 else ""
        kind = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"' if key == "Grantee" else ""
        return f"<{key}{space}{kind}>{self.value(shape, depth + 1)}</{key}>"

    def value(self, shape: Any, depth: int) -> str:
        chance, kind = self.chance, shape.type_name
        if kind == "structure":
            return self.members(shape, depth) if depth < 6 else ""
        if kind == "list":
            name = shape.member.serialization.get("name", "member")
            count = chance.randint(0, 3) if depth < 6 else 0
            return "".join(f"<{name}>{self.members(shape.member, depth + 1)}</{name}>" for _ in range(count))
        if kind == "map":
            key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
            inside = f"<{key}>k{chance.randint(0, 9)}</{key}><{value}>{self.members(shape.value, depth + 1)}</{value}>"
            return inside if shape.serialization.get("flattened") else f"<entry>{inside}</entry>"
        return self.scalar(kind)

    def scalar(self, kind: str) -> str:
        texts = ("", "a", " padded ", "ünï & <b>", "line\nbreak", "true")
        values = {
            **dict.fromkeys(("integer", "long"), ("0", "-17", "12345678901")),
            **dict.fromkeys(("float", "double"), ("0.5", "-1e3", "7")),
            "boolean": ("true", "false", "True", ""),
            "timestamp": MOMENTS,
            "blob": ("aGVsbG8=", ""),
        }
        return escape(self.chance.choice(values.get(kind, texts)))


def outcome(parser: Any, body: bytes, operation: OperationModel) -> Any:
    headers = {"x-amzn-requestid": "r-1", "x-amz-request-id": "r-1", "ETag": '"e"', "x-amz-tagging-count": "3"}
    response = {"body": body, "headers": headers, "status_code": 200, "context": {"operation_name": operation.name}}
    try:
        return comparable(parser.parse(response, operation.output_shape))
    except Exception as error:  # what botocore stumbles over, this stumbles over
        return type(error)


def comparable(value: Any) -> Any:
    """The same with the text of elements, which botocore leaves where one was repeated and should not have been."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return ("element", value.tag, value.text) if hasattr(value, "tag") else value
