"""The policies in docs/iam are what the code says, valid, and as narrow as they claim to be."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from scripts import iam_policies
from scripts.change_policies import IN_ALL, IN_COMMON
from scripts.read_policies import IN_ROLE
from scripts.role_template import ITSELF, NAMED
from shared.access.levels import level_of_action
from shared.iam.lint.linter import lint, refused
from shared.messages import Effect
from shared.read_policies import NAME
from tests.fakes.iam_actions import all_actions

# As committed: making them reads the model of every service, which no other test's collection should wait for.
FILES = {file.name: file.read_text() for file in sorted(iam_policies.FOLDER.iterdir()) if file.suffix != ".md"}
POLICIES = {name: json.loads(text) for name, text in FILES.items() if name.endswith(".json")}
TEMPLATES = {name: yaml.safe_load(text) for name, text in FILES.items() if name.endswith(".yaml")}
TEMPLATE = TEMPLATES["role-common.yaml"]


def actions_of(document: dict[str, Any]) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


def test_the_committed_files_are_fresh() -> None:
    made = iam_policies.files()
    stale = [name for name in sorted(made.keys() | FILES.keys()) if made.get(name) != FILES.get(name)]
    assert stale == [], "run `make iam`"


@pytest.mark.parametrize("name", POLICIES)
def test_aws_would_take_it(name: str) -> None:
    assert refused(POLICIES[name], "identity") == ()
    assert "policy_too_long" not in {finding.code for finding in lint(POLICIES[name], "identity")}


@pytest.mark.parametrize("name", ["info_tools.json", "bedrock_advisor.json"])
def test_the_agents_that_change_nothing_have_no_dangerous_policy(name: str) -> None:
    assert [finding for finding in lint(POLICIES[name], "identity") if finding.severity == "high"] == []


def test_the_informational_tools_need_plain_lists_and_reads_that_exist() -> None:
    needed = actions_of(POLICIES["info_tools.json"])
    assert needed <= set(all_actions())
    assert {level_of_action(action) for action in needed} <= {Effect.LIST, Effect.READ}


def test_the_executors_policy_names_every_action_and_none_by_wildcard() -> None:
    needed = actions_of(POLICIES["executor.json"])
    assert needed <= set(all_actions())
    assert "iam:PassRole" in needed


def test_a_role_is_passed_to_lambda_alone() -> None:
    for name in ("executor.json", "customer-role-policy.json"):
        (passing,) = [
            one for one in POLICIES[name]["Statement"] if "iam:PassRole" in one["Action"] and one["Effect"] == "Allow"
        ]
        assert passing["Action"] == ["iam:PassRole"]
        assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


def test_the_executors_dangers_are_the_ones_the_page_explains() -> None:
    page = (iam_policies.FOLDER / "README.md").read_text()
    for name in ("executor.json", "customer-role-policy.json"):
        found = lint(POLICIES[name], "identity")
        assert "high" not in {finding.severity for finding in found}
        for finding in found:
            assert finding.severity == "info" or f"`{finding.code}`" in page, finding


def test_the_template_makes_the_role_of_the_policy_file() -> None:
    resources = TEMPLATE["Resources"]
    parts = [resources[name]["Properties"]["PolicyDocument"]["Statement"] for name in ("Look", "Change")]
    found = json.dumps([one for part in parts for one in part]).replace(NAMED, f'"{ITSELF}"')
    assert json.loads(found) == POLICIES["customer-role-policy.json"]["Statement"]
    assert resources["Change"]["Condition"] == "Changes"


# What CloudFormation takes as the text of a template.
MAX_TEMPLATE_BYTES = 51_200
# Managed policies that IAM attaches to a role, until asked for more.
MAX_ATTACHED = 10


@pytest.mark.parametrize(
    ("name", "reads", "changes", "calls"),
    [
        ("role-read.yaml", IN_ROLE, False, 0),
        ("role-common.yaml", 2, True, 0),
        ("role-all.yaml", IN_ROLE, True, 0),
        ("role-change-common.yaml", 2, True, IN_COMMON),
        ("role-change-all.yaml", 2, True, IN_ALL),
    ],
)
def test_a_template_makes_a_role_with_its_policies(name: str, reads: int, changes: bool, calls: int) -> None:
    assert len(FILES[name].encode()) <= MAX_TEMPLATE_BYTES
    resources = TEMPLATES[name]["Resources"]
    policies = {
        one["Properties"]["ManagedPolicyName"]["Fn::Sub"]: one["Properties"]["PolicyDocument"]
        for one in resources.values()
        if "ManagedPolicyName" in one["Properties"]
    }
    names = [f"read-{number}" for number in range(1, reads + 1)]
    names += [f"change-{number}" for number in range(1, calls + 1)]
    assert policies == {f"${{RoleName}}-{one}": POLICIES[f"{one}.json"] for one in names}
    assert ("Change" in resources) == ("AllowChanges" in TEMPLATES[name]["Parameters"]) == changes
    assert len(resources) - 1 <= MAX_ATTACHED


def test_the_policies_are_called_what_the_session_looks_for() -> None:
    assert all(NAME.fullmatch(f"aws-assistant-{name.removesuffix('.json')}") for name in POLICIES if "read-" in name)


def test_the_templates_trust_asks_for_the_external_id() -> None:
    trust = TEMPLATE["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]
    filled = json.loads(
        json.dumps(trust)
        .replace('{"Ref": "TrustedPrincipalArn"}', '"arn:aws:iam::111111111111:user/ann"')
        .replace('{"Ref": "ExternalId"}', '"0123456789abcdef"')
    )
    assert [finding for finding in lint(filled, "trust", "111111111111") if finding.severity == "high"] == []
    (assume,) = [one for one in filled["Statement"] if one["Action"] == "sts:AssumeRole"]
    assert assume["Condition"] == {"StringEquals": {"sts:ExternalId": "0123456789abcdef"}}
