"""Which roles a caller can become, besides the session's: the executor holds the caller's credentials and could too."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from services.orchestrator.sessions.sts import Sts
from shared.errors import AssistantError, DeadlineExceeded, Forbidden
from shared.iam.budget import Budget
from shared.iam.documents import CallerPolicies, Document
from shared.iam.evaluate import Evaluator, Verdict, request_of
from shared.iam.trust import admits
from shared.sessions.credentials import Credentials

log = structlog.get_logger(__name__)

SECONDS = 10.0
# Of processor time, for all of an account's administrators' roles.
EVALUATION_SECONDS = 5.0
ASSUME = "sts:AssumeRole"
# A role that no policy names in particular.
_ANY = "zz-anything-9d41c7"


async def check_reach(
    sts: Sts, readable_with: Credentials, region: str, policies: CallerPolicies, caller_arn: str
) -> tuple[str, ...]:
    """Refuse a caller that can assume an administrator's role; return a note where it can assume any that lets it.

    `readable_with`: credentials that may read IAM in the caller's account. Administrators' roles are those with AWS's
    own policy AdministratorAccess. Raises Forbidden (`credentials_too_broad`, and `credentials_unverifiable` where the
    policies are too large to evaluate), and Unavailable where IAM does not answer.
    """
    partition = caller_arn.split(":")[1]
    unread = ""
    try:
        async with asyncio.timeout(SECONDS):
            roles = await sts.administrator_roles(readable_with, region, partition)
    except TimeoutError:
        raise DeadlineExceeded(f"looking for administrators' roles took longer than {SECONDS:.0f} s") from None
    except AssistantError as error:
        if error.retryable:
            raise
        roles, unread = (), f"; which of them are administrators could not be looked up ({error.detail})"
    return await asyncio.to_thread(_judged, policies, caller_arn, roles, unread)


def _judged(
    policies: CallerPolicies, caller_arn: str, roles: Sequence[tuple[str, Document]], unread: str
) -> tuple[str, ...]:
    partition, account = caller_arn.split(":")[1], caller_arn.split(":")[4]
    evaluator = Evaluator(policies.policies, policies.boundary, budget=Budget(EVALUATION_SECONDS))
    for arn, trust in roles:
        verdict, let_in = _assume(evaluator, arn), admits(trust, caller_arn)
        # A trust policy that names the caller needs no policy of the caller's, but an explicit Deny of it counts.
        if let_in and (verdict.decision != "denied" or (let_in == "by name" and verdict.kind == "implicit_deny")):
            log.info("caller_reaches_administrator", role=arn)
            raise Forbidden(
                f"the caller may assume the role {arn}, which is an administrator's (AdministratorAccess), and so "
                f"could whoever holds the session's credentials. Allow the caller {ASSUME} on the session's role "
                "alone (see docs/sessions.md), or narrow who may assume that role",
                code="credentials_too_broad",
            )
    anywhere = _assume(evaluator, f"arn:{partition}:iam::{account}:role/{_ANY}")
    if anywhere.decision == "denied":
        return ()
    return (
        f"the caller may assume every role of account {account} that lets it in ({anywhere.source or anywhere.reason})"
        f"{unread}; the executor holds the caller's credentials. Allow {ASSUME} on the session's role alone",
    )


def _assume(evaluator: Evaluator, role_arn: str) -> Verdict:
    return evaluator.decide(request_of(ASSUME, role_arn, {}, complete=False))
