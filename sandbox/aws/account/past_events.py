"""What happened in the account before the sandbox was started, as its CloudTrail history shows it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.aws.trail.event import Event

_JANE = "198.51.100.23"
_BUILD_SERVER = "203.0.113.40"


@dataclass(frozen=True)
class PastEvent:
    """An event, who caused it and how long before the start; `{…}` in a resource is an instance's id by its name."""

    name: str
    source: str
    region: str
    resources: tuple[tuple[str, str], ...]
    ago: timedelta
    by: str = "jane"
    session: str | None = None
    address: str = _JANE
    invoked_by: str | None = None
    error: str | None = None


def _function(name: str, region: str, account: str) -> tuple[tuple[str, str], ...]:
    arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
    return (("AWS::Lambda::Function", name), ("AWS::Lambda::Function", arn))


def past_events(account: str, instances: Mapping[str, str]) -> Iterator[Event]:
    """The events, oldest first; `instances` has the instances' ids by their names."""
    now = datetime.now(UTC)
    for past in _events(account, instances):
        yield _as_event(past, account, now)


def _events(account: str, instances: Mapping[str, str]) -> tuple[PastEvent, ...]:
    role = (
        ("AWS::IAM::Role", "web-server-role"),
        ("AWS::IAM::Role", f"arn:aws:iam::{account}:role/web-server-role"),
        ("AWS::IAM::Policy", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"),
    )
    bucket = (("AWS::S3::Bucket", "acme-backups"),)
    notifier = _function("order-notifier", "us-east-1", account)
    batch = (("AWS::EC2::Instance", instances.get("batch-1", "batch-1")),)
    lambda_, iam, s3, ec2 = (f"{name}.amazonaws.com" for name in ("lambda", "iam", "s3", "ec2"))
    deploys = {"by": "ci-deploy-role", "address": _BUILD_SERVER}
    return (
        PastEvent("AttachRolePolicy", iam, "us-east-1", role, timedelta(days=12)),
        PastEvent("StopInstances", ec2, "us-east-1", batch, timedelta(days=6)),
        PastEvent("DeleteBucket", s3, "eu-central-1", bucket, timedelta(days=5), error="AccessDenied"),
        PastEvent(
            "UpdateFunctionCode20150331v2", lambda_, "us-east-1", notifier, timedelta(days=2, hours=1),
            session="build-481", **deploys,
        ),
        PastEvent(
            "UpdateFunctionConfiguration20150331v2", lambda_, "us-east-1", notifier, timedelta(days=2),
            session="build-482", invoked_by="cloudformation.amazonaws.com", **deploys,
        ),
    )  # fmt: skip


def _as_event(past: PastEvent, account: str, now: datetime) -> Event:
    happened = int((now - past.ago).timestamp())
    made = uuid.uuid5(uuid.NAMESPACE_URL, f"{past.name}/{past.resources[0][1]}/{happened}")
    return Event(
        event_id=str(made),
        name=past.name,
        source=past.source,
        region=past.region,
        account=account,
        time=happened,
        read_only=False,
        identity=_identity(past, account),
        username=past.session or past.by,
        access_key_id=None,
        address=past.invoked_by or past.address,
        agent=past.invoked_by or "aws-cli/2.31.0",
        request_id=str(uuid.uuid5(made, "request")),
        resources=past.resources,
        error=past.error,
    )


def _identity(past: PastEvent, account: str) -> dict[str, Any]:
    if past.session is None:
        return {
            "type": "IAMUser",
            "principalId": "AIDAJANEEXAMPLE",
            "arn": f"arn:aws:iam::{account}:user/{past.by}",
            "accountId": account,
            "userName": past.by,
        }
    invoked = {"invokedBy": past.invoked_by} if past.invoked_by else {}
    return {
        "type": "AssumedRole",
        "principalId": f"AROADEPLOYEXAMPLE:{past.session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{past.by}/{past.session}",
        "accountId": account,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROADEPLOYEXAMPLE",
                "arn": f"arn:aws:iam::{account}:role/{past.by}",
                "accountId": account,
                "userName": past.by,
            }
        },
        **invoked,
    }
