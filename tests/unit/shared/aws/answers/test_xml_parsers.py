"""XML answers are read as botocore reads them, whatever their shape, and whatever is odd about them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import botocore.parsers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.answers.timestamps import timestamp
from shared.aws.answers.xml_cutting import Only
from shared.aws.answers.xml_parsers import XML_PARSERS, reading_only
from tests.unit.shared.aws.answers.xml_answers import SERVICES, Writer, model_of, operations, outcome


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
