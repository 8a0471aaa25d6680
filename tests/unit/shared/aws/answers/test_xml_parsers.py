"""XML answers are read as botocore reads them, whatever their shape, and whatever is odd about them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.parsers
import pytest
from botocore.model import OperationModel, ServiceModel
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.answers.timestamps import timestamp
from shared.aws.answers.xml_parsers import XML_PARSERS, Only, reading_only
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


@pytest.mark.parametrize("protocol", SERVICES)
def test_answers_of_every_kind_are_read_as_botocore_reads_them(protocol: str) -> None:
    chance = random.Random(protocol)
    theirs, ours, writer = botocore.parsers.create_parser(protocol), XML_PARSERS[protocol](), Writer(chance)
    every = list(operations(protocol))
    for operation in chance.sample(every, min(len(every), 120)):
        for _ in range(3):
            body = writer.answer(operation, protocol)
            expected = outcome(theirs, body, operation)
            assert outcome(ours, body, operation) == expected, (operation.name, body)


def test_an_answer_with_endless_namespaces_is_read_in_bounded_memory() -> None:
    operation = model_of("ec2").operation_model("DescribeRegions")
    items = "".join(
        f'<a:item xmlns:a="http://n{number}/"><a:regionName>r</a:regionName></a:item>' for number in range(3000)
    )
    body = f"<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>".encode()
    found = outcome(XML_PARSERS["ec2"](), body, operation)
    assert found == outcome(botocore.parsers.create_parser("ec2"), body, operation)
    assert len(found["Regions"]) == 3000


def test_members_that_nobody_asks_for_are_passed_over_and_the_next_answer_is_whole_again() -> None:
    operation = model_of("ec2").operation_model("DescribeInstances")
    instance = "<instanceId>i-1</instanceId><imageId>ami-1</imageId><tagSet><item><key>a</key></item></tagSet>"
    body = (
        "<DescribeInstancesResponse><reservationSet><item><ownerId>1</ownerId><instancesSet>"
        f"<item>{instance}</item></instancesSet></item></reservationSet><nextToken>t</nextToken></DescribeInstancesResponse>"
    ).encode()
    parser = XML_PARSERS["ec2"]()
    with reading_only(Only("Instance", frozenset({"InstanceId", "Tags"}))):
        found = outcome(parser, body, operation)
    assert found["Reservations"] == [
        {"OwnerId": "1", "Instances": [{"InstanceId": "i-1", "Tags": [{"Key": "a"}]}]},
    ]
    assert found["NextToken"] == "t"
    assert outcome(parser, body, operation)["Reservations"][0]["Instances"][0]["ImageId"] == "ami-1"


@given(st.datetimes(), st.integers(0, 6))
def test_a_moment_is_the_one_that_botocore_reads(moment: datetime, digits: int) -> None:
    text = moment.strftime("%Y").zfill(4) + moment.strftime("-%m-%dT%H:%M:%S")
    text += f".{moment.microsecond:06d}"[: digits + 1] if digits else ""
    read = timestamp(f"{text}Z")
    assert read == botocore.parsers.DEFAULT_TIMESTAMP_PARSER(f"{text}Z")
    assert read.utcoffset() == UTC.utcoffset(None)


@pytest.mark.parametrize(
    "value",
    [
        *("2026-03-01T10:11:12+01:00", "2026-03-01", "20260301T101112Z", "Sun, 01 Mar 2026 10:11:12 GMT"),
        *("1772359872", "1772359872.25", 1772359872, 1772359872.25, "0", -1, "2026-03-01T10:11:12.1234567Z"),
        *("2026-03-01 10:11:12Z", "2026-W10-1", "٢٠٢٦-03-01T10:11:12Z"),
    ],
)
def test_other_forms_are_left_to_botocore(value: Any) -> None:
    try:
        expected: Any = botocore.parsers.DEFAULT_TIMESTAMP_PARSER(value)
    except ValueError as error:
        with pytest.raises(type(error)):
            timestamp(value)
    else:
        assert timestamp(value) == expected


@pytest.mark.parametrize("value", ["2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z", "2026-03-01T10:11:61Z", "soon", ""])
def test_what_is_no_moment_is_refused_as_before(value: str) -> None:
    with pytest.raises(ValueError, match="Invalid timestamp"):
        timestamp(value)
