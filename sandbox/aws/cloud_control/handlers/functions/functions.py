"""Functions."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same, some
from sandbox.aws.cloud_control.tags import as_map, change_tags, shown

_CONFIGURATION = (
    "Description", "Handler", "KmsKeyArn", "MemorySize", "Role", "Runtime", "Timeout", "Environment", "VpcConfig",
    "DeadLetterConfig", "TracingConfig", "EphemeralStorage", "LoggingConfig", "Layers", "FileSystemConfigs",
    "ImageConfig",
)  # fmt: skip
_AT_FIRST = ("Architectures", "PackageType")
_IN_THE_PLACE = ("S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri")
# What a configuration that is taken away goes back to.
_DEFAULTS: Model = {
    "Description": "", "KmsKeyArn": "", "MemorySize": 128, "Timeout": 3, "Environment": {"Variables": {}},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}, "DeadLetterConfig": {"TargetArn": ""},
    "TracingConfig": {"Mode": "PassThrough"}, "EphemeralStorage": {"Size": 512}, "Layers": [],
    "FileSystemConfigs": [], "ImageConfig": {}, "LoggingConfig": {"LogFormat": "Text"},
}  # fmt: skip


def _named(model: Model) -> Model:
    """With Lambda's names, of which one differs."""
    return {"KMSKeyArn" if name == "KmsKeyArn" else name: value for name, value in model.items()}


def _code(model: Model) -> Model:
    """Inline code is text, which CloudFormation puts into a package as its only file."""
    code = model.get("Code") or {}
    if "ZipFile" not in code:
        return same(code, *_IN_THE_PLACE)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "index.js" if str(model.get("Runtime", "")).startswith("nodejs") else "index.py", code["ZipFile"]
        )
    return {"ZipFile": packed.getvalue()}


class Function(Handler):
    type_name = "AWS::Lambda::Function"

    def create(self, aws: Loopback, desired: Model) -> str:
        client, name = aws("lambda"), desired.get("FunctionName") or generated(self.type_name)
        given = _named({key: desired[key] for key in (*_CONFIGURATION, *_AT_FIRST) if key in desired})
        client.create_function(FunctionName=name, Code=_code(desired), Tags=as_map(desired.get("Tags")), **given)
        self._limit(client, name, {}, desired)
        return str(name)

    def _limit(self, client: Any, name: str, before: Model, after: Model) -> None:
        if changed(before, after, "ReservedConcurrentExecutions"):
            if (limit := after.get("ReservedConcurrentExecutions")) is None:
                client.delete_function_concurrency(FunctionName=name)
            else:
                client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=limit)

    def read(self, aws: Loopback, identifier: str) -> Model:
        answer = aws("lambda").get_function(FunctionName=identifier)
        found = answer["Configuration"]
        model: Model = {
            "Arn": found["FunctionArn"],
            "Code": {},  # all of it is write-only
            "PackageType": found.get("PackageType", "Zip"),
            "Architectures": found.get("Architectures", ["x86_64"]),
            **same(found, "FunctionName", "Description", "Handler", "MemorySize", "Role", "Runtime", "Timeout"),
            **same(found, "EphemeralStorage", "TracingConfig", "LoggingConfig", "FileSystemConfigs"),
        }
        if variables := found.get("Environment", {}).get("Variables"):
            model["Environment"] = {"Variables": variables}
        if vpc := same(found.get("VpcConfig", {}), "SubnetIds", "SecurityGroupIds"):
            model["VpcConfig"] = vpc
        if found.get("Layers"):
            model["Layers"] = [one["Arn"] for one in found["Layers"]]
        if target := found.get("DeadLetterConfig", {}).get("TargetArn"):
            model["DeadLetterConfig"] = {"TargetArn": target}
        if key := found.get("KMSKeyArn"):
            model["KmsKeyArn"] = key
        if concurrency := answer.get("Concurrency"):
            model |= same(concurrency, "ReservedConcurrentExecutions")
        return shown(model, answer.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        client = aws("lambda")
        names = changed(before, after, *_CONFIGURATION)
        if names:
            given = _named(some((key, after.get(key, _DEFAULTS.get(key))) for key in names))
            client.update_function_configuration(FunctionName=identifier, **given)
        if code := _code(after):
            client.update_function_code(FunctionName=identifier, **code)
        self._limit(client, identifier, before, after)
        change_tags(client, before, after, shape=as_map, Resource=before["Arn"])

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("lambda").delete_function(FunctionName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("lambda").get_paginator("list_functions").paginate():
            yield from (one["FunctionName"] for one in page["Functions"])
