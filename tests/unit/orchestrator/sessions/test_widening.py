"""The informational agent's session is widened by read policies that only read, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.sessions.scoping import NARROWING_POLICY, session_policy
from services.orchestrator.sessions.sts import AssumedRole, RoleRequest
from services.orchestrator.sessions.widening import MAX_POLICY_ARNS, Widened, widened
from shared.errors import AwsError, Forbidden
from shared.read_policies import policies
from shared.sessions.credentials import Credentials
from tests.unit.orchestrator.conftest import FakeSts

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-assistant"
KEYS = Credentials(access_key_id="AKIA", secret_access_key="secret")
NARROW = AssumedRole(KEYS, "arn:aws:sts::123456789012:assumed-role/aws-assistant/narrow")
REQUEST = RoleRequest(ROLE, "assistant-info-ses_1", session_policy("info"), "external", "ann")


def arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:policy/{name}"


def read_policies(*numbers: int) -> dict[str, Any]:
    return {arn(f"aws-assistant-read-{number}"): policies()[f"read-{number}"] for number in numbers}


def allowing(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


async def outcome(sts: FakeSts) -> Widened:
    return await widened(sts, KEYS, "eu-west-1", REQUEST, NARROW, 3600)  # type: ignore[arg-type]  # a fake


async def test_a_role_with_read_policies_is_assumed_with_them_and_narrowed_by_denials() -> None:
    sts = FakeSts()
    sts.attached = read_policies(1, 2, 3) | {arn("team-changes"): allowing("s3:*")}
    found = await outcome(sts)
    assert found.policy_arns == tuple(read_policies(1, 2, 3))
    assert found.notes == ()
    ((_, asked),) = sts.asked
    assert asked.policy_arns == found.policy_arns
    assert asked.policy == NARROWING_POLICY
    assert (asked.external_id, asked.source_identity) == ("external", "ann")
    assert len(asked.policy) + sum(map(len, asked.policy_arns)) <= 2048


async def test_a_role_without_read_policies_works_as_ever_and_says_what_is_missing() -> None:
    sts = FakeSts()
    found = await outcome(sts)
    assert (found.assumed, found.policy_arns, sts.asked) == (NARROW, (), [])
    assert "reads only the services that its own session policy names" in found.notes[0]
    assert "attach them to the role" in found.notes[0]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (allowing("s3:GetObject"), "s3:GetObject includes s3:GetObject, which is no plain list or read"),
        (allowing("secretsmanager:Get*"), "which is no plain list or read"),
        (allowing("iam:*"), "iam:* does not begin like a read"),
        (allowing("*"), "* does not begin like a read"),
        (allowing("ec2:Describe*"), "which is no plain list or read"),
        (allowing("iam:PassRole"), "does not begin like a read"),
        (allowing("apigateway:GET"), "is allowed where API keys are"),
        (allowing("unheardof:GetThings"), "means no action that is known to read"),
        (
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]},
            "NotAction",
        ),
        ("{", "it cannot be read"),
    ],
)
async def test_a_policy_that_does_more_than_read_widens_nothing(document: Any, why: str) -> None:
    sts = FakeSts()
    sts.attached = read_policies(1, 2) | {arn("aws-assistant-read-extra"): document}
    found = await outcome(sts)
    assert found.policy_arns == tuple(read_policies(1, 2))
    assert "aws-assistant-read-extra does not widen" in found.notes[0]
    assert why in found.notes[0]


async def test_a_read_policy_of_ones_own_is_passed_too() -> None:
    sts = FakeSts()
    sts.attached = read_policies(1, 2) | {arn("aws-assistant-read-connect"): allowing("connect:DescribeInstance")}
    assert arn("aws-assistant-read-connect") in (await outcome(sts)).policy_arns


async def test_policies_of_another_account_and_of_aws_are_not_passed() -> None:
    sts = FakeSts()
    foreign = {arn("aws-assistant-read-4", "999999999999"): policies()["read-4"], arn("x-read-5", "aws"): allowing("*")}
    sts.attached = read_policies(1, 2) | foreign
    assert (await outcome(sts)).policy_arns == tuple(read_policies(1, 2))


async def test_policies_that_together_allow_less_than_the_session_policy_are_not_used() -> None:
    sts = FakeSts()
    sts.attached = read_policies(3, 4)
    found = await outcome(sts)
    assert (found.assumed, found.policy_arns) == (NARROW, ())
    assert "attach read-1 and read-2" in found.notes[0]


async def test_no_more_policies_are_passed_than_aws_takes() -> None:
    sts = FakeSts()
    sts.attached = read_policies(*range(1, len(policies()) + 1))
    found = await outcome(sts)
    assert found.policy_arns == tuple(read_policies(*range(1, MAX_POLICY_ARNS + 1)))
    assert all("AWS takes no more policies for one session" in note for note in found.notes)
    assert len(found.notes) == len(policies()) - MAX_POLICY_ARNS


async def test_long_names_are_passed_as_far_as_the_characters_last() -> None:
    sts = FakeSts()
    stem = "n" * 100
    sts.attached = {arn(f"{stem}-read-{number}"): policies()[f"read-{number}"] for number in range(1, 11)}
    found = await outcome(sts)
    assert 2 <= len(found.policy_arns) < 10
    assert len(NARROWING_POLICY) + sum(map(len, found.policy_arns)) <= 2048


@pytest.mark.parametrize(
    "refusal",
    [
        AwsError("the packed size is too large", code="aws_packed_policy_too_large"),
        Forbidden("no", code="aws_access_denied"),
        AwsError("AWS is busy", code="aws_throttled", retryable=True),
    ],
)
async def test_where_aws_refuses_the_policies_the_session_stays_as_narrow_as_it_was(refusal: Any) -> None:
    sts = FakeSts()
    sts.attached, sts.arns_refused = read_policies(1, 2), refusal
    found = await outcome(sts)
    assert (found.assumed, found.policy_arns) == (NARROW, ())
    assert refusal.detail in found.notes[0]


async def test_where_the_roles_policies_cannot_be_read_the_session_says_so() -> None:
    sts = FakeSts()
    sts.attached = Forbidden("iam:ListAttachedRolePolicies is denied", code="aws_access_denied")
    found = await outcome(sts)
    assert (found.assumed, found.policy_arns) == (NARROW, ())
    assert "could not be read (iam:ListAttachedRolePolicies is denied)" in found.notes[0]
