"""Finds policies within a JSON value: an answer of the AWS CLI, a CloudFormation template, Terraform's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from shared.iam.policy_json import NotJson, PolicyDocument, PolicyKind, infer_kind, is_too_deep, load_json

MAX_FOUND = 20
_MAX_LAYERS = 4

# Names, in lower case without underscores, of a role's trust policy: GetRole, CloudFormation, Terraform.
_TRUST_NAMES = frozenset({"assumerolepolicydocument", "assumerolepolicy", "trustpolicy", "trustrelationship"})
# What an answer names beside the policy of a user, group or role (GetRolePolicy) or stands around a managed one's.
_IDENTITY_NAMES = frozenset({"rolename", "username", "groupname"})


@dataclass(frozen=True, slots=True)
class Found:
    """A policy, where it stood ("" for the value itself), and its kind where its place tells."""

    path: str
    document: PolicyDocument
    kind: PolicyKind | None

    @property
    def likely_kind(self) -> PolicyKind:
        """The kind that its place tells, or else its shape."""
        return self.kind or infer_kind(self.document)


def policies_in(value: Any) -> list[Found]:
    """Every policy in a value, in its order, at most MAX_FOUND + 1. The value is not nested too deeply."""
    found = []
    for one in _walk(value, "", None):
        found.append(one)
        if len(found) > MAX_FOUND:
            break
    return found


def _walk(value: Any, path: str, kind: PolicyKind | None) -> Iterator[Found]:
    if isinstance(value, dict):
        if "Statement" in value:
            yield Found(path, value, kind)
            return
        beside = {_plain(name) for name in value}
        for name, item in value.items():
            inner = _kind_under(_plain(name), beside) or kind
            yield from _walk(item, f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, f"{path}[{number}]", kind)
    elif isinstance(value, str) and path and "Statement" in value:
        document = _document_in(value)
        if document is not None:
            yield Found(path, document, kind)


def _kind_under(name: str, beside: set[str]) -> PolicyKind | None:
    if name in _TRUST_NAMES:
        return "trust"
    if name == "policyversion" or (name == "policydocument" and beside & _IDENTITY_NAMES):
        return "identity"
    return None


def _document_in(text: str) -> PolicyDocument | None:
    """The policy that a string holds as JSON text, also URL-encoded or encoded twice."""
    value: Any = text
    for _ in range(_MAX_LAYERS):
        if not isinstance(value, str):
            break
        try:
            value = load_json(unquote(value) if value.lstrip().lower().startswith("%7b") else value)
        except NotJson:
            return None
    return value if isinstance(value, dict) and "Statement" in value and not is_too_deep(value) else None


def _plain(name: object) -> str:
    return str(name).replace("_", "").replace("-", "").lower()
