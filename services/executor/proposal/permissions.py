"""Checks before a plan runs whether its steps are permitted: by the caller's policies, and by AWS's simulation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from services.executor.credentials.caller import Principal, principal_of
from services.executor.registry.location import Location
from services.executor.registry.operation import Operation
from shared.aws.clients import Aws, error_code, translate
from shared.aws.regions import home_region
from shared.errors import AssistantError, Forbidden
from shared.iam.budget import Budget
from shared.iam.documents import CallerPolicies
from shared.iam.evaluate import Evaluator, Verdict, request_of
from shared.iam.gather import gather
from shared.messages import Finding

log = structlog.get_logger(__name__)

SECONDS = 5.0
PARALLEL_CALLS = 4
MAX_DENIALS_NAMED = 5
# Their calls go to one region whatever the session's.
_GLOBAL_SERVICES = {"iam", "organizations", "route53", "cloudfront"}
Permission = Literal["allowed", "denied", "unknown"]


@dataclass(frozen=True, slots=True)
class Need:
    """One IAM action on one resource that a step calls for, and what is known of the call's context.

    Where it is not `certain`, AWS may need it, acting for the step, and may not.
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    certain: bool = True

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one need before it is tried; `ask` says what to ask for where it is denied."""

    need: Need
    permission: Permission
    reason: str = ""
    ask: str = ""

    @property
    def is_denied(self) -> bool:
        return self.permission == "denied"


@dataclass(frozen=True, slots=True)
class Checked:
    """The answers by step; `unread` says why no policies could be read, where they could not."""

    principal: str
    answers: Mapping[str, Sequence[Answer]]
    unread: str = ""
    # Of the session's role and its caller, as far as they were read.
    policies: tuple[CallerPolicies, ...] = ()

    def permission_of(self, step: str) -> Permission:
        found = {answer.permission for answer in self.answers[step] if answer.need.certain or not answer.is_denied}
        if any(answer.is_denied and not answer.need.certain for answer in self.answers[step]):
            found.add("unknown")
        return "denied" if "denied" in found else "unknown" if "unknown" in found or self.unread else "allowed"

    def notes_of(self, step: str) -> tuple[str, ...]:
        """What stays open, one line each; nothing where all of it is open for the same reason."""
        certain = [answer for answer in self.answers[step] if answer.need.certain]
        open_ = [answer for answer in certain if answer.permission == "unknown" and answer.reason]
        told = [f"Permission not certain: {answer.need}: {answer.reason}" for answer in open_]
        denied = [answer.need.action for answer in self.answers[step] if answer.is_denied and not answer.need.certain]
        if denied:
            more = f" and {len(denied) - MAX_DENIALS_NAMED} more" if len(denied) > MAX_DENIALS_NAMED else ""
            named = ", ".join(denied[:MAX_DENIALS_NAMED])
            told.append(f"Permission not certain: AWS may need {named}{more} for this, denied to {self.principal}.")
        return tuple(told)

    def finding(self) -> Finding | None:
        """The finding that says that permissions were not checked, and why; None where they were."""
        if not self.unread:
            return None
        message = f"Permissions were not checked: {self.unread}. A step may fail for want of one."
        return Finding(code="permissions_unchecked", severity="low", message=message)

    def about(self, names: Mapping[str, str]) -> Checked:
        """The answers under these names alone, each under its new name."""
        return replace(self, answers={new: self.answers[name] for name, new in names.items()})

    def of_undo(self) -> Iterator[Finding]:
        """Findings for steps whose undo is denied; they refuse nothing."""
        for step, found in self.answers.items():
            if denied := [answer for answer in found if answer.is_denied and answer.need.certain]:
                message = f"It could not be undone: {denied[0].need} is denied to {self.principal}: {denied[0].reason}."
                yield Finding(code="undo_not_permitted", severity="medium", message=message, step=step)

    def refuse_denied(self, operations: Mapping[str, str]) -> None:
        """Raise Forbidden (`permission_denied`) where a step cannot succeed. `operations`: by step."""
        denied = [
            (step, one) for step, found in self.answers.items() for one in found if one.is_denied and one.need.certain
        ]
        if not denied:
            return
        named = [
            f"step {step!r} ({operations[step]}): {one.need} is denied to {self.principal}: {one.reason}. {one.ask}"
            for step, one in denied[:MAX_DENIALS_NAMED]
        ]
        more = len(denied) - len(named)
        raise Forbidden(" ".join([*named, *([f"And {more} more."] if more else [])]), code="permission_denied")


def needs_of(operation: Operation, values: Mapping[str, Any], location: Location) -> tuple[Need, ...]:
    """What the operation needs with these arguments."""
    made: list[Need] = []
    declared = operation.declared(values, location)
    for action, resource in declared.needs:
        service, parts = action.partition(":")[0], resource.split(":")
        region = (parts[3] if len(parts) > 5 else "") or str(values.get("region") or location.region)
        context = {
            "aws:RequestedRegion": (service in _GLOBAL_SERVICES and home_region(service, location.partition)) or region,
            "aws:PrincipalAccount": location.account,
            **declared.context.get(action, {}),
        }
        made.append(Need(action, resource, context, certain=(action, resource) in declared.permissions))
    return tuple(made)


def check(aws: Aws, needs: Mapping[str, Sequence[Need]], purpose: str, seconds: float = SECONDS) -> Checked:
    """Check every step's needs. Never raises for AWS's sake: what cannot be found out in time is "unknown"."""
    principal = aws.session.role_arn or aws.info.caller_arn
    pool = ThreadPoolExecutor(1, thread_name_prefix="permissions")
    try:
        return pool.submit(_check, aws, needs, purpose).result(timeout=max(seconds, 0))
    except Late:
        unread = "the caller's policies could not be read in time"
    except (ClientError, BotoCoreError) as error:
        unread = f"the caller's policies could not be read ({translate(error).detail})"
    except AssistantError as error:
        unread = f"the caller's policies could not be read ({error.detail})"
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    log.info("permissions_unchecked", reason=unread)
    return Checked(
        principal, {step: [Answer(need, "unknown") for need in found] for step, found in needs.items()}, unread
    )


def _check(aws: Aws, needs: Mapping[str, Sequence[Need]], purpose: str) -> Checked:
    principal = principal_of(aws, purpose)
    policies: CallerPolicies | None = None
    unread = ""
    try:
        policies = gather(principal.iam, principal.arn)
    except ClientError as error:
        # A caller that may not read its policies may still be allowed to simulate them.
        if translate(error).code != "aws_access_denied":
            raise
        unread = f"the caller's policies could not be read ({translate(error).detail})"
    source = policies.arn if policies else principal.source_arn
    asked = _simulated(principal.iam, source, [need for found in needs.values() for need in found])
    evaluator = Evaluator(policies.policies, policies.boundary, budget=Budget(SECONDS)) if policies else None
    answers = {
        step: [_answer(need, evaluator, principal, asked.get((need.action, need.resource))) for need in found]
        for step, found in needs.items()
    }
    own = () if policies is None else (policies, *_of_caller(aws, principal, needs))
    return Checked(source or principal.arn, answers, "" if asked else unread, own)


def _of_caller(aws: Aws, principal: Principal, needs: Mapping[str, Sequence[Need]]) -> tuple[CallerPolicies, ...]:
    """The policies of the caller behind the session's role, where a step changes policies and the role may look."""
    session = aws.session
    same_account = session.role_arn is not None and session.role_arn.split(":")[4] == aws.info.caller_arn.split(":")[4]
    resources = [need.resource for needed in needs.values() for need in needed]
    if not same_account or not any(kind in one for one in resources for kind in (":policy/", ":group/")):
        return ()
    try:
        return (gather(principal.iam, aws.info.caller_arn),)
    except (ClientError, AssistantError) as error:
        log.info("caller_policies_unread", error=type(error).__name__)
        return ()


def _answer(need: Need, evaluator: Evaluator | None, principal: Principal, asked: str | None) -> Answer:
    """Put together what the policies say and what AWS says of itself, which also knows the organisation's policies."""
    if "*" in need.action:
        return Answer(need, "unknown", f"AWS's data says no more than that it may need one of {need.action}")
    if evaluator is None:
        local = Verdict("unknown", "undecided", "")
    else:
        context = {**need.context, "aws:PrincipalType": "User" if principal.user_name else "AssumedRole"}
        known: dict[str, Any] = {**context, "aws:username": principal.user_name}
        local = evaluator.decide(request_of(need.action, need.resource, known, complete=False))
        if local.kind == "implicit_deny" and (meant := _may_mean(need, evaluator, known)):
            return Answer(need, "unknown", f"it is allowed on {meant}; only AWS knows whether that is the one")
    if asked == "allowed":
        if local.decision == "denied":
            return Answer(need, "unknown", f"the policies as read say no ({local.reason}), AWS's simulation says yes")
        return Answer(need, "allowed")
    if asked is not None and local.decision != "denied":
        deny = "an explicit deny" if asked == "explicitDeny" else "no allow"
        reason = f"AWS's simulation finds {deny}, for example in a policy of the organisation"
        return Answer(need, "denied", reason, f"Ask the account's administrator to allow {need}.")
    if local.decision == "denied":
        return Answer(need, "denied", local.reason, _ask(need, local))
    return Answer(need, local.decision, "" if local.decision == "allowed" else local.reason)


def _may_mean(need: Need, evaluator: Evaluator, context: Mapping[str, Any]) -> str | None:
    """A resource on which the need is allowed and that may be what it means, where it leaves characters open (`?`).

    A secret's name leaves the last six of its ARN open, and a policy may name the whole ARN.
    """
    if "?" not in need.resource:
        return None
    named = (arn for _, one in evaluator.identity.statements if one.allows for arn in one.resources)
    whole = (arn for arn in named if "*" not in arn and "?" not in arn and fnmatchcase(arn, need.resource))
    asked = (arn for arn in whole if evaluator.decide(request_of(need.action, arn, context, complete=False)).allowed)
    return next(asked, None)


def _ask(need: Need, verdict: Verdict) -> str:
    if verdict.kind == "explicit_deny":
        return f"Ask the account's administrator to narrow {verdict.source}."
    where = "in the permissions boundary too" if verdict.kind == "boundary" else "in an identity policy"
    return f"Ask the account's administrator to allow {need} {where}."


def _simulated(iam: Any, source: str | None, needs: Sequence[Need]) -> dict[tuple[str, str], str]:
    """AWS's own decisions by action and resource; only certain ones, none where the caller may not ask."""
    if source is None:
        return {}
    calls: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    # AWS simulates actions, and resources, that are named in full.
    for need in (one for one in needs if "?" not in one.resource and "*" not in one.action):
        actions = calls.setdefault((need.resource, tuple(sorted(need.context.items()))), [])
        if need.action not in actions:
            actions.append(need.action)

    def ask(call: tuple[str, tuple[tuple[str, str], ...]]) -> list[dict[str, Any]]:
        resource, context = call
        answer = iam.simulate_principal_policy(
            PolicySourceArn=source,
            ActionNames=calls[call],
            ResourceArns=[resource],
            ContextEntries=[
                {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                for key, value in context
            ],
        )
        found: list[dict[str, Any]] = answer["EvaluationResults"]
        return found

    try:
        with ThreadPoolExecutor(PARALLEL_CALLS) as pool:
            results = [result for found in pool.map(ask, calls) for result in found]
    except (ClientError, BotoCoreError) as error:
        log.info("simulation_unavailable", code=error_code(error) if isinstance(error, ClientError) else "unreachable")
        return {}
    # A denial for lack of context keys that the real call will have does not count.
    return {
        (result["EvalActionName"], result["EvalResourceName"]): result["EvalDecision"]
        for result in results
        if not result.get("MissingContextValues")
    }
