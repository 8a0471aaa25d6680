"""`permission_changes`: what creating, changing or deleting a resource does to permissions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from shared.messages import Finding
from shared.resource_types.catalogue import resource_type, schema_of
from shared.resource_types.paths import pointer
from shared.resource_types.permissions.access import no_authentication, public_access, shared
from shared.resource_types.permissions.compare import Part, added
from shared.resource_types.permissions.documents import Document, documents, unread
from shared.resource_types.permissions.found import PermissionChanges, Policy, finding
from shared.resource_types.permissions.kinds import holds_credentials, is_permission_type, runs_template
from shared.resource_types.permissions.network import open_to_world
from shared.resource_types.policies import is_policy
from shared.resource_types.shapes import walk

_ROLE = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:role/")
_POLICY = re.compile(r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/")
_ATTACHED = frozenset({"ManagedPolicyArns", "ManagedPolicies", "ManagedPolicyArn", "PolicyArn", "PolicyArns"})
_BOUNDARY = "PermissionsBoundary"
_BLOCK = "PublicAccessBlockConfiguration"
# By name alone, for pages and descriptions; what a value says is judged by `permission_changes`.
_NAMED = frozenset({"AccessControl", "LoginProfile", "Permissions", "AssumeRolePolicyDocument", _BOUNDARY, _BLOCK})


def permission_changes(
    type_name: str,
    after: Mapping[str, JsonValue] | None,
    before: Mapping[str, JsonValue] | None = None,
    *,
    account: str | None = None,
    label: str = "",
) -> PermissionChanges:
    """What of a change is one of permissions.

    `before` is None where the resource is made, `after` where it is deleted. `account`: whose the resource is.
    `label` names it in the names of its policies: the type where it is "". Raises NotFound `unknown_resource_type`.
    """
    name = resource_type(type_name).name
    was, becomes = before or {}, after or {}
    parts = list(added(was, becomes))
    had, has = documents(name, was), documents(name, becomes)
    put = [one for one in has if one.document not in [old.document for old in had]]
    gone = [one for one in had if one.document not in [new.document for new in has]]
    found = [
        *_of_type(name, after),
        *(one for part in parts for one in _of_part(name, part, account)),
        *_protection_removed(was, becomes, gone),
    ]
    policies = [*_policies(put, label or name), *_attached(parts, label or name)]
    changes = bool(found or policies or gone) or is_permission_type(name) or _detached(was, becomes)
    if changes and not found and not policies:
        found = [finding("changes_permissions", "info", f"It changes permissions ({name}).")]
    handed = [str(part.value) for part in parts if isinstance(part.value, str) and _ROLE.match(part.value)]
    return PermissionChanges(
        changes=changes,
        findings=tuple(dict.fromkeys(found)),
        policies=tuple(policies),
        roles=tuple(dict.fromkeys(handed)),
    )


def permission_properties(type_name: str) -> tuple[str, ...]:
    """The properties of a type that say who may do what, as paths; by their names alone.

    Raises NotFound `unknown_resource_type`.
    """
    name = resource_type(type_name).name
    wanted = _NAMED | _ATTACHED
    found = (path for path, _ in walk(schema_of(name)) if is_policy(path) or path.rpartition("/")[2] in wanted)
    return tuple(dict.fromkeys(found))


def _of_type(name: str, after: Mapping[str, JsonValue] | None) -> Iterator[Finding]:
    if after is None:
        return
    if holds_credentials(name):
        yield finding("creates_credentials", "medium", "It lets somebody sign in with credentials of their own.")
    if runs_template(name):
        text = "It makes whatever its template or code says, permissions among it: read that before you approve."
        yield finding("template_not_checked", "high", text)


def _of_part(name: str, part: Part, account: str | None) -> Iterator[Finding]:
    yield from public_access(name, part)
    yield from no_authentication(name, part)
    yield from open_to_world(name, part)
    # Who a policy names is judged with the policy; a topic's protection of data has principals too.
    if not any(is_policy(str(step)) or str(step).endswith("Policy") for step in part.place):
        yield from shared(account, part)
    if part.name == "LoginProfile" and isinstance(part.value, dict):
        yield finding("creates_credentials", "medium", "The user gets a password to sign in with.", part.place)
    if part.name == "Permissions" and isinstance(part.value, list) and any(isinstance(one, dict) for one in part.value):
        yield finding("changes_permissions", "info", "It says who may use the resource, and how.", part.place)
    if unread(name, part.place, part.value):
        text = "It is a policy in a language that is not checked here: read it before you approve."
        yield finding("policy_not_read", "high", text, part.place)


def _protection_removed(
    was: Mapping[str, JsonValue], becomes: Mapping[str, JsonValue], gone: Iterable[Document]
) -> Iterator[Finding]:
    """What kept others out and is there no more."""
    for name, text in ((_BOUNDARY, "a permissions boundary"), (_BLOCK, "the block of public access")):
        if was.get(name) and not becomes.get(name):
            yield finding("protection_removed", "high", f"It takes {text} away.", (name,))
    for one in gone:
        if any(statement.get("Effect") == "Deny" for statement in _statements(one.document)):
            text = "A policy that denied something is taken away or changed: compare both."
            yield finding("protection_removed", "medium", text, one.place)


def _policies(put: Iterable[Document], label: str) -> Iterator[Policy]:
    for one in put:
        yield Policy(name=f"{label}{pointer(one.place)}", kind=one.kind, document=one.document)


def _attached(parts: Iterable[Part], label: str) -> Iterator[Policy]:
    """The managed policies that are attached, and set as boundary."""
    for part in parts:
        if not isinstance(part.value, str) or not _POLICY.match(part.value):
            continue
        name = f"{label}{pointer(part.place)}"
        if _BOUNDARY in part.place:
            yield Policy(name=name, kind="boundary", managed_arn=part.value)
        elif part.name in _ATTACHED:
            yield Policy(name=name, kind="identity", managed_arn=part.value)


def _detached(was: Mapping[str, JsonValue], becomes: Mapping[str, JsonValue]) -> bool:
    """Whether a property of permissions is changed by taking something away alone."""
    return any(was.get(name) != becomes.get(name) for name in (*_NAMED, *_ATTACHED) if name in was)


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return [one for one in listed if isinstance(one, dict)]
