"""`read_aws` over the whole product: exact figures of the sandbox's account, refusals, and what the role must allow."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.aws.account import holdings
from sandbox.aws.account.contents import BUCKETS, INSTANCES, ROLE_NAME, USER_NAME
from sandbox.aws.account.organization import PROD, members
from sandbox.aws.account.role_policies import ATTACHED
from shared.read_policies import names_for
from tests.e2e.client import User

pytestmark = pytest.mark.slow

Names = dict[str, list[str]]


def read(user: User, service: str, operation: str, **more: Any) -> dict[str, Any]:
    asked = {"service": service, "operation": operation} | more
    return user.ok(user.http.post("/v1/tools/read_aws", json=asked))


def refused(user: User, service: str, operation: str, **more: Any) -> dict[str, Any]:
    answer = user.http.post("/v1/tools/read_aws", json={"service": service, "operation": operation} | more)
    assert answer.is_error, answer.text
    problem: dict[str, Any] = answer.json()
    return problem


def by_region(step: dict[str, Any], key: str) -> Names:
    found: Names = {}
    for row in step["result"]["rows"]:
        found.setdefault(row["_region"], []).append(str(row[key]).rsplit("/", 1)[-1].rsplit(":", 1)[-1])
    return {region: sorted(names) for region, names in found.items()}


def expected(given: Any) -> Names:
    return {region: sorted(names) for region, names in given.items()}


def of(things: Any, name: str = "name") -> Names:
    found: Names = {}
    for thing in things:
        found.setdefault(thing.region, []).append(getattr(thing, name))
    return expected(found)


def named(instances: Any) -> dict[str, Any]:
    """Parameters that ask for these instances only: whoever shares the account may have launched others."""
    return {"Filters": [{"Name": "tag:Name", "Values": [one.name for one in instances]}]}


KINDS = {
    "databases": ("rds", "DescribeDBInstances", "DBInstanceIdentifier", of(holdings.DATABASES)),
    "tables": ("dynamodb", "ListTables", "value", expected(holdings.TABLES)),
    "queues": ("sqs", "ListQueues", "value", expected(holdings.QUEUES)),
    "topics": ("sns", "ListTopics", "TopicArn", expected(holdings.TOPICS)),
    "alarms": ("cloudwatch", "DescribeAlarms", "AlarmName", of(holdings.ALARMS)),
    "certificates": ("acm", "ListCertificates", "DomainName", of(holdings.CERTIFICATES, "domain")),
    "secrets": ("secretsmanager", "ListSecrets", "Name", expected(holdings.SECRETS)),
    "clusters": ("ecs", "ListClusters", "value", expected(holdings.CLUSTERS)),
    "load balancers": ("elbv2", "DescribeLoadBalancers", "LoadBalancerName", expected(holdings.LOAD_BALANCERS)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_account_holds_is_found_with_its_region(user: User, kind: str) -> None:
    service, operation, key, there = KINDS[kind]
    step = read(user, service, operation)
    assert by_region(step, key) == there
    assert (step["complete"], step["gaps"]) == (True, [])
    assert set(step["result"]["regions_searched"]) == set(user.session["regions"])


def test_unattached_volumes_are_counted_and_added_up_by_a_filter(user: User) -> None:
    unattached = {"Filters": [{"Name": "status", "Values": ["available"]}]}
    found = read(user, "ec2", "describe-volumes", parameters=unattached, filter="sum(Volumes[].Size)")["result"]
    assert found["value"] == sum(volume.size_gib for volume in holdings.VOLUMES)
    assert found["rows_read"] == len(holdings.VOLUMES)
    plain = read(user, "ec2", "DescribeVolumes", parameters=unattached, filter="Volumes[?!Encrypted].Size")
    found = sorted(row["value"] for row in plain["result"]["rows"])
    assert found == sorted(volume.size_gib for volume in holdings.VOLUMES if not volume.encrypted)


def test_addresses_instances_and_buckets_are_as_seeded(user: User) -> None:
    addresses = read(user, "ec2", "DescribeAddresses")["result"]["rows"]
    assert {region: sum(row["_region"] == region for row in addresses) for region in holdings.ADDRESSES} == dict(
        holdings.ADDRESSES
    )
    seeded = named(INSTANCES)
    instances = read(user, "ec2", "DescribeInstances", parameters=seeded, filter="length(Reservations[].Instances[])")[
        "result"
    ]
    assert instances["value"] == len(INSTANCES)
    buckets = read(user, "s3", "ListBuckets", filter="Buckets[].Name")["result"]
    assert {row["value"] for row in buckets["rows"]} >= {bucket.name for bucket in BUCKETS}
    assert buckets["regions_searched"] == ["global"]


def test_a_trail_and_one_alarm_that_fires_are_found(user: User) -> None:
    name, home, bucket = holdings.TRAIL
    trails = read(user, "cloudtrail", "DescribeTrails", region=home)["result"]["rows"]
    assert [(row["Name"], row["S3BucketName"]) for row in trails] == [(name, bucket)]
    firing = read(user, "cloudwatch", "DescribeAlarms", parameters={"state_value": "alarm"})["result"]
    assert [row["AlarmName"] for row in firing["rows"]] == [
        alarm.name for alarm in holdings.ALARMS if alarm.state == "ALARM"
    ]
    assert firing["notes"] == ["state_value: read as StateValue", "StateValue: read as ALARM"]


def test_the_organizations_accounts_are_listed(user: User) -> None:
    found = read(user, "organizations", "ListAccounts", filter="Accounts[].Name")["result"]
    assert [row["value"] for row in found["rows"]] == ["acme", *(member.name for member in members())]


def test_services_beyond_the_session_policy_answer_because_the_role_has_read_policies(user: User) -> None:
    for service, operation in (
        ("kinesis", "ListStreams"),
        ("backup", "ListBackupVaults"),
        ("apigateway", "GetRestApis"),
    ):
        step = read(user, service, operation, region="eu-west-1")
        assert (step["complete"], step["result"]["row_count"]) == (True, 0)


def test_what_no_attached_policy_has_is_denied_and_the_policy_named(user: User) -> None:
    problem = refused(user, "connect", "ListInstances", region="us-east-1")
    assert (problem["status"], problem["code"]) == (403, "aws_access_denied")
    (name,) = names_for(["connect:ListInstances"])
    assert int(name.removeprefix("read-")) > ATTACHED
    assert f"Where the read policy {name} of docs/iam does not hang on the session's role" in problem["detail"]


def test_a_role_without_read_policies_reads_as_before_and_the_session_says_so(user: User) -> None:
    iam = user.aws("iam")
    arns = [f"arn:aws:iam::111122223333:policy/{ROLE_NAME}-read-{number}" for number in range(1, ATTACHED + 1)]
    for arn in arns:
        iam.detach_role_policy(RoleName=ROLE_NAME, PolicyArn=arn)
    try:
        narrow = User(user.facts)
        assert any("has none of the read policies" in note for note in narrow.session["scoping"]["notes"])
        assert read(narrow, "rds", "DescribeDBInstances")["result"]["row_count"] == len(holdings.DATABASES)
        assert refused(narrow, "mq", "ListBrokers", region="eu-west-1")["code"] == "aws_access_denied"
    finally:
        for arn in arns:
            iam.attach_role_policy(RoleName=ROLE_NAME, PolicyArn=arn)


def test_a_change_and_a_secret_are_refused_and_nothing_is_sent(user: User) -> None:
    assert refused(user, "ec2", "TerminateInstances", parameters={"InstanceIds": ["i-1"]})["code"] == "not_a_read"
    assert refused(user, "secretsmanager", "GetSecretValue", parameters={"SecretId": "orders-db"})["code"] == (
        "sensitive_read"
    )
    assert refused(user, "rds", "DescribeDBInstance")["code"] == "unknown_aws_operation"


def test_all_that_is_wrong_with_a_call_is_in_one_answer(user: User) -> None:
    problem = refused(
        user,
        "cloudwatch",
        "GetMetricStatistics",
        parameters={"MetricName": ["CPU"], "StartTime": "yesterday", "Period": 60, "Statistic": ["Average"]},
        region="mars-1",
        filter="Datapoints[",
    )
    assert problem["code"] == "invalid_arguments"
    for part in (
        "MetricName takes a string, not a list",
        "StartTime takes a time in ISO 8601",
        "Statistic is unknown; did you mean Statistics",
        "Namespace is missing",
        "not a region of this session: mars-1",
        "filter is not a JMESPath expression",
    ):
        assert part in problem["detail"]


def test_several_accounts_are_read_at_once_and_each_row_says_its_account(user: User) -> None:
    roles = [{"role_arn": user.facts["role_arn"], "name": "acme"}]
    roles += [{"role_arn": PROD.role_arn, "name": PROD.name}]
    session = {"accounts": roles, "role_arn": None}
    many = User(user.facts, **session)
    seeded = named([*INSTANCES, *PROD.instances])
    found = read(many, "ec2", "DescribeInstances", parameters=seeded, filter="Reservations[].Instances[].InstanceId")[
        "result"
    ]
    accounts = {row["_account"] for row in found["rows"]}
    assert accounts == {"111122223333", PROD.account}
    assert {one["account"]: one["figures"]["row_count"] for one in found["accounts"]} == {
        "111122223333": len(INSTANCES),
        PROD.account: len(PROD.instances),
    }


QUESTIONS = {
    "Which SQS queues do I have?": ("ListQueues", holdings.QUEUES),
    "List my DynamoDB tables": ("ListTables", holdings.TABLES),
    "Show my SNS topics": ("ListTopics", holdings.TOPICS),
    "How many RDS databases do I have?": ("DescribeDBInstances", of(holdings.DATABASES)),
    "Which CloudWatch alarms are there?": ("DescribeAlarms", of(holdings.ALARMS)),
    "Which CloudTrail trails do I have?": ("DescribeTrails", {holdings.TRAIL[1]: (holdings.TRAIL[0],)}),
    "Which secrets are in Secrets Manager?": ("ListSecrets", holdings.SECRETS),
    "Which ECS clusters do I have?": ("ListClusters", holdings.CLUSTERS),
    "What load balancers do I have?": ("DescribeLoadBalancers", holdings.LOAD_BALANCERS),
    "Which ACM certificates do I have?": ("ListCertificates", of(holdings.CERTIFICATES, "domain")),
    "List ECR repositories": ("DescribeRepositories", holdings.REPOSITORIES),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_without_a_tool_of_its_own_is_searched_for_and_read(user: User, question: str) -> None:
    operation, there = QUESTIONS[question]
    is_searched_for_and_read(user, question, operation, there)


def test_the_users_are_searched_for_and_read_once_for_the_account(user: User) -> None:
    there = [one["UserName"] for one in user.aws("iam").list_users()["Users"]]
    assert {USER_NAME, "sandbox-admin", "jane"} <= set(there)
    is_searched_for_and_read(user, "List the IAM users", "ListUsers", {"global": there})


def is_searched_for_and_read(user: User, question: str, operation: str, there: Any) -> None:
    turn = user.ask(question)
    asked = {step["tool"]: step["arguments"] for step in turn["steps"]}
    assert asked["search_aws_operations"]["query"] == question
    assert asked["read_aws"]["operation"] == operation
    names = [(name, region) for region, names in there.items() for name in names]
    lines = [line for line in turn["answer"].splitlines() if line.startswith("- ")]
    assert len(lines) == len(names)
    for name, region in names:
        assert any(name in line and line.endswith(f"({region})") for line in lines), (name, turn["answer"])


def test_a_fence_of_the_session_holds_for_every_operation(user: User) -> None:
    fenced = User(user.facts, fences={"services": ["s3", "sts"]})
    assert read(fenced, "s3", "ListBuckets")["result"]["row_count"] >= len(BUCKETS)
    problem = refused(fenced, "rds", "DescribeDBInstances")
    assert (problem["status"], problem["code"]) == (403, "service_outside_fence")
