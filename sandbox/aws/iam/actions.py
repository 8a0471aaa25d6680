"""The IAM actions and resources that an API call needs, and the condition keys it carries."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.secretsmanager.models import secretsmanager_backends

from sandbox.aws.iam.identities import Identities
from sandbox.aws.iam.policy import AccessRequest
from sandbox.aws.iam.principals import Principal
from sandbox.aws.iam.resources import resources
from sandbox.aws.iam.s3_actions import s3_context, s3_permissions
from sandbox.aws.iam.tag_permissions import tag_permissions
from sandbox.aws.iam.transactions import is_transaction, transaction_permissions
from sandbox.aws.protocol.calls import Call

# Operations outside S3 whose IAM action has another name than the operation.
_RENAMED = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeAsync": "lambda:InvokeFunction",
    "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "bedrock:Converse": "bedrock:InvokeModel",
    "bedrock:ConverseStream": "bedrock:InvokeModelWithResponseStream",
}

_ABOUT_THE_OTHER = {
    "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "AddUserToGroup", "RemoveUserFromGroup",
}  # fmt: skip
# IAM operations that speak about the caller when they name no user.
_ABOUT_ONESELF = {"GetUser", "ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"}

_PASSES_ROLE = {
    "lambda": ("Role", "lambda.amazonaws.com"),
    "cloudcontrol": ("RoleArn", "cloudformation.amazonaws.com"),
}

_GLOBAL_SERVICES = {"iam", "sts", "ce", "route53", "cloudfront", "organizations", "budgets"}


class Permissions:
    """Turns calls into access requests."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._account = identities.account

    def needed(self, call: Call, principal: Principal) -> list[AccessRequest]:
        """Everything that must be allowed for this call, in the order AWS checks it."""
        context = self.context(call, principal)
        if call.service == "s3":
            context = {**context, **s3_context(call)}
            return [AccessRequest(action, resource, context) for action, resource in s3_permissions(call)]
        if is_transaction(call):
            found = transaction_permissions(call, self._account)
            return [AccessRequest(action, table, context) for action, table in found]
        action = f"{call.prefix}:{call.operation}"
        if call.prefix == "apigateway":
            action = f"apigateway:{call.method}"
        if call.service == "s3control" and call.operation.endswith("PublicAccessBlock"):
            action = f"s3:{'Get' if call.operation.startswith('Get') else 'Put'}AccountPublicAccessBlock"
        own = self._resources(call, principal)
        needed = [AccessRequest(_RENAMED.get(action, action), resource, context) for resource in own]
        needed += [AccessRequest(tags, made, context) for tags, made in tag_permissions(call, own, self._account)]
        # Who names a role in one of these parameters passes it to the service.
        parameter, service = _PASSES_ROLE.get(call.service, ("", ""))
        if role_arn := call.params.get(parameter):
            passed = {**context, "iam:passedtoservice": (service,)}
            needed.append(AccessRequest("iam:PassRole", str(role_arn), passed))
        return needed

    def _resources(self, call: Call, principal: Principal) -> list[str]:
        params = call.params
        if call.prefix == "iam":
            return [self._iam_resource(call, principal)]
        if call.prefix == "sts":
            return [str(params.get("RoleArn") or self._federated_user(params) or "*")]
        if call.prefix == "secretsmanager" and (arn := self._secret(call.region, str(params.get("SecretId")))):
            return [arn]
        return resources(call, self._account)

    def _secret(self, region: str, name: str) -> str | None:
        """A secret's ARN, which ends with six characters of AWS's own."""
        secrets = secretsmanager_backends[self._account][region].secrets
        return str(secrets[name].arn) if name in secrets else None

    def _federated_user(self, params: Mapping[str, Any]) -> str | None:
        name = params.get("Name")
        return f"arn:aws:sts::{self._account}:federated-user/{name}" if name else None

    def _iam_resource(self, call: Call, principal: Principal) -> str:
        params, base = call.params, f"arn:aws:iam::{self._account}"
        path = str(params.get("Path") or "/")
        if call.operation in _ABOUT_THE_OTHER:  # and not about the role or user that they name as well
            params = {key: value for key, value in params.items() if key not in ("RoleName", "UserName")}
        if name := params.get("RoleName"):
            role = self._identities.role(str(name))
            return role.arn if role else f"{base}:role{path}{name}"
        if name := params.get("InstanceProfileName"):
            return f"{base}:instance-profile{path}{name}"
        if name := params.get("UserName"):
            user = self._identities.user(str(name))
            return user.arn if user else f"{base}:user{path}{name}"
        if name := params.get("GroupName"):
            return f"{base}:group{path}{name}"
        if arn := params.get("PolicyArn") or params.get("PolicySourceArn"):
            return str(arn)
        if name := params.get("PolicyName"):
            return f"{base}:policy{path}{name}"
        if call.operation in _ABOUT_ONESELF:
            return principal.identity_arn
        listed = {"ListRoles": "role", "ListUsers": "user", "ListGroups": "group"}.get(call.operation)
        return f"{base}:{listed}{params.get('PathPrefix') or '/'}" if listed else "*"

    def context(self, call: Call, principal: Principal) -> dict[str, tuple[str, ...]]:
        """The global condition keys of a request, and those its parameters set."""
        now = datetime.now(UTC)
        region = "us-east-1" if call.prefix in _GLOBAL_SERVICES else call.region
        context: dict[str, tuple[str, ...]] = {
            "aws:currenttime": (now.isoformat(),),
            "aws:epochtime": (str(int(now.timestamp())),),
            # The double stands for AWS's HTTPS endpoints, whatever carries it locally.
            "aws:securetransport": ("true",),
            "aws:useragent": (call.headers.get("user-agent", ""),),
            "aws:requestedregion": (region,),
            "aws:resourceaccount": (self._account,),
            **_principal_context(principal),
            **_service_context(call.invoked_by, call.peer),
        }
        for name, value in self._identities.tags(principal).items():
            context[f"aws:principaltag/{name}".lower()] = (value,)
        if principal.temporary:
            for name, value in principal.temporary.tags.items():
                context[f"aws:principaltag/{name}".lower()] = (value,)
        return {**context, **_parameter_context(call.params)}


def _service_context(invoked_by: str | None, peer: str) -> dict[str, tuple[str, ...]]:
    """Of a forward access session, in which a service calls for the principal; its address is not the principal's."""
    if invoked_by is None:
        return {"aws:viaawsservice": ("false",), "aws:sourceip": (peer,)}
    keys = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
    return {"aws:viaawsservice": ("true",), **dict.fromkeys(keys, (invoked_by,))}


def _principal_context(principal: Principal) -> dict[str, tuple[str, ...]]:
    kinds = {"root": "Account", "user": "User", "role": "AssumedRole", "federated": "FederatedUser"}
    context: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (principal.arn if principal.kind == "federated" else principal.identity_arn,),
        "aws:principalaccount": (principal.account,),
        "aws:principaltype": (kinds[principal.kind],),
        "aws:userid": (principal.user_id,),
    }
    if principal.kind == "user":
        context["aws:username"] = (principal.name,)
    if principal.temporary:
        context["aws:multifactorauthpresent"] = ("false",)
        context["aws:tokenissuetime"] = (principal.temporary.issued_at.isoformat(),)
        if principal.temporary.source_identity:
            context["aws:sourceidentity"] = (principal.temporary.source_identity,)
    return context


def _parameter_context(params: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    names = {
        "ExternalId": "sts:externalid",
        "RoleSessionName": "sts:rolesessionname",
        "SourceIdentity": "sts:sourceidentity",
        "PolicyArn": "iam:policyarn",
        "PermissionsBoundary": "iam:permissionsboundary",
    }
    context: dict[str, tuple[str, ...]] = {key: (str(params[name]),) for name, key in names.items() if params.get(name)}
    tags = params.get("Tags") or params.get("tags") or params.get("TagsList") or _tags_of_specifications(params)
    pairs: list[tuple[str, str]] = []
    if isinstance(tags, dict):
        pairs = [(str(name), str(value)) for name, value in tags.items()]
    elif isinstance(tags, list):
        pairs = [
            (str(tag.get("Key", tag.get("key"))), str(tag.get("Value", tag.get("value", ""))))
            for tag in tags
            if isinstance(tag, dict)
        ]
    if pairs:
        context["aws:tagkeys"] = tuple(name for name, _ in pairs)
        context |= {f"aws:requesttag/{name}".lower(): (value,) for name, value in pairs}
    return context


def _tags_of_specifications(params: Mapping[str, Any]) -> list[Any]:
    """The tags that EC2 gives to what a call makes."""
    given = params.get("TagSpecifications")
    specifications = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    return [tag for one in specifications for tag in one.get("Tags") or ()]
