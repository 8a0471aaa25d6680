"""One management event: how a call that the front door saw looks in CloudTrail.

Fields: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any

from sandbox.aws.iam.principals import Principal
from sandbox.aws.protocol.calls import Call

_READS = ("Get", "List", "Describe", "Head", "Lookup", "Search", "Simulate", "BatchGet", "AssumeRole")
# Calls on data: a trail can record them, the event history never does.
_ON_DATA = {
    "s3": re.compile(
        r"\w*Object(?!Lock)\w*|ListMultipartUploads|ListParts|UploadPart\w*|\w+MultipartUpload|HeadObject"
    ),
    "lambda": re.compile(r"Invoke\w*"),
    "dynamodb": re.compile(r"\w*Item\w*|Query|Scan|ExecuteStatement|\w+Transaction|BatchExecuteStatement"),
    "sqs": re.compile(r"\w*Message\w*"),
    "sns": re.compile(r"Publish\w*"),
    "logs": re.compile(r"PutLogEvents|FilterLogEvents|GetLogEvents|StartLiveTail"),
    "cloudwatch": re.compile(r"GetMetricData|GetMetricStatistics|PutMetricData"),
    "kinesis": re.compile(r"PutRecords?|GetRecords|SubscribeToShard"),
    "bedrock": re.compile(r"Converse\w*|Invoke\w*"),
}
# Lambda's events carry the version of its API.
_VERSIONED = {
    name: f"{name}{version}"
    for version, names in {
        "20150331": "CreateFunction DeleteFunction ListFunctions PublishVersion ListVersionsByFunction CreateAlias "
        "DeleteAlias UpdateAlias CreateEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping",
        "20150331v2": "GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration "
        "AddPermission RemovePermission GetPolicy",
        "20170331v2": "TagResource UntagResource ListTags",
    }.items()
    for name in names.split()
}
# S3 records these under names of its own, CloudFront all with its API's version:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
_OF_S3 = {
    f"{verb}{called}": f"{verb}{recorded}"
    for verb in ("Get", "Put", "Delete")
    for called, recorded in {
        "PublicAccessBlock": "BucketPublicAccessBlock",
        "BucketLifecycleConfiguration": "BucketLifecycle",
        "BucketNotificationConfiguration": "BucketNotification",
        "ObjectLockConfiguration": "BucketObjectLockConfiguration",
    }.items()
}
_GLOBAL = frozenset({"iam", "cloudfront", "route53", "organizations"})
_SOURCES = {"cloudwatch": "monitoring", "tag": "tagging", "cloudcontrol": "cloudcontrolapi"}
# Parameters that name a resource, and its type.
_NAMES = {
    "Bucket": "AWS::S3::Bucket",
    "FunctionName": "AWS::Lambda::Function",
    "RoleName": "AWS::IAM::Role",
    "UserName": "AWS::IAM::User",
    "GroupName": "AWS::IAM::Group",
    "PolicyArn": "AWS::IAM::Policy",
    "InstanceProfileName": "AWS::IAM::InstanceProfile",
    "InstanceId": "AWS::EC2::Instance",
    "InstanceIds": "AWS::EC2::Instance",
    "VolumeId": "AWS::EC2::Volume",
    "GroupId": "AWS::EC2::SecurityGroup",
    "Resources": "AWS::EC2::Instance",
    "TableName": "AWS::DynamoDB::Table",
    "QueueName": "AWS::SQS::Queue",
    "QueueUrl": "AWS::SQS::Queue",
    "TopicArn": "AWS::SNS::Topic",
    "logGroupName": "AWS::Logs::LogGroup",
    "KeyId": "AWS::KMS::Key",
    "SecretId": "AWS::SecretsManager::Secret",
    "StackName": "AWS::CloudFormation::Stack",
    "AlarmName": "AWS::CloudWatch::Alarm",
    "AlarmNames": "AWS::CloudWatch::Alarm",
    "DBInstanceIdentifier": "AWS::RDS::DBInstance",
    "RoleArn": "AWS::IAM::Role",
    "Resource": "",
    "ResourceARN": "",
    "ResourceArn": "",
    "Name": "",
}
_MADE = re.compile(rb"<instanceId>(i-[0-9a-f]{8,17})</instanceId>")
_CODE = re.compile(rb'<Code>([\w.]{1,128})</Code>|"(?:__type|code)":\s*"(?:[\w.]+#)?([\w.]{1,128})"')

_MESSAGE = re.compile(rb'<Message>([^<]{1,1024})|"[Mm]essage":\s*"((?:[^"\\]|\\.){1,1024})"')


@dataclass(frozen=True, slots=True)
class Event:
    """What is kept of one call."""

    event_id: str
    name: str
    source: str
    region: str
    account: str
    time: float
    read_only: bool
    identity: Mapping[str, Any]
    username: str
    access_key_id: str | None
    address: str
    agent: str
    request_id: str
    resources: tuple[tuple[str, str], ...] = ()
    error: str | None = None
    error_message: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def as_line(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_line(cls, line: str) -> Event:
        kept = json.loads(line)
        return cls(**{**kept, "resources": tuple((kind, name) for kind, name in kept["resources"])})

    def shown(self) -> dict[str, Any]:
        """The event as LookupEvents answers it in JSON."""
        return {
            "EventId": self.event_id,
            "EventName": self.name,
            "ReadOnly": str(self.read_only).lower(),
            "AccessKeyId": self.access_key_id,
            "EventTime": self.time,
            "EventSource": self.source,
            "Username": self.username,
            "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in self.resources],
            "CloudTrailEvent": json.dumps(self._record()),
        }

    def _record(self) -> dict[str, Any]:
        told = {"errorCode": self.error, "errorMessage": self.error_message}
        error = {key: value for key, value in told.items() if value}
        return {
            "eventVersion": "1.11",
            "userIdentity": self.identity,
            "eventTime": datetime.fromtimestamp(self.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.address,
            "userAgent": self.agent,
            **error,
            "requestParameters": self.parameters or None,
            "responseElements": None,
            "requestID": self.request_id,
            "eventID": self.event_id,
            "readOnly": self.read_only,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self.account,
            "eventCategory": "Management",
        }


def is_management(call: Call) -> bool:
    """Whether the event history shows such calls."""
    on_data = _ON_DATA.get(call.prefix)
    return not (on_data and on_data.fullmatch(call.operation))


def event_of(
    call: Call, principal: Principal, resource: str, status: int, body: bytes, now: datetime, request_id: str
) -> Event:
    """The event of a call that was answered; `resource` is the ARN that its permission was checked for, or "*"."""
    named = dict.fromkeys(_resources(call.params, resource))
    named |= dict.fromkeys(("AWS::EC2::Instance", found.decode()) for found in _MADE.findall(body[:200_000]))
    code, message = (_first(_CODE, body), _first(_MESSAGE, body)) if status >= 400 else (None, None)
    if code and call.prefix == "ec2":  # EC2's history says whose fault it was: "Client.DryRunOperation"
        code = f"{'Client' if status < 500 else 'Server'}.{code}"
    return Event(
        event_id=str(uuid.uuid4()),
        name=_name(call),
        source=f"{_SOURCES.get(call.service) or _SOURCES.get(call.prefix, call.prefix)}.amazonaws.com",
        region="us-east-1" if call.prefix in _GLOBAL else call.region,
        account=principal.account,
        time=int(now.timestamp()),
        read_only=call.operation.startswith(_READS),
        identity=identity_of(principal) | ({"invokedBy": call.invoked_by} if call.invoked_by else {}),
        username=_username(principal),
        access_key_id=principal.access_key_id or None,
        address=call.invoked_by or call.peer,
        agent=call.invoked_by or call.headers.get("user-agent", ""),
        request_id=request_id,
        resources=tuple(named),
        error=code or ("Error" if status >= 400 else None),
        error_message=message,
        parameters=_parameters(call),
    )


def _name(call: Call) -> str:
    if call.prefix == "cloudfront":
        return f"{call.operation}2020_05_31"
    names = {"lambda": _VERSIONED, "s3": _OF_S3}.get(call.prefix, {})
    return names.get(call.operation, call.operation)


def _first(pattern: re.Pattern[bytes], body: bytes) -> str | None:
    found = pattern.search(body)
    text = next((part for part in found.groups() if part), b"") if found else b""
    return unescape(text.decode("utf-8", "replace").replace('\\"', '"')) or None


def _parameters(call: Call) -> dict[str, str]:
    """Those that name something; of Cloud Control's also the tokens, and never the state that is asked for."""
    if call.service == "cloudcontrol":
        shown = ("TypeName", "Identifier", "ClientToken", "RequestToken", "RoleArn")
        return {key[0].lower() + key[1:]: str(call.params[key]) for key in shown if call.params.get(key)}
    return {key: value for key, value in call.params.items() if key in _NAMES and isinstance(value, str)}


def _resources(params: Mapping[str, Any], resource: str) -> Iterator[tuple[str, str]]:
    kinds = []
    for key, kind in _NAMES.items():
        value = params.get(key)
        names = value if isinstance(value, list) else [value]
        for name in names:
            if isinstance(name, str) and name and len(name) < 1024:
                kinds.append(kind)
                yield kind or "AWS::Resource", name
    if resource.startswith("arn:") and "*" not in resource and not resource.startswith("arn:aws:s3:::"):
        yield next((kind for kind in kinds if kind), "AWS::Resource"), resource


def identity_of(principal: Principal) -> dict[str, Any]:
    """A caller as `userIdentity`:
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    kinds = {"root": "Root", "user": "IAMUser", "role": "AssumedRole", "federated": "FederatedUser"}
    identity: dict[str, Any] = {
        "type": kinds[principal.kind],
        "principalId": principal.user_id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": principal.access_key_id,
    }
    if principal.kind == "user":
        identity["userName"] = principal.name
    if principal.temporary:
        context: dict[str, Any] = {
            "attributes": {
                "creationDate": principal.temporary.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "mfaAuthenticated": "false",
            }
        }
        if principal.kind == "role":
            context["sessionIssuer"] = {
                "type": "Role",
                "principalId": principal.user_id.partition(":")[0],
                "arn": principal.identity_arn,
                "accountId": principal.account,
                "userName": principal.name,
            }
        if principal.temporary.source_identity:
            context["sourceIdentity"] = principal.temporary.source_identity
        identity["sessionContext"] = context
    return identity


def _username(principal: Principal) -> str:
    return principal.arn.rsplit("/", 1)[-1] if principal.kind in ("role", "federated") else principal.name
