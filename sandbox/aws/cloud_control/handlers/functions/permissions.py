"""Who may call a function: the statements of its policy."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sandbox.aws.cloud_control.failures import if_there
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import generated, same

_GIVEN = ("FunctionName", "Action", "Principal", "SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken")
_CONDITIONS = {
    "AWS:SourceArn": "SourceArn",
    "AWS:SourceAccount": "SourceAccount",
    "aws:PrincipalOrgID": "PrincipalOrgID",
}


class Permission(Handler):
    type_name = "AWS::Lambda::Permission"

    def create(self, aws: Loopback, desired: Model) -> str:
        statement = generated(self.type_name)
        aws("lambda").add_permission(StatementId=statement, **same(desired, *_GIVEN))
        return f"{desired['FunctionName']}|{statement}"

    def _statements(self, aws: Loopback, function: str) -> list[Model]:
        policy = if_there(lambda: aws("lambda").get_policy(FunctionName=function)["Policy"])
        return list(json.loads(policy)["Statement"]) if policy else []

    def read(self, aws: Loopback, identifier: str) -> Model:
        function, _, statement_id = identifier.partition("|")
        for statement in self._statements(aws, function):
            if statement["Sid"] == statement_id:
                return {"FunctionName": function, "Id": statement_id, **_told(statement)}
        raise self.none(identifier)

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        """All of it is create-only."""

    def delete(self, aws: Loopback, identifier: str) -> None:
        function, _, statement_id = identifier.partition("|")
        aws("lambda").remove_permission(FunctionName=function, StatementId=statement_id)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        function = str(model["FunctionName"])
        return (f"{function}|{one['Sid']}" for one in self._statements(aws, function))


def _told(statement: Model) -> Model:
    principal = statement["Principal"]
    model: Model = {
        "Action": statement["Action"],
        "Principal": next(iter(principal.values())) if isinstance(principal, dict) else principal,
    }
    for block in statement.get("Condition", {}).values():
        model |= {_CONDITIONS[key]: value for key, value in block.items() if key in _CONDITIONS}
    return model
