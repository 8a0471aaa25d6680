"""What exists in the account already, as far as a plan's names and quotas ask: read-only, at once, bounded in time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from services.executor.credentials.assume_role import assume, session_name
from shared.aws import Aws, error_code, translate
from shared.errors import AssistantError

log = structlog.get_logger(__name__)

# A kind, and what tells one of that kind from another: ("role", "reader").
Fact = tuple[str, ...]
PARALLEL_READS = 8
DURATION_SECONDS = 900
READS = (
    "iam:GetAccountSummary",
    "iam:GetPolicy",
    "iam:GetRole",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "lambda:GetAccountSettings",
    "lambda:GetFunctionConfiguration",
    "s3:ListBucket",
    "s3:ListBucketVersions",
)
# The session looks, whatever else its role may do.
_POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(READS), "Resource": "*"}]},
    separators=(",", ":"),
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class AccountSummary:
    roles: int
    roles_quota: int
    attached_quota: int


@dataclass(frozen=True, slots=True)
class CodeStorage:
    """Bytes of a region's Lambda code storage."""

    used: int
    limit: int


def read(aws: Aws, facts: Iterable[Fact], purpose: str, seconds: float) -> dict[Fact, Any]:
    """Every fact by itself, `Unread` where it could not be read in time. Never raises for AWS's sake.

    With a session of the session's role where it has one, else with the caller's credentials.
    """
    wanted = list(dict.fromkeys(facts))
    if seconds <= 0:
        return dict.fromkeys(wanted, Unread("there was no time"))
    until = time.monotonic() + seconds
    pool = ThreadPoolExecutor(PARALLEL_READS, thread_name_prefix="existing")
    try:
        looking = pool.submit(_looking, aws, purpose).result(timeout=max(until - time.monotonic(), 0))
        futures = {fact: pool.submit(_read, looking, fact) for fact in wanted}
        return {fact: _result(future, until) for fact, future in futures.items()}
    except Late:
        why = "there was no time"
    except AssistantError as error:
        why = error.detail
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    log.info("conflicts_unchecked", reason=why)
    return dict.fromkeys(wanted, Unread(why))


def in_words(fact: Fact) -> str:
    """A fact as a person would ask for it."""
    kind, *about = fact
    return _QUESTIONS[kind].format(*about)


def _looking(aws: Aws, purpose: str) -> Aws:
    if aws.session.role_arn is None:
        return aws
    credentials = assume(aws, session_name(purpose), _POLICY, DURATION_SECONDS)
    return Aws(aws.session.model_copy(update={"credentials": credentials}), aws.deadline, aws.cache)


def _result(future: Any, until: float) -> Any:
    try:
        return future.result(timeout=max(until - time.monotonic(), 0))
    except Late:
        return Unread("there was no time")


def _read(aws: Aws, fact: Fact) -> Any:
    kind, *about = fact
    try:
        return _READERS[kind](aws, *about)
    except ClientError as error:
        if error_code(error) in _ABSENT:
            return None
        return Unread(translate(error).detail)
    except BotoCoreError as error:
        return Unread(translate(error).detail)


_ABSENT = {"NoSuchEntity", "ResourceNotFoundException", "NoSuchBucket"}


def _bucket(aws: Aws, name: str) -> Any:
    """ "mine" or "theirs"; None where the name is free."""
    try:
        aws.client("s3").head_bucket(Bucket=name, ExpectedBucketOwner=aws.info.account)
    except ClientError as error:
        code = error_code(error)
        if code in ("404", "NotFound", "NoSuchBucket"):
            return None
        if code in ("403", "AccessDenied"):
            return "theirs"
        if code not in ("301", "PermanentRedirect"):
            raise
    return "mine"


def _not_empty(aws: Aws, name: str) -> bool:
    # Versions and delete markers keep a bucket from being deleted too.
    found = aws.client("s3").list_object_versions(Bucket=name, MaxKeys=1)
    return bool(found.get("Versions") or found.get("DeleteMarkers"))


def _role(aws: Aws, name: str) -> Mapping[str, Any]:
    role = aws.client("iam").get_role(RoleName=name)["Role"]
    document = role["AssumeRolePolicyDocument"]
    return dict(document) if isinstance(document, dict) else {}


def _pages(aws: Aws, call: str, key: str, field: str, name: str) -> frozenset[str]:
    pages = aws.client("iam").get_paginator(call).paginate(RoleName=name)
    return frozenset(item[field] for page in pages for item in page[key])


def _account(aws: Aws) -> AccountSummary:
    found = aws.client("iam").get_account_summary()["SummaryMap"]
    return AccountSummary(found["Roles"], found["RolesQuota"], found["AttachedPoliciesPerRoleQuota"])


def _function(aws: Aws, region: str, name: str) -> bool:
    aws.client("lambda", region).get_function_configuration(FunctionName=name)
    return True


def _code_storage(aws: Aws, region: str) -> CodeStorage:
    found = aws.client("lambda", region).get_account_settings()
    return CodeStorage(found["AccountUsage"]["TotalCodeSize"], found["AccountLimit"]["TotalCodeSize"])


_READERS: dict[str, Callable[..., Any]] = {
    "account": _account,
    "attached": lambda aws, name: _pages(aws, "list_attached_role_policies", "AttachedPolicies", "PolicyArn", name),
    "bucket": _bucket,
    "code_storage": _code_storage,
    "function": _function,
    "not_empty": _not_empty,
    "policy": lambda aws, arn: bool(aws.client("iam").get_policy(PolicyArn=arn)),
    "profiles": lambda aws, name: _pages(
        aws, "list_instance_profiles_for_role", "InstanceProfiles", "InstanceProfileName", name
    ),
    "role": _role,
}
_QUESTIONS = {
    "account": "the account's IAM quotas",
    "attached": "the policies of the role {0}",
    "bucket": "the bucket name {0}",
    "code_storage": "Lambda's code storage in {0}",
    "function": "the function {1} in {0}",
    "not_empty": "whether the bucket {0} is empty",
    "policy": "the policy {0}",
    "profiles": "the instance profiles of the role {0}",
    "role": "the role {0}",
}
