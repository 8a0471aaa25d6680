"""KMS: keys and aliases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, same, text
from sandbox.aws.cloud_control.tags import TagList, as_list, change_tags, shown

_CREATED = ("Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin")


def _as_list(tags: Any) -> TagList:
    return as_list(tags, "TagKey", "TagValue")


class Key(Handler):
    type_name = "AWS::KMS::Key"

    def create(self, aws: Loopback, desired: Model) -> str:
        kms, given = aws("kms"), same(desired, *_CREATED)
        if "KeyPolicy" in desired:
            given["Policy"] = text(desired["KeyPolicy"])
        if desired.get("Tags"):
            given["Tags"] = _as_list(desired["Tags"])
        key = str(kms.create_key(**given)["KeyMetadata"]["KeyId"])
        if desired.get("EnableKeyRotation"):
            kms.enable_key_rotation(KeyId=key)
        if desired.get("Enabled") is False:
            kms.disable_key(KeyId=key)
        return key

    def _living(self, kms: Any, identifier: str) -> Model:
        found: Model = kms.describe_key(KeyId=identifier)["KeyMetadata"]
        if found["KeyState"] == "PendingDeletion":
            raise self.none(identifier)
        return found

    def read(self, aws: Loopback, identifier: str) -> Model:
        kms = aws("kms")
        found = self._living(kms, identifier)
        model = {
            **same(found, "KeyId", "Arn", "Description", "KeySpec", "Origin"),
            "KeyUsage": found.get("KeyUsage") or "ENCRYPT_DECRYPT",
            "Enabled": found["Enabled"],
            "MultiRegion": bool(found.get("MultiRegion")),
            "KeyPolicy": json.loads(kms.get_key_policy(KeyId=identifier, PolicyName="default")["Policy"]),
        }
        if found["KeySpec"] == "SYMMETRIC_DEFAULT" and found["Enabled"]:
            model["EnableKeyRotation"] = kms.get_key_rotation_status(KeyId=identifier)["KeyRotationEnabled"]
        return shown(model, kms.list_resource_tags(KeyId=identifier)["Tags"])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        kms = aws("kms")
        if changed(before, after, "Enabled") and after.get("Enabled", True):
            kms.enable_key(KeyId=identifier)
        if changed(before, after, "Description"):
            kms.update_key_description(KeyId=identifier, Description=after.get("Description", ""))
        if changed(before, after, "KeyPolicy") and "KeyPolicy" in after:
            kms.put_key_policy(KeyId=identifier, PolicyName="default", Policy=text(after["KeyPolicy"]))
        if bool(before.get("EnableKeyRotation")) != bool(after.get("EnableKeyRotation")):
            turn = kms.enable_key_rotation if after.get("EnableKeyRotation") else kms.disable_key_rotation
            turn(KeyId=identifier)
        if changed(before, after, "Enabled") and not after.get("Enabled", True):
            kms.disable_key(KeyId=identifier)
        change_tags(kms, before, after, shape=_as_list, KeyId=identifier)

    def delete(self, aws: Loopback, identifier: str) -> None:
        self._living(aws("kms"), identifier)
        aws("kms").schedule_key_deletion(KeyId=identifier, PendingWindowInDays=30)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        kms = aws("kms")
        for page in kms.get_paginator("list_keys").paginate():
            for one in page["Keys"]:
                if kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion":
                    yield one["KeyId"]


class Alias(Handler):
    type_name = "AWS::KMS::Alias"

    def create(self, aws: Loopback, desired: Model) -> str:
        aws("kms").create_alias(AliasName=desired["AliasName"], TargetKeyId=desired["TargetKeyId"])
        return str(desired["AliasName"])

    def _all(self, aws: Loopback) -> Iterable[Model]:
        for page in aws("kms").get_paginator("list_aliases").paginate():
            yield from page["Aliases"]

    def read(self, aws: Loopback, identifier: str) -> Model:
        for one in self._all(aws):
            if one["AliasName"] == identifier:
                return same(one, "AliasName", "TargetKeyId")
        raise self.none(identifier)

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        aws("kms").update_alias(AliasName=identifier, TargetKeyId=after["TargetKeyId"])

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("kms").delete_alias(AliasName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        return (one["AliasName"] for one in self._all(aws))
