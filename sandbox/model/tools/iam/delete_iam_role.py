"""`delete_iam_role`: deletes a role after its policies are detached, as IAM deletes only a role without any."""

from sandbox.model.declaration import Draft, Operation, listed
from sandbox.model.tools.iam.create_iam_role import ROLE


def _draw(draft: Draft, names: list[str]) -> None:
    """Look up each role's policies, then detach them and delete the role, after the steps before."""
    for name in names:
        described = draft.outcome("describe_iam_role", "role_name", name)
        if described is None:
            continue
        if described.error.get("code") in ("not_found", "role_not_found", "NoSuchEntity"):
            draft.say = f"There is no role {name} to delete: {described.error.get('detail', 'not found')}"
            return
        before = tuple(step.id for step in draft.steps)
        for policy in described.result.get("attached_policies") or []:
            arguments = {"role_name": name, "policy_arn": policy["policy_arn"]}
            draft.add("detach", "detach_policy_from_role", arguments, before)
        draft.add("role", TOOL.name, {"name": name}, tuple(step.id for step in draft.steps))
    draft.goals.append(listed(ROLE.noun, names))


TOOL = Operation("delete_iam_role", "delete", ROLE, takes=("name",), draw=_draw)
