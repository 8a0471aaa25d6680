"""The one error tree: every failure a user can meet has a stable code, a status and a word on retrying.

AssistantError
├── BadRequest            400/422  the caller can mend the input
│   ├── InvalidArguments  422      a tool's or operation's arguments do not fit its schema
│   └── TooLarge          413
├── Unauthenticated       401
├── Forbidden             403
├── NotFound              404
├── Conflict              409
├── Gone                  410
├── Busy                  429      retry later
├── AwsError              502      AWS answered with an error of its own
└── Unavailable           503/504  a part of the system does not answer; retry may help
"""

from __future__ import annotations

from shared.answer_text import visible


class AssistantError(Exception):
    """Base of all expected failures. `code` is stable and part of the API; `detail` is for a person."""

    status = 500
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
        self.status = status or self.status
        self.retryable = self.retryable if retryable is None else retryable
        self.extra = extra


class BadRequest(AssistantError):
    status, code = 400, "bad_request"


class InvalidArguments(BadRequest):
    """The model, or a caller of a tool, gave arguments that do not fit; saying so lets it mend them."""

    status, code = 422, "invalid_arguments"


class TooLarge(BadRequest):
    status, code = 413, "too_large"


class Unauthenticated(AssistantError):
    status, code = 401, "unauthenticated"


class Forbidden(AssistantError):
    status, code = 403, "forbidden"


class NotFound(AssistantError):
    status, code = 404, "not_found"


class Conflict(AssistantError):
    status, code = 409, "conflict"


class Gone(AssistantError):
    status, code = 410, "gone"


class Busy(AssistantError):
    status, code, retryable = 429, "busy", True


class AwsError(AssistantError):
    """AWS answered with an error; `code` is `aws_` and AWS's own code in snake case where that is known."""

    status, code = 502, "aws_error"


class Unavailable(AssistantError):
    status, code, retryable = 503, "unavailable", True


class DeadlineExceeded(Unavailable):
    status, code = 504, "deadline_exceeded"
