"""An executor that dies anywhere in a run: the next run brings the plan to the same end, each effect once."""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pytest
from moto.moto_api._internal.models import moto_api_backend
from pydantic import JsonValue
from redis import Redis

from services.executor.tools import prepare_undo
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.fakes.clock import FakeClock
from tests.fakes.cloud_control import FakeCloudControl
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, READ_S3, Executor, step
from tests.unit.executor.decisions.test_in_doubt import answer
from tests.unit.executor.faults import Killed, WiredClients, WiredExecutor, expire_leases, mortal, wired

PERMISSIONS: dict[str, JsonValue] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}],
}
ROLE = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST, permissions=PERMISSIONS)
BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1")
OLD_ROLE = "arn:aws:iam::123456789012:role/old"
OLD_FUNCTION = FUNCTION.model_copy(update={"arguments": {**FUNCTION.arguments, "role_arn": OLD_ROLE}})

DOUBTFUL = ("DetachRolePolicy", "PutMetricData")

SET: list[JsonValue] = [{"key": "team", "value": "data"}, {"key": "owner", "value": "me"}]
TAGS = step("tag_resource", "tags", resource_arn=OLD_ROLE, tags=SET, remove=["stage"])
TAGS_OF_BUCKET = step("tag_resource", "bucket", resource_arn="arn:aws:s3:::old-bucket", tags=SET)


QUEUE, GROUP = "AWS::SQS::Queue", "AWS::Logs::LogGroup"
NEW_QUEUE = step("create_aws_resource", "queue", type_name=QUEUE, properties={"QueueName": "a-new-queue"})
OLD = {"type_name": GROUP, "identifier": "old-group"}
NEW_VALUE = step("update_aws_resource", "value", **OLD, changes={"RetentionInDays": 7})
GONE = step("delete_aws_resource", "value", **OLD)


def call(id: str, service: str, operation: str, **parameters: JsonValue) -> ProposedStep:
    arguments = {"service": service, "operation": operation, "parameters": parameters, "region": "eu-west-1"}
    return ProposedStep(id=id, operation="change_aws", arguments=arguments)


RULE = call("rule", "events", "DisableRule", Name="old-rule")
HOST = call("host", "ec2", "AllocateHosts", AvailabilityZone="eu-west-1a", InstanceType="m5.large", Quantity=1)
METRIC = call("metric", "cloudwatch", "PutMetricData", Namespace="mine", MetricData=[{"MetricName": "m", "Value": 1}])


def failing(*needs: str) -> ProposedStep:
    return step("delete_lambda_function", "last", needs, function_name="nothing")


def refused(*needs: str) -> ProposedStep:
    """Fails once it is sent; nothing is read of it before."""
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/never-was"
    asked = call("last", "sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"DelaySeconds": "1"})
    return asked.model_copy(update={"needs": needs})


@dataclass(frozen=True)
class Case:
    """A plan, how it ends, and the effects it has."""

    steps: tuple[ProposedStep, ...]
    status: str
    effects: str
    undo: bool = False


CASES = {
    "role_and_policy": Case((ROLE, POLICY), "done", "CreateRole PutRolePolicy AttachRolePolicy"),
    "function_and_bucket": Case((OLD_FUNCTION, BUCKET), "done", "CreateFunction CreateBucket"),
    "failed_and_undone": Case(
        (ROLE, POLICY, failing("policy")),
        "failed",
        "CreateRole PutRolePolicy AttachRolePolicy DetachRolePolicy DeleteRolePolicy DeleteRole",
    ),
    "bucket_undone": Case((BUCKET, failing("bucket")), "failed", "CreateBucket DeleteBucket"),
    "deletes": Case(
        (
            step("detach_policy_from_role", "off", role_name="old", policy_arn=READ_S3),
            step("delete_s3_bucket", "bucket", bucket_name="old-bucket"),
        ),
        "done",
        "DetachRolePolicy DeleteBucket",
    ),
    "deletes_undone": Case(
        (
            step("detach_policy_from_role", "off", role_name="old", policy_arn=READ_S3),
            step("delete_iam_role", "gone", ("off",), name="old"),
            failing("gone"),
        ),
        "failed",
        "DetachRolePolicy DeleteRolePolicy DeleteRole CreateRole PutRolePolicy AttachRolePolicy",
    ),
    "tags": Case((TAGS, TAGS_OF_BUCKET), "done", "UntagRole TagRole PutBucketTagging"),
    "tags_undone": Case((TAGS, failing("tags")), "failed", "UntagRole TagRole UntagRole TagRole"),
    "undo": Case((ROLE, POLICY), "done", "DetachRolePolicy DeleteRolePolicy DeleteRole", undo=True),
    "a_resource_undone": Case((NEW_QUEUE, refused("queue")), "failed", "CreateResource DeleteResource"),
    "an_update_undone": Case((NEW_VALUE, refused("value")), "failed", "UpdateResource UpdateResource"),
    "a_deleted_resource_undone": Case((GONE, refused("value")), "failed", "DeleteResource CreateResource"),
    "a_call_with_a_read_undone": Case((RULE, refused("rule")), "failed", "DisableRule EnableRule"),
    "a_call_with_a_token": Case((HOST,), "done", "AllocateHosts"),
    "a_call_with_neither": Case((METRIC,), "done", "PutMetricData"),
}


def furnish(executor: Executor) -> None:
    """What the account has before the plan."""
    iam = executor.client("iam")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
    iam.create_policy(PolicyName="read-s3", PolicyDocument=json.dumps(document))
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST), Description="kept")
    iam.put_role_policy(RoleName="old", PolicyName="mine", PolicyDocument=json.dumps(PERMISSIONS))
    iam.attach_role_policy(RoleName="old", PolicyArn=READ_S3)
    iam.tag_role(RoleName="old", Tags=[{"Key": "team", "Value": "red"}, {"Key": "stage", "Value": "test"}])
    executor.client("s3").create_bucket(
        Bucket="old-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    executor.client("events").put_rule(Name="old-rule", ScheduleExpression="rate(1 day)", State="ENABLED")


def cloud_control() -> FakeCloudControl:
    """With what it has before the plan."""
    old: dict[str, JsonValue] = {"LogGroupName": "old-group", "RetentionInDays": 3}
    return FakeCloudControl({(GROUP, "old-group"): dict(old)})


def plans(executor: Executor) -> list[Plan]:
    """The plan and, where it undoes one, that one."""
    texts: Any = [executor.redis.get(key) for key in executor.redis.scan_iter("plan:*")]
    return [Plan.model_validate_json(text) for text in texts]


def account_now(executor: WiredExecutor) -> dict[str, Any]:
    """Everything that a plan could have changed, and what the plans say."""
    iam, found = executor.client("iam"), {}
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        found[name] = (
            role["AssumeRolePolicyDocument"],
            role.get("Description", ""),
            sorted(iam.list_role_policies(RoleName=name)["PolicyNames"]),
            [policy["PolicyArn"] for policy in attached],
            sorted((tag["Key"], tag["Value"]) for tag in iam.list_role_tags(RoleName=name)["Tags"]),
        )
    return {
        "roles": found,
        "plans": sorted((plan.status, *(one.status for one in plan.steps)) for plan in plans(executor)),
        "buckets": [bucket["Name"] for bucket in executor.client("s3").list_buckets()["Buckets"]],
        "functions": [made["FunctionName"] for made in executor.client("lambda").list_functions()["Functions"]],
        "rules": [(rule["Name"], rule["State"]) for rule in executor.client("events").list_rules()["Rules"]],
        "hosts": len(executor.client("ec2").describe_hosts()["Hosts"]),
        "resources": sorted(
            (type_name, made.get("LogGroupName") or made.get("QueueName"), made.get("RetentionInDays"))
            for (type_name, _), made in executor.wire.cloud_control.resources.items()
        ),
    }


class Theatre:
    """Plays a plan from the same beginning as often as wanted."""

    def __init__(self, executor: Executor, url: str, case: Case) -> None:
        # Resources are read before anybody approves a plan.
        seconds = 30 if any("aws_resource" in one.operation for one in case.steps) else 0
        self.executor, self.url, self.case = wired(executor, conflicts_seconds=seconds), url, case
        self.executor.clients = WiredClients(self.executor.wire, one_run_at_a_time=True)
        moto_api_backend.reset()
        furnish(executor)
        self.executor.wire.cloud_control = cloud_control()
        plan: Plan = self.executor.prepare(*case.steps)
        if case.undo:
            plan = prepare_undo(self.executor.context("prepare_undo"), self.executor.run(plan).plan_id)
        # It is played for longer than a person's approval would be taken up.
        self.plan, self.approval = plan, self.executor.approve(plan, expires_at=time.time() + 3600)
        redis: Any = executor.redis
        self.records: dict[str, Any] = {
            key: redis.execute_command("DUMP", key, NEVER_DECODE=True) for key in redis.scan_iter("*")
        }

    def set_up(self) -> WiredExecutor:
        """Account and Redis as they were when the plan was approved."""
        redis = self.executor.redis
        moto_api_backend.reset()
        redis.flushdb()
        for key, body in self.records.items():
            redis.restore(key, 0, body)
        made = self.executor
        made.wire.sent.clear()
        made.wire.effects.clear()
        made.wire.answered.clear()
        made.wire.cloud_control = cloud_control()
        if any("aws_resource" in one.operation for one in self.case.steps):
            made.clock = FakeClock().clock  # so that waiting for AWS takes no time
        furnish(made)
        if self.case.undo:
            self._replay(made)
        return made

    def _replay(self, made: WiredExecutor) -> None:
        """What the plan to be undone had done, with its tags."""
        iam = made.client("iam")
        assert self.plan.undoes is not None
        tags = [
            {"Key": "assistant:plan", "Value": self.plan.undoes},
            {"Key": "assistant:step", "Value": "role"},
        ]
        trust = json.dumps(LAMBDA_TRUST)
        role_id = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust, Tags=tags)["Role"]["RoleId"]
        key = f"plan:{self.plan.undoes}"
        made.redis.set(key, re.sub(r'"role_id":"\w+"', f'"role_id":"{role_id}"', str(made.redis.get(key))))
        iam.put_role_policy(RoleName="reader", PolicyName="reader-permissions", PolicyDocument=json.dumps(PERMISSIONS))
        iam.attach_role_policy(RoleName="reader", PolicyArn=READ_S3)


def run_once(theatre: Theatre, executor: WiredExecutor, dies_at: int | None, after: bool) -> list[str] | None:
    """One process's run: its words to Redis and the changes it sent to AWS, in order; None where it died."""
    process = mortal(theatre.url, dies_at, after=after)
    executor.wire.alive = lambda: not process.dead
    executor.wire.on_send = process.timeline.append
    try:
        replace(executor, redis=process, clients=executor.clients).run(theatre.plan, theatre.approval)
    except Killed:
        return None
    finally:
        process.close()
        executor.wire.alive = lambda: True
    return process.timeline


def say_what_happened(theatre: Theatre, executor: WiredExecutor) -> None:
    """A person answers for a call that was cut off, of which AWS keeps nothing to recognise it by."""
    plan = executor.stored(theatre.plan)
    [doubtful] = [one for one in plan.steps if one.status == "in_doubt"]
    assert doubtful.error is not None
    [sent] = [name for name in DOUBTFUL if f":{name} was sent" in doubtful.error.detail] or [doubtful.error.detail]
    assert sent in DOUBTFUL
    answer(executor, plan, doubtful.id, sent in executor.wire.effects)


def points(timeline: list[str]) -> list[tuple[int, bool]]:
    """Every moment of a death that leaves a state which no other one leaves, as (number of the word, whether after it).

    Before every word; and after a word where a call of AWS comes next, which then has no outcome.
    """
    found, words = [], 0
    for number, event in enumerate(timeline):
        if event == "word":
            words += 1
            found.append((words, False))
            if number + 1 < len(timeline) and timeline[number + 1] != "word":
                found.append((words, True))
    return [*found, (words, True)]


@pytest.fixture(autouse=True)
def no_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that is made anew for every death does not need moto's 1,300 machine images in every region."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")


@pytest.mark.parametrize("name", CASES)
def test_a_death_anywhere_changes_nothing_of_the_end(executor: Executor, valkey: str, redis: Redis, name: str) -> None:
    case, wanted_effects = CASES[name], Counter(CASES[name].effects.split())
    theatre = Theatre(executor, valkey, case)
    clean = theatre.set_up()
    timeline = run_once(theatre, clean, None, False)
    assert timeline is not None
    assert clean.stored(theatre.plan).status == case.status
    assert clean.wire.counted == wanted_effects
    wanted = account_now(clean)
    wrong: list[str] = []
    for dies_at, after in points(timeline):
        played = theatre.set_up()
        assert run_once(theatre, played, dies_at, after) is None
        expire_leases(redis)
        run_once(theatre, played, None, False)
        if played.stored(theatre.plan).status == "in_doubt":
            say_what_happened(theatre, played)
            run_once(theatre, played, None, False)
        ended = played.stored(theatre.plan)
        if (ended.status, played.wire.counted, account_now(played)) != (case.status, wanted_effects, wanted):
            steps = [(item.id, item.status, item.error and item.error.detail) for item in ended.steps]
            moment = f"{'after' if after else 'before'} word {dies_at}"
            wrong.append(f"{moment}: {ended.status}, {played.wire.effects}, {account_now(played)}, {steps}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("seed", range(3))
def test_deaths_one_after_another_with_steps_at_the_same_time(
    executor: Executor, valkey: str, redis: Redis, seed: int
) -> None:
    """Killed again and again, with steps under way at the same time, the plan ends with each effect once."""
    dice = random.Random(seed)
    case = Case((ROLE, POLICY, FUNCTION, BUCKET), "done", "CreateRole PutRolePolicy AttachRolePolicy CreateFunction")
    theatre = Theatre(executor, valkey, case)
    played = theatre.set_up()
    # Runs overlap in a dying process: its threads end when they next meet AWS or Redis.
    played.clients = None
    played.settings = played.settings.model_copy(update={"parallel_steps": 3})
    deaths = 0
    while run_once(theatre, played, dice.randint(3, 6), dice.random() < 0.5) is None:
        deaths += 1
        expire_leases(redis)
    ended = played.stored(theatre.plan)
    assert deaths > 1
    assert ended.status == "done", [(item.id, item.error) for item in ended.steps]
    assert played.wire.counted == Counter([*case.effects.split(), "CreateBucket"])
