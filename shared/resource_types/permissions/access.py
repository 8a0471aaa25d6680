"""Properties, by their names, that make something public, leave out authentication, or share it with others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import JsonValue

from shared.messages import Finding
from shared.resource_types.paths import pointer
from shared.resource_types.permissions.compare import Part

Severity = Literal["info", "low", "medium", "high"]

_BLOCKS = frozenset({"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"})
_AUTHENTICATION = frozenset(
    {"AuthType", "AuthorizationType", "AuthenticationType", "AuthorizerType", "FunctionUrlAuthType"}
)
_PUBLIC_FLAGS: dict[str, Severity] = {
    "AllowPublicOverrides": "medium",
    "AllowUnauthenticatedIdentities": "medium",
    "AuthorizeAllGroups": "medium",
    "EndpointPublicAccess": "medium",
    "IsPubliclyAccessible": "medium",
    "PubliclyAccessible": "high",
}
_PUBLIC_LISTS = frozenset({"publicread", "publicreadwrite", "authenticatedread"})
# Who it is shared with: accounts, organizations, principals.
_SHARES = frozenset(
    {
        "AccountIds",
        "AllowedPrincipals",
        "AuthorizedPrincipals",
        "GroupNames",
        "Grantee",
        "GranteePrincipal",
        "OrganizationArns",
        "OrganizationalUnitArns",
        "Principal",
        "PrincipalArn",
        "Principals",
        "TargetAccounts",
        "UserIds",
    }
)
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_EVERYBODY = frozenset({"*", "all", "public"})


def public_access(type_name: str, part: Part) -> Iterator[Finding]:
    """Findings where the part makes the resource public."""
    name, value = part.name, part.value
    if name in _BLOCKS and _is(value, False):
        yield _finding("protection_removed", "high", part, f"{name} is off: the resource can be made public.")
    elif name in _PUBLIC_FLAGS and _is(value, True):
        yield _finding("public_access", _PUBLIC_FLAGS[name], part, f"{name} is on: it is open beyond the account.")
    elif name == "AccessControl" and isinstance(value, str):
        public = value.replace("-", "").lower() in _PUBLIC_LISTS
        text = f"The access control list {value} {'lets everybody in' if public else 'is put in place'}."
        yield _finding("public_access" if public else "changes_permissions", "high" if public else "info", part, text)
    elif name == "GetObject" and value == "public":
        yield _finding("public_access", "high", part, "Everybody can read its objects.")
    elif part.place[-2:] == ("PublicAccess", "Type") and value != "DISABLED":
        yield _finding("public_access", "high", part, f"Public access is {value}: it is reachable from the internet.")


def no_authentication(type_name: str, part: Part) -> Iterator[Finding]:
    """A finding where the part lets callers in whom nobody has identified."""
    if part.name in _AUTHENTICATION and isinstance(part.value, str) and part.value.upper() == "NONE":
        severity: Severity = "high" if type_name.startswith("AWS::Lambda::") else "medium"
        yield _finding(
            "no_authentication", severity, part, f"{part.name} is NONE: whoever has the address can call it."
        )


def shared(account: str | None, part: Part) -> Iterator[Finding]:
    """Findings where the part shares the resource with everybody, or with another account."""
    if part.name == "AllowExternalPrincipals" and _is(part.value, True):
        yield _finding("shared_with_others", "medium", part, "It can be shared with accounts outside the organization.")
        return
    if part.name not in _SHARES or not isinstance(part.value, str):
        return
    if part.value.lower() in _EVERYBODY:
        yield _finding("public_access", "high", part, f"{part.name} is {part.value!r}: everybody.")
        return
    others = [found for found in _ACCOUNT.findall(part.value) if found != account]
    if others:
        yield _finding("shared_with_others", "medium", part, f"The account {others[0]} gets access ({part.name}).")
    elif ":organizations::" in part.value:
        yield _finding("shared_with_others", "medium", part, f"An organization gets access ({part.name}).")


def _finding(code: str, severity: Severity, part: Part, message: str) -> Finding:
    return Finding(code=code, severity=severity, message=message, path=pointer(part.place))


def _is(value: JsonValue, wanted: bool) -> bool:
    """CloudFormation takes "true" for true."""
    return value is wanted or (isinstance(value, str) and value.lower() == str(wanted).lower())
