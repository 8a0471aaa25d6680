"""Refuses malformed policy documents at the door, as IAM and S3 do; moto stores most of them."""

from sandbox.aws.iam.identities import Identities
from sandbox.aws.iam.policy import MalformedPolicy, Statement, parse
from sandbox.aws.protocol.calls import Call
from sandbox.aws.protocol.errors import AwsError


def check_documents(call: Call, identities: Identities) -> None:
    """Raise MalformedPolicyDocument (IAM) or MalformedPolicy (S3) for a document AWS would not take."""
    if call.service == "s3" and call.operation == "PutBucketPolicy":
        _parsed(call.body.decode("utf-8", "replace"), "MalformedPolicy")
    if call.service != "iam" or call.operation.startswith("Simulate"):
        return
    identity, trust = call.params.get("PolicyDocument"), call.params.get("AssumeRolePolicyDocument")
    # UpdateAssumeRolePolicy calls the trust policy PolicyDocument.
    if call.operation == "UpdateAssumeRolePolicy":
        identity, trust = None, identity
    if identity is not None:
        for statement in _parsed(str(identity), "MalformedPolicyDocument"):
            _check_identity_statement(statement)
    if trust is not None:
        for statement in _parsed(str(trust), "MalformedPolicyDocument"):
            _check_trust_statement(statement, identities)


def _malformed(detail: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", detail)


def _parsed(document: str, code: str) -> tuple[Statement, ...]:
    try:
        return parse(document)
    except MalformedPolicy as error:
        raise AwsError(code, f"Syntax errors in policy: {error}.") from error


def _check_identity_statement(statement: Statement) -> None:
    if statement.principals is not None or statement.not_principals is not None:
        raise _malformed("Policy document should not specify a principal.")
    if not statement.resources and not statement.not_resources:
        raise _malformed("Policy statement must contain resources.")
    for action in (*statement.actions, *statement.not_actions):
        if action != "*" and ":" not in action:
            raise _malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")


def _check_trust_statement(statement: Statement, identities: Identities) -> None:
    if statement.resources or statement.not_resources:
        raise _malformed("Has prohibited field Resource")
    if statement.principals is None and statement.not_principals is None:
        raise _malformed("Missing required field Principal")
    for action in statement.actions:
        if not action.lower().startswith("sts:"):
            raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    for arn in (statement.principals or {}).get("AWS", ()):
        kind, _, name = arn.partition(f"arn:aws:iam::{identities.account}:")[2].partition("/")
        missing = (kind == "role" and identities.role(arn) is None) or (
            kind == "user" and identities.user(name.rsplit("/", 1)[-1]) is None
        )
        if missing:
            raise _malformed(f'Invalid principal in policy: "AWS":"{arn}"')
