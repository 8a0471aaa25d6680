"""The error codes that only the gateway raises."""

from __future__ import annotations

from shared.error_codes.group import Group

GATEWAY = (
    Group(
        400,
        "gateway",
        {
            "http_error": "Another error of HTTP; its status says which.",
            "invalid_cursor": "The cursor is of no page of this list: leave it out.",
            "invalid_idempotency_key": "`Idempotency-Key` is 1 to 255 visible ASCII characters.",
            "invalid_json": "The body is not valid JSON in UTF-8.",
            "invalid_last_event_id": "`Last-Event-ID` is no id of this stream's events: leave it out.",
            "invalid_multipart": "`multipart/form-data` without a boundary in its `Content-Type`.",
            "invalid_path": "`path` is no JMESPath expression for this result.",
            "malformed_request": "It is not well-formed HTTP/1.1: look at its first line, headers and framing.",
            "previous_response_not_found": "There is no response of this id, or it is not yours: send the whole "
            "conversation as `input`.",
            "path_too_costly": "`path` is too large, or takes too much time, memory or room: select less.",
        },
    ),
    Group(
        None,
        "gateway's log",
        {"caller_without_policies": "The caller is no IAM user or role, so that it has no policies to read."},
    ),
    Group(
        None,
        "gateway's log",
        {
            "webhook_refused": "A webhook's name leads to an address that none may go to: see `WEBHOOK_NETWORKS`.",
            "webhook_unreachable": "A webhook's receiver did not take a notice; it is sent again, some times.",
        },
    ),
    Group(
        401,
        "gateway",
        {
            "credentials_malformed": "A key, secret or session token that AWS cannot have made: check what you copied.",
            "invalid_token": "The token is unknown or its session has ended: open a session.",
            "unauthenticated": "The header `Authorization: Bearer TOKEN` is missing.",
        },
    ),
    Group(
        403,
        "gateway",
        {
            "credentials_too_broad": "Root's or an administrator's credentials: use a user that only assumes a role.",
            "credentials_unverifiable": "The caller's policies cannot be read: open the session with `role_arn`.",
            "foreign_form": "A form of another site, or of an older session of the browser: load the page again.",
            "host_not_allowed": "The page was asked for by a name that is not its own: name it in `PAGE_HOSTS`.",
            "value_of_another_session": "The value is sealed for the session that ran the plan: ask with its token.",
            "approver_not_counted": "Other people than you have to approve the plan: ask them.",
            "no_usable_account": "None of the accounts can be used; `detail` says why.",
            "organization_not_readable": "The organization's accounts could not be listed: name `accounts` instead.",
            "not_shared_for_decisions": "The operator's rules let this session read the plan and not decide it.",
            "not_the_owner": "Only the plan's owner does this: propose a change of your own.",
            "renewal_of_another": "The new credentials are of another caller, account or role: open a session.",
            "role_not_assumable": "AWS refused AssumeRole: mend the role's trust policy or the caller's rights.",
        },
    ),
    Group(
        404,
        "gateway",
        {
            "conversation_not_found": "There is no such conversation, or it is not yours.",
            "grant_not_found": "There is no such standing grant, or it was revoked, or is not yours.",
            "value_not_found": "The plan has no such step that reads a value, or the answer no such member.",
            "turn_not_found": "There is no such turn, or it was deleted, or is not yours.",
            "unknown_prompt": "MCP's `prompts/list` has them all.",
            "unknown_resource": "MCP's `resources/list` and `resources/templates/list` say which there are.",
            "unknown_model": "`/v1/models` lists what a client of OpenAI's protocol can choose.",
        },
    ),
    Group(408, "gateway", {"request_timeout": "The request did not arrive in time: send it again."}),
    Group(405, "gateway", {"method_not_allowed": "The address does not take this method; `Allow` says which."}),
    Group(
        409,
        "gateway",
        {
            "already_approved": "You have approved the plan already; others have to.",
            "already_cancelled": "The plan is being cancelled already.",
            "already_decided": "The plan is approved, rejected or cancelled already.",
            "already_ended": "The plan or turn has ended, or the plan is being undone; there is nothing to cancel.",
            "already_resolved": "The step has its answer already, which cannot be changed.",
            "digest_mismatch": "The digest is not the plan's, or the plan was changed: read it again or propose anew.",
            "value_not_read": "The step has not read its value (yet): see its status.",
            "no_sandbox": "AWS is not the sandbox's: open a session with keys of your own.",
            "needs_approval": "The tool changes the account: propose a plan with it as a step.",
            "nothing_to_export": "The plan makes nothing that a template could hold; `detail` says why.",
            "not_in_doubt": "The step is not in doubt.",
            "turn_moved_on": "The turn that was to be stopped goes on after its plan: try again.",
            "session_ended": "No session of the plan's owner is open that could run it: open one, approve again.",
        },
        denial=True,
    ),
    Group(
        409,
        "gateway",
        {
            "conversation_busy": "A turn of the conversation is running: wait for its answer.",
            "conversation_full": "The conversation has as many turns as it may: start a new one.",
            "idempotency_in_progress": "The first request with this `Idempotency-Key` is running: try again soon.",
        },
    ),
    Group(
        410,
        "gateway",
        {
            "link_expired": "The link to the page was used already, or is too old: make a new one.",
            "value_gone": "The value of a sensitive read is kept for minutes only: propose the read again.",
        },
    ),
    Group(
        415,
        "gateway",
        {
            "unsupported_media_type": "Send JSON as `application/json`, a package as `multipart/form-data` or "
            "`application/zip`.",
        },
    ),
    Group(
        422,
        "gateway",
        {
            "grant_too_broad": "A grant's resource is one ARN with at most one `*`, in its name.",
            "not_shareable": "`share_with_model` names a step that reads no value for a person.",
            "not_grantable": "The operation cannot be approved in advance; `detail` lists those that can.",
            "unsupported_content": "A message of OpenAI's protocol has a part that is no text.",
            "unsupported_parameter": "What this parameter of OpenAI's protocol asks for cannot be given: leave it out.",
        },
        denial=True,
    ),
    Group(
        422,
        "gateway",
        {
            "duplicate_account": "Two of the accounts are the same, or have the same name.",
            "idempotency_key_reused": "The `Idempotency-Key` was used for another request: take a new one.",
            "invalid_request": "A field is wrong; `errors` names each.",
            "invalid_zip": "The uploaded package is not a zip that can be used.",
            "region_required": "The plan acts in several regions: name one; `detail` lists them.",
            "secret_in_plan": "A step holds a secret's value: put it into Secrets Manager and name it by its ARN.",
            "secret_in_message": "The text holds a key or token; nothing of it was stored or sent: take it out.",
            "unknown_region": "AWS has no such region.",
        },
    ),
    Group(
        403,
        "gateway, told to the model",
        {"read_only": "The message was sent read-only: nothing is proposed for it. Send it without, for a change."},
    ),
    Group(
        422,
        "gateway, told to the model",
        {
            "several_accounts": "Changes of one message name several accounts: a plan changes one.",
            "not_proposed": "Another change of the same message was wrong, so nothing was proposed.",
            "too_many_calls": "A message of the model has more calls than it may.",
            "turn_failed": "The turn ended before this call did.",
            "undo_not_alone": "`propose_undo` came with other changes: it is a plan of its own.",
        },
    ),
    Group(
        429,
        "gateway",
        {
            "queue_full": "An agent has as many open calls as it may: try again later.",
            "rate_limited": "Too many requests in a minute: wait for `Retry-After` seconds.",
            "too_many_files": "As many files are kept as may be: delete one.",
            "too_many_grants": "There are as many grants as may be: revoke one.",
            "too_many_turns": "The gateway runs as many turns as it can: try again soon.",
        },
    ),
    Group(500, "gateway", {"turn_abandoned": "The turn was interrupted too often: ask again."}),
    Group(
        502,
        "gateway",
        {
            "model_auth_failed": "The model provider does not accept the gateway's key: check `OPENAI_API_KEY`.",
            "model_bad_response": "The model's answer was empty, cut off or no chat completion.",
            "model_context_exceeded": "The conversation is too long for the model: start a new one.",
            "model_not_found": "The model provider does not know the model: check `OPENAI_MODEL`.",
            "model_refused": "The model provider's content filter refused request or answer.",
            "model_without_tools": "The model or its server cannot call functions: set `OPENAI_MODEL` to one that can.",
            "model_request_rejected": "The model provider rejected the request; `detail` has its words.",
        },
    ),
    Group(
        503,
        "gateway",
        {
            "endpoints_contradict": "Some services use the real AWS or model, others the sandbox's; `detail` has who.",
            "gateway_stopping": "The gateway is being stopped or replaced: send the request again, to another one.",
            "model_rate_limited": "The model provider's rate limit is reached: try again. 502 if its quota is used up.",
            "model_unavailable": "The model provider did not answer, failed or broke off: try again.",
            "too_many_connections": "The gateway has as many connections as it may: try again in a moment.",
            "turn_not_settled": "A plan's turn cannot be continued yet; the gateway tries again by itself.",
        },
    ),
    Group(504, "gateway", {"turn_deadline_exceeded": "The turn took too long: ask again, or for less."}),
)
