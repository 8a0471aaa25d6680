"""Lets the informational agent read beyond its own session policy: by the read policies that hang on the role.

Its session policy is full (2,048 characters), so what it may read besides comes from customer-managed policies
(`shared/read_policies`), which AssumeRole takes by their ARNs. They are the customer's: each is read first and left out
where it allows more than plain lists and reads, and all are where together they allow less than the session policy
does. Whatever goes wrong here keeps no session from opening; its notes say what the agent cannot read then, and why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from services.orchestrator.sessions.scoping import INFO_ALLOWED, MAX_POLICY_CHARS, NARROWING_POLICY
from services.orchestrator.sessions.sts import AssumedRole, RoleRequest, Sts
from shared import read_policies
from shared.errors import AssistantError
from shared.iam.documents import Document
from shared.sessions.credentials import Credentials

log = structlog.get_logger(__name__)

# STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. The text of the inline policy and the
# ARNs share the 2,048 characters; how they pack is for STS alone to say.
MAX_POLICY_ARNS = 10
_ADD = "docs/iam has them ready: attach them to the role and open the session anew"


@dataclass(frozen=True, slots=True)
class Widened:
    """The informational agent's session, as it was or wider, and the request for it. `notes` are for `scoping`."""

    assumed: AssumedRole
    request: RoleRequest
    notes: tuple[str, ...] = ()

    @property
    def policy_arns(self) -> tuple[str, ...]:
        """The read policies that it is wider by."""
        return self.request.policy_arns


async def widened(
    sts: Sts, credentials: Credentials, region: str, request: RoleRequest, narrow: AssumedRole, seconds: int
) -> Widened:
    """Assume the role anew with its read policies, where it has any. `narrow` is the session without them.

    `request` is the one that made it. Raises nothing that keeps a session from opening.
    """
    try:
        attached = await sts.attached_policies(narrow.credentials, region, request.role_arn)
        named = {name: arn for name, arn in sorted(attached.items(), key=_order) if _is_read_policy(name, arn, request)}
        documents = await sts.managed_policies(narrow.credentials, region, [*named.values()])
    except AssistantError as error:
        log.info("read_policies_unread", code=error.code)
        return Widened(narrow, request, (f"{_WITHOUT}: the role's policies could not be read ({error.detail})",))
    if not named:
        return Widened(narrow, request, (f"{_WITHOUT}: the role has none of the read policies. {_ADD}",))
    chosen, notes = await asyncio.to_thread(_chosen, list(named.items()), documents)
    if not chosen:
        return Widened(narrow, request, tuple(notes))
    wide = replace(request, policy=NARROWING_POLICY, policy_arns=chosen)
    try:
        assumed = await sts.assume_role(credentials, region, wide, seconds)
    except AssistantError as error:
        log.warning("session_not_widened", code=error.code, policies=len(chosen))
        why = f"{_WITHOUT}: AWS did not take the read policies ({error.detail})"
        return Widened(narrow, request, (*notes, why))
    log.info("session_widened", policies=len(chosen))
    return Widened(assumed, wide, tuple(notes))


_WITHOUT = "the informational agent reads only the services that its own session policy names"


def _order(item: tuple[str, str]) -> tuple[str, int, str]:
    """`…-read-2` before `…-read-10`."""
    stem, _, number = item[0].rpartition("-")
    return stem, int(number) if number.isdigit() else 0, item[0]


def _is_read_policy(name: str, arn: str, request: RoleRequest) -> bool:
    """Whether a policy is named like one, and the role's own account's."""
    return read_policies.NAME.fullmatch(name) is not None and arn.split(":")[4:5] == request.role_arn.split(":")[4:5]


def _chosen(named: Sequence[tuple[str, str]], documents: Sequence[Document]) -> tuple[tuple[str, ...], list[str]]:
    """The ARNs to pass, and notes on what is not passed."""
    chosen: list[str] = []
    good: list[Document] = []
    notes: list[str] = []
    left = MAX_POLICY_CHARS - len(NARROWING_POLICY)
    for (name, arn), document in zip(named, documents, strict=True):
        if why := read_policies.why_not(document):
            notes.append(f"the policy {name} does not widen what the informational agent reads: {why}")
        elif len(chosen) == MAX_POLICY_ARNS or len(arn) > left:
            notes.append(f"the policy {name} is left out: AWS takes no more policies for one session")
        else:
            chosen.append(arn)
            good.append(document)
            left -= len(arn)
    if chosen and not read_policies.covers(good, INFO_ALLOWED):
        missing = "the role's read policies allow less than that, so that they are not used; attach read-1 and read-2"
        return (), [*notes, f"{_WITHOUT}: {missing}"]
    return tuple(chosen), notes
