"""A sensitive read: what it takes, what it may do, and that nobody but its person gets the value."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import JsonValue
from redis import Redis

from services.executor.decisions.grants import is_grantable
from services.executor.operations import OPERATIONS
from services.executor.operations.sensitive.answers import without_power
from services.executor.registry.location import Location
from services.executor.scope.session_policy import permissions_of, session_policies
from services.executor.tools import prepare_undo
from shared.errors import AssistantError
from shared.keys import sealed_values
from shared.keys.sealed_values import RevealedValue, ValueKey, key_of, public_half
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import LAMBDA_TRUST, Executor, step
from tests.unit.executor.faults import Killed, errs, wired

TOKEN = "a-token-that-only-the-person-has"
SECRET = "correct horse battery staple 4711"


@pytest.fixture
def executor(make_executor: Callable[..., Executor]) -> Executor:
    made = make_executor()
    made.session = made.session.model_copy(update={"value_key": public_half(key_of(TOKEN))})
    return made


@pytest.fixture
def secret(executor: Executor) -> str:
    executor.client("secretsmanager").create_secret(Name="prod/db", SecretString=SECRET)
    return "prod/db"


def read(
    service: str = "secretsmanager", operation: str = "GetSecretValue", id: str = "s1", **parameters: Any
) -> ProposedStep:
    arguments = {"service": service, "operation": operation, "parameters": parameters, "region": "eu-west-1"}
    return ProposedStep(id=id, operation="read_sensitive", arguments=arguments)


def value_of(executor: Executor, plan: Plan, step_id: str = "s1", key: ValueKey | None = None) -> RevealedValue:
    sealed: Any = executor.redis.get(sealed_values.stored_under(plan.plan_id, step_id))
    place = (plan.plan_id, step_id, executor.info.session_id)
    return sealed_values.unseal(sealed or "", key or key_of(TOKEN), [b"s"], place, time.time())


def everything(redis: Redis) -> str:
    """All that Redis holds, as a thief would read it."""
    found = []
    for key in redis.scan_iter():
        found.append(f"{key} {redis.dump(key)!r}")
        kind: Any = redis.type(key)
        readers: dict[str, Any] = {
            "string": redis.get, "hash": redis.hgetall, "set": redis.smembers, "stream": redis.xrange,
            "list": lambda name: redis.lrange(name, 0, -1), "zset": lambda name: redis.zrange(name, 0, -1),
        }  # fmt: skip
        found.append(f"{readers[kind](key)}")
    return "\n".join(found)


def test_the_person_gets_the_value_and_nothing_else_of_the_plan_has_it(executor: Executor, secret: str) -> None:
    plan = executor.prepare(read(SecretId=secret))
    ended = executor.run(plan)
    assert (ended.status, ended.steps[0].status) == ("done", "done")
    found = value_of(executor, plan)
    value: Any = found.value
    assert (value["SecretString"], value["Name"]) == (SECRET, "prod/db")
    assert (found.service, found.operation, found.region) == ("secretsmanager", "GetSecretValue", "eu-west-1")
    assert SECRET not in ended.model_dump_json()
    assert SECRET not in everything(executor.redis)
    result: Any = ended.steps[0].result
    assert "SecretString" in result["members"]
    assert result["shared_with_model"] is False


def test_the_value_ends_by_itself_soon_and_is_listed_to_end_with_its_session(executor: Executor, secret: str) -> None:
    plan = executor.prepare(read(SecretId=secret))
    executor.run(plan)
    where = sealed_values.stored_under(plan.plan_id, "s1")
    left: Any = executor.redis.ttl(where)
    assert 0 < left <= sealed_values.VALUE_SECONDS
    assert executor.redis.smembers(sealed_values.listed_under(executor.info.session_id)) == {where}


@pytest.mark.parametrize("place", [("pln_other", "s1", "ses_one"), ("", "s2", "ses_one"), ("", "s1", "ses_two")])
def test_a_sealed_value_opens_at_no_other_place(executor: Executor, secret: str, place: tuple[str, str, str]) -> None:
    plan = executor.prepare(read(SecretId=secret))
    executor.run(plan)
    sealed: Any = executor.redis.get(sealed_values.stored_under(plan.plan_id, "s1"))
    wrong = (place[0] or plan.plan_id, *place[1:])
    with pytest.raises(AssistantError, match="not kept any more"):
        sealed_values.unseal(sealed, key_of(TOKEN), [b"s"], wrong, time.time())
    with pytest.raises(AssistantError, match="not kept any more"):
        value_of(executor, plan, key=key_of("another token"))


def test_the_step_names_what_it_reads_and_the_power_it_needs_is_no_more_than_that(
    executor: Executor, secret: str
) -> None:
    plan = executor.prepare(read(operation="get_secret_value", secret_id=secret))
    [found] = plan.steps
    assert found.title == "Read secretsmanager:GetSecretValue (SecretId prod/db) in eu-west-1, for you alone"
    assert (found.effect, found.reversible, found.undo) == ("sensitive_read", "no", None)
    assert found.notes[0] == "secret_id: read as SecretId"
    needed = permissions_of(plan, Location.of(executor.info))
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-??????"
    assert needed == [("secretsmanager:GetSecretValue", arn)]
    [policy, *_] = session_policies(needed)
    assert json.loads(policy)["Statement"] == [
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [arn]}
    ]


def test_a_key_of_ones_own_is_one_more_permission_of_the_step(executor: Executor, secret: str) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    proposed = read(SecretId=secret)
    plan = executor.prepare(proposed.model_copy(update={"arguments": {**proposed.arguments, "kms_key": key}}))
    assert ("kms:Decrypt", key) in permissions_of(plan, Location.of(executor.info))


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "says"),
    [
        ("s3", "ListBuckets", {}, "plain_read", "use read_aws"),
        ("ec2", "DescribeInstances", {}, "plain_read", "use read_aws"),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k"}, "not_a_read", "is not a read"),
        ("secretsmanager", "DeleteSecret", {"SecretId": "x"}, "not_a_read", "is not a read"),
        ("sqs", "ReceiveMessage", {"QueueUrl": "https://q"}, "more_than_a_read", "more than read"),
        ("logs", "StartQuery", {}, "more_than_a_read", "starts a job"),
        ("bedrock-runtime", "InvokeModel", {"modelId": "m"}, "more_than_a_read", "more than read"),
        ("sts", "GetSessionToken", {}, "more_than_a_read", "new credentials"),
        ("sts", "AssumeRole", {"RoleArn": "r", "RoleSessionName": "s"}, "more_than_a_read", "new credentials"),
        ("kinesis", "SubscribeToShard", {}, "more_than_a_read", "more than read"),
        ("s3", "SelectObjectContent", {}, "more_than_a_read", "stream of events"),
        ("secretmanagr", "GetSecretValue", {"SecretId": "x"}, "unknown_aws_service", "did you mean"),
        ("secretsmanager", "GetSecretValu", {"SecretId": "x"}, "unknown_aws_operation", "did you mean"),
        ("secretsmanager", "GetSecretValue", {"SecretNames": "x"}, "invalid_arguments", "SecretId is missing"),
        ("s3", "GetObject", {"Bucket": "b", "Key": "all/*"}, "unnameable_resource", "reads as a pattern"),
    ],
)
def test_what_is_no_sensitive_read_is_refused_before_anything_is_asked(
    executor: Executor, service: str, operation: str, parameters: dict[str, Any], code: str, says: str
) -> None:
    with pytest.raises(AssistantError) as caught:
        executor.prepare(read(service, operation, **parameters))
    assert caught.value.code == code
    assert says in caught.value.detail


def test_what_an_earlier_step_makes_is_read_by_its_name(executor: Executor) -> None:
    role = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST)
    name: JsonValue = {"$from": "role.role_id"}
    plan = executor.prepare(role, read("ssm", "GetParameter", Name=name))
    permissions = permissions_of(plan, Location.of(executor.info))
    assert ("ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/*") in permissions
    known: JsonValue = {"$from": "role.role_name"}
    plan = executor.prepare(role, read("ssm", "GetParameter", Name=known))
    permissions = permissions_of(plan, Location.of(executor.info))
    assert ("ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/reader") in permissions


def test_no_step_can_take_the_value(executor: Executor, secret: str) -> None:
    for argument in ({"$from": "s1.value.SecretString"}, {"deep": [{"$from": "s1.members"}]}):
        with pytest.raises(AssistantError) as caught:
            executor.prepare(read(SecretId=secret), read("ssm", "GetParameter", "s2", Name=argument))
        assert caught.value.code == "sensitive_reference"


def test_a_session_of_before_cannot_propose_one(make_executor: Callable[..., Executor]) -> None:
    with pytest.raises(AssistantError) as caught:
        make_executor().prepare(read(SecretId="prod/db"))
    assert caught.value.code == "session_without_value_key"


def test_no_standing_grant_reads_a_value() -> None:
    assert not is_grantable(OPERATIONS["read_sensitive"])


def test_there_is_nothing_to_undo(executor: Executor, secret: str) -> None:
    ended = executor.run(executor.prepare(read(SecretId=secret)))
    with pytest.raises(AssistantError) as caught:
        prepare_undo(executor.context("prepare_undo"), ended.plan_id)
    assert caught.value.code == "cannot_undo"


def test_a_plan_that_fails_later_says_nothing_of_undoing_the_read(executor: Executor, secret: str) -> None:
    plan = executor.prepare(
        read(SecretId=secret), read(id="s2", SecretId="not-there").model_copy(update={"needs": ("s1",)})
    )
    ended = executor.run(plan)
    assert ended.status == "failed"
    first, second = ended.steps
    assert (first.status, first.error, second.status) == ("done", None, "failed")
    assert second.error is not None
    assert second.error.code == "aws_resource_not_found_exception"


def test_an_object_is_read_whole_as_text_or_base64(executor: Executor) -> None:
    s3 = executor.client("s3")
    s3.create_bucket(Bucket="papers", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="papers", Key="a.txt", Body="größer".encode())
    s3.put_object(Bucket="papers", Key="b.bin", Body=bytes(range(256)))
    plan = executor.prepare(
        read("s3", "GetObject", "text", Bucket="papers", Key="a.txt"),
        read("s3", "GetObject", "bytes", Bucket="papers", Key="b.bin"),
    )
    assert executor.run(plan).status == "done"
    text, raw = value_of(executor, plan, "text"), value_of(executor, plan, "bytes")
    body: Any = text.value
    assert (body["Body"], text.base64) == ("größer", ())
    assert raw.base64 == ("Body",)


def test_what_is_too_long_is_not_cut_but_refused(executor: Executor) -> None:
    s3 = executor.client("s3")
    s3.create_bucket(Bucket="papers", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="papers", Key="long", Body=b"x" * (sealed_values.MAX_VALUE_BYTES + 1))
    ended = executor.run(executor.prepare(read("s3", "GetObject", Bucket="papers", Key="long")))
    assert ended.steps[0].error is not None
    assert ended.steps[0].error.code == "value_too_large"
    assert "Range" in ended.steps[0].error.detail


def test_a_run_that_was_cut_off_before_the_value_was_kept_reads_again(executor: Executor, secret: str) -> None:
    plan = executor.prepare(read(SecretId=secret))
    approval = executor.approve(plan)
    original = type(executor.redis).set

    def dies(self: Any, name: str, *args: Any, **more: Any) -> Any:
        if str(name).startswith("value:"):
            raise Killed
        return original(self, name, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("redis.client.Pipeline.set", dies)
        with pytest.raises(Killed):
            executor.run(plan, approval)
    executor.redis.delete(f"run:{plan.plan_id}")
    assert executor.run(plan, approval).status == "done"
    value: Any = value_of(executor, plan).value
    assert value["SecretString"] == SECRET


def test_aws_that_fails_for_a_moment_is_asked_again(executor: Executor, secret: str) -> None:
    plan = executor.prepare(read(SecretId=secret))
    mine = wired(executor, look_seconds=5)
    mine.wire.faults["GetSecretValue"] = [errs(500)]
    assert mine.run(plan).status == "done"
    assert value_of(executor, plan)


def shared_text(executor: Executor, plan: Plan, step_id: str = "s1") -> str | None:
    sealed: Any = executor.redis.hget(sealed_values.shared_under(plan.plan_id), step_id)
    return sealed_values.unseal_for_model(sealed, b"s", plan.plan_id, step_id) if sealed else None


def test_the_model_sees_only_what_the_signed_approval_says(executor: Executor, secret: str) -> None:
    plan = executor.prepare(read(SecretId=secret), read(id="s2", SecretId=secret))
    ended = executor.run(plan, executor.approve(plan, share_with_model=("s2",)))
    assert ended.status == "done"
    assert shared_text(executor, plan) is None
    assert SECRET in (shared_text(executor, plan, "s2") or "")
    assert SECRET not in everything(executor.redis)
    results: dict[str, Any] = {one.id: one.result for one in ended.steps}
    assert (results["s1"]["shared_with_model"], results["s2"]["shared_with_model"]) == (False, True)


def test_an_approval_to_which_somebody_added_the_sharing_runs_nothing(executor: Executor, secret: str) -> None:
    plan = executor.prepare(read(SecretId=secret))
    approval = executor.approve(plan)
    with pytest.raises(AssistantError) as caught:
        executor.run(plan, approval.model_copy(update={"share_with_model": ("s1",)}))
    assert caught.value.code == "bad_signature"
    assert executor.redis.get(sealed_values.stored_under(plan.plan_id, "s1")) is None


def test_links_and_aws_keys_are_not_shared_with_the_model() -> None:
    value: JsonValue = {
        "Code": {"Location": "https://x.s3.amazonaws.com/f?X-Amz-Signature=abc"},
        "SecretAccessKey": "k",
        "A": "b",
    }
    shown: Any = without_power(value)
    assert shown["A"] == "b"
    assert "Signature" not in json.dumps(shown)
    assert shown["SecretAccessKey"] != "k"
