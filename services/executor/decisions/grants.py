"""Standing grants: which operations one may approve at all, and whether a given one covers a plan."""

from __future__ import annotations

from pydantic import ValidationError

from services.executor.operations import OPERATIONS
from services.executor.registry.location import Location
from services.executor.registry.operation import Operation
from services.executor.scope.known_steps import known_steps
from services.executor.scope.resources import changed
from shared.access.levels import level_of_action
from shared.aws.arns import matches
from shared.errors import Forbidden
from shared.keys.signing import verify_decision
from shared.messages import Effect
from shared.plans.decisions import Approval, Grant
from shared.plans.plan import Plan


def is_grantable(operation: Operation) -> bool:
    """Whether a standing grant may approve the operation at all.

    Only one that tags or writes, is fully reversible, deletes nothing and needs no permission that changes permissions.
    All of IAM counts as such, iam:PassRole too: whoever may pass a role has that role's power. And not one of which
    only its arguments say what it does.
    """
    return (
        operation.declares is None
        and operation.reversible == "yes"
        and operation.effect in (Effect.TAGGING, Effect.WRITE)
        and not operation.deletes
        and not any(
            action.startswith("iam:") or level_of_action(action) is Effect.PERMISSIONS for action in operation.iam
        )
    )


def check_grant(plan: Plan, approval: Approval, grant_json: str | None, approval_key: bytes) -> None:
    """Raise Forbidden (`grant_not_valid`, `bad_signature`) unless the grant that the approval names covers the plan.

    `grant_json` is what is stored under the grant's id now, None where it was revoked or has expired. The resources
    that a step changes are worked out from its arguments, never taken from the stored step.
    """
    grant = _read(grant_json)
    verify_decision(approval_key, grant)
    if grant.grant_id != approval.grant_id or grant.owner_id != plan.owner_id:
        raise _not_valid("what is stored under its id is another grant, or another owner's")
    account = grant.account or (grant.owner.account if grant.owner else plan.identity.account)
    if plan.identity.account != account:
        raise _not_valid(f"it is for account {account}, and the plan changes {plan.identity.account}")
    if not grant.created_at <= approval.approved_at < grant.expires_at:
        raise _not_valid("it was not in force when the plan was approved")
    for step in plan.steps:
        if step.operation != grant.operation:
            raise _not_valid(f"it is for {grant.operation}, and step {step.id!r} is {step.operation}")
        if not is_grantable(OPERATIONS[step.operation]):
            raise _not_valid(f"a step of {step.operation} needs a person's approval each time")
    location = Location.of_identity(plan.identity)
    for known in known_steps(plan, location):
        touched = changed(known.operation, known.values, location)
        outside = [arn for arn in touched if not matches(grant.resource, arn)]
        if outside or not touched:
            what = ", ".join(outside) or "resources that its arguments do not name"
            raise _not_valid(f"step {known.id!r} changes {what}: outside of the grant's {grant.resource}")


def _read(grant_json: str | None) -> Grant:
    if not grant_json:
        raise _not_valid("it is gone, because it was revoked or has expired")
    try:
        return Grant.model_validate_json(grant_json)
    except ValidationError as error:
        raise _not_valid("what is stored under its id is no grant") from error


def _not_valid(why: str) -> Forbidden:
    return Forbidden(
        f"the standing grant does not approve this plan: {why}; a person has to approve it", code="grant_not_valid"
    )
