"""Secrets Manager: secrets. Their values are write-only."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import generated, same
from sandbox.aws.cloud_control.tags import change_tags, shown, tags_given

# Without a key of one's own it is AWS's, which DescribeSecret does not tell.
_OWN_KEY = "alias/aws/secretsmanager"
_NOT_PASSED = ("SecretStringTemplate", "GenerateStringKey")


class Secret(Handler):
    type_name = "AWS::SecretsManager::Secret"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = desired.get("Name") or generated(self.type_name)
        made = aws("secretsmanager").create_secret(
            Name=name, **same(desired, "Description", "KmsKeyId"), **self._value(aws, desired), **tags_given(desired)
        )
        return str(made["ARN"])

    def _value(self, aws: Loopback, model: Model) -> dict[str, str]:
        if "GenerateSecretString" not in model:
            return same(model, "SecretString")
        wanted = model["GenerateSecretString"]
        given = {key: value for key, value in wanted.items() if key not in _NOT_PASSED}
        password = aws("secretsmanager").get_random_password(**given)["RandomPassword"]
        if "GenerateStringKey" not in wanted:
            return {"SecretString": password}
        template = json.loads(wanted.get("SecretStringTemplate", "{}"))
        return {"SecretString": json.dumps({**template, wanted["GenerateStringKey"]: password})}

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = aws("secretsmanager").describe_secret(SecretId=identifier)
        if found.get("DeletedDate"):
            raise self.none(identifier)
        model = {"Id": found["ARN"], **same(found, "Name", "Description", "KmsKeyId")}
        return shown(model, found.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        given = {"Description": after.get("Description", ""), **same(after, "KmsKeyId"), **self._value(aws, after)}
        if "KmsKeyId" in before and "KmsKeyId" not in after:
            given["KmsKeyId"] = _OWN_KEY
        aws("secretsmanager").update_secret(SecretId=identifier, **given)
        change_tags(aws("secretsmanager"), before, after, SecretId=identifier)

    def delete(self, aws: Loopback, identifier: str) -> None:
        self.read(aws, identifier)
        aws("secretsmanager").delete_secret(SecretId=identifier, ForceDeleteWithoutRecovery=True)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("secretsmanager").get_paginator("list_secrets").paginate():
            yield from (one["ARN"] for one in page["SecretList"])
