"""Does a document keep the grammar of IAM's policy language? Source: IAM User Guide, "Grammar of the IAM JSON
policy language" and "IAM JSON policy elements reference".

Severity "high" here means: AWS refuses the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from services.bedrock_advisor.document import PolicyDocument, PolicyKind, texts
from shared.messages import Finding

CURRENT_VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"

_TOP = {"Version", "Id", "Statement"}
_ELEMENTS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"}
_ELEMENTS |= {"Condition"}
_SID = re.compile(r"[A-Za-z0-9]*")
_ACTION = re.compile(r"\*|\*:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_PARTITION = re.compile(r"aws[a-z-]*|\*|aws\*|aws-\*")
_PRINCIPAL_TYPES = {"AWS", "Service", "Federated", "CanonicalUser"}
_OPERATORS = frozenset(
    f"{type_}{comparison}".casefold()
    for type_, comparisons in {
        "String": ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike"),
        "Numeric": ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
        "Date": ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
        "Arn": ("Equals", "NotEquals", "Like", "NotLike"),
        "": ("Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"),
    }.items()
    for comparison in comparisons
)
_OPERATOR = re.compile(r"(?:forallvalues:|foranyvalue:)?(?P<name>[a-z]+?)(?:ifexists)?")


def finding(code: str, severity: str, message: str, path: str | None = None) -> Finding:
    """A finding; pydantic refuses a severity that is none."""
    return Finding.model_validate(
        {"code": code, "severity": severity, "message": _clean(message), "path": _clean(path) if path else None}
    )


def _clean(text: str) -> str:
    """Text out of a policy, fit for the wire: no lone surrogates, and not as long as a key can be."""
    return text[:500].encode("utf-8", "replace").decode("utf-8")


def show(value: object) -> str:
    """A value as it stands in the policy, shortened, for a message."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:77] + "..."


def check_grammar(document: object, kind: PolicyKind) -> Iterator[Finding]:
    """Yield what is wrong with the form of a document."""
    if not isinstance(document, dict):
        yield finding("not_an_object", "high", f"A policy is a JSON object, not {show(document)}.")
        return
    for name in sorted(document.keys() - _TOP):
        yield finding("unknown_element", "high", f"{show(name)} is no element of a policy.", name)
    yield from _version(document)
    if "Statement" not in document:
        yield finding("missing_statement", "high", 'The policy has no "Statement".', "Statement")
        return
    found = document["Statement"]
    items = found if isinstance(found, list) else [found]
    if not items:
        yield finding("empty_statement", "high", "The policy has no statements.", "Statement")
    for index, item in enumerate(items):
        path = f"Statement[{index}]"
        if isinstance(item, dict):
            yield from _statement(item, path, kind)
        else:
            yield finding("bad_statement", "high", f"A statement is an object, not {show(item)}.", path)
    yield from _duplicate_sids(items)


def _version(document: PolicyDocument) -> Iterator[Finding]:
    version = document.get("Version", OLD_VERSION)
    if version == CURRENT_VERSION:
        return
    if version != OLD_VERSION:
        text = f"Version must be {CURRENT_VERSION} (or the old {OLD_VERSION}), not {show(version)}."
        yield finding("bad_version", "high", text, "Version")
        return
    how = "The policy's Version is" if "Version" in document else "The policy has no Version, which means"
    yield finding("old_version", "low", f"{how} {OLD_VERSION}; use {CURRENT_VERSION}.", "Version")
    if "${" in json.dumps(document.get("Statement"), default=str):
        text = f"Policy variables such as ${{aws:username}} are plain text under Version {OLD_VERSION}."
        yield finding("variables_need_version", "medium", text, "Version")


def _statement(item: PolicyDocument, path: str, kind: PolicyKind) -> Iterator[Finding]:
    for name in sorted(item.keys() - _ELEMENTS):
        yield finding("unknown_element", "high", f"{show(name)} is no element of a statement.", f"{path}.{name}")
    sid = item.get("Sid", "")
    if not isinstance(sid, str):
        yield finding("bad_sid", "high", f"Sid must be a string, not {show(sid)}.", f"{path}.Sid")
    elif kind != "resource" and not _SID.fullmatch(sid):
        yield finding("bad_sid", "high", f"Sid may hold letters and digits only: {show(sid)}.", f"{path}.Sid")
    if "Effect" not in item:
        yield finding("missing_effect", "high", "The statement has no Effect.", path)
    elif item["Effect"] not in ("Allow", "Deny"):
        text = f'Effect must be "Allow" or "Deny", not {show(item["Effect"])}.'
        yield finding("bad_effect", "high", text, f"{path}.Effect")
    yield from _one_of(item, path, "Action", "NotAction")
    yield from _actions(item, path)
    yield from _resources(item, path, kind)
    yield from _principals(item, path, kind)
    if "Condition" in item:
        yield from _condition(item["Condition"], f"{path}.Condition")


def _one_of(item: PolicyDocument, path: str, name: str, inverse: str) -> Iterator[Finding]:
    lower = name.lower()
    if name in item and inverse in item:
        yield finding(f"both_{lower}s", "high", f"A statement has {name} or {inverse}, not both.", path)
    elif name not in item and inverse not in item:
        yield finding(f"missing_{lower}", "high", f"The statement has neither {name} nor {inverse}.", path)


def _values(item: PolicyDocument, path: str, name: str) -> Iterator[Finding]:
    """The finding that an element is no string and no list of strings."""
    value = item[name]
    good = isinstance(value, str) or (isinstance(value, list) and len(texts(value)) == len(value))
    if not good or value in ("", []):
        text = f"{name} must be a string or a list of strings, not {show(value)}."
        yield finding(f"bad_{name.lower()}", "high", text, f"{path}.{name}")


def _actions(item: PolicyDocument, path: str) -> Iterator[Finding]:
    for name in ("Action", "NotAction"):
        if name not in item:
            continue
        yield from _values(item, path, name)
        for action in texts(item[name]):
            if action and not _ACTION.fullmatch(action):
                text = f'{show(action)} is no action: it is "*" or service:Action, with wildcards after the colon only.'
                yield finding("bad_action", "high", text, f"{path}.{name}")


def _resources(item: PolicyDocument, path: str, kind: PolicyKind) -> Iterator[Finding]:
    present = [name for name in ("Resource", "NotResource") if name in item]
    if kind == "trust":
        for name in present:
            yield finding("resource_in_trust_policy", "high", f"A trust policy has no {name}.", f"{path}.{name}")
        return
    yield from _one_of(item, path, "Resource", "NotResource")
    for name in present:
        yield from _values(item, path, name)
        for resource in texts(item[name]):
            problem = _arn_problem(resource) if resource else None
            if problem:
                text = f"{show(resource)} is no ARN: {problem}."
                yield finding("malformed_arn", "high", text, f"{path}.{name}")


def _arn_problem(resource: str) -> str | None:
    if resource == "*" or resource.startswith("${"):
        return None
    parts = resource.split(":", 5)
    if parts[0] != "arn":
        return 'it is "*" or begins with arn:'
    if len(parts) < 6:
        return "it has fewer than six parts (arn:partition:service:region:account:resource)"
    if not _PARTITION.fullmatch(parts[1]) and "${" not in parts[1]:
        return f"{show(parts[1])} is no AWS partition"
    if not parts[2] or not parts[5]:
        return "its service or its resource is empty"
    if parts[4] and not re.fullmatch(r"[0-9*?]{1,12}|aws|cloudfront|\$\{.*\}", parts[4]):
        return f"{show(parts[4])} is no account"
    return None


def _principals(item: PolicyDocument, path: str, kind: PolicyKind) -> Iterator[Finding]:
    present = [name for name in ("Principal", "NotPrincipal") if name in item]
    if kind not in ("trust", "resource"):
        for name in present:
            text = f"A policy of kind {kind} has no {name}: it applies to whom it is attached to."
            yield finding("principal_not_allowed", "high", text, f"{path}.{name}")
        return
    yield from _one_of(item, path, "Principal", "NotPrincipal")
    for name in present:
        value = item[name]
        if value == "*":
            continue
        if not isinstance(value, dict) or not value:
            text = f'{name} is "*" or an object such as {{"AWS": ...}}, not {show(value)}.'
            yield finding("bad_principal", "high", text, f"{path}.{name}")
            continue
        for type_ in value:
            if type_ not in _PRINCIPAL_TYPES:
                text = f"{show(type_)} is no type of principal."
                yield finding("bad_principal", "high", text, f"{path}.{name}.{type_}")
            else:
                yield from _values(value, f"{path}.{name}", type_)


def _condition(condition: object, path: str) -> Iterator[Finding]:
    if not isinstance(condition, dict):
        yield finding("bad_condition", "high", f"Condition is an object, not {show(condition)}.", path)
        return
    for operator, keys in condition.items():
        match = _OPERATOR.fullmatch(str(operator).casefold())
        if match is None or match["name"] not in _OPERATORS:
            text = f"{show(operator)} is no condition operator."
            yield finding("bad_condition_operator", "high", text, f"{path}.{operator}")
        if not isinstance(keys, dict):
            text = f"A condition operator holds an object of keys, not {show(keys)}."
            yield finding("bad_condition", "high", text, f"{path}.{operator}")


def _duplicate_sids(items: list[object]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        sid = item.get("Sid") if isinstance(item, dict) else None
        if isinstance(sid, str) and sid:
            if sid in seen:
                text = f"The Sid {show(sid)} is used twice; it must be unique in a policy."
                yield finding("duplicate_sid", "high", text, f"Statement[{index}].Sid")
            seen.add(sid)
