"""The read policies of docs/iam on the assistant's role, as its template would have attached them."""

from __future__ import annotations

import json

from moto.iam.models import IAMBackend

from shared.read_policies import policies

ATTACHED = 7
"""How many of them the template `all` brings along."""


def attach_read_policies(iam: IAMBackend, role_name: str) -> None:
    """Make them and attach them to a role, named after it."""
    for name, document in list(policies().items())[:ATTACHED]:
        policy = iam.create_policy(
            description="Plain lists and reads",
            path="/",
            policy_document=json.dumps(document),
            policy_name=f"{role_name}-{name}",
            tags=[],
        )
        iam.attach_role_policy(policy.arn, role_name)
