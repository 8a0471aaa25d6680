"""Tags of buckets, roles and functions that exist: what is set, what stays, and how it is taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.executor.decisions.grants import is_grantable
from services.executor.operations import OPERATIONS
from services.executor.proposal import own_access
from services.executor.proposal.permissions import needs_of
from services.executor.registry.location import Location
from services.executor.tools import prepare_undo
from shared.errors import Conflict, Forbidden, InvalidArguments
from shared.messages import Effect
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import LAMBDA_TRUST, Executor, step
from tests.unit.executor.faults import WiredExecutor, closes, denied, passes, times_out, wired

BUCKET = "arn:aws:s3:::data"
ROLE = "arn:aws:iam::123456789012:role/team/old"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:hello"
RESOURCES = (BUCKET, ROLE, FUNCTION)
BEFORE = {"team": "red", "old": "yes", "kept": "as it is"}


def tag(arn: str, remove: tuple[str, ...] = ("old",), /, **tags: str) -> ProposedStep:
    """Sets these tags and removes those."""
    given = [{"key": key, "value": value} for key, value in tags.items()]
    return step("tag_resource", "tag", resource_arn=arn, tags=given, remove=list(remove))


def furnish(executor: Executor, tags: dict[str, str] = BEFORE) -> None:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    s3, iam = executor.client("s3"), executor.client("iam")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_tagging(Bucket="data", Tagging={"TagSet": listed})
    iam.create_role(RoleName="old", Path="/team/", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST), Tags=listed)
    executor.client("lambda", "eu-west-1").create_function(
        FunctionName="hello",
        Runtime="python3.13",
        Handler="app.main",
        Role=ROLE,
        Code={"ZipFile": b"z"},
        Tags=tags,
    )


def tags_now(executor: Executor, arn: str) -> dict[str, str]:
    if arn == BUCKET:
        found: Any = executor.client("s3").get_bucket_tagging(Bucket="data")["TagSet"]
    elif arn == ROLE:
        found = executor.client("iam").list_role_tags(RoleName="old")["Tags"]
    else:
        return dict(executor.client("lambda", "eu-west-1").list_tags(Resource=FUNCTION)["Tags"])
    return {one["Key"]: one.get("Value", "") for one in found}


def set_tags(executor: Executor, arn: str, **tags: str) -> None:
    """Somebody else sets tags."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    if arn == BUCKET:
        everything = tags_now(executor, arn) | tags
        whole = [{"Key": key, "Value": value} for key, value in everything.items()]
        executor.client("s3").put_bucket_tagging(Bucket="data", Tagging={"TagSet": whole})
    elif arn == ROLE:
        executor.client("iam").tag_role(RoleName="old", Tags=listed)
    else:
        executor.client("lambda", "eu-west-1").tag_resource(Resource=FUNCTION, Tags=tags)


def undo(executor: Executor, plan: Plan) -> Plan:
    return executor.run(prepare_undo(executor.context("prepare_undo"), plan.plan_id))


@pytest.fixture
def looking(executor: Executor) -> Executor:
    """An executor that looks at the account while it prepares a plan."""
    executor.settings = executor.settings.model_copy(update={"conflicts_seconds": 20})
    return executor


@pytest.fixture
def furnished(looking: Executor) -> Executor:
    furnish(looking)
    return looking


@pytest.fixture
def wire(furnished: Executor) -> WiredExecutor:
    made = wired(furnished)
    made.wire.sent.clear()
    return made


@pytest.mark.parametrize("arn", RESOURCES)
def test_the_named_tags_change_and_all_others_stay(furnished: Executor, arn: str) -> None:
    ended = furnished.run(furnished.prepare(tag(arn, team="data", owner="")))
    assert ended.status == "done", ended.steps[0].error
    assert tags_now(furnished, arn) == {"team": "data", "owner": "", "kept": "as it is"}


@pytest.mark.parametrize("arn", RESOURCES)
def test_undo_puts_back_these_tags_alone(furnished: Executor, arn: str) -> None:
    plan = furnished.run(furnished.prepare(tag(arn, team="data", owner="me")))
    set_tags(furnished, arn, meanwhile="theirs")
    undone = undo(furnished, plan)
    assert undone.status == "done", undone.steps[0].error
    assert tags_now(furnished, arn) == {**BEFORE, "meanwhile": "theirs"}


@pytest.mark.parametrize("arn", RESOURCES)
def test_tags_that_somebody_changed_since_are_not_taken_back(furnished: Executor, arn: str) -> None:
    plan = furnished.run(furnished.prepare(tag(arn, team="data")))
    set_tags(furnished, arn, team="blue")
    with pytest.raises(Conflict, match="somebody has changed the tags team"):
        undo(furnished, plan)


def test_a_role_made_anew_with_the_same_tags_is_not_touched_by_undo(furnished: Executor) -> None:
    plan = furnished.run(furnished.prepare(tag(ROLE, team="data")))
    iam, tags = furnished.client("iam"), furnished.client("iam").list_role_tags(RoleName="old")["Tags"]
    iam.delete_role(RoleName="old")
    iam.create_role(RoleName="old", Path="/team/", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST), Tags=tags)
    with pytest.raises(Conflict, match="made anew"):
        undo(furnished, plan)


@pytest.mark.parametrize("arn", RESOURCES)
def test_the_page_shows_each_tag_before_and_after(furnished: Executor, arn: str) -> None:
    plan = furnished.prepare(tag(arn, ("old", "gone"), team="data", owner="me", kept="as it is"))
    assert [note for note in plan.steps[0].notes if note.startswith("Tag ")] == [
        "Tag team: red → data",
        "Tag owner: not there → me",
        'Tag kept: "as it is" already; it stays',
        "Tag old: yes → removed",
        "Tag gone: not there; nothing to remove",
    ]
    assert "Tag team: red → data" in plan.summary


@pytest.mark.parametrize("arn", RESOURCES)
def test_a_plan_says_that_tags_may_decide_who_may_do_what(furnished: Executor, arn: str) -> None:
    plan = furnished.prepare(tag(arn, team="data"))
    [finding] = [found for found in plan.findings if found.code == "tags_may_grant"]
    assert (finding.step, finding.severity) == ("tag", "low" if arn == BUCKET else "medium")
    assert plan.steps[0].effect is Effect.TAGGING
    assert plan.steps[0].resources == (arn,)


@pytest.mark.parametrize("arn", RESOURCES)
@pytest.mark.parametrize("fault", [closes(after=True), closes(after=False), times_out(after=True)])
def test_a_lost_answer_is_looked_after_and_the_change_made_once(wire: WiredExecutor, arn: str, fault: Any) -> None:
    for operation in ("PutBucketTagging", "TagRole", "TagResource"):
        wire.wire.faults[operation] = [fault]
    ended = wire.run(wire.prepare(tag(arn, (), team="data")))
    assert ended.status == "done", ended.steps[0].error
    assert tags_now(wire, arn)["team"] == "data"
    assert len(wire.wire.effects) == 1


@pytest.mark.parametrize("arn", [ROLE, FUNCTION])
def test_a_step_that_fails_half_way_leaves_the_tags_as_they_were(wire: WiredExecutor, arn: str) -> None:
    for operation in ("TagRole", "TagResource"):
        wire.wire.faults[operation] = [denied()]
    ended = wire.run(wire.prepare(tag(arn, team="data")))
    assert ended.status == "failed"
    assert tags_now(wire, arn) == BEFORE


def test_a_buckets_tags_that_change_right_before_the_call_are_not_overwritten(wire: WiredExecutor) -> None:
    plan = wire.prepare(tag(BUCKET, team="data"))
    # The step reads the tags once to know what to write, and once more before it writes.
    wire.wire.faults["GetBucketLocation"] = [
        passes(lambda: None),
        passes(lambda: set_tags(wire, BUCKET, meanwhile="theirs")),
    ]
    ended = wire.run(plan)
    error = ended.steps[0].error
    assert error is not None
    assert error.code == "world_moved_on"
    assert tags_now(wire, BUCKET) == {**BEFORE, "meanwhile": "theirs"}


def test_what_is_so_already_sends_nothing(wire: WiredExecutor) -> None:
    ended = wire.run(wire.prepare(tag(ROLE, ("gone",), team="red")))
    assert (ended.status, wire.wire.sent) == ("done", [])
    assert undo(wire, ended).status == "done"
    assert tags_now(wire, ROLE) == BEFORE


def test_the_last_tag_of_a_bucket_is_removed(furnished: Executor) -> None:
    ended = furnished.run(furnished.prepare(tag(BUCKET, tuple(BEFORE))))
    assert ended.status == "done", ended.steps[0].error
    assert undo(furnished, ended).status == "done"
    assert tags_now(furnished, BUCKET) == BEFORE


def test_what_the_plan_makes_is_tagged_and_keeps_its_marks(looking: Executor) -> None:
    made = step("create_s3_bucket", "bucket", bucket_name="new-data", region="eu-west-1")
    given: Any = [{"key": "team", "value": "data"}]
    then = step("tag_resource", "tag", resource_arn={"$from": "bucket.arn"}, tags=given)
    plan = looking.prepare(made, then)
    assert "Tag team: not there → data" in plan.steps[1].notes
    ended = looking.run(plan)
    assert ended.status == "done", ended.steps[1].error
    tags = looking.client("s3").get_bucket_tagging(Bucket="new-data")["TagSet"]
    assert {one["Key"] for one in tags} == {"team", "assistant:plan", "assistant:step"}
    assert undo(looking, ended).status == "done"


def test_two_steps_on_one_resource_follow_each_other(furnished: Executor) -> None:
    again: Any = [{"key": "team", "value": "blue"}]
    plan = furnished.prepare(tag(ROLE, team="data"), step("tag_resource", "again", resource_arn=ROLE, tags=again))
    assert plan.steps[1].needs == ("tag",)
    assert "Tag team: data → blue" in plan.steps[1].notes
    ended = furnished.run(plan)
    assert tags_now(furnished, ROLE)["team"] == "blue"
    assert undo(furnished, ended).status == "done"
    assert tags_now(furnished, ROLE) == BEFORE


def test_tags_of_the_sessions_own_role_are_its_own_access(executor: Executor) -> None:
    session = executor.session.model_copy(update={"role_arn": ROLE})
    operation, location = OPERATIONS["tag_resource"], Location.of(executor.info)
    values = operation.validate(tag(ROLE, team="data").arguments)
    needs = {"tag": needs_of(operation, values, location)}
    [finding] = own_access.of_steps(needs, {"tag": values}, own_access.owned(session, ()))
    assert (finding.code, finding.severity) == ("changes_own_access", "high")


def test_no_standing_grant_changes_tags() -> None:
    assert not is_grantable(OPERATIONS["tag_resource"])


@pytest.mark.parametrize(
    ("arn", "actions"),
    [
        (BUCKET, {"s3:PutBucketTagging"}),
        (ROLE, {"iam:TagRole"}),
        (FUNCTION, {"lambda:TagResource"}),
    ],
)
def test_a_step_needs_what_it_does_alone(furnished: Executor, arn: str, actions: set[str]) -> None:
    plan = furnished.prepare(tag(arn, (), team="data"))
    assert {one for one in plan.steps[0].iam_actions if "Tag" in one and "Get" not in one and "List" not in one} == (
        actions
    )


@pytest.mark.parametrize(
    ("arn", "why"),
    [
        ("data", "is no ARN"),
        ("arn:aws:s3:::data/key", "no plan tags"),
        ("arn:aws:sqs:eu-west-1:123456789012:jobs", "an S3 bucket .* an IAM role .* a Lambda function"),
        ("arn:aws:iam::123456789012:user/anna", "no plan tags"),
        (f"{FUNCTION}:1", "no plan tags"),
        ("arn:aws:iam::999999999999:role/old", "not of the session's account"),
        ("arn:aws-cn:s3:::data", "not of the session's account"),
        ("arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "service-linked"),
        ("arn:aws:lambda:nowhere-1:123456789012:function:hello", "not an AWS region"),
        ("arn:aws:s3:::NotABucket", "is no bucket name"),
    ],
)
def test_an_arn_of_anything_else_is_refused_with_what_can_be_tagged(executor: Executor, arn: str, why: str) -> None:
    with pytest.raises(InvalidArguments, match=why):
        executor.prepare(tag(arn, team="data"))


@pytest.mark.parametrize(
    ("tags", "remove", "why"),
    [
        ({}, [], "at least one"),
        ({"": "x"}, [], "1 to 128"),
        ({"k" * 129: "x"}, [], "1 to 128"),
        ({"k": "v" * 257}, [], "256"),
        ({"aws:team": "x"}, [], "AWS's own"),
        ({}, ["AWS:team"], "AWS's own"),
        ({"assistant:plan": "p"}, [], "mark"),
        ({}, ["Assistant:Step"], "mark"),
        ({"k": "a<b"}, [], "'<'"),
        ({"k\n": "a"}, [], "AWS takes letters"),
        ({"k": "a"}, ["k"], "there twice"),
        ({"k": "a", "K": "b"}, [], "there twice"),
        ({f"k{n}": "x" for n in range(51)}, [], "at most 50"),
    ],
)
def test_tags_that_aws_or_the_product_does_not_take_are_refused(
    furnished: Executor, tags: dict[str, str], remove: list[str], why: str
) -> None:
    with pytest.raises(InvalidArguments, match=why):
        furnished.prepare(tag(ROLE, tuple(remove), **tags))


def test_the_limits_themselves_are_taken(furnished: Executor) -> None:
    longest = {"k" * 128: "v" * 256, "Größe": "zwölf + 3 = 15 @ a.b/c:d_e-f"}
    assert furnished.run(furnished.prepare(tag(ROLE, (), **longest))).status == "done"


def test_more_than_fifty_tags_with_those_there_are_refused(furnished: Executor) -> None:
    with pytest.raises(Conflict, match="would have 51 tags") as refused:
        furnished.prepare(tag(ROLE, (), **{f"k{n}": "x" for n in range(48)}))
    assert refused.value.code == "quota_reached"


def test_a_roles_tag_in_another_case_is_refused(furnished: Executor) -> None:
    with pytest.raises(Conflict, match="name it 'team'"):
        furnished.prepare(tag(ROLE, (), Team="data"))


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:s3:::not-there",
        "arn:aws:iam::123456789012:role/nobody",
        "arn:aws:lambda:eu-west-1:123456789012:function:nothing",
    ],
)
def test_what_is_not_there_is_not_tagged(furnished: Executor, arn: str) -> None:
    with pytest.raises(Conflict) as refused:
        furnished.prepare(tag(arn, team="data"))
    assert refused.value.code == "missing_resource"


def test_a_role_is_tagged_under_its_own_path_alone(furnished: Executor) -> None:
    with pytest.raises(Conflict, match=f"the role old is {ROLE}"):
        furnished.prepare(tag("arn:aws:iam::123456789012:role/old", team="data"))


def test_an_operator_can_forbid_tagging(furnished: Executor) -> None:
    furnished.settings = furnished.settings.model_copy(update={"never_allowed": "tagging"})
    with pytest.raises(Forbidden, match="tagging"):
        furnished.prepare(tag(ROLE, team="data"))
