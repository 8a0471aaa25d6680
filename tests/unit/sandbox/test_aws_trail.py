"""The double's CloudTrail shows what happened in it, with AWS's shapes and limits."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.aws.protocol.errors import AwsError
from sandbox.aws.trail.history import HISTORY_SECONDS, EventHistory
from tests.fakes.trail import ACCOUNT, event

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def page_by_page(history: EventHistory, **params: Any) -> list[list[str]]:
    pages: list[list[str]] = []
    while True:
        answer = history.look_up(params, ACCOUNT, "us-east-1", time.time())
        pages.append([one["EventName"] for one in answer["Events"]])
        if "NextToken" not in answer:
            return pages
        params["NextToken"] = answer["NextToken"]


def history_of(*names: str, late: float = 0) -> EventHistory:
    history = EventHistory(late_seconds=late)
    for name in names:
        history.add(event(name, "thing"))
    return history


def test_pages_hold_fifty_events_and_lose_none_that_happened_in_the_same_second() -> None:
    pages = page_by_page(history_of(*(f"E{n:03}" for n in range(120))))
    assert [len(page) for page in pages] == [50, 50, 20]
    assert len({name for page in pages for name in page}) == 120


def test_events_older_than_ninety_days_and_younger_than_the_delay_are_not_shown() -> None:
    history = EventHistory(late_seconds=300)
    for name, ago in (("Old", HISTORY_SECONDS + 60), ("Shown", 600), ("New", 60)):
        history.add(event(name, ago=timedelta(seconds=ago)))
    assert page_by_page(history) == [["Shown"]]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"LookupAttributes": [{}, {}]}, "InvalidLookupAttributesException"),
        ({"LookupAttributes": [{"AttributeKey": "Nope", "AttributeValue": "x"}]}, "InvalidLookupAttributesException"),
        ({"StartTime": 20, "EndTime": 10}, "InvalidTimeRangeException"),
        ({"NextToken": "nonsense"}, "InvalidNextTokenException"),
    ],
)
def test_requests_that_cloudtrail_refuses_are_refused(params: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as raised:
        history_of("A").look_up(params, ACCOUNT, "us-east-1", time.time())
    assert raised.value.code == code


def test_changes_outlive_the_process_and_a_line_that_was_cut_off_loses_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    first = EventHistory(file, late_seconds=0)
    first.add(event("CreateBucket", "b"))
    first.add(event("ListBuckets", read_only=True))
    with file.open("a") as opened:
        opened.write('{"event_id": "x", "na')
    again = EventHistory(file, late_seconds=0)
    again.restore()
    assert page_by_page(again) == [["CreateBucket"]]


def look_up(aws: Any, key: str, value: str) -> list[dict[str, Any]]:
    """Ask as an SDK does: again where it is throttled."""
    keys = aws.state
    client = boto3.client(
        "cloudtrail",
        region_name="us-east-1",
        endpoint_url=aws.endpoint,
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
        config=Config(retries={"mode": "standard", "total_max_attempts": 20}),
    )
    found: list[dict[str, Any]] = client.lookup_events(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}]
    )["Events"]
    return found


def test_what_the_front_door_saw_is_in_the_history(aws: Any) -> None:
    session = aws.user("sts").assume_role(RoleArn=aws.role_arn, RoleSessionName="trail-test")["Credentials"]
    aws.client("s3", session).create_bucket(Bucket="seen-by-the-trail")
    (made,) = look_up(aws, "ResourceName", "seen-by-the-trail")
    record = json.loads(made["CloudTrailEvent"])
    assert (made["EventName"], made["EventSource"], made["ReadOnly"]) == ("CreateBucket", "s3.amazonaws.com", "false")
    assert made["Username"] == "trail-test"
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "AssistantRole"
    assert (record["sourceIPAddress"], record["awsRegion"]) == ("127.0.0.1", "us-east-1")


def test_an_event_has_the_request_id_that_the_caller_was_answered_with(aws: Any) -> None:
    """Whatever protocol the service speaks, and also of what was refused."""
    someone = aws.new_user("ids", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    asked = [
        ("s3", "create_bucket", {"Bucket": "seen-by-its-id"}),
        ("iam", "create_role", {"RoleName": "seen-by-its-id", "AssumeRolePolicyDocument": TRUST}),
        ("ec2", "create_key_pair", {"KeyName": "seen-by-its-id"}),
        ("sqs", "create_queue", {"QueueName": "seen-by-its-id"}),
        ("lambda", "delete_function", {"FunctionName": "not-there-at-all"}),
        ("dynamodb", "delete_table", {"TableName": "not-there-at-all"}),
    ]
    ids = set()
    for service, operation, parameters in asked:
        try:
            answer = getattr(aws.client(service, someone), operation)(**parameters)
        except ClientError as error:
            answer = error.response
        ids.add(answer["ResponseMetadata"]["RequestId"])
    records = [json.loads(one["CloudTrailEvent"]) for one in look_up(aws, "Username", "ids")]
    assert {record["requestID"] for record in records if not record["readOnly"]} == ids
    assert len(ids) == len(asked)


def test_events_have_the_names_and_codes_of_their_service(aws: Any) -> None:
    s3, ec2 = aws.admin("s3"), aws.admin("ec2")
    s3.create_bucket(Bucket="seen-by-its-name")
    s3.put_public_access_block(Bucket="seen-by-its-name", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    names = {one["EventName"] for one in look_up(aws, "ResourceName", "seen-by-its-name")}
    assert names == {"CreateBucket", "PutBucketPublicAccessBlock"}
    with pytest.raises(ClientError):
        ec2.create_key_pair(KeyName="dry", DryRun=True)
    dry = [json.loads(one["CloudTrailEvent"]) for one in look_up(aws, "EventName", "CreateKeyPair")]
    assert "Client.DryRunOperation" in {one.get("errorCode") for one in dry}


def test_what_is_done_to_a_bucket_is_in_the_history_of_the_buckets_region(aws: Any) -> None:
    """Wherever it was sent: S3 carries it out, and records it, where the bucket is; also what takes the bucket away."""
    aws.admin("s3").create_bucket(Bucket="seen-at-home")
    elsewhere = aws.admin("s3", "eu-central-1")
    elsewhere.put_bucket_tagging(Bucket="seen-at-home", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    elsewhere.delete_bucket(Bucket="seen-at-home")
    names = {one["EventName"] for one in look_up(aws, "ResourceName", "seen-at-home")}
    assert names == {"CreateBucket", "PutBucketTagging", "DeleteBucket"}


def test_how_late_the_history_is_can_be_changed() -> None:
    history = EventHistory(late_seconds=300)
    history.add(event("New", ago=timedelta(seconds=5)))
    assert page_by_page(history) == [[]]
    assert history.change_delay(b'{"delay_seconds": 0}').status == 204
    assert page_by_page(history) == [["New"]]
    assert history.change_delay(b"later").status == 400


def test_the_history_reaches_back_before_the_sandbox_was_started(aws: Any) -> None:
    events = look_up(aws, "ResourceName", "order-notifier")
    earlier = [one for one in events if one["EventTime"] < datetime.now(UTC) - timedelta(days=1)]
    record = json.loads(earlier[0]["CloudTrailEvent"])
    assert [one["Username"] for one in earlier] == ["build-482", "build-481"]
    assert record["userIdentity"]["invokedBy"] == "cloudformation.amazonaws.com"


def test_a_denied_call_is_in_the_history_with_its_error(aws: Any) -> None:
    nobody = aws.new_user("may-nothing")
    with pytest.raises(ClientError):
        aws.client("iam", nobody).delete_role(RoleName="web-server-role")
    events = look_up(aws, "Username", "may-nothing")
    assert [(one["EventName"], json.loads(one["CloudTrailEvent"])["errorCode"]) for one in events] == [
        ("DeleteRole", "AccessDenied")
    ]


def test_calls_on_data_are_not_in_the_history(aws: Any) -> None:
    s3 = aws.admin("s3")
    s3.create_bucket(Bucket="data-is-not-shown")
    s3.put_object(Bucket="data-is-not-shown", Key="a", Body=b"x")
    events = look_up(aws, "ResourceName", "data-is-not-shown")
    assert [one["EventName"] for one in events] == ["CreateBucket"]


def test_a_third_call_within_a_second_is_throttled_in_its_account_and_region_alone() -> None:
    now = iter([0.0, 0.2, 0.9, 0.9, 0.9, 1.1])
    history = EventHistory(clock=lambda: next(now))
    history.check_rate("a", "r")
    history.check_rate("a", "r")
    with pytest.raises(AwsError, match="Rate exceeded"):
        history.check_rate("a", "r")
    history.check_rate("b", "r")
    history.check_rate("a", "s")
    history.check_rate("a", "r")


def test_who_may_not_look_up_is_denied(aws: Any) -> None:
    nobody = aws.new_user("may-not-look")
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("cloudtrail", nobody).lookup_events()
