"""The operator's rules: what they say of a plan, and that a file which is not understood is not passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.messages import Effect, Identity
from shared.plans.plan import Plan
from shared.plans.rules import Change, Needed, Rules, read_rules

ACCOUNT = "123456789012"
ANN, BOB = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("ann", "bob"))
PLAN = Plan(
    plan_id="pln_1",
    session_id="ses_1",
    status="proposed",
    goal="g",
    digest="d",
    created_at=1.0,
    expires_at=2.0,
    identity=Identity(account=ACCOUNT, caller_arn=ANN, region="eu-west-1"),
    steps=(),
)
DELETE = Change("delete_iam_role", Effect.PERMISSIONS, (f"arn:aws:iam::{ACCOUNT}:role/prod-x",))


def rules(text: str, folder: Path) -> Rules:
    file = folder / "rules.toml"
    file.write_text(text, encoding="utf-8")
    return read_rules(str(file))


def test_without_a_file_nothing_is_shared_and_nobody_else_is_needed() -> None:
    assert not read_rules(None).shares(PLAN, BOB, "read")
    assert read_rules(None).needed(ACCOUNT, [DELETE]) == Needed(0)


@pytest.mark.parametrize(
    ("share", "read", "decide"),
    [
        (f'callers = ["{BOB}"]\nmay = "read"', True, False),
        (f'callers = ["{BOB}"]\nmay = "decide"', True, True),
        ('callers = ["arn:aws:iam::*:user/carol"]\nmay = "decide"', False, False),
        (f'callers = ["*"]\nowners = ["{BOB}"]\nmay = "decide"', False, False),
        ('callers = ["*"]\naccounts = ["210987654321"]\nmay = "decide"', False, False),
    ],
)
def test_a_plan_is_shared_with_whom_a_rule_names(share: str, read: bool, decide: bool, tmp_path: Path) -> None:
    said = rules(f"[[share]]\n{share}\n", tmp_path)
    assert (said.shares(PLAN, BOB, "read"), said.shares(PLAN, BOB, "decide")) == (read, decide)


@pytest.mark.parametrize(
    ("rule", "people"),
    [
        ('effects = ["permissions"]\napprovers = 2', 2),
        ('effects = ["write"]\napprovers = 2', 0),
        ('operations = ["delete_*"]\napprovers = 3', 3),
        ('operations = ["delete_s3_*"]\napprovers = 3', 0),
        ('resources = ["arn:aws:iam::*:role/prod-*"]\napprovers = 1', 1),
        ('resources = ["arn:aws:iam::*:role/dev-*"]\napprovers = 1', 0),
        ('accounts = ["123456789012"]\napprovers = 1', 1),
        ('accounts = ["210987654321"]\napprovers = 1', 0),
        ('effects = ["permissions"]\naccounts = ["210987654321"]\napprovers = 1', 0),
        ('operations = ["*"]\napprovers = 1\n[[approvals]]\neffects = ["permissions"]\napprovers = 2', 2),
    ],
)
def test_every_condition_of_a_rule_has_to_fit_and_the_most_that_any_says_counts(
    rule: str, people: int, tmp_path: Path
) -> None:
    assert rules(f"[[approvals]]\n{rule}\n", tmp_path).needed(ACCOUNT, [DELETE]).approvers == people


@pytest.mark.parametrize("resources", [(), ("arn:aws:iam::123456789012:role/*",), ("*",)])
def test_a_resource_that_is_not_known_could_be_the_one_that_a_rule_is_about(
    resources: tuple[str, ...], tmp_path: Path
) -> None:
    said = rules('[[approvals]]\nresources = ["arn:aws:iam::*:role/prod-*"]\napprovers = 1\n', tmp_path)
    assert said.needed(ACCOUNT, [Change("delete_iam_role", Effect.PERMISSIONS, resources)]).approvers == 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[approvals]]\napprovers = 2", "name effects, operations, resources or accounts"),
        ('[[approvals]]\noperations = ["*"]\napprovers = 0', "approvals.0.approvers"),
        ('[[approvals]]\noperation = ["*"]\napprovers = 1', "approvals.0.operation"),
        ('[[approvals]]\neffects = ["delete"]\napprovers = 1', "approvals.0.effects"),
        ('[[share]]\nmay = "read"', "share.0.callers"),
        ('[[share]]\ncallers = ["*"]\nmay = "approve"', "share.0.may"),
        ("[[shares]]\n", "shares"),
        ("approvals = 2 = 3", "cannot be read"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_and_says_where(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=named):
        rules(text, tmp_path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_rules(str(tmp_path / "rules.toml"))
