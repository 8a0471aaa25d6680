"""Deterministic findings about a policy: the same answer every time, for any JSON, without AWS and without Claude."""

from __future__ import annotations

import json
from collections.abc import Iterator

from services.bedrock_advisor.document import PolicyDocument, PolicyKind, is_too_deep, texts
from services.bedrock_advisor.grammar import check_grammar, finding
from services.bedrock_advisor.principals import check_principals
from services.bedrock_advisor.privileges import check_privileges
from shared.messages import Finding

# Found with the meaning of a policy, and refused by AWS all the same.
_REFUSED = {"trust_action_not_sts", "bad_principal", "wildcard_in_principal"}
_ORDER = {"high": 0, "medium": 1, "low": 2, "info": 3}
# Characters without white space. Source: IAM User Guide, "IAM and AWS STS quotas". A resource policy's limit is
# its service's; 20,480 is the largest, a bucket policy's.
_SIZE_LIMITS: dict[PolicyKind, int] = {
    "identity": 6144,
    "boundary": 6144,
    "trust": 2048,
    "session": 2048,
    "resource": 20480,
}


def lint(document: object, kind: PolicyKind, account: str | None = None) -> tuple[Finding, ...]:
    """Return the findings about a policy, worst first. `account` is the account the policy is for, if known."""
    if is_too_deep(document):
        return (finding("nested_too_deeply", "high", "The policy is nested too deeply to be one."),)
    found = [*check_grammar(document, kind), *_check_meaning(document, kind, account)]
    return tuple(sorted(dict.fromkeys(found), key=lambda item: _ORDER[item.severity]))


def refused(document: object, kind: PolicyKind) -> tuple[Finding, ...]:
    """The findings for which AWS would refuse the document: it is valid where there are none."""
    if is_too_deep(document):
        return lint(document, kind)
    form = {item for item in check_grammar(document, kind) if item.severity == "high"}
    return tuple(item for item in lint(document, kind) if item in form or item.code in _REFUSED)


def _check_meaning(document: object, kind: PolicyKind, account: str | None) -> Iterator[Finding]:
    if not isinstance(document, dict):
        return
    yield from _check_size(document, kind)
    found = document.get("Statement")
    items: list[tuple[str, PolicyDocument]] = [
        (f"Statement[{index}]", item)
        for index, item in enumerate(found if isinstance(found, list) else [found])
        if isinstance(item, dict)
    ]
    allowed = [(path, item) for path, item in items if item.get("Effect") == "Allow"]
    if kind in ("trust", "resource"):
        for path, item in items:
            yield from check_principals(path, item, trust=kind == "trust", account=account)
    if kind == "trust":
        yield from _check_trust_actions(items)
    elif kind in ("session", "boundary"):
        yield from (_as_limit(item, kind) for item in check_privileges(allowed))
    else:
        yield from check_privileges(allowed)


def _as_limit(item: Finding, kind: PolicyKind) -> Finding:
    """A session policy or a boundary grants nothing: what is broad in it limits little, which is less bad."""
    severity = "medium" if item.severity == "high" else item.severity
    note = f"{item.message} (A {kind} policy only limits what other policies allow.)"
    return item.model_copy(update={"severity": severity, "message": note})


def _check_size(document: PolicyDocument, kind: PolicyKind) -> Iterator[Finding]:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=str)
    size = sum(not character.isspace() for character in text)
    if size > _SIZE_LIMITS[kind]:
        message = f"The policy has {size} characters; AWS's default limit for a {kind} policy is {_SIZE_LIMITS[kind]}."
        yield finding("policy_too_long", "medium", message)


def _check_trust_actions(items: list[tuple[str, PolicyDocument]]) -> Iterator[Finding]:
    for path, item in items:
        for action in texts(item.get("Action")):
            if not action.casefold().startswith("sts:"):
                text = f"A trust policy allows AssumeRole actions of STS only, not {action[:80]}."
                yield finding("trust_action_not_sts", "high", text, f"{path}.Action")
