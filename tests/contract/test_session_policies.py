"""What the session policies grant, expanded against every IAM action AWS has documented."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Literal

import pytest

from services.orchestrator.sessions.scoping import MAX_POLICY_CHARS, session_policy
from shared.access.levels import all_actions, level_of_action
from shared.catalog import CATALOG
from shared.messages import Effect


def matches(action: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def granted(agent: Literal["info", "advisor"]) -> set[str]:
    """Every action an agent's session policy lets through."""
    statements = json.loads(session_policy(agent))["Statement"]
    allowed = [one for statement in statements if statement["Effect"] == "Allow" for one in statement["Action"]]
    denied = [one for statement in statements if statement["Effect"] == "Deny" for one in statement["Action"]]
    return {action for action in all_actions() if matches(action, allowed) and not matches(action, denied)}


def test_the_informational_agent_is_granted_nothing_but_plain_lists_and_reads() -> None:
    actions = granted("info")
    assert len(actions) > 500
    looks = (Effect.LIST, Effect.READ)
    assert sorted(action for action in actions if level_of_action(action) not in looks) == []


def test_the_advisor_is_granted_the_asking_of_models_alone() -> None:
    assert granted("advisor") == {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}


@pytest.mark.parametrize("agent", ["info", "advisor"])
def test_every_tool_of_the_agent_gets_the_actions_it_declares(agent: Literal["info", "advisor"]) -> None:
    needed = {action for entry in CATALOG if entry.agent == agent for action in entry.iam_actions}
    assert needed
    assert needed - granted(agent) == set()


@pytest.mark.parametrize("agent", ["info", "advisor"])
def test_every_pattern_means_an_action_and_the_policy_fits(agent: Literal["info", "advisor"]) -> None:
    for statement in json.loads(session_policy(agent))["Statement"]:
        for pattern in statement["Action"]:
            assert any(matches(action, [pattern]) for action in all_actions()), pattern
    assert len(session_policy(agent)) <= MAX_POLICY_CHARS
