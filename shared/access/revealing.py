"""Which sensitive reads a plan may make for a person (`read_sensitive`): those that read what is there and no more.

Some that AWS classifies as Read do more: they take a message out of sight, start a query or run a model that is paid
for, or make new credentials, which would be valid outside of any plan. What is not known to read alone is refused.
"""

from __future__ import annotations

import re

from shared.access.guard import READ_ONLY
from shared.aws.service_models import operation_model
from shared.aws_operations.models import Operation
from shared.errors import Forbidden, InvalidArguments
from shared.messages import Effect

# Verbs that read what is there. kms:Decrypt changes nothing either; it is asked for one text.
_READS = re.compile(
    r"(Get|BatchGet|TransactGet|AdminGet|List|AdminList|Describe|Search|Query|Scan|Select|Download|Export|Filter"
    r"|Lookup|Retrieve|View|Head|BatchRead)(?![a-z])|Decrypt$"
)
# "service:Operation" → what it does besides; the first that fits counts.
_MORE = tuple(
    (re.compile(pattern), what)
    for pattern, what in (
        (
            r"(sts|sso|sso-oidc|eks-auth):.*|.*:Get\w*(Federation|Session|Authorization|Access|Auth|OpenId|Identity"
            r"|Oauth2|Payment|Delegated)\w*Token\w*|(?!iam:)\w[\w-]*:Get\w*Credentials?(For\w*)?|s3control:GetDataAccess"
            r"|lakeformation:GetTemporary\w*|amplifybackend:GetToken|bedrock-agentcore:GetResource\w*"
            r"|gamelift:GetComputeA\w*|gamelift:GetInstanceAccess|continuum:GetCollectorDataAccessAuthorization"
            r"|kms:GetParametersForImport|payment-cryptography:GetParametersFor\w*",
            "makes new credentials, which work outside of any plan",
        ),
        (
            r".*:Get\w*(Embed|Upload|Dashboard|Signed\w*|Session|Stream)U(rl|RL)s?|emr-serverless:Get\w*Dashboard\w*"
            r"|groundstation:GetAgentTaskResponseUrl",
            "makes a link that gives whoever holds it power",
        ),
        (r"cloudcontrol:.*", "asks other services in turn; ask the service itself by its own operation"),
        (
            r"(bedrock|kendra|timestream|location|geo-\w+|qbusiness|qconnect|wisdom|comprehend\w*|rekognition|textract"
            r"|translate|polly|sagemaker-runtime)[\w-]*:(Query|Retrieve|Search|Select|Generate)\w*",
            "runs a search or a model that is paid for",
        ),
        (r"iam:Generate\w*|\w[\w-]*:(Start|Generate|Request)\w*", "starts a job"),
    )
)


def check_sensitive(operation: Operation) -> None:
    """Raise unless a plan may read this for a person.

    InvalidArguments (`plain_read`) for what needs no approval, Forbidden (`not_a_read`) for a change, Forbidden
    (`more_than_a_read`) for a sensitive read that does more.
    """
    called = f"{operation.service}:{operation.name}"
    if READ_ONLY.allows(operation.service, operation.name):
        raise InvalidArguments(
            f"{called} only lists or reads settings, which needs no approval: use read_aws", code="plain_read"
        )
    if operation.effect is not Effect.SENSITIVE_READ:
        known = "" if operation.actions else ", because nothing says that it only reads"
        raise Forbidden(
            f"{called} is not a read: its access level is {operation.effect.value}{known}. A change is another step",
            code="not_a_read",
        )
    if what := more_than_reads(operation):
        raise Forbidden(
            f"{called} {what}; read_sensitive only reads what is there. A person does that with AWS's own tools",
            code="more_than_a_read",
        )


def more_than_reads(operation: Operation) -> str | None:
    """What a sensitive read does besides reading; None where it only reads."""
    called = f"{operation.service}:{operation.name}"
    for pattern, what in _MORE:
        if pattern.fullmatch(called):
            return what
    if not _READS.match(operation.name):
        return "does more than read what is there (it takes, starts, runs or computes something)"
    model = operation_model(operation.service, operation.name)
    if model.has_event_stream_output or model.has_event_stream_input:
        return "answers with a stream of events that has no end of its own"
    return None
