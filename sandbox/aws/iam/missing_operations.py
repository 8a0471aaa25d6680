"""IAM operations moto lacks: policy simulation and permissions boundaries of users."""

from collections.abc import Mapping
from typing import Any

from sandbox.aws.iam.authorize import Verdict, decide_from_policies
from sandbox.aws.iam.identities import Identities
from sandbox.aws.iam.policy import AccessRequest, MalformedPolicy, parse
from sandbox.aws.protocol.errors import Answer, AwsError
from sandbox.aws.protocol.xml import query_answer


class MissingOperations:
    """Answers what moto's IAM cannot."""

    OPERATIONS = frozenset(
        {
            "SimulatePrincipalPolicy",
            "SimulateCustomPolicy",
            "PutUserPermissionsBoundary",
            "DeleteUserPermissionsBoundary",
        }
    )

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    def answer(self, operation: str, params: Mapping[str, Any]) -> Answer:
        """Answer one operation; the caller's permission was checked before."""
        if operation in ("PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"):
            user = self._identities.user(str(params.get("UserName")))
            if user is None:
                raise _no_such("user", params.get("UserName"))
            boundary = params.get("PermissionsBoundary")
            if boundary and self._identities.managed_policy(str(boundary)) is None:
                raise _no_such("policy", boundary)
            # moto's User has no such field; Identities.boundary reads it from here.
            user.permissions_boundary_arn = boundary  # type: ignore[attr-defined]  # moto lacks the field
            return query_answer("iam", operation, {})
        return query_answer("iam", operation, self._simulate(operation, params))

    def _simulate(self, operation: str, params: Mapping[str, Any]) -> dict[str, object]:
        boundary: str | None = None
        documents: list[str] = []
        if operation == "SimulatePrincipalPolicy":
            documents, boundary = self._source(str(params.get("PolicySourceArn")))
        documents += [str(item) for item in params.get("PolicyInputList") or []]
        for item in params.get("PermissionsBoundaryPolicyInputList") or []:
            boundary = str(item)
        try:
            for document in documents:
                parse(document)
        except MalformedPolicy as error:
            raise AwsError("InvalidInput", f"Invalid policy: {error}") from error
        context = _context(params.get("ContextEntries") or [])
        results = [
            _result(action, resource, documents, boundary, context)
            for action in params.get("ActionNames") or []
            for resource in params.get("ResourceArns") or ["*"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    def _source(self, arn: str) -> tuple[list[str], str | None]:
        kind, _, name = arn.partition(f":iam::{self._identities.account}:")[2].partition("/")
        name = name.rsplit("/", 1)[-1]
        iam = self._identities.iam
        holder: Any = None
        if kind == "role":
            holder = self._identities.role(arn)
        elif kind == "user":
            holder = iam.users.get(name)
        elif kind == "group":
            holder = iam.groups.get(name)
        else:
            raise AwsError("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
        if holder is None:
            raise _no_such(kind, name)
        boundary_arn = getattr(holder, "permissions_boundary_arn", None)
        boundary = self._identities.managed_policy(boundary_arn) if boundary_arn else None
        return self._identities.policies_of(holder), boundary


def _no_such(kind: str, name: object) -> AwsError:
    return AwsError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404)


def _context(entries: list[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    return {
        str(entry.get("ContextKeyName")).lower(): tuple(str(v) for v in entry.get("ContextKeyValues") or [])
        for entry in entries
    }


def _result(
    action: str, resource: str, documents: list[str], boundary: str | None, context: dict[str, tuple[str, ...]]
) -> dict[str, object]:
    request = AccessRequest(action, resource, context)
    verdict: Verdict = decide_from_policies(request, documents, boundary)
    matched = [
        {"SourcePolicyId": f"PolicyInputList.{number}", "SourcePolicyType": "IAM Policy"}
        for number, document in enumerate(documents, 1)
        if any(statement.concerns(request) for statement in parse(document))
    ]
    decision = "allowed" if verdict.allowed else "explicitDeny" if verdict.explicit else "implicitDeny"
    result: dict[str, object] = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": decision,
        "MatchedStatements": matched,
        "MissingContextValues": _missing(documents, request),
    }
    if boundary is not None:
        limit = decide_from_policies(request, [boundary])
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": limit.allowed}
    return result


def _missing(documents: list[str], request: AccessRequest) -> list[str]:
    keys = {
        key
        for document in documents
        for statement in parse(document)
        for block in statement.condition.values()
        for key in block
    }
    return sorted(key for key in keys if key.lower() not in request.context)
