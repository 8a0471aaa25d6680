"""The advisor's tools as their callers see them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import JsonValue

from services.bedrock_advisor.tools import toolbox
from shared.errors import InvalidArguments
from shared.messages import Effect

from .conftest import MakeContext, called, refusal, requests

S3 = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
WIDE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


def explanation(suggested: Any) -> dict[str, Any]:
    answer = {
        "summary": "S3.",
        "statements": [],
        "risks": [],
        "recommendations": [],
        "suggested_policy_json": suggested,
    }
    return called("report_policy_explanation", answer)


def optimized(suggested: Any) -> dict[str, Any]:
    return called("report_optimized_policy", {"suggested_policy_json": suggested, "changes": ["only reads"]})


def plan_review(suggested: Any = None, verdict: str = "looks_fine") -> dict[str, Any]:
    answer = {
        "verdict": verdict,
        "summary": "Fine.",
        "risks": [],
        "suggestions": [],
        "suggested_policy_json": suggested,
    }
    return called("report_plan_review", answer)


def in_plan(**changes: JsonValue) -> dict[str, JsonValue]:
    return {"name": "access", "kind": "identity", "step": "policy", **changes}


def test_every_tool_only_reads_and_the_plan_review_is_internal() -> None:
    assert {tool.name for tool in toolbox if not tool.internal} == {
        "explain_policy_with_claude",
        "validate_policy",
        "optimize_policy",
        "compare_policies",
        "explain_denied",
    }
    assert toolbox["review_plan"].internal
    assert {tool.effect for tool in toolbox} == {Effect.READ}


@pytest.mark.parametrize("as_text", [True, False])
def test_a_policy_is_explained(context_with: MakeContext, as_text: bool) -> None:
    context = context_with(explanation(json.dumps(READ)))
    policy: JsonValue = json.dumps(S3) if as_text else S3  # type: ignore[assignment]  # mypy cannot see that it is JSON
    explained = toolbox["explain_policy_with_claude"].call(context, {"policy_json": policy})
    assert explained.reviewed
    assert explained.suggested_policy == READ
    assert explained.findings
    assert not context.gaps
    assert set(explained.model_dump()) == {
        "kind",
        "unwrapped",
        "summary",
        "statements",
        "risks",
        "recommendations",
        "suggested_policy",
        "findings",
        "model",
        "reviewed",
        "reason_not_reviewed",
    }


@pytest.mark.parametrize("suggested", ["{not json", '{"Statement": [{}]}', json.dumps(WIDE), '["a"]'])
def test_a_suggestion_that_is_no_narrower_policy_is_dropped_with_a_note(
    context_with: MakeContext, suggested: str
) -> None:
    context = context_with(explanation(suggested))
    explained = toolbox["explain_policy_with_claude"].call(context, {"policy_json": json.dumps(S3)})
    assert explained.reviewed
    assert explained.suggested_policy is None
    assert "dropped" in explained.recommendations[-1]


def test_text_that_is_no_policy_reaches_nobody(context_with: MakeContext) -> None:
    context = context_with()
    with pytest.raises(InvalidArguments):
        toolbox["explain_policy_with_claude"].call(context, {"policy_json": "explain my policy"})
    assert requests(context) == []


def test_validation_is_deterministic(context_with: MakeContext) -> None:
    context = context_with()
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}

    def validate(policy: Any, kind: str) -> Any:
        return toolbox["validate_policy"].call(context, {"policy_json": policy, "kind": kind})

    assert validate(trust, "trust").valid
    assert validate(trust, "trust").findings[0].code == "public_principal"
    assert not validate(trust, "identity").valid
    broken = validate("{", "identity")
    assert (broken.valid, broken.findings[0].code) == (False, "not_a_policy")
    with pytest.raises(InvalidArguments):
        validate(trust, "nonsense")


@pytest.mark.parametrize(
    "policy",
    ["{", "[]", "{}", '{"Statement": ' + "[" * 9000 + "]" * 9000 + "}", '{"Statement": "' + "x" * 100_000 + '"}'],
)
def test_text_that_is_no_policy_is_a_finding_of_one_code(context_with: MakeContext, policy: str) -> None:
    checked = toolbox["validate_policy"].call(context_with(), {"policy_json": policy})
    assert not checked.valid
    assert [(one.code, one.severity) for one in checked.findings] == [("not_a_policy", "high")]


@pytest.mark.parametrize("tool", ["explain_policy_with_claude", "validate_policy", "optimize_policy"])
def test_a_policy_is_taken_as_it_was_pasted_and_the_answer_says_what_was_taken_away(
    context_with: MakeContext, tool: str
) -> None:
    pasted = "```json\n" + json.dumps({"PolicyVersion": {"Document": S3}}) + "\n```"
    intent = {"intent": "read"} if tool == "optimize_policy" else {}

    claude = optimized(json.dumps(READ)) if tool == "optimize_policy" else explanation(None)
    answer = toolbox[tool].call(context_with(claude), {"policy_json": pasted, **intent})

    assert answer.kind == "identity"
    assert "code fence" in answer.unwrapped[0]
    assert "PolicyVersion.Document" in answer.unwrapped[0]


def test_text_that_is_nearly_json_is_judged_and_not_valid(context_with: MakeContext) -> None:
    text = json.dumps(READ, indent=1).replace("{", "{ // a comment", 1)

    checked = toolbox["validate_policy"].call(context_with(), {"policy_json": text})

    assert not checked.valid
    assert checked.findings[0].code == "not_strict_json"
    assert "line 1" in checked.findings[0].message
    assert toolbox["validate_policy"].call(context_with(), {"policy_json": json.dumps(READ)}).valid


def test_the_kind_of_a_policy_is_told_from_it_where_none_is_named(context_with: MakeContext) -> None:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    answer = {
        "Role": {"AssumeRolePolicyDocument": {**trust, "Statement": [{**trust["Statement"][0], "Action": "s3:*"}]}}
    }

    assert toolbox["validate_policy"].call(context_with(), {"policy_json": json.dumps(trust)}).kind == "trust"
    in_role = toolbox["validate_policy"].call(context_with(), {"policy_json": json.dumps(answer)})
    assert (in_role.kind, in_role.valid) == ("trust", False)


def test_a_policy_is_narrowed(context_with: MakeContext) -> None:
    context = context_with(optimized(json.dumps(READ)))
    result = toolbox["optimize_policy"].call(context, {"policy_json": json.dumps(S3), "intent": "read objects"})
    assert result.suggested_policy == READ
    assert result.changes == ("only reads",)
    assert len(result.findings_after) < len(result.findings_before)


@pytest.mark.parametrize(
    ("suggested", "reason"),
    [(json.dumps(WIDE), "which the original does not"), (None, "no narrower policy"), ("{", "not valid JSON")],
)
def test_an_optimization_that_grants_more_is_dropped(
    context_with: MakeContext, suggested: str | None, reason: str
) -> None:
    context = context_with(optimized(suggested))
    result = toolbox["optimize_policy"].call(context, {"policy_json": json.dumps(S3), "intent": "everything"})
    assert result.suggested_policy is None
    assert result.reviewed
    assert reason in result.reason_no_suggestion
    assert result.changes == ()


def test_a_suggestion_that_drops_a_deny_is_dropped(context_with: MakeContext) -> None:
    guarded = {**S3, "Statement": [*S3["Statement"], {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]}
    context = context_with(optimized(json.dumps(READ)))
    result = toolbox["optimize_policy"].call(context, {"policy_json": json.dumps(guarded), "intent": "read"})
    assert result.suggested_policy is None
    assert "it no longer denies ec2:" in result.reason_no_suggestion


def test_policies_are_compared_without_claude(context_with: MakeContext) -> None:
    context = context_with()

    def compare(before: Any, after: Any) -> Any:
        return toolbox["compare_policies"].call(context, {"before_json": before, "after_json": after})

    narrower = compare(json.dumps(S3), READ)  # text or an object
    assert (narrower.grants_nothing_new, narrower.example, narrower.keeps_every_deny) == (True, None, True)
    assert "proven" in narrower.summary
    wider = compare("```json\n" + json.dumps(READ) + "\n```", S3)
    assert wider.grants_nothing_new is False
    assert (wider.example.action, wider.example.before) == ("s3:PutObject", "no statement allows it")
    assert wider.unwrapped == ("before: Taken away to read the policy: the code fence around it.",)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    kinds = compare(READ, trust)
    assert (kinds.grants_nothing_new, kinds.kind) == (None, "trust")
    assert "different kinds" in kinds.reason_unknown
    assert requests(context) == []
    assert not context.gaps


def test_of_two_policies_the_one_that_is_none_is_named(context_with: MakeContext) -> None:
    with pytest.raises(InvalidArguments, match="after_json"):
        toolbox["compare_policies"].call(context_with(), {"before_json": READ, "after_json": "{"})  # type: ignore[dict-item]  # JSON


def test_without_claude_an_optimization_says_so(context_with: MakeContext) -> None:
    context = context_with(refusal("AccessDeniedException", 403))
    result = toolbox["optimize_policy"].call(context, {"policy_json": json.dumps(S3), "intent": "read"})
    assert not result.reviewed
    assert result.reason_not_reviewed
    assert result.findings_before == result.findings_after


def test_a_plan_is_reviewed_and_claude_cannot_talk_a_finding_away(context_with: MakeContext) -> None:
    context = context_with(plan_review(json.dumps(READ)))
    policies: JsonValue = [in_plan(managed_arn=S3_FULL), in_plan(name="inline", document=WIDE)]  # type: ignore[arg-type]  # JSON
    review = toolbox["review_plan"].call(context, {"goal": "read photos", "policies": policies})
    assert (review.status, review.verdict) == ("reviewed", "looks_fine")
    assert review.suggested_policy == READ
    assert [risk.title for risk in review.risks] == ["admin access", "full access policy"]
    assert review.model


def test_a_suggestion_outside_the_plans_policies_is_dropped(context_with: MakeContext) -> None:
    context = context_with(plan_review(json.dumps(WIDE)), plan_review(json.dumps(READ)))
    tool = toolbox["review_plan"]
    known = tool.call(context, {"goal": "g", "policies": [in_plan(managed_arn=S3_FULL)]})
    assert known.suggested_policy is None
    assert "dropped" in known.suggestions[-1]
    unknown = tool.call(context, {"goal": "g", "policies": [in_plan(managed_arn="arn:aws:iam::aws:policy/Other")]})
    assert unknown.suggested_policy == READ
    assert "compare" in unknown.suggestions[-1]


def test_a_plan_without_claude_is_not_reviewed_but_its_risks_are_named(context_with: MakeContext) -> None:
    context = context_with(refusal("ServiceUnavailableException", 503))
    review = toolbox["review_plan"].call(context, {"goal": "g", "policies": [in_plan(managed_arn=S3_FULL)]})
    assert review.status == "not_reviewed"
    assert review.reason
    assert review.verdict is None
    assert review.risks[0].title == "full access policy"


def test_a_plan_without_policies_is_not_sent_to_claude(context_with: MakeContext) -> None:
    context = context_with()
    review = toolbox["review_plan"].call(context, {"goal": "g", "policies": []})
    assert (review.status, requests(context)) == ("not_reviewed", [])
