"""`create_iam_role`: a role with its trust policy, and the policies that are attached to it at once."""

from sandbox.model.declaration import Draft, Operation, Resource, listed
from sandbox.model.policies.trust import trust_policy
from sandbox.model.types import JsonObject

ROLE = Resource(
    "role",
    noun="role",
    name_key="role_name",
    words="role, roles",
    order=20,
    topics=("policy", "trust"),
    hints=("role",),
)
_SERVICES = ("S3", "DynamoDB", "SQS", "SNS", "EC2")  # a policy for one of these shows in the role's default name


def _prepare(draft: Draft) -> None:
    """Choose names that say what for, where the user gave none."""
    words = ["lambda"] if draft.request.functions else []
    for arn in draft.request.policies[:1]:
        service = arn.rsplit("/", 1)[-1].removeprefix("Amazon").removeprefix("AWS").lstrip("_")
        words += [short.lower() for short in _SERVICES if service.startswith(short)]
    draft.names("role", *words)


def _draw(draft: Draft, names: list[str]) -> None:
    request = draft.request
    trust, why = _trust(draft)
    for name in names:
        arguments: JsonObject = {"name": name, "policy_document": trust}
        arguments |= {"permissions": request.permissions} if request.permissions else {}
        role = draft.add("role", TOOL.name, arguments)
        for policy in request.policies:
            attached = {"role_name": {"$from": f"{role}.role_name"}, "policy_arn": policy}
            draft.add("policy", "assign_policy_to_role", attached, (role,), joiner="_")
    policies = ", ".join(policy.rsplit("/", 1)[-1] for policy in request.policies)
    draft.goals.append(listed(ROLE.noun, names) + (f" with {policies}" if policies else "") + why)


def _trust(draft: Draft) -> tuple[JsonObject, str]:
    """The trust policy, and a note where nobody said whom to trust."""
    request = draft.request
    if request.trust_document:
        return request.trust_document, ""
    if request.trusted or request.trusted_account:
        return trust_policy(request.trusted, request.trusted_account), ""
    return trust_policy(["lambda.amazonaws.com"]), " (trusting AWS Lambda, as no trusted service was named)"


TOOL = Operation(
    "create_iam_role",
    "create",
    ROLE,
    takes=("name", "policy_document", "permissions"),
    inverse="delete_iam_role",
    prepare=_prepare,
    draw=_draw,
)
