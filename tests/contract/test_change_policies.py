"""The change policies allow what calls of `change_aws` need and change no permissions, checked against all actions."""

from __future__ import annotations

import json
import re
from functools import lru_cache

import pytest

from scripts.iam_policies import FOLDER
from scripts.read_policies import MAX_CHARACTERS
from shared.access.levels import level_of_action
from shared.iam.lint.linter import lint, refused
from shared.messages import Effect
from shared.read_policies import NAME
from tests.fakes.iam_actions import all_actions

# As committed: `test_iam_policies.py` sees that they are fresh.
POLICIES = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("change-*.json"))}


@lru_cache
def allowed(name: str) -> frozenset[str]:
    """Every action of AWS that a policy allows."""
    (statement,) = POLICIES[name]["Statement"]
    patterns = [re.escape(one.lower()).replace(r"\*", ".*") for one in statement["Action"]]
    prefixes = {one.partition(":")[0] for one in statement["Action"]}
    matching = re.compile("|".join(patterns))
    actions = (action for action in all_actions() if action.partition(":")[0] in prefixes)
    return frozenset(action for action in actions if matching.fullmatch(action.lower()))


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_fits_and_aws_would_take_it(name: str) -> None:
    assert len(json.dumps(POLICIES[name], separators=(",", ":"))) <= MAX_CHARACTERS
    assert refused(POLICIES[name], "identity") == ()
    assert [one for one in lint(POLICIES[name], "identity") if one.severity == "high"] == []


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_allows_changes_and_none_of_permissions(name: str) -> None:
    actions = allowed(name)
    assert actions
    levels = {action: level_of_action(action) for action in actions}
    assert {action for action, level in levels.items() if level not in (Effect.WRITE, Effect.TAGGING)} == set()
    assert not any(action.startswith(("iam:", "sts:", "organizations:")) for action in actions)


def test_the_first_policies_are_for_what_most_accounts_change() -> None:
    common = set().union(*(allowed(f"change-{number}") for number in range(1, 5)))
    wanted = {"ec2:StopInstances", "rds:StartDBInstance", "sqs:PurgeQueue", "cloudwatch:PutMetricData"}
    assert wanted | {"lambda:InvokeFunction", "ecs:UpdateService", "logs:PutRetentionPolicy"} <= common


@pytest.mark.parametrize("name", POLICIES)
def test_no_change_policy_is_taken_for_a_read_policy(name: str) -> None:
    assert NAME.fullmatch(f"aws-assistant-{name}") is None
