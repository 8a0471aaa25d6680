"""STS: caller identity, AssumeRole, GetSessionToken and GetFederationToken with AWS's limits.

Source: the AWS STS API reference.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moto.iam.models import Role

from sandbox.aws.iam.accounts import Accounts
from sandbox.aws.iam.authorize import Verdict, access_denied
from sandbox.aws.iam.identities import Identities
from sandbox.aws.iam.policy import AccessRequest, MalformedPolicy, parse
from sandbox.aws.iam.principals import Principal
from sandbox.aws.iam.sessions import Sessions, credentials_answer
from sandbox.aws.protocol.errors import Answer, AwsError
from sandbox.aws.protocol.xml import query_answer

MAX_POLICY_CHARACTERS = 2048
MAX_POLICY_ARNS = 10
MAX_CHAINED_SECONDS = 3600
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


class Sts:
    """The STS operations that the double answers itself; moto's hand out credentials nobody can use."""

    OPERATIONS = frozenset({"GetCallerIdentity", "AssumeRole", "GetSessionToken", "GetFederationToken"})

    def __init__(self, accounts: Accounts, sessions: Sessions, minimum_seconds: int = 900) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._minimum_seconds = minimum_seconds

    def answer(
        self, operation: str, principal: Principal, params: Mapping[str, Any], needed: list[AccessRequest]
    ) -> Answer:
        """Answer one STS operation, permission check included."""
        if operation == "GetCallerIdentity":
            result: dict[str, object] = {
                "UserId": principal.user_id,
                "Account": principal.account,
                "Arn": principal.arn,
            }
        elif operation == "AssumeRole":
            result = self._assume_role(principal, params, needed[0])
        elif operation == "GetSessionToken":
            result = self._session_token(principal, params)
        else:
            result = self._federation_token(principal, params, needed[0])
        return query_answer("sts", operation, result)

    def _assume_role(
        self, principal: Principal, params: Mapping[str, Any], request: AccessRequest
    ) -> dict[str, object]:
        name = str(params.get("RoleSessionName") or "")
        if not _SESSION_NAME.fullmatch(name):
            raise _invalid(name, "roleSessionName", r"satisfy regular expression pattern: [\w+=,.@-]{2,64}")
        if principal.kind == "root":
            raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)
        target = self._accounts.of_role(str(params.get("RoleArn") or ""))
        role = target.identities.role(str(params.get("RoleArn"))) if target else None
        if target is None or role is None or role.arn != params.get("RoleArn"):
            raise _not_authorized(principal, request)  # AWS does not tell a missing role from a closed one
        self._check_trust(principal, role, params, request)
        seconds = self._duration(params, 3600, int(role.max_session_duration or 3600), principal)
        source_identity = params.get("SourceIdentity") or (
            principal.temporary.source_identity if principal.temporary else None
        )
        session = Principal(
            kind="role",
            account=target.identities.account,
            name=role.name,
            arn=f"arn:aws:sts::{target.identities.account}:assumed-role/{role.name}/{name}",
            identity_arn=role.arn,
            user_id=f"{role.id}:{name}",
            access_key_id="",
            secret_access_key="",
        )
        credentials = self._sessions.open(
            session,
            "AssumeRole",
            seconds,
            session_policies=self._session_policies(params, target.identities),
            source_identity=source_identity,
            tags={str(tag["Key"]): str(tag["Value"]) for tag in params.get("Tags") or []},
        )
        return {
            "Credentials": credentials_answer(credentials),
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
            "SourceIdentity": source_identity,
            "PackedPolicySize": _packed_size(params),
        }

    def _check_trust(self, principal: Principal, role: Role, params: Mapping[str, Any], request: AccessRequest) -> None:
        actions = ["sts:AssumeRole"]
        if params.get("SourceIdentity"):
            actions.append("sts:SetSourceIdentity")
        if params.get("Tags"):
            actions.append("sts:TagSession")
        for action in actions:
            wanted = replace(request, action=action)
            trusted = str(role.assume_role_policy_document)
            if not self._accounts.of(principal).authorizer.decide_trust(principal, wanted, trusted).allowed:
                raise _not_authorized(principal, wanted)

    def _session_token(self, principal: Principal, params: Mapping[str, Any]) -> dict[str, object]:
        if principal.temporary:
            raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
        seconds = self._duration(params, 43200, 129600, principal)
        return {"Credentials": credentials_answer(self._sessions.open(principal, "GetSessionToken", seconds))}

    def _federation_token(
        self, principal: Principal, params: Mapping[str, Any], request: AccessRequest
    ) -> dict[str, object]:
        if principal.temporary:
            raise AwsError("AccessDenied", "Cannot call GetFederationToken with session credentials", 403)
        name = str(params.get("Name") or "")
        if not re.fullmatch(r"[\w+=,.@-]{2,32}", name, re.ASCII):
            raise _invalid(name, "name", r"satisfy regular expression pattern: [\w+=,.@-]{2,32}")
        identities = self._accounts.of(principal).identities
        self._accounts.of(principal).authorizer.require(principal, request)
        seconds = self._duration(params, 43200, 129600, principal)
        federated = replace(
            principal,
            kind="federated",
            arn=f"arn:aws:sts::{principal.account}:federated-user/{name}",
            user_id=f"{principal.account}:{name}",
        )
        credentials = self._sessions.open(
            federated,
            "GetFederationToken",
            seconds,
            # Without a session policy a federated user can do nothing.
            session_policies=self._session_policies(params, identities) or (),
        )
        return {
            "Credentials": credentials_answer(credentials),
            "FederatedUser": {"FederatedUserId": federated.user_id, "Arn": federated.arn},
            "PackedPolicySize": _packed_size(params),
        }

    def _session_policies(self, params: Mapping[str, Any], identities: Identities) -> tuple[str, ...] | None:
        policies: list[str] = []
        if inline := params.get("Policy"):
            if len(inline) > MAX_POLICY_CHARACTERS:
                raise _invalid(
                    f"{inline[:20]}...", "policy", f"have length less than or equal to {MAX_POLICY_CHARACTERS}"
                )
            try:
                parse(str(inline))
            except MalformedPolicy as error:
                raise AwsError("MalformedPolicyDocument", f"The policy is malformed: {error}.", 400) from error
            policies.append(str(inline))
        arns = _policy_arns(params)
        if len(arns) > MAX_POLICY_ARNS:
            raise _invalid(f"[{arns[0]}, ...]", "policyArns", f"have length less than or equal to {MAX_POLICY_ARNS}")
        for arn in arns:
            # One of the role's own account or of AWS.
            document = identities.managed_policy(arn)
            if document is None:
                raise AwsError("NoSuchEntity", f"Policy {arn} does not exist.", 404)
            policies.append(document)
        size = _packed_size(params)
        if size is not None and size > 100:
            raise AwsError(
                "PackedPolicyTooLarge",
                f"Packed policy consumes {size}% of allotted space, please use smaller policy.",
            )
        return tuple(policies) or None

    def _duration(self, params: Mapping[str, Any], default: int, maximum: int, principal: Principal) -> int:
        asked = params.get("DurationSeconds")
        seconds = int(asked) if asked is not None else default
        if seconds < self._minimum_seconds:
            raise _invalid(
                str(seconds), "durationSeconds", f"have value greater than or equal to {self._minimum_seconds}"
            )
        if principal.kind == "role" and seconds > MAX_CHAINED_SECONDS:
            raise AwsError(
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            )
        if seconds > maximum:
            raise AwsError(
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            )
        return seconds


def _policy_arns(params: Mapping[str, Any]) -> list[str]:
    return [str(item.get("arn")) for item in params.get("PolicyArns") or []]


def _packed_size(params: Mapping[str, Any]) -> int | None:
    """In per cent. AWS does not say how it packs; taken here is the text of the inline policy and of the ARNs."""
    packed = len(params.get("Policy") or "") + sum(map(len, _policy_arns(params)))
    return -(-packed * 100 // MAX_POLICY_CHARACTERS) if packed else None


def _invalid(value: str, name: str, constraint: str) -> AwsError:
    return AwsError(
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must {constraint}",
    )


def _not_authorized(principal: Principal, request: AccessRequest) -> AwsError:
    error = access_denied(principal, request, Verdict(False))
    return AwsError(error.code, error.message.rstrip(), error.status)
