"""The managed policies of docs/iam on the assistant's role, as its templates would have attached them."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from moto.iam.models import IAMBackend

from sandbox.aws.moto.role_quotas import POLICIES_PER_ROLE
from shared.read_policies import policies

ATTACHED = 7
"""How many of the read policies the template `role-all` brings along."""
CHANGES = "change_policies.json"
"""Those of the template `role-change-common`, by name; written by `make iam`."""


def attach_read_policies(iam: IAMBackend, role_name: str) -> None:
    """Make them and attach them to a role, named after it."""
    for name, document in list(policies().items())[:ATTACHED]:
        _attach(iam, role_name, name, document, "Plain lists and reads")


def attach_change_policies(iam: IAMBackend, role_name: str) -> None:
    """The same of what `change_aws`, and a resource by Cloud Control, need of the services that most accounts use.

    Ten managed policies are all that a role can have; what is above that is in the role itself.
    """
    documents: dict[str, dict[str, Any]] = json.loads((resources.files(__package__) / CHANGES).read_text("utf-8"))
    for name, document in documents.items():
        role = iam.get_role(role_name)
        if len(role.managed_policies) < POLICIES_PER_ROLE:
            _attach(iam, role_name, name, document, "Changes without permissions")
        else:
            role.put_policy(name, json.dumps(document))


def _attach(iam: IAMBackend, role_name: str, name: str, document: dict[str, Any], description: str) -> None:
    policy = iam.create_policy(
        description=description,
        path="/",
        policy_document=json.dumps(document),
        policy_name=f"{role_name}-{name}",
        tags=[],
    )
    iam.attach_role_policy(policy.arn, role_name)
