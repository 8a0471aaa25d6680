"""The one error tree: every failure a user can meet has a stable code, an HTTP status and a word on retrying.

AssistantError
├── BadRequest            the caller can mend the input
│   ├── InvalidArguments  a tool's or operation's arguments do not fit its schema
│   └── TooLarge
├── Unauthenticated
├── Forbidden
├── NotFound
├── Conflict
├── Gone
├── Busy                  retry later
├── AwsError              AWS answered with an error of its own
└── Unavailable           a part of the system does not answer; retry may help
    └── DeadlineExceeded

The class is for code that catches it. The HTTP status comes with the code, which is declared in `shared/error_codes`.
"""

from __future__ import annotations

from shared.error_codes.registry import status_of
from shared.text.answers import visible


class AssistantError(Exception):
    """Base of all expected failures. `code` is stable and part of the API; `detail` is for a person.

    `status` is the code's, unless one is given: for an error of another version, or a code with two statuses.
    """

    code = "internal_error"
    retryable = False

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        status: int | None = None,
        retryable: bool | None = None,
        **extra: object,
    ) -> None:
        super().__init__(detail)
        # It may repeat what a client, AWS or a model wrote.
        self.detail = visible(detail)
        self.code = code or self.code
        self.status: int = status or status_of(self.code) or status_of(type(self).code) or 500
        self.retryable = self.retryable if retryable is None else retryable
        self.extra = extra


class BadRequest(AssistantError):
    code = "bad_request"


class InvalidArguments(BadRequest):
    """The model, or a caller of a tool, gave arguments that do not fit; saying so lets it mend them."""

    code = "invalid_arguments"


class TooLarge(BadRequest):
    code = "too_large"


class Unauthenticated(AssistantError):
    code = "unauthenticated"


class Forbidden(AssistantError):
    code = "forbidden"


class NotFound(AssistantError):
    code = "not_found"


class Conflict(AssistantError):
    code = "conflict"


class Gone(AssistantError):
    code = "gone"


class Busy(AssistantError):
    code, retryable = "busy", True


class AwsError(AssistantError):
    """AWS answered with an error; `code` is `aws_` and AWS's own code in snake case where that is known."""

    code = "aws_error"


class Unavailable(AssistantError):
    code, retryable = "unavailable", True


class DeadlineExceeded(Unavailable):
    code = "deadline_exceeded"
