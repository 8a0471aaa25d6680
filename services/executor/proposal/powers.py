"""Puts on a plan's steps what their policies allow, and what the roles may do that they hand to a service.

A step names a managed policy and a role by their ARNs alone; what stands behind these is read from IAM, and added up
with what the plan's own steps change. What cannot be read refuses nothing: the step says that it was not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from services.executor.credentials.caller import principal_of
from services.executor.operations import OPERATIONS
from services.executor.proposal.reach import known_reach, reach
from services.executor.registry.location import Location
from services.executor.scope.resources import changed
from shared.aws.arns import matches
from shared.aws.clients import Aws, translate
from shared.errors import AssistantError, InvalidArguments
from shared.iam.documents import CallerPolicies, Document, NamedPolicy
from shared.iam.gather import gather, identity_of, managed_document
from shared.iam.policy_json import PolicyDocument, read_policy
from shared.iam.words import statements_in_words
from shared.plans.step import PolicyReach, RoleReach, Step
from shared.text.json_values import strings

log = structlog.get_logger(__name__)

PARALLEL_READS = 8
_PASS, _DETACH = "iam:PassRole", "iam:DetachRolePolicy"
_AWS_MANAGED = ":iam::aws:policy/"
NO_TIME = "there was no time"

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class ExistingRole:
    """What a role has before the plan: its trust policy and the policies that it has."""

    trust: Document
    has: CallerPolicies


@dataclass(slots=True)
class RoleChanges:
    """What the plan's steps make of one role: its trust policy, policies by step, policies taken away."""

    trust: PolicyDocument | None = None
    inline: list[tuple[str, str, PolicyDocument]] = field(default_factory=list)
    attached: list[tuple[str, str]] = field(default_factory=list)
    detached: set[str] = field(default_factory=set)


def describe(aws: Aws, steps: Sequence[Step], values: Mapping[str, Values], purpose: str, seconds: float) -> list[Step]:
    """The steps with their policies and roles in words. `values` are each step's arguments; never raises for AWS."""
    location = Location.of(aws.info)
    policies = {step.id: list(_managed_arns(values[step.id])) for step in steps}
    roles = {step.id: list(_passed(step, values[step.id], location)) for step in steps}
    plan = {arn: _changes(arn, steps, values, location) for arns in roles.values() for arn in arns}
    wanted = {arn for arns in policies.values() for arn in arns}
    wanted |= {arn for changes in plan.values() for _, arn in changes.attached}
    existing = [arn for arn, changes in plan.items() if changes.trust is None]
    documents, found = _read(aws, sorted(wanted), existing, purpose, seconds)
    return [
        step.model_copy(
            update={
                "policies": tuple(_policy(arn, "", documents[arn], in_full=True) for arn in policies[step.id]),
                "roles": tuple(_role(arn, plan[arn], found.get(arn), documents) for arn in roles[step.id]),
            }
        )
        for step in steps
    ]


def _managed_arns(value: Any) -> Iterator[str]:
    """Every managed policy that the arguments name by its ARN alone, however deep."""
    for text in strings(value):
        if text.startswith("arn:") and text.split(":", 5)[2:3] == ["iam"] and ":policy/" in text:
            yield text


def _passed(step: Step, values: Values, location: Location) -> Iterator[str]:
    """The roles that the step hands to a service."""
    for action, arn in OPERATIONS[step.operation].permissions(values, location):
        if action == _PASS:
            yield arn


def _changes(role_arn: str, steps: Sequence[Step], values: Mapping[str, Values], location: Location) -> RoleChanges:
    """What the steps make of this role, in their order."""
    changes = RoleChanges()
    for step in steps:
        operation, given = OPERATIONS[step.operation], values[step.id]
        if not any(matches(pattern, role_arn) for pattern in changed(operation, given, location)):
            continue
        for policy in operation.policies_of(given):
            if policy["kind"] == "trust":
                changes.trust = policy["document"]
            elif "document" in policy:
                changes.inline.append((step.id, policy["name"], policy["document"]))
            else:
                changes.attached.append((step.id, policy["managed_arn"]))
        if _DETACH in step.iam_actions:
            gone = {arn.rpartition("/")[2] for arn in _managed_arns(given)}
            changes.detached |= gone
            changes.attached = [one for one in changes.attached if one[1].rpartition("/")[2] not in gone]
    return changes


def _read(
    aws: Aws, policies: Sequence[str], roles: Sequence[str], purpose: str, seconds: float
) -> tuple[dict[str, Document | Unread], dict[str, ExistingRole | Unread]]:
    """The documents of managed policies and what roles have, by ARN."""
    if not policies and not roles:
        return {}, {}
    until = time.monotonic() + seconds
    pool = ThreadPoolExecutor(PARALLEL_READS, thread_name_prefix="policies")
    try:
        if seconds <= 0:
            raise Late
        iam = pool.submit(principal_of, aws, purpose).result(timeout=seconds).iam
        documents = {arn: pool.submit(managed_document, iam, arn) for arn in policies}
        found = {arn: pool.submit(_existing, iam, arn) for arn in roles}
        return {arn: _result(future, until) for arn, future in documents.items()}, {
            arn: _result(future, until) for arn, future in found.items()
        }
    except Late:
        unread = Unread(NO_TIME)
    except (ClientError, BotoCoreError) as error:
        unread = Unread(translate(error).detail)
    except AssistantError as error:
        unread = Unread(error.detail)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    log.info("policies_unread", reason=unread.why)
    return dict.fromkeys(policies, unread), dict.fromkeys(roles, unread)


def _existing(iam: Any, arn: str) -> ExistingRole:
    _, name = identity_of(arn)
    return ExistingRole(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"], gather(iam, arn))


def _result(future: Any, until: float) -> Any:
    try:
        return future.result(timeout=max(until - time.monotonic(), 0))
    except Late:
        return Unread(NO_TIME)
    except (ClientError, BotoCoreError) as error:
        return Unread(translate(error).detail)
    except AssistantError as error:
        return Unread(error.detail)


def _role(
    arn: str, changes: RoleChanges, found: ExistingRole | Unread | None, documents: Mapping[str, Document | Unread]
) -> RoleReach:
    policies = [_policy(name, f"inline, of step {step}", document) for step, name, document in changes.inline]
    policies += [_policy(policy, f"attached by step {step}", documents[policy]) for step, policy in changes.attached]
    trust: Document | None = changes.trust
    if isinstance(found, ExistingRole):
        trust = found.trust
        has = [*found.has.policies, *([found.has.boundary] if found.has.boundary else [])]
        policies += [_had(policy) for policy in has if not _taken_away(policy, changes)]
    trusts = statements_in_words(_parsed(trust)) if trust is not None else []
    unread = found.why if isinstance(found, Unread) else None
    return RoleReach(role_arn=arn, trusts=tuple(trusts), policies=tuple(policies), unread=unread)


def _had(policy: NamedPolicy) -> PolicyReach:
    return _policy(policy.name, f"before this plan, {policy.source}", policy.document)


def _taken_away(policy: NamedPolicy, changes: RoleChanges) -> bool:
    return policy.source.startswith("attached") and policy.name in changes.detached


def _policy(name: str, why: str, document: Document | Unread, *, in_full: bool = False) -> PolicyReach:
    """One policy in words: in a line, and where `in_full` statement by statement, unless AWS publishes it."""
    if isinstance(document, Unread):
        return PolicyReach(policy=name, why=why, allows=known_reach(name), unread=document.why)
    try:
        parsed = _parsed(document)
    except InvalidArguments as error:
        return PolicyReach(policy=name, why=why, unread=error.detail)
    statements = statements_in_words(parsed) if in_full and _AWS_MANAGED not in name else []
    return PolicyReach(policy=name, why=why, allows=reach(parsed), statements=tuple(statements))


def _parsed(document: Document) -> PolicyDocument:
    return read_policy(document if isinstance(document, str) else dict(document), "its document")
