"""What the session policies grant, expanded against every IAM action AWS has documented."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Literal

import pytest

from services.orchestrator.sessions.scoping import (
    INFO_CANNOT,
    MAX_POLICY_CHARS,
    role_scopes,
    session_policy,
    shared_scopes,
)
from shared.access.levels import level_of_action
from shared.catalog import CATALOG
from shared.iam.evaluate import evaluate
from shared.messages import AGENTS, Agent, Effect
from tests.fakes.iam_actions import all_actions


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


IDENTITIES: dict[Agent, str] = dict.fromkeys(AGENTS, "arn:aws:iam::111122223333:role/r")
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# What no session policy takes away: the answers to plain reads.
ONLY_STRIPPED = ("environment", "password", "token", "connection string")


def denied_to_an_administrators_session(action: str) -> bool:
    """Whether AWS denies the action under the informational agent's session policy, however much the role may."""
    verdict = evaluate([EVERYTHING], session_policies=[session_policy("info")], action=action, resource="*")
    return verdict.decision == "denied"


def test_what_scoping_says_the_informational_agent_cannot_do_its_session_policy_denies() -> None:
    cannot = role_scopes(IDENTITIES)["info"].cannot
    said = cannot.removeprefix("change anything, assume a role, or read ").partition(":")[0].split(", ")

    assert said == list(INFO_CANNOT)
    for actions in INFO_CANNOT.values():
        assert set(actions) <= set(all_actions())
        assert all(denied_to_an_administrators_session(action) for action in actions), actions
    changes = [
        one for one in all_actions() if level_of_action(one) in (Effect.WRITE, Effect.TAGGING, Effect.PERMISSIONS)
    ]
    assert all(denied_to_an_administrators_session(action) for action in [*changes, "sts:AssumeRole"])


def test_what_is_only_stripped_or_guarded_is_not_said_to_be_impossible() -> None:
    narrowed = role_scopes(IDENTITIES)
    assert not any(word in narrowed["info"].cannot for word in ONLY_STRIPPED)
    assert not denied_to_an_administrators_session("lambda:ListFunctions")
    assert "environment variables" in narrowed["info"].can
    for scope in [narrowed["executor"], *shared_scopes("temporary", "arn").values()]:
        assert scope.cannot.startswith(("do what neither the caller nor the role", "do what the caller may not do"))
