"""Why a handler failed: Cloud Control's handler error codes, and the exceptions that answer reads with them.

Sources: HandlerErrorCode and the exceptions of botocore's `cloudcontrol` model; "Handler error codes" in the
CloudFormation CLI user guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError, ParamValidationError

from sandbox.aws.protocol.errors import AwsError

Found = TypeVar("Found")

# Handler error code -> the exception that GetResource, ListResources and UpdateResource answer, and its HTTP status.
EXCEPTIONS = {
    "NotUpdatable": ("NotUpdatableException", 400),
    "InvalidRequest": ("InvalidRequestException", 400),
    "AccessDenied": ("AccessDeniedException", 400),
    "UnauthorizedTaggingOperation": ("AccessDeniedException", 400),
    "InvalidCredentials": ("InvalidCredentialsException", 400),
    "AlreadyExists": ("AlreadyExistsException", 400),
    "NotFound": ("ResourceNotFoundException", 400),
    "ResourceConflict": ("ResourceConflictException", 400),
    "Throttling": ("ThrottlingException", 400),
    "ServiceLimitExceeded": ("ServiceLimitExceededException", 400),
    "NotStabilized": ("NotStabilizedException", 400),
    "GeneralServiceException": ("GeneralServiceException", 400),
    "ServiceInternalError": ("ServiceInternalErrorException", 500),
    "ServiceTimeout": ("HandlerFailureException", 500),
    "NetworkFailure": ("NetworkFailureException", 500),
    "InternalFailure": ("HandlerInternalFailureException", 500),
}
# What services call it; the first that fits counts.
_BY_NAME = tuple(
    (re.compile(pattern, re.IGNORECASE), code)
    for pattern, code in (
        (r"^(AccessDenied|UnauthorizedOperation|AuthorizationError|Unauthorized$|403$)", "AccessDenied"),
        (r"ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidToken|AuthFailure|RequestExpired|"
         r"InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignature", "InvalidCredentials"),
        (r"AlreadyExist|AlreadyOwned|\.Duplicate|^Duplicate|ResourceInUseException|^EntityAlreadyExists|"
         r"QueueNameExists", "AlreadyExists"),
        (r"NotFound|NoSuch|NonExistent|DoesNotExist|^404$|InvalidAllocationID\.NotFound", "NotFound"),
        (r"LimitExceeded|QuotaExceeded|TooMany(?!Requests)", "ServiceLimitExceeded"),
        (r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown", "Throttling"),
        (r"Conflict|DependencyViolation|InUse|NotEmpty|InvalidState|IncorrectState|OperationAborted",
         "ResourceConflict"),
        (r"Invalid|Validation|Malformed|Missing|Unsupported|BadRequest|ParameterValue", "InvalidRequest"),
        (r"Internal|ServiceUnavailable|NotImplemented", "ServiceInternalError"),
    )
)  # fmt: skip


class HandlerFailure(Exception):
    """A handler ended with an error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NotFound(HandlerFailure):
    """There is no resource of this identifier."""

    def __init__(self, type_name: str, identifier: str) -> None:
        super().__init__("NotFound", f"Resource of type '{type_name}' with identifier '{identifier}' was not found.")


def failure_of(error: ClientError | ParamValidationError) -> HandlerFailure:
    """What a handler fails with that let a service's error through."""
    if isinstance(error, ParamValidationError):
        return HandlerFailure("InvalidRequest", str(error))
    answer = error.response
    metadata = answer.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 400))
    name = str(answer.get("Error", {}).get("Code", ""))
    code = next((code for pattern, code in _BY_NAME if pattern.search(name)), None)
    if code is None:
        code = "ServiceInternalError" if status >= 500 else "GeneralServiceException"
    service = error.operation_name
    message = answer.get("Error", {}).get("Message", name)
    request_id = metadata.get("RequestId", "")
    return HandlerFailure(code, f"{message} (Operation: {service}, Status Code: {status}, Request ID: {request_id})")


def if_there(call: Callable[[], Found]) -> Found | None:
    """What a call answers; None where the service says that there is no such thing."""
    try:
        return call()
    except ClientError as error:
        if failure_of(error).code == "NotFound":
            return None
        raise


def answered(type_name: str, failure: HandlerFailure, request_token: str) -> AwsError:
    """A handler's failure as the error of the call that waited for it."""
    code, status = EXCEPTIONS[failure.code]
    return AwsError(
        code,
        f"{type_name} Handler returned status FAILED: {failure.message} "
        f"(HandlerErrorCode: {failure.code}, RequestToken: {request_token})",
        status,
    )
