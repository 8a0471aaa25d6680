"""A proposal becomes a plan a person can judge, or an error the model can mend."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.decisions.approvals import file_digests
from services.executor.operations import OPERATIONS
from services.executor.proposal import permissions
from services.executor.records.files import Files
from shared.errors import AssistantError, Unavailable
from shared.messages import Identity, Owner
from shared.plans.digest import digest_of
from shared.plans.plan import Plan
from shared.plans.step import OTHER_SPEAKER, ProposedStep, Step, UntrustedArgument
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, READ_S3, ROLE, Executor, step
from tests.unit.pages import text_of

SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz9Qe4aTqL"
BUCKET = step("create_s3_bucket", bucket_name="a-new-bucket", region="us-east-1")


READ_ONE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}],
}


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            # What Python writes by itself, only its owner may read.
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, "x")
    return packed.getvalue()


def function(**changes: Any) -> ProposedStep:
    role_arn = "arn:aws:iam::123456789012:role/any"
    return FUNCTION.model_copy(update={"arguments": {**FUNCTION.arguments, "role_arn": role_arn, **changes}})


def role(**changes: Any) -> ProposedStep:
    return ROLE.model_copy(update={"arguments": {**ROLE.arguments, **changes}})


def test_steps_get_ids_needs_and_an_order(executor: Executor) -> None:
    plan = executor.prepare(FUNCTION, BUCKET, ROLE)
    assert [(item.id, item.needs) for item in plan.steps] == [("s2", ()), ("role", ()), ("function", ("role",))]
    assert plan.status == "proposed"
    assert executor.stored(plan) == plan
    assert executor.redis.zrange(f"plans:{plan.owner_id}", 0, -1) == [plan.plan_id]


def test_a_pasted_policy_is_plain_in_the_plan_and_the_step_says_what_was_taken_away(executor: Executor) -> None:
    pasted = "```json\n" + json.dumps({"Role": {"AssumeRolePolicyDocument": LAMBDA_TRUST}}) + "\n```"
    commented = json.dumps(READ_ONE, indent=1).replace("{", "{ // reads\n", 1)

    plan = executor.prepare(role(policy_document=pasted, permissions=commented))

    (made,) = plan.steps
    assert json.loads(str(made.arguments["policy_document"])) == LAMBDA_TRUST
    assert json.loads(str(made.arguments["permissions"])) == READ_ONE
    assert [note.partition(":")[0] for note in made.notes[:2]] == ["policy_document", "permissions"]
    assert "Role.AssumeRolePolicyDocument" in made.notes[0]
    assert "a comment (line 1)" in made.notes[1]


def test_a_message_delivered_twice_makes_one_plan(executor: Executor) -> None:
    first = executor.prepare(ROLE, call_id="trn_1.1")
    assert executor.prepare(ROLE, call_id="trn_1.1") == first
    assert executor.prepare(ROLE, call_id="trn_1.2").plan_id != first.plan_id


@pytest.mark.parametrize(
    ("steps", "code", "says"),
    [
        ([], "no_steps", "at least one"),
        ([BUCKET] * 21, "too_many_steps", "at most 20"),
        ([step("make_coffee")], "unknown_operation", "create_s3_bucket"),
        ([ROLE, ROLE], "duplicate_step", "role"),
        ([POLICY], "unknown_reference", "no step of this plan"),
        (
            [step("delete_iam_role", "a", ("b",), name="x"), step("delete_iam_role", "b", ("a",), name="y")],
            "cyclic_steps",
            "a, b",
        ),
        ([step("delete_iam_role", "a", name={"$from": "a.role_name"})], "cyclic_steps", "a"),
        (
            [ROLE, step("delete_iam_role", name={"$from": "role.nothing"})],
            "unknown_reference",
            "arn, permissions, role_id, role_name",
        ),
        ([ROLE, step("delete_iam_role", name={"$from": "role"})], "malformed_reference", "STEP_ID.field"),
        ([step("delete_iam_role")], "invalid_arguments", "name: Field required"),
        ([step("delete_iam_role", name="x", force=True)], "invalid_arguments", "force"),
        ([step("delete_iam_role", name="no spaces")], "invalid_arguments", "no role name"),
        ([step("create_s3_bucket", bucket_name="Big", region="us-east-1")], "invalid_arguments", "lowercase"),
        ([step("create_s3_bucket", bucket_name="192.168.1.1", region="us-east-1")], "invalid_arguments", "IP address"),
        ([step("create_s3_bucket", bucket_name="fine", region="us-eats-1")], "invalid_arguments", "us-east-1"),
        ([step("create_s3_bucket", bucket_name="fine")], "invalid_arguments", "region: Field required"),
        ([role(policy_document="{")], "invalid_arguments", "policy_document is not valid JSON"),
        ([role(policy_document={"hello": 1})], "invalid_arguments", "Statement"),
        (
            [role(policy_document={"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]})],
            "invalid_arguments",
            "Principal",
        ),
        ([role(permissions=LAMBDA_TRUST)], "invalid_arguments", "has no Principal"),
        (
            [role(permissions={"Statement": [{"Effect": "Allow", "Action": "read", "Resource": "*"}]})],
            "invalid_arguments",
            "<service>:<action>",
        ),
        (
            [
                role(
                    permissions={
                        "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": ["arn:" + "x" * 11_000]}]
                    }
                )
            ],
            "invalid_arguments",
            "longer",
        ),
        ([function(runtime="python3")], "invalid_arguments", "python3.14"),
        ([function(handler="main")], "invalid_arguments", "file.function"),
        ([function(role_arn="reader")], "invalid_arguments", "ARN of a role"),
        ([function(runtime="java21", handler="a.B::c")], "package_needed", "java21"),
        ([function(runtime="python2.7")], "runtime_deprecated", "since 2021-07-15"),
        ([function(runtime="nodejs14.x")], "runtime_deprecated", "use nodejs24.x"),
        ([function(runtime="pyhton3.13")], "invalid_arguments", "did you mean python3.13"),
        ([function(role_arn="arn:aws:iam::210987654321:role/any")], "invalid_arguments", "not of its own account"),
        (
            [function(role_arn="arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX")],
            "invalid_arguments",
            "service-linked role",
        ),
        ([step("delete_iam_role", name="AWSServiceRoleForSupport")], "role_is_reserved", "service-linked"),
        (
            [step("assign_policy_to_role", role_name="AWSServiceRoleForSupport", policy_arn=READ_S3)],
            "role_is_reserved",
            "AWS refuses to change its policies",
        ),
        (
            [step("detach_policy_from_role", role_name="AWSReservedSSO_Admin_0123456789abcdef", policy_arn=READ_S3)],
            "role_is_reserved",
            "Identity Center",
        ),
        ([role(name="AWSServiceRoleForMine")], "role_is_reserved", "keeps names"),
        ([role(description="Zürich → Wien")], "invalid_arguments", "Latin-1"),
        ([role(policy_document='{"Statement": [],\n "Version": "2012-10-17",\n}')], "invalid_arguments", "Statement"),
        (
            [step("assign_policy_to_role", role_name="x", policy_arn="arn:aws:iam::210987654321:policy/theirs")],
            "invalid_arguments",
            "another account",
        ),
        (
            [
                step(
                    "assign_policy_to_role",
                    role_name="x",
                    policy_arn="arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy",
                )
            ],
            "invalid_arguments",
            "service-linked roles alone",
        ),
        ([function(zip_file_path="/etc/passwd")], "package_not_found", "paths are not read"),
        ([function(zip_file_path="s3://bucket/*")], "package_not_found", "paths are not read"),
        ([function(zip_file_path="file_doesnotexist00000000")], "file_not_found", "no uploaded file"),
        ([function(zip_file_path={"$from": "role.arn"}), ROLE], "invalid_arguments", "a file is named"),
        (
            [step("assign_policy_to_role", role_name="x", policy_arn="AdministratorAccess")],
            "invalid_arguments",
            "ARN of a managed",
        ),
    ],
)
def test_what_is_wrong_is_named(executor: Executor, steps: list[ProposedStep], code: str, says: str) -> None:
    with pytest.raises(AssistantError) as caught:
        executor.prepare(*steps)
    assert caught.value.code == code
    assert says in caught.value.detail
    assert executor.redis.keys("plan*") == []


def test_a_region_spelled_out_is_told_from_the_sessions(executor: Executor) -> None:
    assert executor.prepare(BUCKET).identity.model_dump() == {
        "account": "123456789012",
        "caller_arn": "arn:aws:iam::123456789012:user/ann",
        "role_arn": None,
        "region": "us-east-1",
        "region_source": "argument",
    }
    plan = executor.prepare(function())
    assert (plan.identity.region, plan.identity.region_source) == ("eu-west-1", "session")
    assert plan.steps[0].arguments["region"] == "eu-west-1"


def test_a_defaulted_region_is_never_used_for_a_change(make_executor: Callable[..., Executor]) -> None:
    executor = make_executor(region_source="default")
    with pytest.raises(AssistantError) as caught:
        executor.prepare(function())
    assert caught.value.code == "region_not_chosen"
    assert executor.prepare(function(region="eu-west-1")).identity.region_source == "argument"
    assert executor.prepare(ROLE).steps[0].id == "role"


def test_a_region_outside_the_session_is_a_finding(executor: Executor) -> None:
    plan = executor.prepare(step("create_s3_bucket", bucket_name="far-away", region="ap-south-1"))
    assert "region_outside_session" in [finding.code for finding in plan.findings]


def statement(**changes: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **changes}]}


@pytest.mark.parametrize(
    ("proposed", "found"),
    [
        (ROLE, []),
        (role(permissions=statement(Effect="Deny", Action="*", Resource="*")), []),
        (role(policy_document=statement(Principal="*", Action="sts:AssumeRole")), [("public_principal", "high")]),
        (
            role(policy_document=statement(Principal={"AWS": "*"}, Action="sts:AssumeRole")),
            [("public_principal", "high")],
        ),
        (
            role(policy_document=statement(Principal={"AWS": "999999999999"}, Action="sts:AssumeRole")),
            [("missing_external_id", "medium"), ("foreign_account", "low"), ("whole_account_principal", "info")],
        ),
        (role(permissions=statement(Action="*", Resource="*")), [("admin_access", "high")]),
        (
            role(permissions=json.dumps(statement(Action=["S3:*"], Resource="arn:aws:s3:::b/*"))),
            [("service_wildcard", "medium")],
        ),
        (
            role(permissions=statement(Action="iam:PassRole", Resource="*")),
            [("pass_role_any", "high")],
        ),
        (role(permissions=statement(NotAction="iam:*", Resource="arn:aws:s3:::b")), [("allow_not_action", "high")]),
        (
            role(permissions=statement(Action="s3:ListBuckets", Resource="*")),
            [("unknown_action", "medium")],
        ),
        (
            step("assign_policy_to_role", role_name="x", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"),
            [("administrator_policy", "high")],
        ),
        (
            step("assign_policy_to_role", role_name="x", policy_arn="arn:aws:iam::aws:policy/AmazonS3FullAccess"),
            [("full_access_policy", "medium")],
        ),
        (
            step(
                "assign_policy_to_role",
                role_name="x",
                policy_arn="arn:aws:iam::aws:policy/job-function/SystemAdministrator",
            ),
            [("broad_managed_policy", "high")],
        ),
    ],
)
def test_wide_policies_are_found_without_a_model(
    executor: Executor, proposed: ProposedStep, found: list[tuple[str, str]]
) -> None:
    plan = executor.prepare(proposed)
    of_policies = [finding for finding in plan.findings if not finding.code.endswith("_unchecked")]
    assert [(finding.code, finding.severity) for finding in of_policies] == found


def test_the_advisor_sees_every_policy_of_the_plan(executor: Executor) -> None:
    permissions: Any = statement(Action="s3:GetObject", Resource={"$from": "bucket.arn"})
    bucket = BUCKET.model_copy(update={"id": "bucket"})
    plan = executor.prepare(bucket, role(permissions=permissions), POLICY, goal="Read a bucket")
    asked, policies, seconds = executor.advisor.asked[0]
    assert (asked.goal, asked.plan_id, asked.digest) == ("Read a bucket", plan.plan_id, plan.digest)
    assert seconds == executor.settings.review_timeout_seconds
    assert [(policy["kind"], policy["step"]) for policy in policies] == [
        ("trust", "role"),
        ("identity", "role"),
        ("identity", "policy"),
    ]
    document: Any = policies[1]["document"]
    assert document["Statement"][0]["Resource"] == "arn:aws:s3:::a-new-bucket"
    assert policies[2]["managed_arn"] == POLICY.arguments["policy_arn"]
    assert (plan.review, plan.review_status) == (None, "pending")


def test_a_plan_without_a_policy_is_not_sent_to_the_advisor(executor: Executor) -> None:
    assert executor.prepare(BUCKET).review_status is None
    assert executor.advisor.asked == []


def test_a_plan_goes_on_where_nobody_can_be_asked_for_its_review_and_says_so(executor: Executor) -> None:
    executor.advisor.failure = Unavailable("the advisor is away")
    plan = executor.prepare(ROLE)
    assert plan.review is not None
    assert (plan.review_status, plan.review_until) == ("unavailable", None)
    assert 'Claude\'s review: none: "the advisor is away"' in text_of(plan.summary)


def test_the_rules_say_which_plans_wait_for_the_review_and_the_digest_covers_it(
    executor: Executor, tmp_path: Path
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[[reviews]]\noperations = ["create_*"]\nif_unavailable = "refuse"\n', encoding="utf-8")
    executor.settings = type(executor.settings)(**{**executor.settings.model_dump(), "rules_file": str(file)})
    plan, bucket = executor.prepare(ROLE), executor.prepare(BUCKET)
    assert (plan.review_needed, bucket.review_needed) == ("required", None)
    assert digest_of(plan.model_copy(update={"review_needed": None}), {}) != plan.digest == digest_of(plan, {})


def test_the_summary_tells_a_person_everything_that_matters(executor: Executor) -> None:
    gone = step("delete_lambda_function", "gone", function_name="old-function")
    summary = text_of(executor.prepare(ROLE, POLICY, FUNCTION, gone, goal="Say hello").summary)
    for said in (
        'Goal: "Say hello"',
        "Account: 123456789012",
        "As: arn:aws:iam::123456789012:user/ann",
        "Region: eu-west-1 (the session's region)",
        "1. Create the IAM role reader [role]",
        "2. Attach the policy arn:aws:iam::123456789012:policy/read-s3 to the role reader [policy] (after role)",
        "in eu-west-1, with the role arn:aws:iam::123456789012:role/reader [function] (after role)",
        'Note: "No package was given: a minimal handler is packed as app.py',
        "   Undo: yes, with delete_lambda_function: only while nobody else has changed it",
        "   Undo: IMPOSSIBLE\n   Permissions: not certain (lambda:DeleteFunction",
        "undone, except gone.",
        "Claude's review: asked for; it has not come yet.",
    ):
        assert said in summary


def test_an_uploaded_package_is_checked_and_bound_by_the_digest(executor: Executor) -> None:
    file_id = executor.upload(b"not a zip")
    with pytest.raises(AssistantError, match="not a zip"):
        executor.prepare(function(zip_file_path=file_id))
    executor.upload(zipped("other.py"))
    plan = executor.prepare(function(zip_file_path=file_id))
    assert "no app.py" in plan.steps[0].notes[0]
    executor.upload(zipped("app.py"))
    with pytest.raises(AssistantError, match="not what was approved"):
        executor.run(plan)


def test_another_sessions_file_does_not_exist(executor: Executor) -> None:
    file_id = executor.upload(zipped("app.py"), session_id="ses_other")
    with pytest.raises(AssistantError) as caught:
        executor.prepare(function(zip_file_path=file_id))
    assert caught.value.code == "file_not_found"


def test_an_uploaded_package_becomes_the_functions_code(executor: Executor) -> None:
    file_id = executor.upload(zipped("app.py"))
    ended = executor.run(
        executor.prepare(
            ROLE, FUNCTION.model_copy(update={"arguments": {**FUNCTION.arguments, "zip_file_path": file_id}})
        )
    )
    result: Any = ended.steps[1].result
    assert result["packaged"] == "uploaded"
    assert result["code_size_bytes"] == len(zipped("app.py"))


names = st.text(alphabet="abcdefghij", min_size=1, max_size=8)


@given(names, names, st.floats(1, 2**40), st.sampled_from(["undo", "keep"]), names, names)
def test_the_digest_changes_with_everything_a_person_approves(
    goal: str, argument: str, expires: float, on_failure: Any, region: str, file_hash: str
) -> None:
    identity = Identity(account="1", caller_arn="arn", region=region)
    made = Step(id="s1", operation="o", arguments={"a": argument}, title="t", effect="write", reversible="no")
    plan = Plan(
        plan_id="pln_1", session_id="ses_1", status="proposed", goal=goal, digest="", created_at=0,
        expires_at=expires, identity=identity, steps=(made,), on_failure=on_failure,
    )  # fmt: skip
    files = {"file_1": file_hash}
    digest = digest_of(plan, files)
    changed: list[dict[str, Any]] = [
        {"goal": goal + "."},
        {"plan_id": "pln_2"},
        {"session_id": "ses_2"},
        {"owner": Owner(account="1", principal="AIDA1")},
        {"expires_at": expires + 1},
        {"on_failure": "keep" if on_failure == "undo" else "undo"},
        *({"identity": identity.model_copy(update=change)} for change in (
            {"account": "2"}, {"caller_arn": "b"}, {"region": region + "x"}, {"region_source": "argument"},
            {"role_arn": "arn"})),
        *({"steps": (made.model_copy(update=change),)} for change in (
            {"id": "s2"}, {"operation": "p"}, {"arguments": {"a": argument + "x"}}, {"needs": ("s0",)})),
        {"steps": (made, made)},
    ]  # fmt: skip
    digests = {digest_of(plan.model_copy(update=change), files) for change in changed}
    digests |= {digest_of(plan, {"file_1": file_hash + "x"}), digest_of(plan, {}), digest}
    assert len(digests) == len(changed) + 3
    assert digest_of(plan.model_copy(update={"status": "running", "summary": "x"}), files) == digest


def test_every_operation_can_be_described_to_a_model() -> None:
    assert {"create_s3_bucket", "delete_iam_role", "create_lambda_function"} <= {made.name for made in OPERATIONS}
    for made in OPERATIONS:
        assert made.effect.is_change
        assert made.description
        assert all(field.get("description") for field in made.parameters["properties"].values())
        assert made.returns["properties"]


def test_an_argument_from_tool_output_is_said_on_the_plan(executor: Executor) -> None:
    source = UntrustedArgument(step="s1", argument="bucket_name", tool="list_s3_buckets")
    plan = executor.prepare(BUCKET, borrowed=[source])
    found = [finding for finding in plan.findings if finding.code == "argument_from_tool_output"]
    assert [(finding.step, finding.path) for finding in found] == [("s1", "bucket_name")]
    assert "list_s3_buckets" in plan.summary
    assert plan.steps[0].untrusted == ("bucket_name",)
    assert 'bucket_name (untrusted): "a-new-bucket"' in text_of(plan.summary)
    assert 'region: "us-east-1"' in text_of(plan.summary)


def test_an_argument_in_another_speakers_name_is_said_on_the_plan(executor: Executor) -> None:
    plan = executor.prepare(BUCKET, borrowed=[UntrustedArgument(step="s1", argument="bucket_name", tool=OTHER_SPEAKER)])
    (found,) = [finding for finding in plan.findings if finding.code == "argument_from_other_speaker"]
    assert (found.step, found.path) == ("s1", "bucket_name")
    assert "claims to be" in found.message


def test_every_argument_of_a_programs_plan_is_untrusted_and_the_page_says_whose_it_is(executor: Executor) -> None:
    plan = executor.prepare(ROLE, POLICY, BUCKET, by_program=True)

    assert plan.proposed_by == "program"
    for made in plan.steps:
        assert made.arguments
        assert made.untrusted == tuple(made.arguments)
    page = text_of(plan.summary)
    assert "Proposed by: a program over REST. You did not write it" in page
    lines = [line for line in page.splitlines() if "policy_document" in line]
    assert lines
    assert all("policy_document (untrusted)" in line for line in lines)
    # What stands for the person's word, a grant, looks at findings: where it comes from is none by itself.
    assert not {finding.code for finding in plan.findings} & {"argument_from_tool_output", "argument_from_model"}


def test_whose_proposal_it_is_belongs_to_what_is_approved(executor: Executor) -> None:
    plan = executor.prepare(BUCKET, by_program=True)
    assert digest_of(plan, {}) == plan.digest
    assert digest_of(plan.model_copy(update={"proposed_by": None}), {}) != plan.digest


def test_an_undo_that_the_caller_may_not_do_is_said_and_refuses_nothing(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permissions, "_simulated", lambda iam, source, needs: {})  # moto has none
    iam = executor.client("iam")
    iam.create_user(UserName="ann")
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Sid": "KeepBuckets", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allow, deny]}
    iam.put_user_policy(UserName="ann", PolicyName="limits", PolicyDocument=json.dumps(document))
    plan = executor.prepare(ROLE, BUCKET)
    assert [step.permission for step in plan.steps] == ["allowed", "allowed"]
    found = [finding for finding in plan.findings if finding.code == "undo_not_permitted"]
    assert [finding.step for finding in found] == ["s2"]
    assert "s3:DeleteBucket on arn:aws:s3:::a-new-bucket is denied" in found[0].message
    assert "KeepBuckets" in found[0].message


def test_a_package_that_was_exchanged_after_the_plan_began_is_not_used(executor: Executor) -> None:
    file_id = executor.upload(zipped("app.py"))
    arguments = {"zip_file_path": file_id, "role_arn": {"$from": "role.arn"}}
    plan = executor.prepare(ROLE, function(**arguments))
    approval = executor.approve(plan)
    digests = file_digests(plan.steps, Files(executor.redis, plan.owner_id, 1_000_000))
    executor.redis.hset(f"journal:{plan.plan_id}", "@files", json.dumps(digests))
    executor.upload(zipped("app.py", "other.py"))
    ended = executor.run(plan, approval)
    assert ended.status == "failed"
    assert ended.steps[1].error is not None
    assert ended.steps[1].error.code == "stale_digest"


def test_a_bucket_under_a_name_that_was_deleted_shortly_before_is_a_finding(executor: Executor) -> None:
    made = step("create_s3_bucket", "new", bucket_name="the-same-name", region="eu-west-1")
    assert "bucket_name_reused" not in {found.code for found in executor.prepare(made).findings}
    assert executor.run(executor.prepare(made)).status == "done"
    delete = step("delete_s3_bucket", "old", bucket_name="the-same-name")
    together = executor.prepare(delete, made.model_copy(update={"needs": ("old",)}))
    assert [(found.step, found.severity) for found in together.findings if found.code == "bucket_name_reused"] == [
        ("new", "medium")
    ]
    assert executor.run(executor.prepare(delete)).status == "done"
    assert "bucket_name_reused" in {found.code for found in executor.prepare(made).findings}
    assert "bucket_name_reused" not in {
        found.code
        for found in executor.prepare(step("create_s3_bucket", bucket_name="another-name", region="eu-west-1")).findings
    }


def deletion(name: str) -> ProposedStep:
    return step("delete_s3_bucket", bucket_name=name)


def test_a_region_that_only_the_model_named_is_said_on_the_plan(executor: Executor) -> None:
    source = UntrustedArgument(step="s1", argument="region", tool=None)

    plan = executor.prepare(
        step("create_s3_bucket", bucket_name="in-tokyo", region="ap-northeast-1"), borrowed=[source]
    )

    assert (plan.identity.region, plan.identity.region_source) == ("ap-northeast-1", "model")
    assert "Region: ap-northeast-1 (chosen by the model: you did not name it)" in plan.summary
    found = [finding for finding in plan.findings if finding.code == "argument_from_model"]
    assert [(finding.step, finding.path, finding.severity) for finding in found] == [("s1", "region", "medium")]


@pytest.mark.parametrize("region", ["ap-northeast-1", "us-east-1"])
def test_what_deletes_an_existing_thing_is_where_the_thing_is(executor: Executor, region: str) -> None:
    executor.settings = executor.settings.model_copy(update={"conflicts_seconds": 20})
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    executor.client("s3", region).create_bucket(Bucket="far-away", **where)

    plan = executor.prepare(deletion("far-away"))

    assert (plan.identity.region, plan.identity.region_source) == (region, "resource")
    assert f"Region: {region} (where what it changes is)" in plan.summary
    assert f"It is in {region}, as AWS says." in plan.steps[0].notes
    assert executor.run(plan).status == "done"
    assert executor.client("s3").list_buckets()["Buckets"] == []


def test_a_bucket_that_the_plan_itself_makes_is_where_the_plan_makes_it(executor: Executor) -> None:
    executor.settings = executor.settings.model_copy(update={"conflicts_seconds": 20})
    make = step("create_s3_bucket", bucket_name="short-lived", region="ap-northeast-1")

    plan = executor.prepare(make, deletion("short-lived").model_copy(update={"id": "two", "needs": ("s1",)}))

    assert (plan.identity.region, plan.identity.region_source) == ("ap-northeast-1", "argument")
    assert "It is in ap-northeast-1, as AWS says." in plan.steps[1].notes


@pytest.mark.parametrize(
    ("proposed", "where"),
    [
        (role(description=f"uses {SECRET_KEY}, a secret"), "step 1 (role), argument description"),
        (role(description="the password is Hunter2-and-more"), "step 1 (role), argument description"),
        (
            role(policy_document=json.dumps(LAMBDA_TRUST | {"Id": SECRET_KEY})),
            "step 1 (role), argument policy_document",
        ),
        (step("make_coffee", tags={"password": "Hunter2-and-more"}), "step 1, argument tags.password"),
    ],
)
def test_the_executor_refuses_a_secret_itself(executor: Executor, proposed: ProposedStep, where: str) -> None:
    with pytest.raises(AssistantError) as refused:
        executor.prepare(proposed)
    assert refused.value.code == "secret_in_plan"
    assert refused.value.detail.startswith(where)
    stored = "".join(str(executor.redis.dump(key)) for key in executor.redis.scan_iter())
    assert SECRET_KEY not in refused.value.detail + stored
    assert "Hunter2" not in refused.value.detail + stored
