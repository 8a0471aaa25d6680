"""What the double's account holds, what its special answers are, and how its process behaves."""

import json
import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.s3.models import S3Backend

from sandbox.aws.account.contents import BUCKETS, FUNCTIONS, INSTANCES, ROLES
from sandbox.aws.account.costs import DAILY_COSTS, cost_and_usage, cost_forecast, daily_cost
from sandbox.aws.account.organization import cost_shares
from sandbox.aws.moto import patches
from sandbox.aws.protocol.errors import AwsError

ACCOUNT = "111122223333"
# The organization's costs, as its management account sees them, in those of its first account.
EVERY_ACCOUNT = sum((Decimal(str(share)) for share in cost_shares().values()), Decimal())


def code(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_every_bucket_has_its_region_and_exactly_its_objects(aws: Any) -> None:
    s3 = aws.user("s3")
    for bucket in BUCKETS:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket.name)
        found = {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}
        assert found == bucket.objects
        location = s3.get_bucket_location(Bucket=bucket.name)["LocationConstraint"]
        assert (location or "us-east-1") == bucket.region
    assert len({bucket.region for bucket in BUCKETS}) >= 3


def test_the_largest_bucket_needs_more_than_one_page(aws: Any) -> None:
    first = aws.user("s3").list_objects_v2(Bucket="acme-app-logs")
    assert (first["KeyCount"], first["IsTruncated"]) == (1000, True)


def test_the_instances_are_in_their_regions_with_their_states(aws: Any) -> None:
    found = set()
    for region in {instance.region for instance in INSTANCES}:
        for reservation in aws.user("ec2", region).describe_instances()["Reservations"]:
            for item in reservation["Instances"]:
                # Other tests make and terminate instances, which AWS shows for an hour; they have no tags.
                name = next((tag["Value"] for tag in item.get("Tags", ()) if tag["Key"] == "Name"), None)
                if name is not None or item["State"]["Name"] != "terminated":
                    found.add((name, region, item["InstanceType"], item["State"]["Name"]))
    assert found == {(i.name, i.region, i.instance_type, i.state) for i in INSTANCES}


def test_functions_and_roles_are_there(aws: Any) -> None:
    for function in FUNCTIONS:
        found = aws.user("lambda", function.region).get_function_configuration(FunctionName=function.name)
        assert (found["Runtime"], found["MemorySize"]) == (function.runtime, function.memory)
    assert {role.name for role in ROLES} <= {role["RoleName"] for role in aws.user("iam").list_roles()["Roles"]}


def test_the_assistant_is_no_administrator_and_the_administrator_is(aws: Any) -> None:
    assert code(aws.user("iam").create_user, UserName="x") == "AccessDenied"
    assert code(aws.user("ec2").run_instances, ImageId="ami-1", MinCount=1, MaxCount=1) == "UnauthorizedOperation"
    assert aws.admin("iam").list_attached_user_policies(UserName="sandbox-admin")["AttachedPolicies"]


@pytest.mark.parametrize(
    "name", ["AmazonS3FullAccess", "service-role/AWSLambdaBasicExecutionRole", "ReadOnlyAccess", "AdministratorAccess"]
)
def test_aws_managed_policies_exist(aws: Any, name: str) -> None:
    assert aws.user("iam").get_policy(PolicyArn=f"arn:aws:iam::aws:policy/{name}")["Policy"]["IsAttachable"]


def test_only_the_accounts_own_regions_are_listed_and_all_answer_quickly(aws: Any) -> None:
    regions = [item["RegionName"] for item in aws.user("ec2").describe_regions()["Regions"]]
    assert len(regions) == 17
    clients = [aws.user("ec2", region) for region in regions]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda client: client.describe_instances(), clients))
        started = time.monotonic()
        list(pool.map(lambda client: client.describe_instances(), clients))
    assert time.monotonic() - started < 3


def test_a_dry_run_tells_whether_the_call_would_be_allowed(aws: Any) -> None:
    ec2 = aws.user("ec2")
    ids = [ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]]
    assert code(ec2.stop_instances, InstanceIds=ids, DryRun=True) == "DryRunOperation"
    assert code(ec2.terminate_instances, InstanceIds=ids, DryRun=True) == "UnauthorizedOperation"


def test_cloudwatch_knows_the_real_bucket_size(aws: Any) -> None:
    bucket = next(item for item in BUCKETS if item.name == "acme-backups")
    now = datetime.now(UTC)
    query = {
        "Namespace": "AWS/S3", "MetricName": "BucketSizeBytes", "Period": 86_400, "Statistics": ["Average"],
        "StartTime": now - timedelta(days=2), "EndTime": now,
        "Dimensions": [
            {"Name": "BucketName", "Value": bucket.name}, {"Name": "StorageType", "Value": "StandardStorage"},
        ],
    }  # fmt: skip
    points = aws.user("cloudwatch", bucket.region).get_metric_statistics(**query)["Datapoints"]
    assert [point["Average"] for point in points] == [bucket.size]
    assert aws.user("cloudwatch", "us-east-1").get_metric_statistics(**query)["Datapoints"] == []


def test_cloudwatch_counts_old_versions_delete_markers_and_parts_of_uploads_as_aws_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(S3Backend, "get_cloudwatch_metrics", None)
    patches._real_bucket_sizes()
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        s3.create_bucket(Bucket="versions")
        s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
        for size in (10, 20):
            s3.put_object(Bucket="versions", Key="one", Body=b"x" * size)
        s3.delete_object(Bucket="versions", Key="one")
        upload = s3.create_multipart_upload(Bucket="versions", Key="two")["UploadId"]
        s3.upload_part(Bucket="versions", Key="two", UploadId=upload, PartNumber=1, Body=b"x" * 5)
        found = {one.name: one.value for one in S3Backend.get_cloudwatch_metrics("123456789012", "us-east-1")}
    assert found == {"BucketSizeBytes": 35, "NumberOfObjects": 4}


def test_costs_are_asked_for_over_http_with_the_period_that_was_asked(aws: Any) -> None:
    today = datetime.now(UTC).date()
    period = {"Start": today.replace(day=1).isoformat(), "End": (today + timedelta(days=1)).isoformat()}
    answer = aws.user("ce").get_cost_and_usage(
        TimePeriod=period,
        Granularity="MONTHLY",
        Metrics=["UnblendedCost"],
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )
    (month,) = answer["ResultsByTime"]
    assert month["TimePeriod"] == period
    assert month["Estimated"] is True
    amounts = {group["Keys"][0]: Decimal(group["Metrics"]["UnblendedCost"]["Amount"]) for group in month["Groups"]}
    assert amounts == {name: EVERY_ACCOUNT * cost * today.day for name, cost in DAILY_COSTS.items()}


def costs(start: str, end: str, today: date, **more: Any) -> list[dict[str, Any]]:
    params = {"TimePeriod": {"Start": start, "End": end}, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
    return list(cost_and_usage({**params, **more}, ACCOUNT, today)["ResultsByTime"])


def test_months_are_split_at_their_first_day_and_only_the_current_one_is_estimated() -> None:
    found = costs("2026-02-10", "2026-04-05", date(2026, 4, 4))
    assert [item["TimePeriod"] for item in found] == [
        {"Start": "2026-02-10", "End": "2026-03-01"},
        {"Start": "2026-03-01", "End": "2026-04-01"},
        {"Start": "2026-04-01", "End": "2026-04-05"},
    ]
    assert [item["Estimated"] for item in found] == [False, False, True]


def test_the_days_of_a_month_add_up_to_it() -> None:
    today = date(2026, 4, 20)
    (month,) = costs("2026-03-01", "2026-04-01", today)
    days = costs("2026-03-01", "2026-04-01", today, Granularity="DAILY")
    total = sum(Decimal(day["Total"]["UnblendedCost"]["Amount"]) for day in days)
    assert len(days) == 31
    assert total == Decimal(month["Total"]["UnblendedCost"]["Amount"]) > 0


def test_costs_can_be_filtered_by_service() -> None:
    only = {"Dimensions": {"Key": "SERVICE", "Values": ["AWS Lambda"]}}
    (month,) = costs("2026-03-01", "2026-03-02", date(2026, 3, 20), Filter=only)
    assert Decimal(month["Total"]["UnblendedCost"]["Amount"]) == daily_cost(
        "AWS Lambda", date(2026, 3, 1), date(2026, 3, 20)
    )


@pytest.mark.parametrize(
    "group",
    [
        {"Type": "DIMENSION", "Key": "SERVICE"},
        {"Type": "DIMENSION", "Key": "REGION"},
        {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"},
        {"Type": "TAG", "Key": "Environment"},
        {"Type": "TAG", "Key": "NotActivated"},
    ],
)
def test_the_groups_of_a_month_add_up_to_it(group: dict[str, str]) -> None:
    today = date(2026, 4, 20)
    (whole,) = costs("2026-03-01", "2026-04-01", today)
    (parts,) = costs("2026-03-01", "2026-04-01", today, GroupBy=[group, {"Type": "DIMENSION", "Key": "SERVICE"}])
    total = sum(Decimal(one["Metrics"]["UnblendedCost"]["Amount"]) for one in parts["Groups"])
    assert total == Decimal(whole["Total"]["UnblendedCost"]["Amount"])


def test_a_member_sees_its_own_costs_and_the_management_account_all_of_them() -> None:
    def of(account: str) -> Decimal:
        only = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [account]}}
        (month,) = costs("2026-03-01", "2026-04-01", date(2026, 4, 20), Filter=only)
        return Decimal(month["Total"]["UnblendedCost"]["Amount"])

    params = {
        "TimePeriod": {"Start": "2026-03-01", "End": "2026-04-01"},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
    }
    members = [account for account, share in cost_shares().items() if share]
    (whole,) = costs("2026-03-01", "2026-04-01", date(2026, 4, 20))
    assert sum(of(account) for account in members) == Decimal(whole["Total"]["UnblendedCost"]["Amount"])
    member = next(account for account in members if account != ACCOUNT)
    (own,) = cost_and_usage(params, member, date(2026, 4, 20))["ResultsByTime"]
    assert Decimal(own["Total"]["UnblendedCost"]["Amount"]) == of(member)


def test_only_an_activated_tag_divides_the_costs() -> None:
    def keys(tag: str) -> set[str]:
        (month,) = costs("2026-03-01", "2026-04-01", date(2026, 4, 20), GroupBy=[{"Type": "TAG", "Key": tag}])
        return {one["Keys"][0] for one in month["Groups"]}

    assert keys("Environment") == {"Environment$production", "Environment$staging", "Environment$"}
    assert keys("CostCenter") == {"CostCenter$"}


def test_a_forecast_goes_on_with_what_a_day_costs_now() -> None:
    today = date(2026, 4, 20)
    params = {"TimePeriod": {"Start": "2026-04-21", "End": "2026-05-01"}, "PredictionIntervalLevel": 80}
    answer = cost_forecast(params, ACCOUNT, today)
    assert Decimal(answer["Total"]["Amount"]) == 10 * EVERY_ACCOUNT * sum(DAILY_COSTS.values())
    (span,) = answer["ForecastResultsByTime"]
    assert Decimal(span["PredictionIntervalLowerBound"]) < Decimal(answer["Total"]["Amount"])
    with pytest.raises(AwsError):
        cost_forecast({"TimePeriod": {"Start": "2026-04-01", "End": "2026-05-01"}}, ACCOUNT, today)


def test_a_period_that_ends_before_it_starts_is_refused(aws: Any) -> None:
    period = {"Start": "2026-02-02", "End": "2026-02-01"}
    call = aws.user("ce").get_cost_and_usage
    assert code(call, TimePeriod=period, Granularity="DAILY", Metrics=["UnblendedCost"]) == "ValidationException"


def test_every_answer_says_that_it_is_a_sandbox(aws: Any) -> None:
    headers = aws.user("s3").list_buckets()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-sandbox"] == "true"
    with pytest.raises(ClientError) as caught:
        aws.user("iam").create_user(UserName="x")
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["x-sandbox"] == "true"


def test_what_moto_cannot_do_is_said_in_the_services_own_form(aws: Any) -> None:
    with pytest.raises(ClientError) as caught:
        aws.admin("cloudtrail").list_imports()
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_motos_own_interface_is_closed(aws: Any) -> None:
    assert httpx.post(f"{aws.endpoint}/moto-api/reset").status_code == 403
    assert aws.user("s3").list_buckets()["Buckets"]


def test_the_log_tells_who_did_what_and_why_not(aws: Any) -> None:
    aws.user("s3").head_bucket(Bucket="acme-backups")
    code(aws.user("iam").create_user, UserName="logged")
    lines = [json.loads(line) for line in aws.log.read_text().splitlines()]
    allowed, denied = lines[-2:]
    assert (allowed["action"], allowed["decision"], allowed["status"]) == ("s3:HeadBucket", "allowed", 200)
    assert allowed["resource"] == "arn:aws:s3:::acme-backups"
    assert allowed["principal"].endswith(":user/assistant-user")
    assert (denied["action"], denied["decision"], denied["status"]) == ("iam:CreateUser", "denied", 403)
    assert "no identity-based policy" in denied["reason"]
    assert aws.state["secret_access_key"] not in aws.log.read_text()


def test_a_restart_keeps_the_keys_and_the_state_file_is_private(tmp_path: Path, doubles: Any) -> None:
    start, stop = doubles
    first = start(tmp_path)
    path = tmp_path / "state.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first.state["access_key_id"]) == 20
    assert len(first.state["secret_access_key"]) == 40
    assert stop(first) == 0
    second = start(tmp_path, SANDBOX_ADMIN_ACCESS_KEY_ID="AKIA" + "B" * 16, SANDBOX_ADMIN_SECRET_ACCESS_KEY="s" * 40)
    assert second.user("sts").get_caller_identity()["Account"] == second.state["account"]
    kept = ("access_key_id", "secret_access_key", "role_arn", "account")
    assert [second.state[name] for name in kept] == [first.state[name] for name in kept]
    assert second.state["admin"]["access_key_id"] == "AKIA" + "B" * 16
    assert second.admin("iam").list_users()["Users"]
    assert stop(second) == 0
