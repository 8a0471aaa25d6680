"""Properties, by their names, that make something public, leave out authentication, or share it with others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from shared.messages import Finding
from shared.resource_types.permissions.compare import Part
from shared.resource_types.permissions.found import Severity, finding

_BLOCKS = frozenset({"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"})
_AUTHENTICATION = frozenset(
    {"AuthType", "AuthorizationType", "AuthenticationType", "AuthorizerType", "FunctionUrlAuthType"}
)
_PUBLIC_FLAGS: dict[str, Severity] = {
    "AllowFromPublic": "high",
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
        "PeerOwnerId",
        "PrincipalArn",
        "Principals",
        "RegistryId",
        "TargetAccounts",
        "UserIds",
    }
)
# Also where the name alone says too little.
_SHARES_AT = frozenset({("Destination", "Account")})
_ACCEPTS = frozenset({"AutoAcceptSharedAttachments", "AutoAcceptSharedAssociations"})
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_EVERYBODY = frozenset({"*", "all", "public"})


def public_access(type_name: str, part: Part) -> Iterator[Finding]:
    """Findings where the part makes the resource public."""
    name, value = part.name, part.value
    if name in _BLOCKS and _is(value, False):
        yield finding("protection_removed", "high", f"{name} is off: the resource can be made public.", part.place)
    elif name == "PublicAccessBlockConfiguration" and isinstance(value, dict):
        # S3 takes what is not said for false, whatever was there before.
        if unsaid := sorted(_BLOCKS - value.keys()):
            text = f"{', '.join(unsaid)} not said, and off then: the resource can be made public."
            yield finding("protection_removed", "high", text, part.place)
    elif name in _PUBLIC_FLAGS and _is(value, True):
        yield finding("public_access", _PUBLIC_FLAGS[name], f"{name} is on: it is open beyond the account.", part.place)
    elif name == "AccessControl" and isinstance(value, str):
        public = value.replace("-", "").lower() in _PUBLIC_LISTS
        text = f"The access control list {value} {'lets everybody in' if public else 'is put in place'}."
        yield finding(
            "public_access" if public else "changes_permissions", "high" if public else "info", text, part.place
        )
    elif name == "ObjectOwnership" and value != "BucketOwnerEnforced":
        yield finding("changes_permissions", "low", "Access control lists are in force again.", part.place)
    elif name == "GetObject" and value == "public":
        yield finding("public_access", "high", "Everybody can read its objects.", part.place)
    elif part.place[-2:] == ("PublicAccess", "Type") and value != "DISABLED":
        yield finding(
            "public_access", "high", f"Public access is {value}: it is reachable from the internet.", part.place
        )


def no_authentication(type_name: str, part: Part) -> Iterator[Finding]:
    """A finding where the part lets callers in whom nobody has identified."""
    if part.name in _AUTHENTICATION and isinstance(part.value, str) and part.value.upper() == "NONE":
        severity: Severity = "high" if type_name.startswith("AWS::Lambda::") else "medium"
        text = f"{part.name} is NONE: whoever has the address can call it."
        yield finding("no_authentication", severity, text, part.place)


def shared(account: str | None, part: Part) -> Iterator[Finding]:
    """Findings where the part shares the resource with everybody, or with another account."""
    if part.name == "AllowExternalPrincipals" and _is(part.value, True):
        yield finding(
            "shared_with_others", "medium", "It can be shared with accounts outside the organization.", part.place
        )
        return
    if part.name in _ACCEPTS and part.value == "enable":
        yield finding("shared_with_others", "medium", "Whatever others attach to it is accepted unasked.", part.place)
        return
    shares = part.name in _SHARES or part.place[-2:] in _SHARES_AT
    if not shares or not isinstance(part.value, str):
        return
    if part.value.lower() in _EVERYBODY:
        yield finding("public_access", "high", f"{part.name} is {part.value!r}: everybody.", part.place)
        return
    others = [found for found in _ACCOUNT.findall(part.value) if found != account]
    if others:
        yield finding("shared_with_others", "medium", f"The account {others[0]} gets access ({part.name}).", part.place)
    elif ":organizations::" in part.value:
        yield finding("shared_with_others", "medium", f"An organization gets access ({part.name}).", part.place)


def _is(value: JsonValue, wanted: bool) -> bool:
    """CloudFormation takes "true" for true."""
    return value is wanted or (isinstance(value, str) and value.lower() == str(wanted).lower())
