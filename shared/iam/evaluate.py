"""The decision on a request: identity policies, permissions boundary and session policies together.

Source: "Policy evaluation logic" in the IAM user guide, for a principal and a resource of one account. Service
control policies and resource policies are not known here; both can only be seen by asking AWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.iam.budget import Budget
from shared.iam.conditions import condition_holds
from shared.iam.documents import Document, MalformedPolicy, NamedPolicy, Statement, as_text, parse
from shared.iam.match import Request, action_matches, pattern_doubt, resource_matches, variable_doubt
from shared.iam.truth import Truth, Unknown, all_of, any_of, negated

Decision = Literal["allowed", "denied", "unknown"]
Kind = Literal[
    "allow",
    "explicit_deny",
    "implicit_deny",
    "boundary",
    "session_policy",
    "malformed_policy",
    "malformed_request",
    "undecided",
]
AnyPolicy = NamedPolicy | Document
"""A policy: a NamedPolicy, `{"name": …, "source": …, "document": …}`, or just the document."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policies say. Only "allowed" is a yes; `reason` says in words why it is not.

    `kind` "undecided": a statement may apply, and what it depends on is not known or not supported.
    `policy` and `statement` name what decided; both are None where nothing did (`implicit_deny`).
    """

    decision: Decision
    kind: Kind
    reason: str
    policy: NamedPolicy | None = None
    statement: str | None = None

    @property
    def allowed(self) -> bool:
        return self.decision == "allowed"

    @property
    def source(self) -> str | None:
        """The policy and the statement that decided, in words."""
        if self.policy is None:
            return None
        return f"{self.statement} of {self.policy}" if self.statement else str(self.policy)


@dataclass(frozen=True, slots=True)
class _Finding:
    """A statement that applies to the request, or may."""

    policy: NamedPolicy
    statement: Statement
    applies: Truth

    def verdict(self, decision: Decision, kind: Kind, reason: str) -> Verdict:
        return Verdict(decision, kind, reason, self.policy, self.statement.label)


class Layer:
    """Policies that are asked together: of a request, one of them must allow and none deny it."""

    def __init__(self, policies: Iterable[NamedPolicy]) -> None:
        self.malformed: list[tuple[NamedPolicy, str]] = []
        self.statements: list[tuple[NamedPolicy, Statement]] = []
        for policy in policies:
            try:
                self.statements += [(policy, statement) for statement in parse(policy.document)]
            except MalformedPolicy as error:
                self.malformed.append((policy, str(error)))

    def concerning(self, request: Request, allows: bool) -> Iterator[_Finding]:
        """The Allow (or Deny) statements that apply to the request, or may."""
        for policy, statement in self.statements:
            if statement.allows is allows:
                applies = statement_applies(statement, request)
                if applies is not False:
                    yield _Finding(policy, statement, applies)

    def allow(self, request: Request) -> _Finding | None:
        """The statement that allows it; where there is none, one that may."""
        found = list(self.concerning(request, True))
        return next((one for one in found if one.applies is True), found[0] if found else None)


def statement_applies(statement: Statement, request: Request) -> Truth:
    """Whether the statement speaks about this request.

    Unknown instead of true where any of it is in doubt, even a part that does not decide: AWS may take the statement
    as a whole for invalid (see `match.variable_doubt`).
    """
    action: Truth = any(action_matches(pattern, request.action) for pattern in statement.actions)
    if statement.not_action:
        action = not action
    if action is False:
        return False
    resource = any_of(resource_matches(text, request, statement.variables) for text in statement.resources)
    if statement.not_resource:
        resource = negated(resource)
    applies = all_of([resource, condition_holds(statement.condition, request, statement.variables)])
    return (_doubt(statement, request) or True) if applies is True else applies


def _doubt(statement: Statement, request: Request) -> Unknown | None:
    """The first pattern of an action, a resource or a condition's value that AWS may refuse to resolve."""
    for action in statement.actions:
        if "${" in action:
            return Unknown(f"the action {action} has a policy variable, which AWS does not support there")
    for text in statement.resources:
        if doubt := pattern_doubt(text, request, statement.variables):
            return doubt
    values = (value for keys in statement.condition.values() for wanted in keys.values() for value in wanted)
    if statement.variables:
        return next((doubt for value in values if "${" in value and (doubt := variable_doubt(value, request))), None)
    return None


class Evaluator:
    """A principal's policies, parsed once, for any number of requests. Parameters as `evaluate`'s.

    `budget`: the time that all decisions together may take; policies of others need one.
    """

    def __init__(
        self,
        policies: Iterable[AnyPolicy],
        boundary: AnyPolicy | None = None,
        session_policies: Sequence[AnyPolicy] | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._budget = budget
        self.identity = Layer(_named(policies, "identity"))
        self._limits: list[tuple[Kind, str, Layer]] = []
        if boundary is not None:
            self._limits.append(("boundary", "permissions boundary", Layer(_named([boundary], "boundary"))))
        if session_policies:
            self._limits.append(("session_policy", "session policy", Layer(_named(session_policies, "session"))))

    def decide(self, request: Request) -> Verdict:
        """Decide one request. Raises Forbidden (`credentials_unverifiable`) where the budget is used up."""
        if self._budget:
            self._budget.check()
        layers = [self.identity, *(layer for _, _, layer in self._limits)]
        doubts: list[Verdict] = []
        for layer in layers:
            for found in layer.concerning(request, False):
                if found.applies is True:
                    what = f"{found.statement.label} of {found.policy} denies {request.action} on {request.resource}"
                    return found.verdict("denied", "explicit_deny", what)
                doubts.append(_undecided(found, "deny", request))
            doubts += [_malformed(policy, why) for policy, why in layer.malformed]
        allow = self.identity.allow(request)
        if allow is None and not self.identity.malformed:
            why = f"no identity policy allows {request.action} on {request.resource}"
            return Verdict("denied", "implicit_deny", why)
        for kind, name, layer in self._limits:
            limit = layer.allow(request)
            if limit is None and not layer.malformed:
                return Verdict("denied", kind, f"the {name} does not allow {request.action} on {request.resource}")
            if limit is not None and isinstance(limit.applies, Unknown):
                doubts.append(_undecided(limit, "allow", request))
        if doubts:
            return doubts[0]
        assert allow is not None
        if isinstance(allow.applies, Unknown):
            return _undecided(allow, "allow", request)
        what = f"{allow.statement.label} of {allow.policy} allows {request.action} on {request.resource}"
        return allow.verdict("allowed", "allow", what)


def evaluate(
    policies: Iterable[AnyPolicy],
    boundary: AnyPolicy | None = None,
    session_policies: Sequence[AnyPolicy] | None = None,
    *,
    action: str,
    resource: str,
    context: Mapping[str, Any] | None = None,
    complete: bool = True,
) -> Verdict:
    """Decide whether a principal with these policies may call `action` on `resource`.

    Args:
        policies: The identity policies, each `{"name": …, "document": …}`, a NamedPolicy, or the bare document
            (an object or JSON text).
        boundary: The permissions boundary, if there is one.
        session_policies: The session's policies, of which one must allow; none or [] limits nothing.
        action: "s3:GetObject".
        resource: The resource's ARN, or "*" for an action that has none.
        context: Condition key (any case) to its value: text, number, Boolean, or a list of them. None or []: the
            request does not have the key.
        complete: Whether keys that `context` does not name are absent, as in AWS (the default). With False their
            values are not known yet, and what depends on them is "unknown".

    Never raises for what policies or request contain: a malformed one gives the decision "unknown", which is not
    allowed, with the reason.
    """
    try:
        request = request_of(action, resource, context or {}, complete)
    except ValueError as error:
        return Verdict("unknown", "malformed_request", str(error))
    return Evaluator(policies, boundary, session_policies).decide(request)


def request_of(action: str, resource: str, context: Mapping[str, Any], complete: bool = True) -> Request:
    """The request. Raises ValueError for an action or a context that no request can have."""
    service, colon, name = action.partition(":") if isinstance(action, str) else ("", "", "")
    if not (service and colon and name) or "*" in action or "?" in action:
        raise ValueError(f"{action!r} is not an action such as s3:GetObject")
    if not isinstance(resource, str) or not resource:
        raise ValueError(f"{resource!r} is not a resource")
    values: dict[str, tuple[str, ...] | None] = {}
    for key, raw in context.items():
        try:
            items = raw if isinstance(raw, list | tuple | set | frozenset) else () if raw is None else (raw,)
            values[key.lower()] = tuple(as_text(item) for item in items) or None
        except TypeError:
            raise ValueError(f"the context key {key} has a value that is not text, a number or a Boolean") from None
    return Request(action, resource, values, complete)


def _named(policies: Iterable[AnyPolicy], default: str) -> list[NamedPolicy]:
    named: list[NamedPolicy] = []
    for number, policy in enumerate(policies):
        if isinstance(policy, NamedPolicy):
            named.append(policy)
        elif isinstance(policy, Mapping) and "document" in policy:
            name = str(policy.get("name", f"{default}[{number}]"))
            named.append(NamedPolicy(name, str(policy.get("source", "")), policy["document"]))
        else:
            named.append(NamedPolicy(f"{default}[{number}]", "", policy))
    return named


def _undecided(found: _Finding, verb: str, request: Request) -> Verdict:
    reason = found.applies.reason if isinstance(found.applies, Unknown) else ""
    what = f"{found.statement.label} of {found.policy} may {verb} {request.action} on {request.resource}: {reason}"
    return found.verdict("unknown", "undecided", what)


def _malformed(policy: NamedPolicy, why: str) -> Verdict:
    return Verdict("unknown", "malformed_policy", f"{policy} cannot be understood: {why}", policy)
