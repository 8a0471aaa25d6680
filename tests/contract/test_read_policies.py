"""The read policies allow all plain lists and reads and nothing else, checked against all of AWS's actions."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import lru_cache

import pytest

from scripts.read_policies import IN_ROLE, MAX_CHARACTERS, read_policies
from services.orchestrator.sessions.scoping import INFO_ALLOWED, NARROWING_POLICY, session_policy
from shared import read_policies as shipped
from shared.access.levels import level_of_action
from shared.aws_operations.catalogue import operations, services
from shared.iam.evaluate import evaluate
from shared.iam.lint.linter import lint, refused
from shared.messages import Effect
from tests.fakes.iam_actions import all_actions

POLICIES = dict(shipped.policies())
LOOKS = (Effect.LIST, Effect.READ)
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@lru_cache
def allowed(name: str) -> frozenset[str]:
    """Every action of AWS that a policy allows on any resource."""
    (statement,) = (one for one in POLICIES[name]["Statement"] if one["Resource"] == "*")
    patterns: dict[str, list[str]] = defaultdict(list)
    for pattern in statement["Action"]:
        patterns[pattern.partition(":")[0]].append(re.escape(pattern.lower()).replace(r"\*", ".*"))
    matching = {prefix: re.compile("|".join(each)) for prefix, each in patterns.items()}
    return frozenset(
        action
        for action in all_actions()
        if (pattern := matching.get(action.partition(":")[0])) and pattern.fullmatch(action.lower())
    )


def test_they_are_fresh() -> None:
    assert read_policies() == POLICIES, "run `make iam`"


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_fits_and_aws_would_take_it(name: str) -> None:
    assert len(json.dumps(POLICIES[name], separators=(",", ":"))) <= MAX_CHARACTERS
    assert refused(POLICIES[name], "identity") == ()


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_allows_nothing_but_plain_lists_and_reads(name: str) -> None:
    actions = allowed(name)
    assert len(actions) > 50
    assert sorted(action for action in actions if level_of_action(action) not in LOOKS) == []
    assert [one for one in lint(POLICIES[name], "identity") if one.severity == "high"] == []
    assert shipped.why_not(POLICIES[name]) is None


def test_a_customers_pattern_takes_no_time_to_judge_whatever_it_is() -> None:
    pattern = f"ec2:Get{'*?' * 12}*Q9"
    statement = {"Effect": "Allow", "Action": pattern, "Resource": "*"}
    why = shipped.why_not({"Version": "2012-10-17", "Statement": [statement]})
    assert why == f"{pattern} means no action that is known to read"


def test_together_they_allow_what_every_list_and_read_of_aws_needs() -> None:
    granted = {action.lower() for name in POLICIES for action in allowed(name)}
    missing = {
        action
        for service in services()
        for operation in operations(service).values()
        if operation.effect in LOOKS
        for action in operation.actions
        if action.lower() not in granted
    }
    assert missing == {"apigateway:GET"}


def test_the_first_two_allow_all_that_the_session_policy_does_and_the_roles_all_others_do_not_hold_it_back() -> None:
    assert shipped.covers([POLICIES["read-1"], POLICIES["read-2"]], INFO_ALLOWED)
    assert not shipped.covers([POLICIES["read-1"]], INFO_ALLOWED)
    narrow = json.loads(session_policy("info"))
    for action in ("ec2:DescribeVolumes", "rds:DescribeDBInstances", "sqs:GetQueueAttributes", "ce:GetCostAndUsage"):
        for session in (narrow, {"Version": "2012-10-17", "Statement": wide_statements()}):
            assert evaluate([EVERYTHING], session_policies=[session], action=action, resource="*").allowed


def wide_statements() -> list[object]:
    """A widened session's policies as the one set of statements that they are for IAM."""
    reading = [one for name in list(POLICIES)[:IN_ROLE] for one in POLICIES[name]["Statement"]]
    return [*reading, *json.loads(NARROWING_POLICY)["Statement"]]


def test_a_widened_session_cannot_change_anything_nor_read_what_is_sensitive() -> None:
    session = {"Version": "2012-10-17", "Statement": wide_statements()}
    not_reads = [action for action in all_actions() if level_of_action(action) not in LOOKS]
    assert len(not_reads) > 10_000
    granted = {action for name in list(POLICIES)[:IN_ROLE] for action in allowed(name)}
    assert granted.isdisjoint(not_reads)
    for action in ("s3:GetObject", "iam:CreateRole", "secretsmanager:GetSecretValue", "sts:AssumeRole", "s3:PutObject"):
        verdict = evaluate([EVERYTHING], session_policies=[session], action=action, resource="*")
        assert verdict.decision == "denied"


@pytest.mark.parametrize(
    ("path", "decision"),
    [
        ("/restapis", "allowed"),
        ("/restapis/abc/resources", "allowed"),
        ("/apis/abc", "allowed"),
        ("/usageplans", "allowed"),
        ("/apikeys", "denied"),
        ("/apikeys/abc", "denied"),
        ("/usageplans/abc/keys", "denied"),
        ("/restapis/abc/stages/prod/exports/oas30", "denied"),
        ("/restapis/abc/stages/prod/sdks/java", "denied"),
    ],
)
def test_api_gateways_one_action_for_all_reads_is_allowed_where_no_keys_are(path: str, decision: str) -> None:
    session = {"Version": "2012-10-17", "Statement": wide_statements()}
    resource = f"arn:aws:apigateway:eu-west-1::{path}"
    verdict = evaluate([EVERYTHING], session_policies=[session], action="apigateway:GET", resource=resource)
    assert verdict.decision == decision


def test_the_policy_that_an_operation_needs_has_a_name() -> None:
    assert shipped.names_for(["rds:DescribeDBInstances"]) == ("read-1",)
    assert shipped.names_for(["apigateway:GET"]) == ("read-1",)
    (name,) = shipped.names_for(["connect:ListUsers"])
    assert int(name.removeprefix("read-")) > IN_ROLE
    assert shipped.names_for(["s3:GetObject"]) == ()
