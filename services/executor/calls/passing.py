"""The refusals of AWS that pass by themselves, by service and operation, with AWS's own words on each as the source.

A request refused in one of these ways was not carried out, and the same request may be taken in a while: AWS is busy,
something else is changing the same thing, or what was made or removed moments ago is not known everywhere yet. The last
kind counts only for what this plan, or another one of the session, made or removed lately: for anything else the same
refusal is final.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import botocore.session
from botocore.exceptions import ClientError

from services.executor.calls.classify import status_of
from services.executor.calls.recent import Recent
from services.executor.calls.request import Request
from shared.aws.answers.translation import LIMITED, OF_A_RATE, THROTTLED, error_code

_RETRIES = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html"
_CONSISTENCY = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"
)
_S3_ERRORS = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
_LAMBDA_STATES = "https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"
_EC2_CONSISTENCY = "https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html"

NOT_THERE = re.compile(
    r"NoSuch(?:Entity|Bucket)(?:Exception)?|404|NotFound|ResourceNotFound(?:Exception)?|NotFoundException"
    r"|\w+\.NotFound|\w+NotFound(?:Exception|Fault)?|[\w.]*NonExistentQueue|[\w.]*DoesNotExist"
)
_DENIED = re.compile(r"AccessDenied(?:Exception)?|UnauthorizedOperation|AuthorizationError|403")
_UNKNOWN_KEY = re.compile(r"InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClientException|AuthFailure")


class Patience(Enum):
    """How long a refusal is waited for: `settle_seconds`, `role_wait_seconds`, `name_wait_seconds`."""

    BRIEF = "brief"
    USUAL = "usual"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Passing:
    """One kind of refusal: an AWS error code, and what its message says where the code alone means other things too.

    `service` and `operations` are empty for any. `after` says of what kind the thing must be that the request or the
    message names. `waiting_for` is what is waited for, in words. `busy`: AWS has too much to do,
    and nobody else is at work on the thing.
    """

    codes: re.Pattern[str]
    waiting_for: str
    source: str
    service: str = ""
    operations: frozenset[str] = frozenset()
    says: re.Pattern[str] | None = None
    after: str = ""
    patience: Patience = Patience.USUAL
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """What a refusal waits for, in words, and how patiently. `again_at_once`: nobody else is at work on the thing."""

    waiting_for: str
    patience: Patience
    again_at_once: bool = False


def _any_of(*codes: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, codes)))


def _of_botocore() -> Iterator[Passing]:
    """botocore's own table, `_retry.json`: what each service answers where it is busy.

    Left out is what says that the request did not arrive whole: whether it was carried out is then not known.
    """
    unclear = {"RequestTimeout", "RequestTimeoutException", "BadDigest"}
    services = botocore.session.Session().get_data("_retry")["retry"]
    for service, rules in services.items():
        policies = rules.get("__default__", {}).get("policies", {}) if service != "__default__" else {}
        answers = (policy.get("applies_when", {}).get("response", {}) for policy in policies.values())
        codes = {answer["service_error_code"] for answer in answers if "service_error_code" in answer} - unclear
        if codes:
            yield Passing(_any_of(*sorted(codes)), "AWS to take more requests", _RETRIES, service=service, busy=True)


PASSING: tuple[Passing, ...] = (
    Passing(_any_of(*sorted(THROTTLED), "429"), "AWS to take more requests", _RETRIES, busy=True),
    *_of_botocore(),
    Passing(_any_of(*LIMITED), "AWS to take more requests", _RETRIES, says=OF_A_RATE, busy=True),
    Passing(
        _any_of("ConcurrentModification", "ConcurrentModificationException", "PriorRequestNotComplete"),
        "another change of the same thing to end",
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html",
    ),
    Passing(
        _any_of("ConcurrentOperationException"),
        "Cloud Control to end another operation on the same resource",
        "https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_UpdateResource.html",
        service="cloudcontrol",
    ),
    Passing(
        _any_of("EntityTemporarilyUnmodifiable"),
        "IAM to end another change of the same thing",
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html",
        service="iam",
    ),
    Passing(
        _any_of("OperationAborted"),
        "S3 to end another operation on a bucket of this name",
        _S3_ERRORS,
        service="s3",
        operations=frozenset({"CreateBucket"}),
        patience=Patience.NAME,
    ),
    Passing(
        _any_of("OperationAborted", "ConditionalRequestConflict"),
        "S3 to end another operation on the bucket",
        _S3_ERRORS,
        service="s3",
    ),
    Passing(
        re.compile(r"(?:AWS\.SimpleQueueService\.)?QueueDeletedRecently"),
        "SQS to free the name of a queue that was deleted",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
        service="sqs",
        patience=Patience.NAME,
    ),
    Passing(
        _any_of("InvalidParameterValueException"),
        "Lambda to know the role",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
        service="lambda",
        says=re.compile(r"cannot be assumed by Lambda"),
    ),
    Passing(
        _any_of("InvalidParameterValueException"),
        "Lambda to know what the role {name} may do",
        _CONSISTENCY,
        service="lambda",
        says=re.compile(r"execution role does not have permissions"),
        after="made",
    ),
    Passing(
        _any_of("ResourceConflictException"),
        "Lambda to end another change of the function",
        _LAMBDA_STATES,
        service="lambda",
        says=re.compile(r"in progress|currently in the following state|is being (?:created|updated)", re.IGNORECASE),
    ),
    Passing(
        re.compile(r"MalformedPolicy(?:Document)?(?:Exception)?|InvalidPolicy(?:Exception)?|InvalidParameter\w*"),
        "AWS to know {name}, which the policy names",
        _CONSISTENCY,
        says=re.compile(r"principal", re.IGNORECASE),
        after="made",
    ),
    Passing(
        re.compile(r"InvalidParameter\w*|Validation(?:Error|Exception)|InvalidRequest\w*|ClientException"),
        "AWS to know the role {name}",
        _CONSISTENCY,
        says=re.compile(r"\brole\b|instance profile", re.IGNORECASE),
        after="made",
    ),
    Passing(
        _any_of("DeleteConflict"),
        "IAM to know that {name} was detached",
        _CONSISTENCY,
        service="iam",
        after="removed",
    ),
    Passing(
        _any_of("DependencyViolation"),
        "EC2 to know that what used it is gone",
        _EC2_CONSISTENCY,
        service="ec2",
        after="removed",
    ),
    Passing(NOT_THERE, "AWS to know {name}", _CONSISTENCY, after="made"),
    Passing(_DENIED, "AWS to know {name}", _CONSISTENCY, after="made", patience=Patience.BRIEF),
    Passing(_UNKNOWN_KEY, "AWS to know the plan's credentials", _CONSISTENCY, after="assumed", patience=Patience.BRIEF),
)


def wait_for(request: Request, error: ClientError, recent: Recent) -> Wait | None:
    """What a refusal of the request waits for, None where it is final."""
    code = "429" if status_of(error) == 429 else error_code(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    for kind in PASSING:
        if not _is_this_passing(kind, request, code, message):
            continue
        name = recent.concerned(kind.after, request.parameters, message) if kind.after else ""
        if name is not None:
            words = kind.waiting_for.format(name=name)
            return Wait(words, kind.patience, again_at_once=kind.busy)
    return None


def _is_this_passing(kind: Passing, request: Request, code: str, message: str) -> bool:
    return (
        kind.codes.fullmatch(code) is not None
        and kind.service in ("", request.service)
        and (not kind.operations or request.operation in kind.operations)
        and (kind.says is None or kind.says.search(message) is not None)
    )
