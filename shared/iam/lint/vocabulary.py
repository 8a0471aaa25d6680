"""Compares a policy's actions, condition keys, values and resources with AWS's documentation.

IAM accepts names that do not exist without an error. The checks are iam-policy-validator's, over the installed action
data. This module chooses among them, gives their issues our codes, and bounds their time by counts (not by a clock, so
that the same policy always has the same findings).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import structlog
from iam_validator.checks import (
    ActionValidationCheck,
    ConditionKeyValidationCheck,
    ConditionTypeMismatchCheck,
    IfExistsConditionCheck,
    MFAConditionCheck,
    SetOperatorValidationCheck,
    TrustPolicyValidationCheck,
)
from iam_validator.core.check_registry import CheckConfig, PolicyCheck
from iam_validator.core.models import Statement, ValidationIssue

from shared.access import action_data
from shared.iam.federation import host_of, judge
from shared.iam.lint.action_names import unknown_action
from shared.iam.lint.codes import Severity, and_more, finding, plain
from shared.iam.lint.form import EVERY_ACTION, is_action, numbered, readable
from shared.iam.lint.services import Services
from shared.iam.policy_json import PolicyDocument, PolicyKind, texts
from shared.messages import Finding

log = structlog.get_logger(__name__)

# The code and severity of each issue of the library's. None: not reported, mostly advice that fits nearly every policy.
ISSUES: dict[str, tuple[str, Severity] | None] = {
    "invalid_action": ("unknown_action", "medium"),
    "invalid_condition_key": ("unknown_condition_key", "medium"),
    "invalid_value_format": ("bad_condition_value", "medium"),
    "invalid_ip_cidr_format": ("bad_condition_value", "medium"),
    "invalid_bool_value_for_operator": ("bad_condition_value", "medium"),
    "invalid_arn_format_for_operator": ("bad_condition_value", "medium"),
    "type_mismatch": ("condition_type_mismatch", "low"),
    "forallvalues_allow_without_null_check": ("weak_condition", "low"),
    "foranyvalue_deny_without_null_check": ("weak_condition", "low"),
    "ifexists_weakens_security_condition": ("weak_condition", "low"),
    "mfa_antipattern_bool_false": ("weak_condition", "medium"),
    "mfa_antipattern_boolif_exists_false": ("weak_condition", "medium"),
    "mfa_antipattern_null_false": ("weak_condition", "medium"),
    "mfa_antipattern_null_true": ("weak_condition", "medium"),
    "invalid_principal_type_for_assume_action": ("principal_type_mismatch", "medium"),
    "invalid_provider_format": ("principal_type_mismatch", "medium"),
    "missing_required_condition_for_assume_action": ("federation_condition_missing", "medium"),
    "confused_deputy_risk": ("missing_source_condition", "low"),
    # `form.py` reports it.
    "invalid_operator": None,
    "global_condition_key_with_action_specific": None,
    "type_mismatch_usable": None,
    "ifexists_on_always_present_key": None,
    "set_operator_on_single_valued_key": None,
}
ACTIONS = ActionValidationCheck()
CONDITIONS: tuple[PolicyCheck, ...] = (
    ConditionKeyValidationCheck(),
    ConditionTypeMismatchCheck(),
    SetOperatorValidationCheck(),
    IfExistsConditionCheck(),
    MFAConditionCheck(),
)
TRUST = TrustPolicyValidationCheck()

# Bounds of the work for one policy, each about half a second; a policy of ten statements needs some thousands.
# Names of actions that patterns are compared with, times the wildcards of the pattern.
MAX_LOOKUPS = 100_000
# Pairs of an action (a pattern counts as all actions of its service) and a condition key.
MAX_PAIRS = 20_000
# The longest action has 71 characters. A pattern of this many, where each `*` stands between others, matches none.
MAX_PATTERN_CHARACTERS = 160
# The library matches ARNs by recursion.
MAX_ARN_CHARACTERS = 256
MAX_ARN_WILDCARDS = 8

_RUNS = re.compile(r"\*+")
_ELEMENT = {"action": "Action", "resource": "Resource", "condition": "Condition", "principal": "Principal"}
_SERVICES = Services()


@dataclass(slots=True)
class _Work:
    """The work that is left for this policy, and the statements of which something was not checked."""

    lookups: int = MAX_LOOKUPS
    pairs: int = MAX_PAIRS
    incomplete: list[str] = field(default_factory=list)

    def look_up(self, action: str, path: str) -> bool:
        wildcards = action.count("*") + ("?" in action)
        self.lookups -= wildcards * len(action_data.actions(action.partition(":")[0].lower()))
        return self._afford(self.lookups, path)

    def pair(self, actions: int, others: int, path: str) -> bool:
        self.pairs -= actions * others
        return self._afford(self.pairs, path)

    def _afford(self, left: int, path: str) -> bool:
        if left < 0:
            self.incomplete.append(path)
        return left >= 0


def check_vocabulary(document: PolicyDocument, kind: PolicyKind) -> tuple[Finding, ...]:
    """The names in the policy that AWS does not document. Must not be called from a running event loop."""
    return tuple(asyncio.run(_check(document, kind)))


async def _check(document: PolicyDocument, kind: PolicyKind) -> list[Finding]:
    work, found = _Work(), list[Finding]()
    for path, item in _readable(document):
        found += _unknown(item, path)
        known = _with_known_actions(item, path, work)
        found += await _run(ACTIONS, known, path, work)
        if known.condition and work.pair(_weight(known), _count_keys(known), path):
            for check in CONDITIONS:
                found += await _run(check, known, path, work)
        if kind == "trust":
            found += await _trust(item, path, work)
    if work.incomplete:
        text = "The policy is too large, or its check failed: its names were not all compared with AWS's."
        found.append(finding("check_incomplete", "info", text, work.incomplete[0]))
    return found


def _readable(document: PolicyDocument) -> Iterator[tuple[str, Statement]]:
    for path, raw in numbered(document):
        if (item := readable(raw)) is not None:
            yield path, item


async def _run(check: PolicyCheck, item: Statement, path: str, work: _Work) -> list[Finding]:
    """Run one check on a statement. If the library raises, the policy gets the finding `check_incomplete`."""
    try:
        issues = await check.execute(item, 0, _SERVICES, CheckConfig(check_id=check.check_id))
    except Exception as error:
        log.warning("policy_check_failed", check=check.check_id, error=type(error).__name__)
        work.incomplete.append(path)
        return []
    return _findings(issues, item, path)


def _findings(issues: Iterable[ValidationIssue], item: Statement, path: str) -> list[Finding]:
    """One finding per code and element: the message of the first issue, and how many more there are."""
    grouped: dict[tuple[str, Severity, str], list[str]] = {}
    for issue in issues:
        known = ISSUES.get(issue.issue_type)
        if known is not None:
            where = f"{path}{_element(issue.field_name, item)}"
            unknown = issue.issue_type == "invalid_action" and issue.action
            grouped.setdefault((*known, where), []).append(unknown_action(unknown) if unknown else plain(issue.message))
    return [
        finding(code, severity, f"{messages[0].rstrip('.')}.{and_more(messages)}", where)
        for (code, severity, where), messages in grouped.items()
    ]


def _element(field_name: str | None, item: Statement) -> str:
    name = _ELEMENT.get(field_name or "")
    if name is None:
        return ""
    stands = getattr(item, name.lower()) is not None
    return f".{name}" if stands or name == "Condition" else f".Not{name}"


def _unknown(item: Statement, path: str) -> Iterator[Finding]:
    """Actions of services that AWS does not have, and patterns too long for any action."""
    for name, actions in (("Action", item.get_actions()), ("NotAction", item.get_not_actions())):
        runs = dict.fromkeys(_RUNS.sub("*", action) for action in actions if is_action(action))
        unknown = [action for action in runs if not _is_known(action)]
        if unknown:
            text = f"{unknown_action(unknown[0])}.{and_more(unknown)}"
            yield finding("unknown_action", "medium", text, f"{path}.{name}")


def _is_known(action: str) -> bool:
    """True for "*", and for an action whose service exists."""
    service = action.partition(":")[0]
    return action in EVERY_ACTION or (len(action) <= MAX_PATTERN_CHARACTERS and action_data.service_exists(service))


def _with_known_actions(item: Statement, path: str, work: _Work) -> Statement:
    """The statement for the checks that look actions up: each action once, of services that exist."""

    def known(actions: list[str]) -> list[str] | None:
        every = ["*"] if set(actions) & set(EVERY_ACTION) else []
        named = dict.fromkeys(_RUNS.sub("*", one) for one in actions if one not in EVERY_ACTION and is_action(one))
        spelled = dict.fromkeys(_as_aws_spells(action) for action in named if _is_known(action))
        return [*every, *(action for action in spelled if work.look_up(action, path))] or None

    # Resources that the library would take too long to match are not compared.
    resources = item.resource if _are_plain(item.get_resources()) else "*"
    changed = {"action": known(item.get_actions()), "not_action": known(item.get_not_actions()), "resource": resources}
    return item.model_copy(update=changed)


def _as_aws_spells(action: str) -> str:
    """The action in AWS's spelling, if AWS has it: parts of the library compare names with regard to case."""
    service, _, name = action.partition(":")
    known = action_data.actions(service.lower()).get(name.lower())
    return f"{service.lower()}:{known['name'] if known else name}"


def _are_plain(resources: list[str]) -> bool:
    return all(len(one) <= MAX_ARN_CHARACTERS and one.count("*") <= MAX_ARN_WILDCARDS for one in resources)


def _weight(item: Statement) -> int:
    """How many actions the statement's actions stand for."""
    return 1 + sum(
        len(action_data.actions(action.partition(":")[0].lower())) if set(action) & set("*?") else 1
        for action in item.get_actions()
        if action != "*"
    )


def _count_keys(item: Statement) -> int:
    return sum(len(keys) for keys in (item.condition or {}).values())


async def _trust(item: Statement, path: str, work: _Work) -> list[Finding]:
    """Whether a trust policy's action fits its principal. Patterns of actions are not checked: they mix several."""
    actions = [action for action in item.get_actions() if "*" not in action and "?" not in action]
    if not actions or item.effect != "Allow":
        return []
    found = await _run(TRUST, item.model_copy(update={"action": actions}), path, work)
    # A condition on the subject is enough; the library asks for the audience as well. Its values are judged elsewhere.
    subject = any(key.lower().endswith((":sub", ":amr")) for keys in (item.condition or {}).values() for key in keys)
    told = subject or _tells_apart(item)
    return [one for one in found if not (told and one.code == "federation_condition_missing")]


def _tells_apart(item: Statement) -> bool:
    """Whether a condition asks for another claim that tells an identity provider's parties apart."""
    principal = item.principal if isinstance(item.principal, dict) else {}
    hosts = filter(None, map(host_of, texts(principal.get("Federated"))))
    return any(judge({"Condition": item.condition}, host).verdict in ("broad", "narrow") for host in hosts)
