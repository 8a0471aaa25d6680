"""The error codes that several services raise, and the families of AWS's own."""

from __future__ import annotations

from shared.error_codes.group import Group

COMMON = (
    Group(400, "all services", {"bad_request": "The request cannot be read; `detail` says why."}),
    Group(
        401,
        "all services",
        {
            "credentials_expired": "The session's AWS credentials have ended: renew them or open a session.",
            "credentials_invalid": "AWS does not accept the credentials: check key, secret and session token.",
            "sealed_for_another_key": "The session is older than the last key rotation: open a session.",
            "session_expired": "The session has ended: open a new one.",
        },
    ),
    Group(
        403,
        "all services",
        {
            "aws_access_denied": "AWS denied the call; `detail` has AWS's words and what to allow.",
            "bad_signature": "Data in Redis is not signed with this system's key: it was changed or keys differ.",
            "forbidden": "Refused; `detail` says why.",
            "operation_not_allowed": "A guard refused a call of AWS that is not the agent's: a defect, report it.",
        },
    ),
    Group(
        404,
        "all services",
        {
            "not_found": "There is nothing at this address.",
            "plan_not_found": "There is no such plan, or it is not yours.",
            "unknown_tool": "There is no such tool: `GET /v1/tools` lists them.",
        },
    ),
    Group(
        404,
        "gateway, info",
        {"result_not_found": "There is no such result, or it is too old, or is not yours."},
    ),
    Group(
        429,
        "gateway, info",
        {"too_many_evaluations": "Too many expressions or queries are being evaluated: try again in a moment."},
    ),
    Group(409, "all services", {"conflict": "What is there does not allow it; `detail` says what."}),
    Group(
        409,
        "gateway, executor",
        {"plan_of_newer_version": "A newer version prepared the plan: upgrade the service that `detail` names."},
    ),
    Group(
        409,
        "gateway, executor",
        {
            "not_acknowledged": "Findings have to be acknowledged with the approval; `acknowledge` lists them.",
            "cannot_undo": "The plan cannot be undone; `detail` says why.",
            "review_pending": "A rule asks to wait for Claude's review: try again in `Retry-After` seconds.",
            "review_unavailable": "A rule asks for Claude's review, and there is none: propose the plan again.",
            "plan_not_ended": "The plan has not ended: ask again once it has.",
            "not_begun": "On a skipped step: its plan ended before the step was begun; `detail` says why.",
        },
    ),
    Group(410, "all services", {"gone": "It is no longer there."}),
    Group(410, "gateway, executor", {"plan_expired": "Nobody decided or began the plan in time: propose it again."}),
    Group(413, "all services", {"too_large": "A body, message, file or call is larger than it may be."}),
    Group(
        422,
        "all services",
        {
            "ambiguous_account": "Several accounts of the session have the name: name one by its id.",
            "unknown_account": "The session has no such account; `detail` lists those that it has.",
        },
    ),
    Group(
        403,
        "all services",
        {
            "account_denied": "The account's role could not be assumed, or may no longer be; `detail` says why.",
            "account_outside_fence": "A fence of the session leaves the account out.",
            "operation_outside_fence": "A fence of the session leaves the operation out; `detail` says what it allows.",
            "region_outside_fence": "A fence of the session leaves the region out; `detail` says what is allowed.",
            "service_outside_fence": "A fence of the session leaves the service out; `detail` says what is allowed.",
            "session_read_only": "The session may change nothing: open one without that fence.",
            "account_over_limit": "The session has as many accounts as it may have without this one.",
            "account_suspended": "AWS Organizations says that the account is suspended, or being closed.",
            "account_too_broad": "The account's role is an administrator, or anyone may assume it: use another role.",
        },
    ),
    Group(
        503,
        "all services",
        {
            "account_throttled": "AWS throttled the account's opening: renew the session to try again.",
            "account_unavailable": "The account could not be opened in time: renew the session to try again.",
        },
    ),
    Group(
        422,
        "all services",
        {"invalid_arguments": "A tool's or step's arguments do not fit its schema; `detail` names each."},
    ),
    Group(
        429,
        "all services",
        {
            "broker_full": "Redis is full, or nearly so for new work: try again later.",
            "busy": "There is no room for it now: try again later.",
        },
    ),
    Group(
        500,
        "all services",
        {
            "internal_error": "A defect: give `request_id` to whoever runs this gateway.",
            "redis_tls": "At start only: `REDIS_URL` turns off the check of the server's certificate.",
        },
    ),
    Group(
        503,
        "all services",
        {
            "record_unreadable": "A stored record is of a newer version, or damaged: upgrade the service.",
            "session_of_newer_version": "A newer version opened the session: upgrade, or open a new one.",
            "audit_unavailable": "The audit log cannot be written, so nothing was done; try again where `retryable`.",
            "aws_throttled": "AWS throttled the call: try again.",
            "clock_skew": "The services' clock is not AWS's, `detail` says by how much: set it by NTP.",
            "aws_unreachable": "AWS could not be reached: try again.",
            "broker_unavailable": "Redis does not answer, is starting or failing over: try again.",
            "unavailable": "A part of the system does not answer: try again.",
        },
    ),
    Group(
        502,
        "all services",
        {"not_aws": "What answered is not AWS, or AWS's answer was cut off: look at the proxy that `detail` shows."},
    ),
    Group(504, "all services", {"deadline_exceeded": "It was not done in its time: try again."}),
    Group(
        422,
        "all services",
        {
            "aws_packed_policy_too_large": "A session's policies and tags are too large for AWS: ask for less at once.",
            "aws_region_disabled_exception": "The account has STS turned off in the region: turn it on.",
        },
    ),
    Group(
        502,
        "info, advisor, executor",
        {"service_refuses_credentials": "A service or region takes no credentials that STS takes; `detail` says why."},
    ),
    # Families of AWS's own codes in snake case, the narrower ones first.
    Group(
        404,
        "all services",
        {
            "aws_no_such*": "What the call names is not there.",
            "aws_*_not_found": "What the call names is not there.",
            "aws_*_not_found_exception": "What the call names is not there.",
        },
    ),
    Group(
        409,
        "all services",
        {"aws_*_already_*": "It is there already.", "aws_*_conflict": "AWS refuses it as things are."},
    ),
    Group(502, "all services", {"aws_*": "AWS answered with an error of its own; `detail` has its words."}),
)
