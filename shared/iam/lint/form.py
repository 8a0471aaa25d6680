"""Checks a document against the grammar of IAM's policy language; AWS refuses what breaks it ("high" findings).

Source: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy elements reference". The rules of
the elements are iam-policy-validator's. Checked here is what the library leaves to its caller: types, empty elements,
and which elements each kind of policy may have.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iam_validator.checks.policy_structure import validate_policy_document, validate_statement_structure
from iam_validator.core.aws_service.parsers import ServiceParser
from iam_validator.core.condition_validators import (
    CONDITION_OPERATORS,
    SET_OPERATOR_PREFIXES,
    is_invalid_null_if_exists,
    is_known_operator,
)
from iam_validator.core.models import Statement, ValidationIssue
from pydantic import ValidationError

from shared.iam.lint.arn_forms import check_arns
from shared.iam.lint.codes import Severity, finding, plain, show
from shared.iam.operators import Invalid, moment
from shared.iam.policy_json import CURRENT_VERSION, OLD_VERSION, PolicyDocument, PolicyKind, as_list, texts
from shared.messages import Finding
from shared.text.similar import did_you_mean

EVERY_ACTION = ("*", "*:*")

_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_SHAPES = {
    "Sid": ("bad_sid", "a string"),
    "Effect": ("bad_effect", '"Allow" or "Deny"'),
    "Principal": ("bad_principal", '"*" or an object such as {"AWS": ...}'),
    "NotPrincipal": ("bad_principal", '"*" or an object such as {"AWS": ...}'),
    "Action": ("bad_action", "a string or a list of strings"),
    "NotAction": ("bad_action", "a string or a list of strings"),
    "Resource": ("bad_resource", "a string or a list of strings"),
    "NotResource": ("bad_resource", "a string or a list of strings"),
    "Condition": ("bad_condition", "an object of operators, each an object of keys"),
}
_ISSUES: dict[str, tuple[str, Severity]] = {
    "unknown_policy_field": ("unknown_element", "high"),
    "unknown_field": ("unknown_element", "high"),
    "missing_version": ("old_version", "low"),
    "outdated_version": ("old_version", "low"),
    "invalid_version": ("bad_version", "high"),
    "missing_statement": ("missing_statement", "high"),
    "empty_statement": ("empty_statement", "high"),
    "invalid_statement_type": ("bad_statement", "high"),
    "missing_effect": ("missing_effect", "high"),
    "invalid_effect": ("bad_effect", "high"),
    "missing_action": ("missing_action", "high"),
    "action_conflict": ("both_actions", "high"),
    "missing_resource": ("missing_resource", "high"),
    "resource_conflict": ("both_resources", "high"),
    "unexpected_resource": ("resource_in_trust_policy", "high"),
    "principal_conflict": ("both_principals", "high"),
}
_PARSER = ServiceParser()
_OPERATORS = [
    f"{prefix}{name}{end}"
    for name in CONDITION_OPERATORS
    for prefix in ("", *(f"{one}:" for one in SET_OPERATOR_PREFIXES))
    for end in ("", "IfExists")
]


def policy_type(kind: PolicyKind) -> str:
    """The library's name of a kind."""
    return {"trust": "TRUST_POLICY", "resource": "RESOURCE_POLICY"}.get(kind, "IDENTITY_POLICY")


def check_form(document: object, kind: PolicyKind) -> Iterator[Finding]:
    """Yield what is wrong with the form of a document."""
    if not isinstance(document, dict):
        yield finding("not_an_object", "high", f"A policy is a JSON object, not {show(document)}.")
        return
    yield from _document(document, kind)
    sids: set[str] = set()
    for path, item in numbered(document):
        if not isinstance(item, dict):
            yield finding("bad_statement", "high", f"A statement is an object, not {show(item)}.", path)
            continue
        yield from _statement(item, path, kind)
        sid = item.get("Sid")
        if isinstance(sid, str) and sid:
            if sid in sids:
                text = f"The Sid {show(sid)} is used twice; it must be unique in a policy."
                yield finding("duplicate_sid", "high", text, f"{path}.Sid")
            sids.add(sid)


def numbered(document: PolicyDocument) -> list[tuple[str, Any]]:
    """What stands in Statement, each with its path; nothing where it is no list and no object."""
    found = document.get("Statement")
    items = found if isinstance(found, list) else [found] if isinstance(found, dict) else []
    return [(f"Statement[{index}]", item) for index, item in enumerate(items)]


def readable(item: object) -> Statement | None:
    """The statement as the library's model; None where its elements are not of the types they must be."""
    if not isinstance(item, dict) or _type_errors(item):
        return None
    return _model(item)


def _document(document: PolicyDocument, kind: PolicyKind) -> Iterator[Finding]:
    version = document.get("Version", OLD_VERSION)
    if not isinstance(version, str):
        yield finding("bad_version", "high", f"Version is a string, not {show(version)}.", "Version")
    if not isinstance(document.get("Id", ""), str):
        yield finding("bad_id", "high", f"Id is a string, not {show(document['Id'])}.", "Id")
    checked = {**document, **({} if isinstance(version, str) else {"Version": CURRENT_VERSION})}
    for issue in validate_policy_document(checked, policy_type(kind)):
        path = "Version" if "version" in issue.issue_type else "Statement" if "statement" in issue.issue_type else None
        yield _of_issue(issue, path)
    if version == OLD_VERSION and "${" in json.dumps(document.get("Statement"), default=str):
        text = f"Policy variables such as ${{aws:username}} are plain text under Version {OLD_VERSION}."
        yield finding("variables_need_version", "medium", text, "Version")


def _statement(item: PolicyDocument, path: str, kind: PolicyKind) -> Iterator[Finding]:
    wrong = _type_errors(item)
    for name in wrong:
        code, shape = _SHAPES[name]
        yield finding(code, "high", f"{name} must be {shape}, not {show(item[name])}.", f"{path}.{name}")
    # The library's check of the structure takes strings for granted.
    stand_ins = {"Sid": "", "Effect": "Allow"}
    strings = {name: stand_ins.get(name, value) if name in wrong else value for name, value in item.items()}
    for issue in validate_statement_structure(strings, 0, policy_type(kind)):
        yield _of_issue(issue, path)
    if kind == "resource" or "Sid" in wrong:
        pass
    elif not all(character.isascii() and character.isalnum() for character in item.get("Sid", "")):
        text = f"A Sid has letters and digits only: {show(item['Sid'])}."
        yield finding("bad_sid", "high", text, f"{path}.Sid")
    yield from _empty(item, path)
    yield from _actions(item, path)
    yield from check_arns(path, item)
    yield from _principal_elements(item, path, kind)
    if "Condition" in item and "Condition" not in wrong:
        yield from _condition(item["Condition"], f"{path}.Condition")


def _type_errors(item: PolicyDocument) -> tuple[str, ...]:
    """The elements that are not of the type they must be."""
    # To the library null is as good as nothing; to IAM it is not.
    wrong = {name for name in _ELEMENTS if name in item and item[name] is None}
    try:
        _model(item)
    except ValidationError as error:
        wrong |= {str(problem["loc"][0]) for problem in error.errors(include_url=False, include_input=False)}
    return tuple(name for name in _ELEMENTS if name in wrong)


def _model(item: PolicyDocument) -> Statement:
    return Statement.model_validate({name: item[name] for name in _ELEMENTS if name in item})


def _empty(item: PolicyDocument, path: str) -> Iterator[Finding]:
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in item and (item[name] == [] or "" in as_list(item[name])):
            code, shape = _SHAPES[name]
            yield finding(code, "high", f"{name} must be {shape}, and not empty.", f"{path}.{name}")


def _actions(item: PolicyDocument, path: str) -> Iterator[Finding]:
    for name in ("Action", "NotAction"):
        for action in texts(item.get(name)):
            if action and not is_action(action):
                text = plain(_PARSER.describe_action_format_error(action[:100]))
                yield finding("bad_action", "high", text, f"{path}.{name}")


def is_action(action: str) -> bool:
    """True for "*" and for what has the form service:Action, wildcards in the action only."""
    if action in EVERY_ACTION:
        return True
    try:
        _PARSER.parse_action(action)
    except ValueError:
        return False
    return not action.endswith("\n")


def _principal_elements(item: PolicyDocument, path: str, kind: PolicyKind) -> Iterator[Finding]:
    present = [name for name in ("Principal", "NotPrincipal") if name in item]
    if kind not in ("trust", "resource"):
        for name in present:
            text = f"A policy of kind {kind} has no {name}: it applies to whom it is attached to."
            yield finding("principal_not_allowed", "high", text, f"{path}.{name}")
    elif not present:
        yield finding("missing_principal", "high", "The statement does not say whom it is for: no Principal.", path)
    elif kind == "trust" and "NotPrincipal" in item:
        text = "A trust policy has no NotPrincipal: name who may assume the role."
        yield finding("not_principal_in_trust_policy", "high", text, f"{path}.NotPrincipal")


def _condition(condition: dict[str, dict[str, Any]], path: str) -> Iterator[Finding]:
    for operator, keys in condition.items():
        if is_invalid_null_if_exists(operator) or not is_known_operator(operator):
            hint = did_you_mean(operator, _OPERATORS, cutoff=0.7)
            text = f"{show(operator)} is no condition operator{hint}."
            yield finding("bad_condition_operator", "high", text, f"{path}.{operator}")
        for key, value in keys.items():
            if not all(isinstance(one, str | int | float) for one in as_list(value)):
                text = f"The value of {show(key)} must be text, a number or a Boolean, or a list of them."
                yield finding("bad_condition", "high", text, f"{path}.{operator}.{key}")
            elif wrong := [one for one in as_list(value) if not _is_comparable(operator, str(one))]:
                text = f"{show(wrong[0])} is no date, which {operator} compares: write 2026-12-31T23:59:59Z."
                yield finding("bad_condition", "high", text, f"{path}.{operator}.{key}")


def _is_comparable(operator: str, value: str) -> bool:
    """False for what is no date and is compared with dates; IAM does not look at the other types."""
    if not operator.casefold().rpartition(":")[2].startswith("date") or "${" in value:
        return True
    try:
        moment(value)
    except Invalid:
        return False
    return True


def _of_issue(issue: ValidationIssue, path: str | None) -> Finding:
    code, severity = _ISSUES[issue.issue_type]
    return finding(code, severity, plain(issue.message), path)
