"""ECR: repositories."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.failures import if_there
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, renamed, text
from sandbox.aws.cloud_control.tags import as_list, change_tags, shown


class Repository(Handler):
    type_name = "AWS::ECR::Repository"

    def create(self, aws: Loopback, desired: Model) -> str:
        ecr, name = aws("ecr"), desired.get("RepositoryName") or generated(self.type_name)
        given = renamed(desired, {"Tags": "tags", "ImageTagMutability": "imageTagMutability"})
        if "ImageScanningConfiguration" in desired:
            given["imageScanningConfiguration"] = {"scanOnPush": desired["ImageScanningConfiguration"]["ScanOnPush"]}
        if "EncryptionConfiguration" in desired:
            names = {"EncryptionType": "encryptionType", "KmsKey": "kmsKey"}
            given["encryptionConfiguration"] = renamed(desired["EncryptionConfiguration"], names)
        if "tags" in given:
            given["tags"] = as_list(given["tags"])
        ecr.create_repository(repositoryName=name, **given)
        self._set_policies(ecr, name, {}, desired)
        return str(name)

    def _set_policies(self, ecr: Any, name: str, before: Model, after: Model) -> None:
        if changed(before, after, "LifecyclePolicy"):
            if document := after.get("LifecyclePolicy", {}).get("LifecyclePolicyText"):
                ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=document)
            else:
                ecr.delete_lifecycle_policy(repositoryName=name)
        if changed(before, after, "RepositoryPolicyText"):
            if document := after.get("RepositoryPolicyText"):
                ecr.set_repository_policy(repositoryName=name, policyText=text(document))
            else:
                ecr.delete_repository_policy(repositoryName=name)

    def read(self, aws: Loopback, identifier: str) -> Model:
        ecr = aws("ecr")
        found = ecr.describe_repositories(repositoryNames=[identifier])["repositories"][0]
        model: Model = {
            "RepositoryName": identifier,
            "Arn": found["repositoryArn"],
            "RepositoryUri": found["repositoryUri"],
            "ImageTagMutability": found["imageTagMutability"],
            "ImageScanningConfiguration": {"ScanOnPush": found["imageScanningConfiguration"]["scanOnPush"]},
            "EncryptionConfiguration": renamed(
                found["encryptionConfiguration"], {"encryptionType": "EncryptionType", "kmsKey": "KmsKey"}
            ),
        }
        if document := if_there(lambda: ecr.get_lifecycle_policy(repositoryName=identifier)["lifecyclePolicyText"]):
            model["LifecyclePolicy"] = {"LifecyclePolicyText": document}
        if document := if_there(lambda: ecr.get_repository_policy(repositoryName=identifier)["policyText"]):
            model["RepositoryPolicyText"] = json.loads(document)
        return shown(model, ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        ecr = aws("ecr")
        if changed(before, after, "ImageTagMutability"):
            ecr.put_image_tag_mutability(
                repositoryName=identifier, imageTagMutability=after.get("ImageTagMutability", "MUTABLE")
            )
        if changed(before, after, "ImageScanningConfiguration"):
            scan = bool(after.get("ImageScanningConfiguration", {}).get("ScanOnPush"))
            ecr.put_image_scanning_configuration(
                repositoryName=identifier, imageScanningConfiguration={"scanOnPush": scan}
            )
        self._set_policies(ecr, identifier, before, after)
        change_tags(ecr, before, after, resourceArn=before["Arn"])

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("ecr").delete_repository(repositoryName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("ecr").get_paginator("describe_repositories").paginate():
            yield from (one["repositoryName"] for one in page["repositories"])
