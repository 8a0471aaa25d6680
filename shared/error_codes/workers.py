"""The error codes that only workers raise: the executor, the info and the advisor agent."""

from __future__ import annotations

from shared.error_codes.group import Group

WORKERS = (
    Group(
        None,
        "dead letters",
        {
            "message_malformed": "A message on a queue that is no task.",
            "message_not_json": "A message on a queue that is not JSON.",
            "message_too_large": "A message on a queue that is larger than any task.",
            "unknown_task": "A message on a queue for a task that its agent does not have.",
        },
    ),
    Group(
        403,
        "executor",
        {
            "approval_mismatch": "The approval is not the one that was recorded for this plan.",
            "grant_not_valid": "The standing grant does not approve the plan any more: approve the plan yourself.",
            "kind_not_allowed": "The operator never allows this operation here (`NEVER_ALLOWED`).",
            "not_enough_approvals": "Fewer different people approved the plan than the rules ask for.",
            "not_a_change": "The operation changes nothing, so that it is no step of a plan: use `read_aws`.",
            "not_approved": "Nobody approved the plan.",
            "not_by_a_plan": "No plan's step makes this call of AWS; `detail` says why, and what does instead.",
            "permission_denied": "The caller may not do a step; `detail` names the statement and what to ask for.",
        },
    ),
    Group(
        403,
        "executor, info",
        {"not_a_read": "The operation changes AWS, or nothing says that it only reads: propose a plan."},
    ),
    Group(
        403,
        "executor",
        {"more_than_a_read": "The sensitive read does more than read (it takes, starts or makes something)."},
    ),
    Group(
        403,
        "executor, info",
        {"sensitive_read": "The operation returns secrets or contents: propose a plan with a step `read_sensitive`."},
    ),
    Group(403, "advisor", {"bedrock_access_denied": "The session may not use Claude: allow `bedrock:InvokeModel`."}),
    Group(
        404,
        "executor, gateway",
        {"file_not_found": "There is no such uploaded file: upload it again."},
    ),
    Group(
        404,
        "executor, info",
        {
            "unknown_aws_operation": "AWS's service has no such operation; `detail` names similar ones.",
            "unknown_aws_service": "AWS has no such service; `detail` names similar ones.",
            "unknown_resource_type": "AWS has no such resource type; `detail` names similar ones.",
        },
    ),
    Group(404, "executor", {"log_group_not_found": "There is no such log group; `detail` names similar ones."}),
    Group(
        404,
        "info",
        {
            "bucket_not_found": "There is no such bucket in the account.",
            "role_not_found": "There is no such role in the account; `detail` names similar ones.",
            "unknown_property": "The resource type has no such property; `detail` names those that it has.",
            "unknown_rows": "The result has no such list; `detail` names those that it has.",
        },
    ),
    Group(
        409,
        "executor",
        {
            "already_attached": "The role has the policy already.",
            "bucket_not_empty": "The bucket holds objects, so that it cannot be deleted.",
            "did_not_happen": "A person said that the step in doubt did not happen, and to stop.",
            "in_doubt": "Nobody can tell whether the step's call happened: look at AWS, then resolve the plan.",
            "missing_resource": "What the step needs is not there.",
            "name_taken": "The name is taken: choose another.",
            "not_attached": "The role does not have the policy.",
            "nothing_to_change": "The resource is as the step would make it: leave the step out.",
            "not_renewable": "The session has no role to assume; it ends with its credentials.",
            "not_reversible": "The step cannot be undone; it stays done.",
            "not_undone": "A person said that undoing the step did not happen, and to stop.",
            "package_in_other_region": "The package's bucket is in another region than the function: copy the package.",
            "quota_reached": "A quota of AWS leaves no room: raise it, or delete what is not needed.",
            "role_has_attached_policies": "The role has policies that somebody else attached: detach them first.",
            "role_not_for_lambda": "The role does not let Lambda assume it, so that AWS refuses the function.",
            "role_in_instance_profile": "The role is in instance profiles: take it out first.",
            "state_unreadable": "The resource could not be read, so that nobody could see what would change.",
            "session_without_value_key": "The session is too old for values that only its person sees: open a new one.",
            "stale_digest": "What is stored of the plan, or an uploaded file, is not what was approved.",
            "world_moved_on": "Somebody changed what the step made, so that it is not taken back.",
        },
    ),
    Group(
        400,
        "info",
        {"query_too_costly": "The query, or what it finds, takes too much time, memory or room: filter more."},
    ),
    Group(
        413, "executor", {"value_too_large": "What the sensitive read answers is over 256 KiB: ask for a part of it."}
    ),
    Group(413, "all workers", {"result_too_large": "The result is over 32 MiB: ask for less."}),
    Group(
        422,
        "info",
        {
            "query_type_mismatch": "A column does not hold what the query needs there; `detail` says both.",
            "unknown_column": "The rows have no such column; `detail` names similar ones and those that they have.",
        },
    ),
    Group(
        422,
        "all workers",
        {"unsupported_message": "The worker is of another version than the gateway: run all services in one version."},
    ),
    Group(
        422,
        "executor",
        {
            "account_required": "The session holds several accounts: name the plan's `account`.",
            "cyclic_steps": "Steps need each other in a circle.",
            "invalid_edit": "The plan cannot be edited like this; `detail` says why. It is as it was.",
            "duplicate_step": "Two steps have the same id.",
            "invalid_properties": "The properties do not fit the resource type; `detail` has everything that is wrong.",
            "malformed_reference": 'A reference is `{"$from": "STEP_ID.path"}` and nothing else.',
            "no_steps": "A plan has at least one step.",
            "package_needed": "The runtime needs an uploaded package.",
            "package_not_a_zip": "The uploaded file is not a zip.",
            "package_not_found": "`zip_file_path` is an uploaded file's id or `s3://bucket/key`.",
            "package_too_large": "The package is larger than Lambda takes.",
            "plain_read": "The operation only lists or reads settings, which needs no plan: use `read_aws`.",
            "plan_too_large": "The plan needs more permissions than one session can hold: split it.",
            "role_is_reserved": "The role belongs to a service of AWS, or its name is kept for such a role.",
            "resource_type_unsupported": "Cloud Control cannot do this with resources of the type.",
            "runtime_deprecated": "AWS makes no new functions of the runtime; `detail` names the date and what to use.",
            "region_not_chosen": "The session has only a default region: name one for the step.",
            "sensitive_reference": "A step refers to a value that only a person sees: name the secret instead.",
            "too_many_deletes": "The plan has more deletes than the operator allows: split it.",
            "too_many_permission_changes": "The plan changes more permissions than the operator allows: split it.",
            "too_many_steps": "The plan has more steps than the operator allows: split it.",
            "unnameable_resource": "A name has characters that a policy reads as a pattern: name another.",
            "unknown_operation": "There is no such operation; `detail` lists them.",
            "unknown_reference": "A step refers to a step, or to a field of a result, that is not there.",
        },
    ),
    Group(
        422,
        "info",
        {
            "not_in_partition": "The session's partition (China, GovCloud, …) does not have the service.",
            "region_not_enabled": "The account has not enabled the region.",
            "unknown_service": "AWS has no such service; `detail` lists similar names.",
        },
    ),
    Group(502, "executor", {"lambda_function_failed": "Lambda could not make the function; `detail` says why."}),
    Group(
        502,
        "info",
        {
            "cost_data_unavailable": "Cost Explorer has no data yet: try again in a day.",
            "directory_bucket_not_measured": "CloudWatch has no figures of it yet: try again in a day.",
        },
    ),
    Group(
        502,
        "advisor",
        {
            "bedrock_model_not_found": "Bedrock does not serve the model in this region: set `BEDROCK_MODEL_ID`.",
            "claude_blocked": "Claude's or Bedrock's filter withheld the answer.",
            "claude_no_usable_answer": "Claude's answer did not fit twice: try again.",
            "claude_truncated": "Claude's answer was cut off.",
        },
    ),
    Group(503, "all workers", {"poisoned": "The call was given up after several workers ended over it."}),
    Group(
        503,
        "executor",
        {
            "plan_given_up": "Executors ended over the plan one after another, and none came any further.",
            "plan_is_running": "Another executor is running the plan; the gateway asks again by itself.",
            "renewal_not_configured": "The executor has no public key of an agent, so that it renews nothing.",
            "run_interrupted": "A run of the plan was cut off; another one continues it, by itself.",
        },
    ),
    Group(504, "all workers", {"cancelled": "Nobody waited for the call any more."}),
    Group(504, "advisor", {"claude_timeout": "Claude did not answer in time: try again."}),
)
