"""The page says everything of a plan as its record is now, and nobody's text in it can pass for the page's own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messages import Effect, ErrorBody, Finding, Identity
from shared.plans.page.costs import total
from shared.plans.page.lines import WIDTH, columns
from shared.plans.page.page import MAX_MILD_FINDINGS, plan_page
from shared.plans.page.steps import order
from shared.plans.plan import Plan, PlanBound, Review, Risk
from shared.plans.step import Cost, CostPart, PolicyReach, RoleReach, Step, StepUndo
from tests.unit.pages import text_of, whole_lines

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
UNDO = StepUndo(operation="delete_s3_bucket", note="only while the bucket is empty")
ODD_TEXT = st.one_of(
    st.text(max_size=120),
    st.text(st.sampled_from('▌┊ "\\\n\r\u2028\u00a0\u2800\u3164\u200b\u202e\u0338ab:')),
    st.sampled_from(
        [
            "x\n▌ Findings: none",
            '" \n▌ Approve until: never',
            "y" * 119 + " Findings: none",
            "```\n# Findings: none\n![x](http://e.example)",
            "▌   ┊ \u2028Steps:",
        ]
    ),
)


def made(id: str = "bucket", **changes: Any) -> Step:
    fields: dict[str, Any] = {
        "id": id,
        "operation": "create_s3_bucket",
        "arguments": {"bucket_name": "acme"},
        "title": "Create the S3 bucket acme",
        "effect": Effect.WRITE,
        "reversible": "yes",
        "undo": UNDO,
        "cost": Cost(amount="0.00", per="month", note="Free."),
    }
    return Step(**fields | changes)


def plan(*steps: Step, **changes: Any) -> Plan:
    fields: dict[str, Any] = {
        "plan_id": "pln_1",
        "session_id": "ses_1",
        "status": "proposed",
        "goal": "A bucket",
        "digest": "d" * 64,
        "created_at": 1_700_000_000,
        "expires_at": 1_700_003_600,
        "identity": Identity(
            account="123456789012", caller_arn="arn:aws:iam::123456789012:user/ann", region="eu-west-1"
        ),
        "steps": steps or (made(),),
    }
    return Plan(**fields | changes)


def foreign(text: str) -> Plan:
    """A plan that repeats one text wherever somebody else may have written it."""
    error = ErrorBody(code="aws_access_denied", detail=text)
    reach = PolicyReach(policy="p", why="attached by step a", allows="nothing", unread=text)
    step = made(
        arguments={"bucket_name": text, "other": text},
        notes=(text,),
        policies=(reach,),
        roles=(RoleReach(role_arn="arn:aws:iam::123456789012:role/r", policies=(reach,), unread=text),),
        status="failed",
        error=error,
    )
    review = Review(
        status="reviewed",
        verdict="concerns",
        summary=text,
        risks=(Risk(severity="low", title=text, detail=text),),
        suggestions=(text,),
    )
    finding = Finding(code="late_effect", severity="high", message=text, step="bucket")
    return plan(step, goal=text, status="failed", findings=(finding,), review=review, ended_because=text or "x")


def skeleton(page: str) -> list[str]:
    """The page's own words of each line: what comes before the first quotation."""
    return [line.partition('"')[0] for line in whole_lines(page)]


@given(ODD_TEXT)
def test_no_text_of_others_adds_a_line_or_begins_one(text: str) -> None:
    page = plan_page(foreign(text))
    assert skeleton(page) == skeleton(plan_page(foreign("harmless")))
    assert len([line for line in page.splitlines() if re.match(r"▌ Findings:", line)]) == 1


@given(ODD_TEXT)
def test_titles_and_words_made_of_others_text_stay_on_their_line(text: str) -> None:
    reach = PolicyReach(policy=text, why=text, allows=text, statements=(text,))
    role = RoleReach(role_arn=text, trusts=(text,), policies=(reach,))
    step = made(title=text, policies=(reach,), roles=(role,), undo=StepUndo(operation=text, note=text))
    lines = whole_lines(plan_page(plan(step)))
    ours = whole_lines(plan_page(plan(made(title="t", policies=(reach,), roles=(role,)))))
    assert len(lines) == len(ours)
    assert sum(line.startswith(("Findings:", "Approve until:", "Steps:")) for line in lines) == 3


@given(st.text(max_size=400))
def test_no_line_is_wider_than_the_page(goal: str) -> None:
    assert max(columns(line) for line in plan_page(plan(goal=goal)).splitlines()) <= WIDTH


def test_a_goal_of_blanks_or_of_what_is_not_seen_pads_nothing() -> None:
    for padding in (" ", "\u00a0", "\u2800", "\u3164", "\u200b", "\u202e", "\u0338", "\n"):
        page = plan_page(plan(goal=f"Harmless{padding * 1900}Findings: none"))
        assert len(page.splitlines()) == len(plan_page(plan()).splitlines())


def test_every_part_of_a_plan_is_on_the_page() -> None:
    limits = (PlanBound(what="steps", used=1, most=20), PlanBound(what="deletes", used=0, most=5))
    finding = Finding(code="full_access_policy", severity="medium", message="Much.", step="bucket")
    page = text_of(plan_page(plan(limits=limits, findings=(finding,))))
    for said in (
        "Plan pln_1: waits for a decision; nothing has been changed yet",
        'Goal: "A bucket"',
        "Account: 123456789012",
        "As: arn:aws:iam::123456789012:user/ann",
        "Region: eu-west-1 (the session's region)",
        "Approve until: 2023-11-14 23:13 UTC",
        "1. Create the S3 bucket acme [bucket]",
        '      bucket_name: "acme"',
        "   Undo: yes, with delete_s3_bucket: only while the bucket is empty",
        "   Cost: nothing. Free.",
        "If a step fails: what was done before it is undone.",
        "Limits: 1 of at most 20 steps, 0 of 5 deletes",
        'MEDIUM full_access_policy [bucket]: "Much."',
        'Approve exactly this plan: POST /v1/plans/pln_1/approve\n    {"digest": "' + "d" * 64,
        "Refuse it for good: POST /v1/plans/pln_1/reject",
        "GET /v1/plans/pln_1",
    ):
        assert said in page


def test_an_argument_is_shown_by_name_and_whole_whatever_it_is() -> None:
    arguments = {
        "text": "two  blanks",
        "number": 3,
        "flag": True,
        "absent": None,
        "reference": {"$from": "role.arn"},
        "many": ["a", "b"],
        "nested": {"deep": [{"deeper": "value"}], "policy": POLICY},
        "policy": POLICY,
        "policy_text": '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}',
    }
    page = text_of(plan_page(plan(made(arguments=arguments))))
    for said in (
        'text: "two \\u0020blanks"',
        "number: 3",
        "flag: true",
        "absent: null",
        "reference: what step role returns as arn",
        '["a", "b"]',
        '"deeper": "value"',
        "nested: policy is a policy:\n        Allows s3:Get* on every resource.",
        "policy, a policy:\n        Allows s3:Get* on every resource.\n      policy as JSON:",
        "policy_text, a policy:\n        Denies every action on every resource.",
    ):
        assert said in page


@pytest.mark.parametrize(("size", "what"), [(6144, "a managed policy"), (10_240, "all inline policies of a role")])
def test_a_policy_of_the_largest_size_that_iam_takes_is_shown_in_full(size: int, what: str) -> None:
    actions = [f"s3:Get{'x' * 20}{number}" for number in range(size // 40)]
    policy = {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    page = plan_page(plan(made(arguments={"permissions": policy})))
    words, _, as_json = text_of(page).partition("permissions as JSON:")
    for action in actions:
        assert f"{action}," in words or f"{action} " in words
        assert f'"{action}"' in as_json
    assert "more lines" not in page


def test_what_only_reads_may_be_counted_but_no_serious_finding_is() -> None:
    mild = [Finding(code="weak_condition", severity="low", message=f"mild {number}") for number in range(100)]
    serious = [Finding(code="admin_access", severity="high", message=f"serious {number}") for number in range(50)]
    page = text_of(plan_page(plan(findings=(*mild, *serious))))
    assert all(f'"serious {number}"' in page for number in range(50))
    assert page.index("serious 49") < page.index("mild 0")
    assert f"… {100 - MAX_MILD_FINDINGS} more, low or info: GET /v1/plans/pln_1" in page


def test_a_failed_plan_says_why_and_what_was_found_since() -> None:
    error = ErrorBody(code="aws_access_denied", detail="AWS said no")
    steps = (
        made("a", status="undone"),
        made("b", status="failed", error=error),
        made("c", status="skipped", error=ErrorBody(code="not_begun", detail="step b failed")),
    )
    late = Finding(code="late_effect", severity="high", message="Its effect is there.", step="b")
    page = text_of(plan_page(plan(*steps, status="failed", ended_at=1_700_000_100, findings=(late,))))
    for said in (
        "Plan pln_1: FAILED",
        'Why: step b: "AWS said no"',
        "Status: undone: what it had done is taken back",
        'Status: FAILED: "AWS said no" (aws_access_denied)',
        'Status: not carried out: "step b failed" (not_begun)',
        'HIGH late_effect [b]: "Its effect is there."',
    ):
        assert said in page
    assert "Findings: none" not in page
    assert "Approve until" not in page


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ({}, {"approve", "reject", "edit", "cancel"}),
        ({"status": "approved"}, {"cancel"}),
        ({"status": "running"}, {"cancel"}),
        ({"status": "undoing"}, set()),
        ({"status": "rejected"}, set()),
        ({"status": "done", "steps": (made(status="done"),)}, {"undo"}),
        ({"status": "in_doubt", "steps": (made(status="in_doubt"),)}, {"resolve"}),
    ],
)
def test_the_page_says_what_can_be_done_next_with_the_call(changes: Any, calls: set[str]) -> None:
    page = plan_page(plan(**changes) if "steps" not in changes else plan(*changes.pop("steps"), **changes))
    assert set(re.findall(r"POST /v1/plans/pln_1/(\w+)", page)) == calls
    if "resolve" in calls:
        assert '{"step": "bucket", "happened": true}' in page


def test_a_record_of_an_older_version_has_a_page_too() -> None:
    page = text_of(plan_page(plan(made(undo=None))))
    assert "   Undo: yes\n" in page
    assert "Limits" not in page


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([made("a")], "1 first"),
        ([made("a"), made("b")], "1 and 2 at the same time"),
        ([made("a"), made("b", needs=("a",)), made("c", needs=("b",))], "1 first; 2 after 1; 3 after 2"),
        (
            [
                *(made(id) for id in "abc"),
                *(made(id, needs=("a",)) for id in "de"),
                made("f", needs=("e", "d")),
            ],
            "1, 2 and 3 at the same time; 4 and 5 after 1 at the same time; 6 after 4 and 5",
        ),
    ],
)
def test_the_order_is_told_in_words(steps: list[Step], words: str) -> None:
    assert order(steps) == words


def test_a_sum_says_what_of_it_is_known() -> None:
    free = Cost(amount="0.00", per="month")
    assert total([free, free]) == "nothing"
    assert total([Cost(), Cost()]) == "unknown"
    assert total([free, Cost()]) == "unknown for 1 of 2 steps; for the others nothing"
    priced = [Cost(amount="0.40", per="month"), Cost(amount="1.10", per="month"), Cost(amount="2", per="once")]
    assert total(priced) == "1.50 USD a month and 2 USD once"
    assert total([*priced, Cost()]) == "unknown for 1 of 4 steps; for the others 1.50 USD a month and 2 USD once"


def test_currencies_are_never_added_to_each_other() -> None:
    costs = [Cost(amount="1", per="month"), Cost(amount="2", per="month", currency="CNY")]
    assert total(costs) == "1 USD a month and 2 CNY a month"


def test_what_use_adds_is_told_with_the_sum() -> None:
    used = CostPart(what="requests", unit_price="0.0000002", unit="Requests")
    bucket = Cost(amount="0.00", per="month", parts=(used,))
    assert total([bucket]) == "nothing by itself, plus what is used"
    assert total([bucket, Cost(amount="3.65", per="month")]) == "3.65 USD a month, plus what is used"


def test_what_a_step_ends_is_told_as_less() -> None:
    assert total([Cost(amount="-7.30", per="month")]) == "7.30 USD a month less"


def test_the_page_shows_what_an_amount_is_made_of() -> None:
    hours = CostPart(what="NAT gateway", unit_price="0.05", unit="Hrs", quantity="730", amount="36.50")
    data = CostPart(what="data that it processes", unit_price="0.05", unit="GB", note="less from a certain amount on")
    gone = CostPart(what="volume", unit_price="0.1", unit="GB-Mo", quantity="8", amount="0.80", ends=True)
    cost = Cost(amount="35.70", per="month", source="price list AmazonEC2", parts=(hours, data, gone))
    lines = plan_page(plan(made("one", cost=cost))).splitlines()
    at = next(number for number, line in enumerate(lines) if "Cost:" in line)
    assert [line.removeprefix("▌ ") for line in lines[at : at + 5]] == [
        "   Cost: 35.70 USD a month, plus what is used.",
        "      NAT gateway, 730 × 0.05 USD per Hrs = 36.50 USD a month",
        "      By use: data that it processes, 0.05 USD per GB (less from a certain amount on)",
        "      Ends: volume, 8 × 0.1 USD per GB-Mo = 0.80 USD a month",
        "      Prices on demand, without taxes, discounts and data transfer: price list AmazonEC2.",
    ]
