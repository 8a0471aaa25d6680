"""Which changes are changes of permissions, by operation and parameters, and what a person has to see of them.

AWS's action data knows those whose action is one of permissions management. Others say by their parameters who may do
or reach what: an attribute that is a policy, a rule of a security group, an image shared with everybody. Values are
judged by the same rules as the properties of resources (`shared/resource_types/permissions`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from pydantic import JsonValue

from services.executor.generic import sharing
from services.executor.generic.change import Change
from shared.iam.policy_json import PolicyKind
from shared.messages import Effect, Finding
from shared.resource_types.paths import pointer
from shared.resource_types.permissions.access import no_authentication, public_access, shared
from shared.resource_types.permissions.compare import Part, added
from shared.resource_types.permissions.documents import documents
from shared.resource_types.permissions.network import open_to_world

Severity = Literal["info", "low", "medium", "high"]
# They take something away that lets others in, or say the same of less.
_TAKES_BACK = re.compile(r"^(Revoke|Remove|Delete|Detach|Disassociate|Deregister|Disable)")
# Operations of the action level Write by which permissions change all the same, whatever their parameters say.
_OPERATIONS: frozenset[str] = frozenset(
    {
        "cloudformation:ContinueUpdateRollback",
        "cloudformation:CreateChangeSet",
        "cloudformation:CreateStack",
        "cloudformation:CreateStackInstances",
        "cloudformation:CreateStackSet",
        "cloudformation:DeleteStack",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:RollbackStack",
        "cloudformation:UpdateStack",
        "cloudformation:UpdateStackSet",
        "cognito-identity:SetIdentityPoolRoles",
        "ec2:AssociateIamInstanceProfile",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:ModifySecurityGroupRules",
        "ec2:ReplaceIamInstanceProfileAssociation",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
        "eks:AssociateAccessPolicy",
        "eks:CreateAccessEntry",
        "eks:CreatePodIdentityAssociation",
        "eks:DisassociateAccessPolicy",
        "eks:UpdateAccessEntry",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreateServiceSpecificCredential",
        "iam:DeactivateMFADevice",
        "iam:DeleteAccessKey",
        "iam:DeleteLoginProfile",
        "iam:UpdateAccessKey",
        "iam:UpdateLoginProfile",
        "iam:UploadSSHPublicKey",
        "iam:UploadSigningCertificate",
        "kms:CreateGrant",
        "kms:PutKeyPolicy",
        "kms:RetireGrant",
        "kms:RevokeGrant",
        "lambda:AddLayerVersionPermission",
        "lambda:AddPermission",
        "lambda:CreateFunctionUrlConfig",
        "lambda:RemoveLayerVersionPermission",
        "lambda:RemovePermission",
        "lambda:UpdateFunctionUrlConfig",
        "s3:DeleteBucketOwnershipControls",
        "s3:DeletePublicAccessBlock",
        "s3:PutBucketOwnershipControls",
        "s3:PutPublicAccessBlock",
        "s3control:DeletePublicAccessBlock",
        "s3control:PutPublicAccessBlock",
        "sns:AddPermission",
        "sns:RemovePermission",
        "sqs:AddPermission",
        "sqs:RemovePermission",
        "ssm:ModifyDocumentPermission",
    }
)
# Services whose changes decide who may do what, all of them.
_SERVICES = frozenset({"iam", "ram", "sso-admin", "identitystore", "organizations", "lakeformation", "rolesanywhere"})
_CREDENTIALS: Mapping[str, str] = MappingProxyType(
    {
        "iam:CreateAccessKey": "It makes an access key. AWS tells its secret once, and nothing here keeps it, so that "
        "nobody will have it. Make the key with AWS's own tools, where it can be saved.",
        "iam:CreateServiceSpecificCredential": "It makes a password that AWS tells once, and that nobody will have.",
        "iam:ResetServiceSpecificCredential": "It makes a password that AWS tells once, and that nobody will have.",
        "ec2:CreateKeyPair": "It makes a key pair. AWS tells the private key once, and nothing here keeps it, so that "
        "nobody will have it. Import a key of your own instead (ImportKeyPair).",
        "iam:UploadSSHPublicKey": "Whoever has the private key can act as the user.",
        "iam:UploadSigningCertificate": "Whoever has the certificate's key can act as the user.",
        "iam:UpdateAccessKey": "An access key that is active lets its holder act as the user.",
    }
)
_RUNS = re.compile(
    r"^(lambda:Invoke|ssm:(SendCommand|StartAutomationExecution|StartSession)|ecs:(RunTask|StartTask|ExecuteCommand)"
    r"|stepfunctions:Start(Sync)?Execution|codebuild:(StartBuild|RetryBuild)|batch:SubmitJob|glue:Start(JobRun|Crawler)"
    r"|emr:AddJobFlowSteps|athena:StartQueryExecution|redshift-data:\w*ExecuteStatement|rds-data:\w*Execute\w*"
    r"|sagemaker:Create\w*Job|events:PutEvents|scheduler:CreateSchedule)"
)
_TEMPLATES = re.compile(
    r"^cloudformation:(Create|Update|Execute|Continue|Rollback)|^servicecatalog:\w*Provision\w*Product"
)
_MANAGED = re.compile(r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/")
_ATTACHES = re.compile(r"^Attach(Role|User|Group)Policy$")
_BOUNDS = re.compile(r"^Put(Role|User)PermissionsBoundary$")


@dataclass(frozen=True, slots=True)
class AccessChange:
    """`changes`: whether it changes who may do what. `policies` are what it puts in place, for linter and review."""

    changes: bool
    findings: tuple[Finding, ...] = ()
    policies: tuple[dict[str, Any], ...] = ()


def access_change(change: Change, account: str) -> AccessChange:
    """What a change does to permissions; `account` is whose it is."""
    takes_back = _TAKES_BACK.match(change.name) is not None
    policies = () if takes_back else (*_policies(change), *_managed(change))
    found = tuple(dict.fromkeys((*_of_operation(change), *(() if takes_back else _of_values(change, account)))))
    changes = (
        change.operation.effect is Effect.PERMISSIONS
        or change.service in _SERVICES
        or change.called in _OPERATIONS
        or bool(policies)
        or any(one.code not in ("runs_code",) for one in found)
        or sharing.is_sharing(change)
    )
    return AccessChange(changes, found, policies)


def _of_operation(change: Change) -> Iterator[Finding]:
    """What is to be said of it whatever its parameters are."""
    if words := _CREDENTIALS.get(change.called):
        active = change.called != "iam:UpdateAccessKey" or change.parameters.get("Status") == "Active"
        if active:
            yield finding("creates_credentials", "high" if "nobody will have" in words else "medium", words)
    if _TEMPLATES.search(change.called):
        text = "It makes whatever its template says, permissions among it: the plan does not show that."
        yield finding("template_not_checked", "high", text)
    if _RUNS.search(change.called):
        text = (
            "It sets code or a query going that acts with permissions of its own: the plan does not show what it does."
        )
        yield finding("runs_code", "low", text)
    if change.name in ("DeletePublicAccessBlock", "DeleteAccountPublicAccessBlock"):
        yield finding("protection_removed", "high", "It takes the block of public access away.")
    if re.match(r"Delete(Role|User)PermissionsBoundary$", change.name):
        yield finding("protection_removed", "high", "It takes a permissions boundary away.")


def _of_values(change: Change, account: str) -> Iterator[Finding]:
    """What its parameters let in."""
    # The rules know resources by type; what they look at of it is the service and the direction.
    kind = f"AWS::{'Lambda' if change.service == 'lambda' else change.service}::{change.name}"
    for part, own in zip(added({}, _capital(change.parameters)), added({}, change.parameters), strict=True):
        for one in _of_part(kind, part, change, account):
            yield one.model_copy(update={"path": pointer(own.place)}) if one.path else one
    yield from sharing.findings(change, account)


def _of_part(kind: str, part: Part, change: Change, account: str) -> Iterator[Finding]:
    yield from public_access(kind, part)
    yield from no_authentication(kind, part)
    yield from open_to_world(kind, _with_ports(change, part))
    if not _in_policy(part) and not sharing.is_known(change):
        yield from shared(account or None, part)


def _capital(value: Any) -> Any:
    """The same with every name as the properties of resources are written: some services begin theirs small."""
    if isinstance(value, Mapping):
        return {name[:1].upper() + name[1:]: _capital(item) for name, item in value.items()}
    return [_capital(item) for item in value] if isinstance(value, list) else value


def _with_ports(change: Change, part: Part) -> Part:
    """A range of a security group's rule, with the ports that stand a level above it."""
    if part.name not in ("CidrIp", "CidrIpv6", "CidrIpv4"):
        return part
    rules = change.parameters.get("IpPermissions")
    at = part.place[1] if len(part.place) > 1 and part.place[0] == "IpPermissions" else None
    rule = rules[at] if isinstance(rules, list) and isinstance(at, int) else part.within
    place = tuple("CidrIp" if one == "CidrIpv4" else one for one in part.place)
    return part._replace(place=place, within=rule if isinstance(rule, Mapping) else part.within)


def _in_policy(part: Part) -> bool:
    """Who a policy names is judged with the policy."""
    return any("Policy" in str(step) or step == "Statement" for step in part.place)


def _policies(change: Change) -> Iterator[dict[str, Any]]:
    """Every policy among the parameters, also as JSON text, wherever it stands."""
    for found in documents(f"AWS::{change.service.upper()}::{change.name}", change.parameters):
        if found.document.get("Statement"):
            at = ".".join(map(str, found.place))
            yield {"name": f"{change.called} {at}", "kind": _kind(change, found.kind), "document": found.document}


def _kind(change: Change, kind: PolicyKind) -> PolicyKind:
    """What kind of policy IAM's operations put in place follows from their names."""
    if change.service == "iam":
        return "trust" if change.name in ("CreateRole", "UpdateAssumeRolePolicy") else "identity"
    return kind


def _managed(change: Change) -> Iterator[dict[str, Any]]:
    """The managed policy that it attaches, or sets as boundary."""
    if change.service != "iam":
        return
    name = (
        "PolicyArn" if _ATTACHES.match(change.name) else "PermissionsBoundary" if _BOUNDS.match(change.name) else None
    )
    arn: JsonValue = change.parameters.get(name) if name else None
    if isinstance(arn, str) and _MANAGED.match(arn):
        kind: PolicyKind = "boundary" if name == "PermissionsBoundary" else "identity"
        yield {"name": arn.rpartition("/")[2], "kind": kind, "managed_arn": arn}


def finding(code: str, severity: Severity, message: str) -> Finding:
    return Finding(code=code, severity=severity, message=message)
