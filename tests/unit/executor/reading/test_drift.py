"""An ended plan is compared with AWS: as it was left, changed, gone, or not known, and nothing is touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from services.executor.proposal import undo
from services.executor.tools import compare_plan
from shared.errors import Conflict, NotFound
from shared.plans.drift import MAX_VALUE_CHARACTERS, ComparedPlan, StepDrift
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from shared.sessions.fences import Fences
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, READ_S3, ROLE, Executor, step
from tests.unit.executor.faults import denied, wired

BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1")
ARN = "arn:aws:s3:::a-new-bucket"
TAGS = step("tag_resource", "tags", ("bucket",), resource_arn=ARN, tags=[{"key": "team", "value": "blue"}])
ATTACH = step("assign_policy_to_role", "attach", role_name="there-before", policy_arn=READ_S3)
DETACH = step("detach_policy_from_role", "detach", role_name="there-before", policy_arn=READ_S3)
REGION = "us-east-1"


def done(executor: Executor, *steps: ProposedStep) -> Plan:
    ended = executor.run(executor.prepare(*steps))
    assert ended.status == "done", [one.error for one in ended.steps]
    return ended


def compared(executor: Executor, plan: Plan) -> dict[str, StepDrift]:
    found: ComparedPlan = compare_plan(executor.context("compare_plan"), plan.plan_id)
    assert found.plan_id == plan.plan_id
    return {one.step: one for one in found.steps}


def values(found: StepDrift) -> dict[str, tuple[Any, Any]]:
    return {one.path: (one.left, one.now) for one in found.values}


def taken_back(executor: Executor, plan: Plan) -> Plan:
    ended = executor.run(undo.propose(executor.context("prepare_undo"), plan.plan_id))
    assert ended.status == "done", [one.error for one in ended.steps]
    return executor.stored(plan)


def role_there_before(executor: Executor) -> None:
    executor.client("iam").create_role(RoleName="there-before", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))


def test_what_nobody_has_touched_is_as_it_was_left(executor: Executor) -> None:
    plan = done(executor, ROLE, POLICY, FUNCTION, BUCKET, TAGS)
    found = compared(executor, plan)
    assert {one.state for one in found.values()} == {"as_left"}, found
    assert all(one.compares for one in found.values())
    assert found["bucket"].names == (ARN,)
    assert found["function"].names == ("arn:aws:lambda:eu-west-1:123456789012:function:hello",)
    assert "arn:aws:iam::123456789012:role/reader" in found["role"].names
    assert (found["bucket"].region, found["role"].region) == ("eu-west-1", None)


def stored(executor: Executor, plan: Plan) -> Any:
    """All that Redis has of the plan."""
    redis = executor.redis
    return redis.get(f"plan:{plan.plan_id}"), redis.hgetall(f"journal:{plan.plan_id}"), sorted(redis.scan_iter("*"))


def test_a_comparison_touches_neither_aws_nor_the_plan(executor: Executor) -> None:
    quick = wired(executor)
    plan = done(quick, ROLE, BUCKET)
    before, sent = stored(executor, plan), list(quick.wire.sent)
    fill_bucket(executor)
    assert compared(quick, plan)["bucket"].state == "changed"
    assert (stored(executor, plan), quick.wire.sent) == (before, sent)


def fill_bucket(executor: Executor) -> None:
    executor.client("s3").put_object(Bucket="a-new-bucket", Key="k", Body=b"x")


def add_a_tag(executor: Executor) -> None:
    s3 = executor.client("s3")
    found = s3.get_bucket_tagging(Bucket="a-new-bucket")["TagSet"]
    tags = {"TagSet": [*found, {"Key": "owner", "Value": "ann"}]}
    s3.put_bucket_tagging(Bucket="a-new-bucket", Tagging=tags)


def change_trust(executor: Executor) -> None:
    document = {**LAMBDA_TRUST, "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}
    executor.client("iam").update_assume_role_policy(RoleName="reader", PolicyDocument=json.dumps(document))


def add_a_large_policy(executor: Executor) -> None:
    resources = [f"arn:aws:s3:::bucket-{number}/*" for number in range(120)]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    executor.client("iam").put_role_policy(RoleName="reader", PolicyName="large", PolicyDocument=document)


def detach(executor: Executor) -> None:
    executor.client("iam").detach_role_policy(RoleName="reader", PolicyArn=READ_S3)


def give_a_variable(executor: Executor) -> None:
    variables = {"Variables": {"PASSWORD": "hunter2-hunter2"}}
    executor.client("lambda").update_function_configuration(FunctionName="hello", MemorySize=512, Environment=variables)


def retag(executor: Executor) -> None:
    tags = {"TagSet": [{"Key": "team", "Value": "red"}]}
    executor.client("s3").put_bucket_tagging(Bucket="a-new-bucket", Tagging=tags)


CHANGED: list[tuple[Callable[[Executor], None], str, str, tuple[Any, Any]]] = [
    (fill_bucket, "bucket", "/Contents", ("empty", "not empty")),
    (add_a_tag, "bucket", "/Tags/owner", (None, "ann")),
    (retag, "bucket", "/Tags/team", ("blue", "red")),
    (retag, "tags", "/Tags/team", ("blue", "red")),
    (detach, "policy", f"/AttachedManagedPolicies/{READ_S3.replace('/', '~1')}", ("attached", "not attached")),
    (give_a_variable, "function", "/MemorySize", (128, 512)),
]


@pytest.mark.parametrize(("change", "step_id", "path", "value"), CHANGED)
def test_what_somebody_has_changed_is_told_value_by_value(
    executor: Executor, change: Callable[[Executor], None], step_id: str, path: str, value: tuple[Any, Any]
) -> None:
    plan = done(executor, ROLE, POLICY, FUNCTION, BUCKET, TAGS)
    change(executor)
    found = compared(executor, plan)[step_id]
    assert (found.state, values(found).get(path)) == ("changed", value)
    assert found.why


def test_a_changed_document_is_told_whole_and_a_large_one_cut_with_its_size(executor: Executor) -> None:
    plan = done(executor, ROLE)
    change_trust(executor)
    add_a_large_policy(executor)
    found = compared(executor, plan)["role"]
    trust, large = values(found)["/AssumeRolePolicyDocument"], values(found)["/Policies/large"]
    assert (trust[0]["Statement"][0]["Effect"], trust[1]["Statement"][0]["Effect"]) == ("Allow", "Deny")
    assert (large[0], len(json.dumps(large[1])) < 2 * MAX_VALUE_CHARACTERS) == (None, True)
    [size] = [one.now_size for one in found.values if one.path == "/Policies/large"]
    assert size is not None
    assert size > 3000


def test_a_functions_variables_are_never_shown(executor: Executor) -> None:
    plan = done(executor, ROLE, FUNCTION)
    give_a_variable(executor)
    found = compared(executor, plan)["function"]
    [variables] = [one for one in found.values if one.path == "/Environment/Variables"]
    assert (variables.hidden, variables.left, variables.now) == (True, None, None)
    assert "hunter2" not in found.model_dump_json()


def test_what_is_gone_is_gone(executor: Executor) -> None:
    plan = done(executor, ROLE, FUNCTION, BUCKET)
    executor.client("s3").delete_bucket(Bucket="a-new-bucket")
    executor.client("lambda").delete_function(FunctionName="hello")
    found = compared(executor, plan)
    assert {name: one.state for name, one in found.items()} == {"role": "as_left", "function": "gone", "bucket": "gone"}
    assert values(found["bucket"]) == {"": ("there", "not there")}


def test_a_tag_that_only_somebody_else_set_is_drift_and_does_not_stop_undoing(executor: Executor) -> None:
    plan = done(executor, BUCKET)
    add_a_tag(executor)
    assert compared(executor, plan)["bucket"].state == "changed"
    assert undo.propose(executor.context("prepare_undo"), plan.plan_id).status == "proposed"


def test_what_is_denied_is_not_known_and_the_rest_is_told(executor: Executor) -> None:
    quick = wired(executor)
    plan = done(quick, ROLE, BUCKET)
    quick.wire.faults["GetRole"] = [denied()] * 9
    found = compared(quick, plan)
    assert (found["role"].state, found["role"].code) == ("unknown", "aws_access_denied")
    assert found["bucket"].state == "as_left"


def test_what_no_time_is_left_for_is_not_known(executor: Executor) -> None:
    plan = done(executor, BUCKET)
    context = executor.context("compare_plan")
    context.aws.deadline = 0
    [found] = compare_plan(context, plan.plan_id).steps
    assert found.state == "unknown"
    assert "time" in str(found.why)


def test_what_a_fence_leaves_out_is_not_read(make_executor: Callable[..., Executor]) -> None:
    executor = make_executor()
    plan = done(executor, ROLE, BUCKET)
    executor.session = executor.session.model_copy(update={"fences": Fences(services=("s3",))})
    found = compared(executor, plan)
    assert (found["role"].state, found["role"].code) == ("unknown", "service_outside_fence")
    assert found["bucket"].state == "as_left"


def test_a_session_that_may_change_nothing_may_compare(make_executor: Callable[..., Executor]) -> None:
    executor = make_executor()
    plan = done(executor, BUCKET)
    executor.session = executor.session.model_copy(update={"fences": Fences(read_only=True)})
    assert compared(executor, plan)["bucket"].state == "as_left"


def test_of_an_undone_plan_what_was_there_before_is_compared(executor: Executor) -> None:
    role_there_before(executor)
    plan = taken_back(executor, done(executor, ROLE, BUCKET, ATTACH))
    found = compared(executor, plan)
    assert {name: (one.state, one.undone) for name, one in found.items()} == {
        "role": ("as_left", True),
        "bucket": ("as_left", True),
        "attach": ("as_left", True),
    }
    executor.client("s3", REGION).create_bucket(Bucket="a-new-bucket")
    executor.client("iam").attach_role_policy(RoleName="there-before", PolicyArn=READ_S3)
    found = compared(executor, plan)
    assert {name: one.state for name, one in found.items()} == {
        "role": "as_left",
        "bucket": "changed",
        "attach": "changed",
    }
    assert values(found["bucket"]) == {"": ("not there", "there")}


def test_what_undoing_brought_back_can_be_gone_again(executor: Executor) -> None:
    role_there_before(executor)
    executor.client("iam").attach_role_policy(RoleName="there-before", PolicyArn=READ_S3)
    plan = taken_back(executor, done(executor, DETACH))
    assert compared(executor, plan)["detach"].state == "as_left"
    executor.client("iam").detach_role_policy(RoleName="there-before", PolicyArn=READ_S3)
    assert compared(executor, plan)["detach"].state == "changed"
    executor.client("iam").delete_role(RoleName="there-before")
    assert compared(executor, plan)["detach"].state == "gone"


def test_undone_tags_are_compared_with_those_before(executor: Executor) -> None:
    s3 = executor.client("s3")
    s3.create_bucket(Bucket="a-new-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_tagging(Bucket="a-new-bucket", Tagging={"TagSet": [{"Key": "team", "Value": "green"}]})
    plan = taken_back(executor, done(executor, TAGS.model_copy(update={"needs": ()})))
    assert compared(executor, plan)["tags"].state == "as_left"
    retag(executor)
    assert values(compared(executor, plan)["tags"]) == {"/Tags/team": ("green", "red")}


def test_only_the_last_word_of_a_plan_on_a_tag_counts(executor: Executor) -> None:
    again = step("tag_resource", "again", ("tags",), resource_arn=ARN, tags=[{"key": "team", "value": "red"}])
    plan = done(executor, BUCKET, TAGS, again)
    assert {one.state for one in compared(executor, plan).values()} == {"as_left"}
    s3 = executor.client("s3")
    found = [one for one in s3.get_bucket_tagging(Bucket="a-new-bucket")["TagSet"] if one["Key"] != "team"]
    s3.put_bucket_tagging(Bucket="a-new-bucket", Tagging={"TagSet": [*found, {"Key": "team", "Value": "blue"}]})
    states = {name: one.state for name, one in compared(executor, plan).items()}
    assert states == {"bucket": "changed", "tags": "changed", "again": "changed"}


def call(operation: str, id: str, service: str = "ec2", **parameters: Any) -> ProposedStep:
    given = {"service": service, "operation": operation, "parameters": parameters, "region": REGION}
    return ProposedStep(id=id, operation="change_aws", arguments=given)


@pytest.fixture
def instance(executor: Executor) -> str:
    ec2 = executor.client("ec2", REGION)
    return str(ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"])


def test_an_instance_that_a_plan_stopped_and_somebody_started_is_told(executor: Executor, instance: str) -> None:
    plan = done(executor, call("StopInstances", "stop", InstanceIds=[instance]))
    found = compared(executor, plan)["stop"]
    assert (found.state, found.names) == ("as_left", (f"arn:aws:ec2:{REGION}:123456789012:instance/{instance}",))
    executor.client("ec2", REGION).start_instances(InstanceIds=[instance])
    found = compared(executor, plan)["stop"]
    assert found.state == "changed"
    [(left, now)] = values(found).values()
    assert "stopped" in left
    assert "running" in json.dumps(now)


def test_of_an_undone_call_the_state_before_is_compared(executor: Executor, instance: str) -> None:
    plan = taken_back(executor, done(executor, call("StopInstances", "stop", InstanceIds=[instance])))
    assert compared(executor, plan)["stop"].state == "as_left"
    executor.client("ec2", REGION).stop_instances(InstanceIds=[instance])
    assert compared(executor, plan)["stop"].state == "changed"


def test_the_last_call_of_a_plan_about_the_same_thing_counts(executor: Executor, instance: str) -> None:
    start = call("StartInstances", "start", InstanceIds=[instance]).model_copy(update={"needs": ("stop",)})
    plan = done(executor, call("StopInstances", "stop", InstanceIds=[instance]), start)
    assert {one.state for one in compared(executor, plan).values()} == {"as_left"}


def test_what_nothing_is_recorded_of_is_not_known(executor: Executor) -> None:
    done(executor, ROLE, FUNCTION)
    plan = done(executor, step("delete_lambda_function", "delete", function_name="hello"))
    found = compared(executor, plan)["delete"]
    assert found.state == "unknown"
    assert "nothing is recorded" in str(found.why)


def test_steps_that_left_nothing_are_left_out(executor: Executor) -> None:
    failing = step("delete_lambda_function", "last", ("bucket",), function_name="nothing")
    plan = executor.run(executor.prepare(BUCKET, failing, on_failure="keep"))
    assert plan.status == "failed"
    assert list(compared(executor, plan)) == ["bucket"]


def test_a_plan_that_has_not_ended_is_not_compared(executor: Executor) -> None:
    plan = executor.prepare(BUCKET)
    with pytest.raises(Conflict) as refused:
        compared(executor, plan)
    assert refused.value.code == "plan_not_ended"


def test_nobody_elses_plan_is_compared(executor: Executor) -> None:
    plan = done(executor, BUCKET)
    with pytest.raises(NotFound):
        compare_plan(executor.context("compare_plan", session_id="ses_other"), plan.plan_id)
