"""Lambda's RevisionId and account settings, which moto lacks.

A function's RevisionId changes with every update of its code or configuration, and once more when the
function has become active: the one in the answer to a create or update is not the one that stays.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from moto.awslambda.exceptions import PreconditionFailedException
from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends
from moto.core.utils import iso_8601_datetime_with_nanoseconds

from sandbox.aws.protocol.errors import Answer, json_answer

Update = Callable[[LambdaBackend, str, str, dict[str, Any]], dict[str, Any] | None]

_MISMATCH = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
    "retrieve the latest Revision Id"
)


def _revision(function: LambdaFunction) -> str:
    return str(vars(function).setdefault("revision_id", str(uuid.uuid4())))


def apply_function_revisions() -> None:
    """Patch moto: functions have a RevisionId, and updating them changes it and LastModified."""
    describe = LambdaFunction.get_configuration

    def get_configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        settled = _revision(self)
        revision = str(uuid.uuid4()) if on_create else settled
        return {**describe(self, on_create), "RevisionId": revision}

    setattr(LambdaFunction, "get_configuration", get_configuration)  # noqa: B010  # a patch, not a member
    for name in ("update_function_code", "update_function_configuration"):
        setattr(LambdaBackend, name, _revising(getattr(LambdaBackend, name)))


def _revising(update: Update) -> Update:
    def revise(self: LambdaBackend, function_name: str, qualifier: str, body: dict[str, Any]) -> dict[str, Any] | None:
        function = self.get_function(function_name, qualifier)
        if body.get("RevisionId") not in (None, _revision(function)):
            raise PreconditionFailedException(_MISMATCH)
        answer = update(self, function_name, qualifier, body)
        if body.get("DryRun"):
            return answer
        function.last_modified = iso_8601_datetime_with_nanoseconds()
        vars(function)["revision_id"] = str(uuid.uuid4())
        return {**answer, "LastModified": function.last_modified, "RevisionId": str(uuid.uuid4())} if answer else answer

    return revise


def answer_account_settings(account: str, region: str) -> Answer:
    """GetAccountSettings: Lambda's default quotas, and what the account uses of them in a region."""
    functions = list(lambda_backends[account][region].list_functions())
    limit: Mapping[str, int] = {
        "TotalCodeSize": 80_530_636_800,
        "CodeSizeUnzipped": 262_144_000,
        "CodeSizeZipped": 52_428_800,
        "ConcurrentExecutions": 1_000,
        "UnreservedConcurrentExecutions": 1_000,
    }
    usage = {"TotalCodeSize": sum(int(item.code_size) for item in functions), "FunctionCount": len(functions)}
    return json_answer({"AccountLimit": limit, "AccountUsage": usage})
