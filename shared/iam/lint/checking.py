"""All checks of one policy, together; `linter` is the door."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from shared.iam.lint.codes import CODES, SEVERITIES, finding
from shared.iam.lint.form import check_form, numbered
from shared.iam.lint.principals import check_principals, check_trust_actions
from shared.iam.lint.privileges import check_privileges
from shared.iam.lint.resource_kinds import check_resource_kinds
from shared.iam.lint.vocabulary import check_vocabulary
from shared.iam.policy_json import PolicyDocument, PolicyKind, is_too_deep
from shared.messages import Finding

MAX_FINDINGS = 100
# Characters without white space. Source: IAM User Guide, "IAM and AWS STS quotas". A resource policy's limit is
# its service's; 20,480 is the largest, a bucket policy's.
_SIZE_LIMITS: dict[PolicyKind, tuple[int, str]] = {
    "identity": (6144, "a managed policy may have 6,144, the inline policies of a role 10,240 together"),
    "boundary": (6144, "a permissions boundary may have 6,144"),
    "trust": (2048, "a trust policy may have 2,048 by default"),
    "session": (2048, "a session policy may have 2,048"),
    "resource": (20480, "a bucket policy may have 20,480, others less"),
}
# Where a statement has one of these, `federation_condition_missing` would say the same again.
_SAID_BETTER = {"federation_unconditioned", "github_subject_missing", "federation_subject_open"}


def lint(document: object, kind: PolicyKind, account: str | None = None) -> tuple[Finding, ...]:
    """As `linter.lint`."""
    if is_too_deep(document):
        return (finding("nested_too_deeply", "high", "The policy is nested too deeply to be one."),)
    found = [*check_form(document, kind)]
    if isinstance(document, dict):
        found += [*check_vocabulary(document, kind), *_meaning(document, kind, account)]
    return _listed(found)


def refused(document: object, kind: PolicyKind) -> tuple[Finding, ...]:
    """As `linter.refused`."""
    if is_too_deep(document):
        return lint(document, kind)
    found = [*check_form(document, kind)]
    if isinstance(document, dict):
        found += _whom(document, kind, None)
    return _listed(one for one in found if CODES[one.code].refused)


def _listed(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each once, worst first."""
    unique = list(dict.fromkeys(found))
    better = {_statement(one) for one in unique if one.code in _SAID_BETTER}
    unique = [one for one in unique if one.code != "federation_condition_missing" or _statement(one) not in better]
    ordered = sorted(unique, key=lambda one: SEVERITIES.index(one.severity))
    if len(ordered) <= MAX_FINDINGS:
        return tuple(ordered)
    text = f"{len(ordered) - MAX_FINDINGS} more findings, none worse, are not listed."
    return (*ordered[:MAX_FINDINGS], finding("more_findings", "info", text))


def _statement(one: Finding) -> str:
    return (one.path or "").partition(".")[0]


def _meaning(document: PolicyDocument, kind: PolicyKind, account: str | None) -> Iterator[Finding]:
    yield from _size(document, kind)
    yield from _whom(document, kind, account)
    if kind == "trust":
        return
    items = [(path, item) for path, item in numbered(document) if isinstance(item, dict)]
    yield from check_resource_kinds(items)
    found = check_privileges([(path, item) for path, item in items if item.get("Effect") == "Allow"])
    yield from (_as_limit(one, kind) for one in found) if kind in ("session", "boundary") else found


def _whom(document: PolicyDocument, kind: PolicyKind, account: str | None) -> Iterator[Finding]:
    if kind not in ("trust", "resource"):
        return
    for path, item in numbered(document):
        if isinstance(item, dict):
            yield from check_principals(path, item, trust=kind == "trust", account=account)
            if kind == "trust":
                yield from check_trust_actions(path, item)


def _as_limit(one: Finding, kind: PolicyKind) -> Finding:
    """A session policy or a boundary grants nothing: what is broad in it limits little, which is less bad."""
    severity = "medium" if one.severity == "high" else one.severity
    text = f"{one.message} (A {kind} policy only limits what other policies allow.)"
    return finding(one.code, severity, text, one.path)


def _size(document: PolicyDocument, kind: PolicyKind) -> Iterator[Finding]:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=str)
    size = sum(not character.isspace() for character in text)
    limit, words = _SIZE_LIMITS[kind]
    if size > limit:
        message = f"The policy has {size} characters without white space; {words}."
        yield finding("policy_too_long", "medium", message)
