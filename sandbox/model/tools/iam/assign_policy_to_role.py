"""`assign_policy_to_role`: attaches policies to roles that exist."""

from sandbox.model.declaration import Draft, Operation, Resource, listed

POLICY = Resource(
    "policy",
    noun="policy",
    name_key="policy_arn",
    words="policy, policies, permission, permissions, privilege, privileges, entitlement, entitlements",
    order=30,
)


def _draw(draft: Draft, names: list[str]) -> None:
    policies = draft.request.policies
    if not policies:
        draft.say = (
            "Which policy should be attached? Name its ARN or an AWS managed policy, for example "
            "AmazonS3ReadOnlyAccess."
        )
        return
    for role in names:
        for policy in policies:
            draft.add("policy", TOOL.name, {"role_name": role, "policy_arn": policy}, joiner="_")
    attached = ", ".join(policy.rsplit("/", 1)[-1] for policy in policies)
    draft.goals.append(f"{attached} to {listed('role', names)}")


TOOL = Operation(
    "assign_policy_to_role",
    "attach",
    POLICY,
    takes=("role_name", "policy_arn"),
    inverse="detach_policy_from_role",
    draw=_draw,
    done=lambda known: f"Attached the policy {known.get('policy_arn')} to the role {known.get('role_name')}",
)
