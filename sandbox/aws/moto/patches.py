"""What moto answers unlike AWS and the double must not: its regions and S3's sizes in CloudWatch."""

import os
from typing import Any

ACCOUNT_ID = "111122223333"

ENABLED_REGIONS = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
"""The regions every AWS account has without opting in."""


def configure() -> None:
    """Set moto's switches, and have it read less; must run before moto is imported."""
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # The front door checks signatures and permissions; moto must not do it again, differently.
    os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "inf"
    os.environ["S3_IGNORE_SUBDOMAIN_BUCKETNAME"] = "true"
    os.environ["MOTO_LAMBDA_STUB_ECR"] = "TRUE"
    from sandbox.aws.moto.service_models import share_loaders

    share_loaders()
    from sandbox.aws.moto.late import read_offerings_late

    read_offerings_late()


def apply_patches(roles_quota: int) -> None:
    """Patch moto in this process."""
    from sandbox.aws.moto.billing import apply_billing
    from sandbox.aws.moto.bucket_tags import apply_bucket_tags
    from sandbox.aws.moto.function_revisions import apply_function_revisions
    from sandbox.aws.moto.late import make_pairs_late
    from sandbox.aws.moto.log_filters import apply_log_filters
    from sandbox.aws.moto.many_accounts import apply_many_accounts
    from sandbox.aws.moto.missing import apply_missing
    from sandbox.aws.moto.released import apply_released
    from sandbox.aws.moto.repairs import apply_repairs
    from sandbox.aws.moto.role_quotas import apply_role_quotas
    from sandbox.aws.moto.snapshots import apply_snapshot_owners
    from sandbox.aws.moto.speed import apply_speed

    apply_speed()
    make_pairs_late()
    apply_bucket_tags()
    apply_missing()
    apply_released()
    apply_function_revisions()
    apply_role_quotas(roles_quota)
    apply_snapshot_owners()
    apply_log_filters()
    apply_many_accounts()
    apply_repairs()
    apply_billing()
    _only_enabled_regions()
    _real_bucket_sizes()
    _one_account()
    _boundaries_of_users()
    _ids_of_users()


def _ids_of_users() -> None:
    from moto.iam import models

    original = models.User.__init__

    def make(self: models.User, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.id = f"AIDA{self.id[:17].upper()}"  # moto's ids lack AWS's prefix

    setattr(models.User, "__init__", make)  # noqa: B010  # a patch, not a member


def _boundaries_of_users() -> None:
    from moto.iam.models import User

    def boundary(user: User) -> dict[str, str] | None:
        # GetUser tells a user's boundary, as GetRole does a role's; moto's users have none.
        arn = getattr(user, "permissions_boundary_arn", None)
        return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None

    setattr(User, "permissions_boundary", property(boundary))  # noqa: B010  # a patch, not a member


def _one_account() -> None:
    from moto.moto_server import werkzeug_app

    # moto asks a backend of its default account for each service's URLs: a second IAM with 1,500 policies.
    setattr(werkzeug_app, "DEFAULT_ACCOUNT_ID", ACCOUNT_ID)  # noqa: B010  # a patch, not a member


def _only_enabled_regions() -> None:
    from moto.ec2.models.availability_zones_and_regions import Region, RegionsAndZonesBackend

    # moto lists the gov and China partitions too, which no account of the aws partition can see.
    RegionsAndZonesBackend.regions = [
        Region(name, f"ec2.{name}.amazonaws.com", "opt-in-not-required") for name in ENABLED_REGIONS
    ]


def _real_bucket_sizes() -> None:
    from moto.cloudwatch.models import MetricDatum
    from moto.core.utils import utcnow
    from moto.s3.models import S3Backend, s3_backends

    def metrics(cls: type[S3Backend], account_id: str, region: str) -> list[MetricDatum]:
        # moto's BucketSizeBytes is 64 times the number of objects, for every region.
        day = utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
        found: list[MetricDatum] = []
        for name, bucket in list(s3_backends[account_id]["aws"].buckets.items()):
            if bucket.region_name != region:
                continue
            # AWS counts all that is stored: old versions and parts of uploads too, and delete markers as objects.
            stored = [version for name in list(bucket.keys) for version in bucket.keys.getlist(name, [])]
            stored += [part for upload in list(bucket.multiparts.values()) for part in list(upload.parts.values())]
            sizes = [getattr(one, "size", 0) for one in stored]
            for metric, storage, value, unit in (
                ("BucketSizeBytes", "StandardStorage", sum(sizes), "Bytes"),
                ("NumberOfObjects", "AllStorageTypes", len(sizes), "Count"),
            ):
                dimensions = [{"Name": "StorageType", "Value": storage}, {"Name": "BucketName", "Value": name}]
                found.append(MetricDatum("AWS/S3", metric, value, dimensions, day, unit))
        return found

    setattr(S3Backend, "get_cloudwatch_metrics", classmethod(metrics))  # noqa: B010  # a patch, not a member
