"""S3: buckets and their policies."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sandbox.aws.cloud_control.failures import HandlerFailure, if_there
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, some, text
from sandbox.aws.cloud_control.tags import as_list

# S3's name -> CloudFormation's, wherever the two differ in what is read and written here.
_NAMES = {
    "ApplyServerSideEncryptionByDefault": "ServerSideEncryptionByDefault",
    "ID": "Id",
    "CORSRules": "CorsRules",
    "ExposeHeaders": "ExposedHeaders",
    "MaxAgeSeconds": "MaxAge",
    "TargetBucket": "DestinationBucketName",
    "TargetPrefix": "LogFilePrefix",
}
_BACK = {there: here for here, there in _NAMES.items()}
_ABSENT = frozenset({"NotImplemented", "404"})


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Part:
    """One of a bucket's configurations: the calls' names, and the way to the value in what is read and written."""

    name: str
    argument: str | None = None
    inner: str | None = None
    delete: str | None = None
    empty: Any = None

    def read(self, s3: Any, bucket: str) -> Any:
        """The value as S3 has it; None where there is none."""
        try:
            found = dict(getattr(s3, f"get_{self.name}")(Bucket=bucket))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            # NoSuchCORSConfiguration, NoSuchPublicAccessBlockConfiguration … and not NoSuchBucket.
            if code in _ABSENT or (code.startswith("NoSuch") and code != "NoSuchBucket") or "NotFound" in code:
                return None
            raise
        found.pop("ResponseMetadata", None)
        value = found.get(self.inner) if self.inner else found
        return value or None

    def write(self, s3: Any, bucket: str, value: Any) -> None:
        """Set the value; None takes it away."""
        if value is None and self.delete:
            getattr(s3, self.delete)(Bucket=bucket)
        else:
            given = self.empty if value is None else value
            getattr(s3, f"put_{self.name}")(Bucket=bucket, **{self.argument or "": given})


_PARTS = {
    "BucketEncryption": Part(
        "bucket_encryption", "ServerSideEncryptionConfiguration", "ServerSideEncryptionConfiguration",
        "delete_bucket_encryption",
    ),
    "PublicAccessBlockConfiguration": Part(
        "public_access_block", "PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration",
        "delete_public_access_block",
    ),
    "OwnershipControls": Part(
        "bucket_ownership_controls", "OwnershipControls", "OwnershipControls", "delete_bucket_ownership_controls"
    ),
    "VersioningConfiguration": Part(
        "bucket_versioning", "VersioningConfiguration", empty={"Status": "Suspended"}
    ),
    "CorsConfiguration": Part("bucket_cors", "CORSConfiguration", delete="delete_bucket_cors"),
    "WebsiteConfiguration": Part("bucket_website", "WebsiteConfiguration", delete="delete_bucket_website"),
    "LoggingConfiguration": Part("bucket_logging", "BucketLoggingStatus", empty={}),
    "AccelerateConfiguration": Part(
        "bucket_accelerate_configuration", "AccelerateConfiguration", empty={"Status": "Suspended"}
    ),
    "LifecycleConfiguration": Part(
        "bucket_lifecycle_configuration", "LifecycleConfiguration", delete="delete_bucket_lifecycle"
    ),
}  # fmt: skip


def _lifecycle_out(value: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's rules are flat where S3's are nested."""

    def rule(one: dict[str, Any]) -> dict[str, Any]:
        days, prefix = one.get("ExpirationInDays"), one.get("Prefix", "")
        old = one.get("NoncurrentVersionExpiration")
        upload = one.get("AbortIncompleteMultipartUpload")
        moves = [
            some([("Days", move.get("TransitionInDays")), ("StorageClass", move["StorageClass"])])
            for move in one.get("Transitions", ())
        ]
        return {
            "ID": one.get("Id") or uuid.uuid4().hex,
            "Status": one["Status"],
            "Filter": {"Prefix": prefix},
            **some([
                ("Expiration", {"Days": days} if days else None),
                ("Transitions", moves or None),
                ("NoncurrentVersionExpiration", old),
                ("AbortIncompleteMultipartUpload", upload),
            ]),
        }  # fmt: skip

    return {"Rules": [rule(one) for one in value["Rules"]]}


def _lifecycle_in(value: dict[str, Any]) -> dict[str, Any]:
    def rule(one: dict[str, Any]) -> dict[str, Any]:
        moves = [
            some([("TransitionInDays", move.get("Days")), ("StorageClass", move["StorageClass"])])
            for move in one.get("Transitions", ())
        ]
        prefix = one.get("Filter", {}).get("Prefix") or one.get("Prefix")
        return some([
            ("Id", one.get("ID")),
            ("Status", one["Status"]),
            ("Prefix", prefix or None),
            ("ExpirationInDays", one.get("Expiration", {}).get("Days")),
            ("Transitions", moves or None),
            ("NoncurrentVersionExpiration", one.get("NoncurrentVersionExpiration")),
            ("AbortIncompleteMultipartUpload", one.get("AbortIncompleteMultipartUpload")),
        ])  # fmt: skip

    return {"Rules": [rule(one) for one in value["Rules"]]}


# Properties whose shape differs by more than names: how they are written, and how they are read.
_SHAPES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "BucketEncryption": (
        lambda value: {"Rules": value["ServerSideEncryptionConfiguration"]},
        lambda value: {"ServerSideEncryptionConfiguration": value["Rules"]},
    ),
    "WebsiteConfiguration": (
        lambda value: {
            **{key: item for key, item in value.items() if key not in ("IndexDocument", "ErrorDocument")},
            **({"IndexDocument": {"Suffix": value["IndexDocument"]}} if "IndexDocument" in value else {}),
            **({"ErrorDocument": {"Key": value["ErrorDocument"]}} if "ErrorDocument" in value else {}),
        },
        lambda value: {
            **{key: item for key, item in value.items() if key not in ("IndexDocument", "ErrorDocument")},
            **({"IndexDocument": value["IndexDocument"]["Suffix"]} if "IndexDocument" in value else {}),
            **({"ErrorDocument": value["ErrorDocument"]["Key"]} if "ErrorDocument" in value else {}),
        },
    ),
    "LoggingConfiguration": (
        lambda value: {"LoggingEnabled": {"TargetPrefix": "", **value}} if value else {},
        lambda value: value["LoggingEnabled"],
    ),
    "AccelerateConfiguration": (
        lambda value: {"Status": value.get("AccelerationStatus", value.get("Status"))},
        lambda value: {"AccelerationStatus": value["Status"]},
    ),
    "LifecycleConfiguration": (_lifecycle_out, _lifecycle_in),
}


def _written(name: str, value: Any) -> Any:
    if value is None:
        return None
    outward = _SHAPES.get(name, (lambda item: item,))[0]
    return outward(_renamed(value, _BACK if name != "LifecycleConfiguration" else {}))


def _shown(name: str, value: Any) -> Any:
    inward = _SHAPES[name][1] if name in _SHAPES else lambda item: item
    return _renamed(inward(value), _NAMES)


class Bucket(Handler):
    type_name = "AWS::S3::Bucket"

    def create(self, aws: Loopback, desired: Model) -> str:
        s3, name = aws("s3"), desired.get("BucketName") or generated(self.type_name)
        if "BucketName" in desired and self._exists(s3, name):
            raise HandlerFailure("AlreadyExists", f"{name} already exists")
        tags = as_list(desired.get("Tags"))
        configuration = some([
            ("LocationConstraint", None if aws.region == "us-east-1" else aws.region), ("Tags", tags or None)
        ])  # fmt: skip
        lock = {"ObjectLockEnabledForBucket": True} if desired.get("ObjectLockEnabled") else {}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": configuration} if configuration else {}), **lock)
        for part in _PARTS:
            if part in desired:
                _PARTS[part].write(s3, name, _written(part, desired[part]))
        return str(name)

    def _exists(self, s3: Any, name: str) -> bool:
        return if_there(lambda: s3.head_bucket(Bucket=name)) is not None

    def read(self, aws: Loopback, identifier: str) -> Model:
        s3 = aws("s3")
        if not self._exists(s3, identifier):
            raise self.none(identifier)
        region = aws.region
        host = f"{identifier}.s3.{region}.amazonaws.com"
        model: Model = {
            "BucketName": identifier,
            "Arn": f"arn:aws:s3:::{identifier}",
            "DomainName": f"{identifier}.s3.amazonaws.com",
            "DualStackDomainName": f"{identifier}.s3.dualstack.{region}.amazonaws.com",
            "RegionalDomainName": host,
            "WebsiteURL": f"http://{identifier}.s3-website-{region}.amazonaws.com",
        }
        for name, part in _PARTS.items():
            if (value := part.read(s3, identifier)) is not None:
                model[name] = _shown(name, value)
        tags = Part("bucket_tagging", inner="TagSet").read(s3, identifier)
        return {**model, "Tags": as_list(tags)} if tags else model

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        s3 = aws("s3")
        for name in changed(before, after, *_PARTS):
            _PARTS[name].write(s3, identifier, _written(name, after.get(name)))
        if changed(before, after, "Tags"):
            if after.get("Tags"):
                s3.put_bucket_tagging(Bucket=identifier, Tagging={"TagSet": as_list(after["Tags"])})
            else:
                s3.delete_bucket_tagging(Bucket=identifier)

    def delete(self, aws: Loopback, identifier: str) -> None:
        if not self._exists(aws("s3"), identifier):
            raise self.none(identifier)
        aws("s3").delete_bucket(Bucket=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        # All buckets of the account, whatever their region, as AWS lists them.
        return (one["Name"] for one in aws("s3").list_buckets()["Buckets"])


class BucketPolicy(Handler):
    type_name = "AWS::S3::BucketPolicy"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = str(desired["Bucket"])
        if self._policy(aws, name) is not None:
            raise HandlerFailure("AlreadyExists", f"The bucket policy already exists on bucket {name}.")
        aws("s3").put_bucket_policy(Bucket=name, Policy=text(desired["PolicyDocument"]))
        return name

    def _policy(self, aws: Loopback, name: str) -> Any:
        try:
            return json.loads(aws("s3").get_bucket_policy(Bucket=name)["Policy"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
                return None
            raise

    def read(self, aws: Loopback, identifier: str) -> Model:
        document = self._policy(aws, identifier)
        if document is None:
            raise self.none(identifier)
        return {"Bucket": identifier, "PolicyDocument": document}

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        aws("s3").put_bucket_policy(Bucket=identifier, Policy=text(after["PolicyDocument"]))

    def delete(self, aws: Loopback, identifier: str) -> None:
        self.read(aws, identifier)
        aws("s3").delete_bucket_policy(Bucket=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        names = (one["Name"] for one in aws("s3").list_buckets()["Buckets"])
        return (name for name in names if self._policy(aws, name) is not None)
