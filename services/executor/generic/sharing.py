"""Sharing by parameters that only their operation gives a meaning: lists of accounts, access control lists, principals
of a permission."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from services.executor.generic import matching
from services.executor.generic.change import Change
from services.executor.generic.table import evaluate
from shared.messages import Finding
from shared.text.json_values import strings

# "service:Operation" → who it is shared with. "all" and "*" are everybody.
_WITH: Mapping[str, str] = MappingProxyType(
    {
        "docdb:ModifyDBClusterSnapshotAttribute": "ValuesToAdd",
        "ec2:ModifyFpgaImageAttribute": "[UserIds, UserGroups, LoadPermission.Add[].[UserId, Group][]][]",
        "ec2:ModifyImageAttribute": "[LaunchPermission.Add[].[UserId, Group, OrganizationArn, OrganizationalUnitArn][],"
        "OperationType=='add' && [UserIds, UserGroups, OrganizationArns, OrganizationalUnitArns][]][]",
        "ec2:ModifySnapshotAttribute": "[CreateVolumePermission.Add[].[UserId, Group][], "
        "OperationType=='add' && [UserIds, GroupNames][]][]",
        "ec2:ModifyVpcEndpointServicePermissions": "AddAllowedPrincipals",
        "events:PutPermission": "[Principal]",
        "kms:CreateGrant": "[GranteePrincipal]",
        "lambda:AddLayerVersionPermission": "[Principal]",
        "logs:PutDestinationPolicy": "`[]`",
        "neptune:ModifyDBClusterSnapshotAttribute": "ValuesToAdd",
        "ram:AssociateResourceShare": "principals",
        "ram:CreateResourceShare": "principals",
        "rds:ModifyDBClusterSnapshotAttribute": "ValuesToAdd",
        "rds:ModifyDBSnapshotAttribute": "ValuesToAdd",
        "redshift:AuthorizeSnapshotAccess": "[AccountWithRestoreAccess]",
        "sns:AddPermission": "AWSAccountId",
        "sqs:AddPermission": "AWSAccountIds",
        "ssm:ModifyDocumentPermission": "AccountIdsToAdd",
    }
)
_LISTS = ("ACL", "GrantFullControl", "GrantRead", "GrantWrite", "GrantReadACP", "GrantWriteACP", "AccessControlPolicy")
_EVERYBODY = frozenset({"*", "all"})
_PUBLIC_ACL = re.compile(r"public-read|public-read-write|authenticated-read")
_PUBLIC_GROUP = re.compile(r"acs\.amazonaws\.com/groups/(global/AllUsers|global/AuthenticatedUsers)")
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")


def is_known(change: Change) -> bool:
    """Whether who it is shared with is known by the operation, and not by the names of its parameters alone."""
    return change.called in _WITH or change.called == "lambda:AddPermission"


def is_sharing(change: Change) -> bool:
    """Whether the operation says who may use something, in whichever direction."""
    return change.called in _WITH or _sets_acl(change)


def findings(change: Change, account: str) -> Iterator[Finding]:
    """What is opened to everybody, or to another account."""
    yield from _shared_with(change, account)
    if change.called == "lambda:AddPermission":
        yield from _invocation(change, account)
    if change.service == "s3":
        yield from _acl(change)


def _shared_with(change: Change, account: str) -> Iterator[Finding]:
    expression = _WITH.get(change.called)
    found: Any = evaluate(expression, change.parameters) if expression else None
    for one in matching.elements(found or []):
        if not isinstance(one, str):
            continue
        if one.lower() in _EVERYBODY:
            yield finding("public_access", "high", f"It is shared with everybody ({one}).")
        elif others := [number for number in _ACCOUNT.findall(one) if number != account]:
            yield finding("shared_with_others", "medium", f"The account {others[0]} gets access.")
        elif ":organizations::" in one:
            yield finding("shared_with_others", "medium", f"An organization gets access ({one}).")
        elif change.called == "kms:CreateGrant":
            yield finding(
                "changes_permissions", "info", f"{one} may use the key by a grant, whatever its policies say."
            )


def _invocation(change: Change, account: str) -> Iterator[Finding]:
    """Who may call a function. A service that may, for whomever, calls it for anybody's resource:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"""
    given = change.parameters
    principal = str(given.get("Principal", ""))
    narrowed = any(given.get(name) for name in ("SourceArn", "SourceAccount", "PrincipalOrgID"))
    if principal == "*":
        severity = "medium" if narrowed else "high"
        yield finding("public_access", severity, 'Everybody may call the function (Principal is "*").')
    elif others := [number for number in _ACCOUNT.findall(principal) if number != account]:
        yield finding("shared_with_others", "medium", f"The account {others[0]} may call the function.")
    elif principal.endswith(".amazonaws.com") and not narrowed:
        text = f"{principal} may call the function for anybody's resource: name SourceArn or SourceAccount."
        yield finding("shared_with_others", "medium", text)


def _acl(change: Change) -> Iterator[Finding]:
    acl = str(change.parameters.get("ACL", ""))
    if _PUBLIC_ACL.fullmatch(acl):
        yield finding("public_access", "high", f"The access control list {acl} lets everybody in.")
    if any(_PUBLIC_GROUP.search(text) for text in strings(change.parameters)):
        yield finding("public_access", "high", "A grant to the group of all users lets everybody in.")


def _sets_acl(change: Change) -> bool:
    names = (
        "ACL",
        "GrantFullControl",
        "GrantRead",
        "GrantWrite",
        "GrantReadACP",
        "GrantWriteACP",
        "AccessControlPolicy",
    )
    return change.service == "s3" and any(name in change.parameters for name in names)


def finding(code: str, severity: Any, message: str) -> Finding:
    return Finding(code=code, severity=severity, message=message)
