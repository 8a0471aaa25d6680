"""The decision: identity policies, resource policy, permissions boundary and session policies together.

Source: "Policy evaluation logic" in the IAM user guide, for principals of the same account.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.aws.iam.identities import Identities
from sandbox.aws.iam.policy import AccessRequest, Effect, evaluate
from sandbox.aws.iam.principals import Principal, resource_policy_says
from sandbox.aws.protocol.errors import AwsError


@dataclass(frozen=True)
class Verdict:
    """Allowed or not, and AWS's words for why not."""

    allowed: bool
    reason: str = ""
    explicit: bool = False


def _explicit(kind: str) -> Verdict:
    return Verdict(False, f"with an explicit deny in {kind}", explicit=True)


def _silent(kind: str, action: str) -> Verdict:
    return Verdict(False, f"because no {kind} allows the {action} action")


def decide_from_policies(
    request: AccessRequest,
    identity: Sequence[str],
    boundary: str | None = None,
    session: Sequence[str] | None = None,
    granted_by_resource: bool = False,
) -> Verdict:
    """Decide from the documents alone; explicit deny wins, then every limit must allow."""
    says = evaluate(identity, request)
    boundary_says = Effect.ALLOW if boundary is None else evaluate([boundary], request)
    session_says = Effect.ALLOW if session is None else evaluate(session, request)
    if says is Effect.DENY:
        return _explicit("an identity-based policy")
    if boundary_says is Effect.DENY:
        return _explicit("a permissions boundary")
    if session_says is Effect.DENY:
        return _explicit("a session policy")
    if says is not Effect.ALLOW and not granted_by_resource:
        return _silent("identity-based policy", request.action)
    if boundary_says is not Effect.ALLOW:
        return _silent("permissions boundary", request.action)
    if session_says is not Effect.ALLOW:
        return _silent("session policy", request.action)
    return Verdict(True)


class Authorizer:
    """Decides requests of the account's principals."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    def decide(self, principal: Principal, request: AccessRequest, resource_policy: str | None = None) -> Verdict:
        """Whether the principal may do this, counting the resource's own policy if it has one."""
        granted = False
        if resource_policy is not None:
            effect, how = resource_policy_says(resource_policy, principal, request)
            if effect is Effect.DENY:
                return _explicit("a resource-based policy")
            granted = effect is Effect.ALLOW and how == "direct"
        if principal.kind == "root":
            return Verdict(True)
        session = principal.temporary.session_policies if principal.temporary else None
        return decide_from_policies(
            request,
            self._identities.identity_policies(principal),
            self._identities.boundary(principal),
            session,
            granted,
        )

    def require(self, principal: Principal, request: AccessRequest, resource_policy: str | None = None) -> None:
        """Raise AccessDenied with AWS's text when the principal may not do this."""
        verdict = self.decide(principal, request, resource_policy)
        if not verdict.allowed:
            raise access_denied(principal, request, verdict)

    def decide_trust(self, principal: Principal, request: AccessRequest, trust_policy: str) -> Verdict:
        """Whether a trust policy and the caller's own policies let it assume a role."""
        effect, how = resource_policy_says(trust_policy, principal, request)
        if effect is Effect.DENY:
            return _explicit("a resource-based policy")
        if effect is not Effect.ALLOW:
            return Verdict(False, f"because no resource-based policy allows the {request.action} action")
        # A role of another account: both its policy and the caller's own must allow.
        foreign = request.resource.split(":")[4:5] not in ([], [principal.account])
        return self.decide(principal, request, trust_policy if how == "direct" and not foreign else None)


def access_denied(principal: Principal, request: AccessRequest, verdict: Verdict) -> AwsError:
    """AWS's AccessDenied for a verdict."""
    resource = f'"{request.resource}"' if request.action.startswith("s3:") else request.resource
    return AwsError(
        "AccessDenied",
        f"User: {principal.arn} is not authorized to perform: {request.action} "
        f"on resource: {resource} {verdict.reason}",
        403,
    )
