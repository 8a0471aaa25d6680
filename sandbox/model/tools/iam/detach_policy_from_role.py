"""`detach_policy_from_role`: detaches the policies that are named, or found on the role by what is said of them."""

from sandbox.model.declaration import Draft, Operation
from sandbox.model.tools.iam.assign_policy_to_role import POLICY

_SERVICES = ("s3", "dynamodb", "sqs", "sns", "ec2", "lambda", "logs", "rds", "kinesis", "iam")


def _draw(draft: Draft, _names: list[str]) -> None:
    for role, policies, words in draft.request.detach:
        if not role:
            draft.say = "From which role should the policy be detached?"
            return
        described = draft.outcome("describe_iam_role", "role_name", role)
        if described is None:
            return
        found = policies
        if described.ok:
            attached = [str(each.get("policy_arn")) for each in described.result.get("attached_policies") or []]
            found = _meant(policies, attached, words.lower())
            if not found:
                names = ", ".join(arn.rsplit("/", 1)[-1] for arn in attached) or "no managed policy"
                draft.say = f"I found no such policy on the role {role}: it has {names} attached."
                return
        for policy in found:
            draft.add("policy", TOOL.name, {"role_name": role, "policy_arn": policy}, joiner="_")
    if not draft.steps:
        draft.say = "Which policy should be detached? Name its ARN or its name."
        return
    detached = ", ".join(str(step.arguments["policy_arn"]).rsplit("/", 1)[-1] for step in draft.steps)
    draft.goals.append(f"{detached} from {draft.steps[0].arguments['role_name']}")


def _meant(wanted: list[str], attached: list[str], words: str) -> list[str]:
    """The attached policies that are meant: by ARN, by their name in the words, or by the service they are for."""
    spoken = [service for service in _SERVICES if service in words]
    choices = (
        [arn for arn in attached if arn in wanted],
        [arn for arn in attached if arn.rsplit("/", 1)[-1].lower() in words],
        [arn for arn in attached if any(service in arn.rsplit("/", 1)[-1].lower() for service in spoken)],
        attached if not spoken and (len(attached) == 1 or "all" in words.split()) else [],
    )
    return next((found for found in choices if found), [])


TOOL = Operation(
    "detach_policy_from_role",
    "detach",
    POLICY,
    takes=("role_name", "policy_arn"),
    inverse="assign_policy_to_role",
    draw=_draw,
    done=lambda known: f"Detached the policy {known.get('policy_arn')} from the role {known.get('role_name')}",
)
