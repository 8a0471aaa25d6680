"""`read_aws`: any list or read, everywhere it is meant for, to its last page; and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from services.info_tools.reading import read as reading
from services.info_tools.reading.places import places
from services.info_tools.tools.read_aws import AwsRead, read_aws
from shared.aws.clients import Aws
from shared.aws_operations.catalogue import find
from shared.errors import Forbidden, InvalidArguments, NotFound
from shared.results.rows import Rows
from tests.unit.info_tools.conftest import Call

MakeAws = Callable[..., Aws]
Failing = Callable[..., Any]


def client(service: str, region: str) -> Any:
    return boto3.client(service, region, aws_access_key_id="a", aws_secret_access_key="b")


def make_volumes(region: str, *sizes: int) -> None:
    for size in sizes:
        client("ec2", region).create_volume(Size=size, AvailabilityZone=f"{region}a")


def sizes(found: AwsRead) -> list[tuple[int, str]]:
    rows: Any = list(found.rows)
    return sorted((row["Size"], row["_region"]) for row in rows)


def answering(**answers: Callable[[Call], dict[str, Any]]) -> Callable[[Call], dict[str, Any] | None]:
    """A script that answers operations by name."""
    return lambda call: answers[call.operation](call) if call.operation in answers else None


def test_rows_of_every_region_say_their_region(make_aws: MakeAws) -> None:
    make_volumes("eu-west-1", 10, 20)
    make_volumes("us-east-1", 30)
    aws = make_aws()
    found = read_aws(aws, "ec2", "DescribeVolumes")
    assert sizes(found) == [(10, "eu-west-1"), (20, "eu-west-1"), (30, "us-east-1")]
    assert (found.row_count, found.rows_read, found.lists) == (3, 3, ("Volumes",))
    assert found.regions_searched == ("us-east-1", "eu-west-1", "eu-central-1")
    assert aws.gaps == []


def test_names_are_taken_as_people_write_them(make_aws: MakeAws) -> None:
    make_volumes("eu-west-1", 10)
    found = read_aws(make_aws(), "EC2", "describe_volumes", region="eu-west-1")
    assert (found.service, found.operation, found.row_count) == ("ec2", "DescribeVolumes", 1)
    assert found.regions_searched == ("eu-west-1",)


def test_a_global_service_is_asked_once(make_aws: MakeAws) -> None:
    client("iam", "us-east-1").create_role(RoleName="deploy", AssumeRolePolicyDocument="{}")
    aws = make_aws()
    found = read_aws(aws, "iam", "ListRoles", regions=["eu-west-1", "us-east-1"])
    rows: Any = list(found.rows)
    assert [(row["RoleName"], row["_region"]) for row in rows] == [("deploy", "global")]
    assert found.regions_searched == ("global",)
    asked: Any = aws.cache
    assert [call.operation for call in asked.calls] == ["ListRoles"]


def test_a_partition_has_no_home_of_another_ones_services(make_aws: MakeAws) -> None:
    asked = make_aws(regions=("eusc-de-east-1",))
    info = asked.info.model_copy(
        update={"region": "eusc-de-east-1", "caller_arn": "arn:aws-eusc:iam::123456789012:user/test"}
    )
    there = Aws(asked.session.model_copy(update={"info": info}), asked.deadline, cache=asked.cache)
    assert places(there, find("pricing", "DescribeServices"), {}, None, None).regions == ("eusc-de-east-1",)
    assert places(make_aws(), find("pricing", "DescribeServices"), {}, None, None).label == "global"


def test_buckets_are_listed_once_and_not_in_every_region(make_aws: MakeAws) -> None:
    client("s3", "us-east-1").create_bucket(Bucket="acme-logs")
    assert read_aws(make_aws(), "s3", "list-buckets").row_count == 1


def test_one_thing_is_a_row_where_it_is_and_no_gap_where_it_is_not(make_aws: MakeAws) -> None:
    make_volumes("eu-west-1", 10)
    volume = client("ec2", "eu-west-1").describe_volumes()["Volumes"][0]["VolumeId"]
    aws = make_aws()
    found = read_aws(aws, "ec2", "DescribeVolumes", {"VolumeIds": [volume]})
    assert sizes(found) == [(10, "eu-west-1")]
    assert found.not_found_in == ("us-east-1", "eu-central-1")
    assert aws.gaps == []


def test_what_is_nowhere_is_awss_error(make_aws: MakeAws) -> None:
    with pytest.raises(NotFound) as raised:
        read_aws(make_aws(), "ec2", "DescribeVolumes", {"VolumeIds": ["vol-00000000"]})
    assert raised.value.code == "aws_invalid_volume_not_found"


def test_the_region_of_an_arn_is_the_only_one_asked(make_aws: MakeAws) -> None:
    topic = client("sns", "eu-west-1").create_topic(Name="orders")["TopicArn"]
    aws = make_aws()
    found = read_aws(aws, "sns", "GetTopicAttributes", {"topic_arn": topic})
    assert found.regions_searched == ("eu-west-1",)
    with pytest.raises(InvalidArguments, match="ap-south-1, which is not a region of this session"):
        read_aws(aws, "sns", "GetTopicAttributes", {"TopicArn": topic.replace("eu-west-1", "ap-south-1")})


def test_a_region_that_fails_is_a_gap(make_aws: MakeAws, failing: Failing) -> None:
    make_volumes("us-east-1", 10)
    aws = make_aws(script=failing("UnauthorizedOperation", "DescribeVolumes", region="eu-west-1"))
    found = read_aws(aws, "ec2", "DescribeVolumes")
    assert found.regions_searched == ("us-east-1", "eu-central-1")
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("aws_access_denied", "eu-west-1")]


def test_a_filter_selects_over_all_regions_as_the_clis_query_does(make_aws: MakeAws) -> None:
    make_volumes("eu-west-1", 10, 40)
    make_volumes("us-east-1", 30)
    big = read_aws(make_aws(), "ec2", "DescribeVolumes", filter="Volumes[?Size>`20`].{size: Size, at: _region}")
    assert sorted(json.dumps(row) for row in big.rows) == [
        '{"size": 30, "at": "us-east-1"}',
        '{"size": 40, "at": "eu-west-1"}',
    ]
    assert (big.row_count, big.rows_read) == (2, 3)
    total = read_aws(make_aws(), "ec2", "DescribeVolumes", filter="sum(Volumes[].Size)")
    assert (total.value, total.rows) == (80, Rows())


def test_a_filter_that_selects_nothing_says_what_there_is(make_aws: MakeAws) -> None:
    make_volumes("eu-west-1", 10)
    found = read_aws(make_aws(), "ec2", "DescribeVolumes", filter="volumes[0]")
    assert found.value is None
    assert "lists under Volumes, whose rows have" in found.notes[0]
    assert "VolumeId" in found.notes[0]


def test_faults_of_parameters_region_and_filter_are_in_one_error_and_nothing_is_sent(make_aws: MakeAws) -> None:
    aws = make_aws()
    with pytest.raises(InvalidArguments) as raised:
        read_aws(aws, "ec2", "DescribeVolumes", {"VolumeIds": "vol-1"}, region="mars-1", filter="Volumes[")
    for part in ("put it in [ ]", "not a region of this session: mars-1", "filter is not a JMESPath expression"):
        assert part in raised.value.detail
    asked: Any = aws.cache
    assert asked.calls == []


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ec2", "TerminateInstances", "not_a_read"),
        ("s3", "DeleteBucket", "not_a_read"),
        ("iam", "AttachRolePolicy", "not_a_read"),
        ("ec2", "CreateTags", "not_a_read"),
        ("lambda", "Invoke", "not_a_read"),
        ("iam", "GenerateCredentialReport", "sensitive_read"),
        ("secretsmanager", "GetSecretValue", "sensitive_read"),
        ("s3", "GetObject", "sensitive_read"),
        ("logs", "StartQuery", "sensitive_read"),
        ("sts", "AssumeRole", "sensitive_read"),
        ("ec2", "describe_instance_attribute", "sensitive_read"),
    ],
)
def test_what_changes_or_reveals_is_refused_and_never_sent(
    make_aws: MakeAws, service: str, operation: str, code: str
) -> None:
    aws = make_aws()
    with pytest.raises(Forbidden) as raised:
        read_aws(aws, service, operation, {"anything": 1})
    assert raised.value.code == code
    asked: Any = aws.cache
    assert asked.calls == []


def test_unknown_names_are_refused_with_those_most_like_them(make_aws: MakeAws) -> None:
    with pytest.raises(NotFound, match="did you mean DescribeVolumes"):
        read_aws(make_aws(), "ec2", "DescribeVolume")
    with pytest.raises(NotFound) as raised:
        read_aws(make_aws(), "dynamodbb", "ListTables")
    assert raised.value.code == "unknown_aws_service"
    assert "did you mean dynamodb" in raised.value.detail


def test_a_limit_reached_is_a_gap_with_the_count_so_far(make_aws: MakeAws) -> None:
    make_volumes("eu-west-1", 1, 2, 3)
    make_volumes("us-east-1", 4, 5)
    aws = make_aws()
    found = read_aws(aws, "ec2", "DescribeVolumes", limit=2)
    assert found.row_count == 2
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("read_limit_reached", "eu-west-1")]
    assert aws.gaps[0].detail.startswith("0 rows are here and there are more: `limit` is 2 over all regions")


def test_a_limit_that_is_just_enough_is_no_gap(make_aws: MakeAws) -> None:
    make_volumes("eu-west-1", 1, 2)
    aws = make_aws()
    assert read_aws(aws, "ec2", "DescribeVolumes", limit=2).row_count == 2
    assert aws.gaps == []


def test_more_bytes_than_a_result_may_have_are_a_gap_and_no_failure(
    make_aws: MakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS_BYTES", 1000)
    make_volumes("eu-west-1", *range(1, 11))
    aws = make_aws()
    found = read_aws(aws, "ec2", "DescribeVolumes", region="eu-west-1")
    assert 0 < found.row_count < 10
    assert [gap.code for gap in aws.gaps] == ["read_limit_reached"]
    assert aws.gaps[0].detail.startswith(f"{found.row_count} rows are here")


def test_page_sizes_and_tokens_of_the_caller_are_left_out_and_told(make_aws: MakeAws) -> None:
    make_volumes("eu-west-1", 1, 2, 3, 4, 5, 6)
    found = read_aws(make_aws(), "ec2", "DescribeVolumes", {"max_results": 5, "NextToken": "abc"}, region="eu-west-1")
    assert found.row_count == 6
    assert "MaxResults, NextToken left out: all pages are read, `limit` bounds the rows" in found.notes


def test_an_operation_with_a_token_and_no_paginator_is_read_to_its_end(make_aws: MakeAws) -> None:
    """wafv2:ListWebACLs takes and gives NextMarker; botocore has no paginator of it."""
    tokens: list[str] = []

    def page(call: Call) -> dict[str, Any]:
        tokens.append(call.body.get("NextMarker", ""))
        number = len(tokens)
        more = {"NextMarker": f"m{number}"} if number < 4 else {}
        return {"WebACLs": [{"Name": f"acl-{number}"}], **more}

    aws = make_aws(script=answering(ListWebACLs=page))
    found = read_aws(aws, "wafv2", "ListWebACLs", {"Scope": "REGIONAL"}, region="eu-west-1")
    rows: Any = list(found.rows)
    assert [row["Name"] for row in rows] == ["acl-1", "acl-2", "acl-3", "acl-4"]
    assert tokens == ["", "m1", "m2", "m3"]
    assert aws.gaps == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "list_name", "token"),
    [
        ("wafv2", "ListWebACLs", {"Scope": "REGIONAL"}, "WebACLs", "NextMarker"),
        ("ec2", "DescribeVolumes", {}, "Volumes", "NextToken"),
    ],
)
def test_a_token_that_comes_again_and_again_ends_the_listing_with_a_gap(
    make_aws: MakeAws, service: str, operation: str, parameters: dict[str, Any], list_name: str, token: str
) -> None:
    script = answering(**{operation: lambda _call: {list_name: [{"Name": "a"}], token: "same"}})
    aws = make_aws(script=script)
    found = read_aws(aws, service, operation, parameters, region="eu-west-1")
    assert found.row_count == 2
    assert [gap.code for gap in aws.gaps] == ["listing_truncated"]


def test_a_listing_that_is_cut_off_without_a_way_on_is_a_gap(make_aws: MakeAws) -> None:
    script = answering(DescribeTrails=lambda _call: {"trailList": [{"Name": "t"}], "NextToken": "more"})
    aws = make_aws(script=script)
    assert read_aws(aws, "cloudtrail", "DescribeTrails", region="eu-west-1").row_count == 1
    assert [gap.code for gap in aws.gaps] == ["listing_truncated"]


def test_a_listing_without_end_stops_in_time_with_a_gap(make_aws: MakeAws) -> None:
    pages = 0

    def page(_call: Call) -> dict[str, Any]:
        nonlocal pages
        pages += 1
        if pages == 20:
            aws.deadline = 0.0
        return {"Volumes": [], "NextToken": str(pages)}

    aws = make_aws(script=answering(DescribeVolumes=page))
    assert read_aws(aws, "ec2", "DescribeVolumes", region="eu-west-1").rows == Rows()
    assert ([gap.code for gap in aws.gaps], pages) == (["deadline"], 20)


def test_rows_of_several_lists_say_which(make_aws: MakeAws) -> None:
    s3 = client("s3", "us-east-1")
    s3.create_bucket(Bucket="acme-logs")
    s3.put_bucket_versioning(Bucket="acme-logs", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="acme-logs", Key="a")
    s3.delete_object(Bucket="acme-logs", Key="a")
    found = read_aws(make_aws(), "s3", "ListObjectVersions", {"Bucket": "acme-logs"})
    rows: Any = list(found.rows)
    assert sorted(row["_list"] for row in rows) == ["DeleteMarkers", "Versions"]


def test_an_answer_that_lists_nothing_is_one_row(make_aws: MakeAws) -> None:
    client("sqs", "eu-west-1").create_queue(QueueName="orders")
    url = client("sqs", "eu-west-1").get_queue_url(QueueName="orders")["QueueUrl"]
    found = read_aws(
        make_aws(), "sqs", "GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["All"]}, region="eu-west-1"
    )
    rows: Any = list(found.rows)
    assert rows[0]["Attributes"]["QueueArn"].endswith(":orders")
    assert found.lists == ()


def test_secrets_in_an_answer_are_removed_before_anyone_sees_them(make_aws: MakeAws) -> None:
    script = answering(
        ListFunctions=lambda _call: {
            "Functions": [{"FunctionName": "f", "Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}}]
        }
    )
    found = read_aws(make_aws(script=script), "lambda", "ListFunctions", region="eu-west-1")
    assert "hunter2" not in found.model_dump_json()


def test_a_result_is_json_of_plain_values(make_aws: MakeAws) -> None:
    def page(_call: Call) -> dict[str, Any]:
        return {"Volumes": [{"VolumeId": "v", "CreateTime": "x\ud800", "Nested": {"deep": b"\x00\xff"}}]}

    found = read_aws(make_aws(script=answering(DescribeVolumes=page)), "ec2", "DescribeVolumes", region="eu-west-1")
    rows: Any = json.loads(found.model_dump_json())["rows"]
    assert rows == [{"VolumeId": "v", "CreateTime": "x?", "Nested": {"deep": "AP8="}, "_region": "eu-west-1"}]


def test_what_every_region_shows_of_one_region_is_one_row(make_aws: MakeAws) -> None:
    trail = {"Name": "t", "TrailARN": "arn:aws:cloudtrail:eu-west-1:123456789012:trail/t", "HomeRegion": "eu-west-1"}
    found = read_aws(
        make_aws(script=answering(DescribeTrails=lambda _call: {"trailList": [trail]})), "cloudtrail", "DescribeTrails"
    )
    assert [(row["Name"], row["_region"]) for row in found.rows] == [("t", "eu-west-1")]
    assert "2 rows left out that a region shows of another one, whose own row is here" in found.notes


def test_what_is_shown_of_a_region_that_was_not_read_stays(make_aws: MakeAws, failing: Failing) -> None:
    trail = {"Name": "t", "TrailARN": "arn:aws:cloudtrail:eu-west-1:123456789012:trail/t"}
    denied = failing("AccessDenied", "DescribeTrails", region="eu-west-1")
    aws = make_aws(script=lambda call: denied(call) or {"trailList": [trail]})
    assert [row["_region"] for row in read_aws(aws, "cloudtrail", "DescribeTrails").rows] == [
        "us-east-1",
        "eu-central-1",
    ]


def test_rows_that_only_look_alike_in_several_regions_all_count(make_aws: MakeAws) -> None:
    script = answering(DescribeInstanceTypes=lambda _call: {"InstanceTypes": [{"InstanceType": "t3.micro"}]})
    found = read_aws(make_aws(script=script), "ec2", "DescribeInstanceTypes")
    assert found.row_count == 3


def test_a_thing_that_two_lists_name_is_one_row(make_aws: MakeAws) -> None:
    client("kinesis", "eu-west-1").create_stream(StreamName="clicks", ShardCount=1)
    found = read_aws(make_aws(), "kinesis", "ListStreams", region="eu-west-1")
    assert (found.lists, found.row_count) == (("StreamSummaries",), 1)
