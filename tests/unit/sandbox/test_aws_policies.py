"""What IAM allows and denies real clients over HTTP."""

import io
import json
import time
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("operation", "arguments", "action"),
    [
        ("list_buckets", {}, "s3:ListAllMyBuckets"),
        ("list_objects_v2", {"Bucket": "acme-data-lake"}, "s3:ListBucket"),
        ("head_bucket", {"Bucket": "acme-data-lake"}, "s3:ListBucket"),
        ("head_object", {"Bucket": "acme-data-lake", "Key": "raw/events-1.parquet"}, "s3:GetObject"),
        ("get_object", {"Bucket": "acme-data-lake", "Key": "raw/events-1.parquet"}, "s3:GetObject"),
        ("put_object", {"Bucket": "acme-data-lake", "Key": "new one+ü.txt", "Body": b"x"}, "s3:PutObject"),
        ("delete_object", {"Bucket": "acme-data-lake", "Key": "new one+ü.txt"}, "s3:DeleteObject"),
        ("get_bucket_location", {"Bucket": "acme-data-lake"}, "s3:GetBucketLocation"),
        ("list_object_versions", {"Bucket": "acme-data-lake"}, "s3:ListBucketVersions"),
        (
            "put_bucket_tagging",
            {"Bucket": "acme-staging-empty", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
            "s3:PutBucketTagging",
        ),
        ("get_bucket_accelerate_configuration", {"Bucket": "acme-data-lake"}, "s3:GetAccelerateConfiguration"),
        ("create_bucket", {"Bucket": "made-by-a-test"}, "s3:CreateBucket"),
        ("delete_bucket", {"Bucket": "made-by-a-test"}, "s3:DeleteBucket"),
    ],
)
def test_an_s3_call_needs_exactly_its_iam_action(
    aws: Any, operation: str, arguments: dict[str, Any], action: str
) -> None:
    name = f"s3-{operation.replace('_', '-')}"
    without = aws.new_user(f"{name}-without", allow("s3:*"), deny(action))
    only = aws.new_user(f"{name}-only", allow(action))
    denied = getattr(aws.client("s3", without), operation)
    with pytest.raises(ClientError) as caught:
        denied(**arguments)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    getattr(aws.client("s3", only), operation)(**arguments)


def test_the_denial_says_who_may_not_do_what_where_and_why(aws: Any) -> None:
    with pytest.raises(ClientError) as caught:
        aws.user("iam").create_user(UserName="mallory")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    account = aws.state["account"]
    assert caught.value.response["Error"]["Message"] == (
        f"User: arn:aws:iam::{account}:user/assistant-user is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{account}:user/mallory because no identity-based policy allows the iam:CreateUser action"
    )


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "expected"),
    [
        ("ec2", "terminate_instances", {"InstanceIds": ["i-1234567890abcdef0"]}, "UnauthorizedOperation"),
        ("dynamodb", "get_item", {"TableName": "t", "Key": {"a": {"S": "b"}}}, "AccessDeniedException"),
        ("lambda", "invoke", {"FunctionName": "order-notifier"}, "AccessDeniedException"),
        ("kms", "create_key", {}, "AccessDeniedException"),
        ("cloudwatch", "delete_alarms", {"AlarmNames": ["a"]}, "AccessDenied"),
        ("s3", "put_bucket_policy", {"Bucket": "acme-data-lake", "Policy": "{}"}, "AccessDenied"),
    ],
)
def test_a_denial_has_the_services_own_code(
    aws: Any, service: str, operation: str, arguments: dict[str, Any], expected: str
) -> None:
    assert code(getattr(aws.user(service), operation), **arguments).startswith(expected)


def test_groups_and_managed_policies_count(aws: Any) -> None:
    keys, iam = aws.new_user("grouped"), aws.admin("iam")
    s3 = aws.client("s3", keys)
    assert code(s3.list_buckets) == "AccessDenied"
    iam.add_user_to_group(GroupName="developers", UserName="grouped")
    assert s3.list_buckets()["Buckets"]
    assert code(s3.create_bucket, Bucket="not-by-readonly") == "AccessDenied"
    iam.attach_user_policy(UserName="grouped", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    s3.create_bucket(Bucket="by-a-grouped-user")


def test_the_version_of_a_managed_policy_that_is_the_default_counts(aws: Any) -> None:
    keys, iam = aws.new_user("versioned"), aws.admin("iam")
    arn = iam.create_policy(PolicyName="versioned", PolicyDocument=policy(allow("s3:ListAllMyBuckets")))["Policy"][
        "Arn"
    ]
    iam.attach_user_policy(UserName="versioned", PolicyArn=arn)
    s3 = aws.client("s3", keys)
    assert s3.list_buckets()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("ec2:*")), SetAsDefault=True)
    assert code(s3.list_buckets) == "AccessDenied"


def test_a_permissions_boundary_limits_a_user_and_a_role(aws: Any) -> None:
    iam = aws.admin("iam")
    arn = iam.create_policy(PolicyName="boundary", PolicyDocument=policy(allow("s3:ListAllMyBuckets")))["Policy"]["Arn"]
    keys = aws.new_user("bounded", allow(["s3:*", "ec2:*", "sts:*"]))
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=arn)
    assert aws.client("s3", keys).list_buckets()
    with pytest.raises(ClientError, match="no permissions boundary allows the ec2:DescribeInstances action"):
        aws.client("ec2", keys).describe_instances()
    iam.delete_user_permissions_boundary(UserName="bounded")
    assert aws.client("ec2", keys).describe_instances()

    trust = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=trust, PermissionsBoundary=arn)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="bounded", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    session = aws.client("sts", keys).assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    assert aws.client("s3", session).list_buckets()
    assert code(aws.client("ec2", session).describe_instances) == "UnauthorizedOperation"


def test_conditions_see_the_request(aws: Any) -> None:
    keys = aws.new_user(
        "conditional",
        allow("ec2:Describe*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "raw/*"}}),
    )
    assert aws.client("ec2", keys, "eu-west-1").describe_instances()
    assert code(aws.client("ec2", keys, "us-east-1").describe_instances) == "UnauthorizedOperation"
    s3 = aws.client("s3", keys)
    assert s3.list_objects_v2(Bucket="acme-data-lake", Prefix="raw/")["KeyCount"] == 2
    assert code(s3.list_objects_v2, Bucket="acme-data-lake") == "AccessDenied"


def test_a_resource_limits_to_one_bucket_role_and_function(aws: Any) -> None:
    account = aws.state["account"]
    keys = aws.new_user(
        "one-of-each",
        allow("s3:ListBucket", "arn:aws:s3:::acme-data-lake"),
        allow("iam:GetRole", f"arn:aws:iam::{account}:role/web-server-role"),
        allow("lambda:GetFunctionConfiguration", f"arn:aws:lambda:us-east-1:{account}:function:order-*"),
    )
    assert aws.client("s3", keys).list_objects_v2(Bucket="acme-data-lake")
    assert code(aws.client("s3", keys).list_objects_v2, Bucket="acme-backups") == "AccessDenied"
    assert aws.client("iam", keys).get_role(RoleName="web-server-role")
    assert code(aws.client("iam", keys).get_role, RoleName="ci-deploy-role") == "AccessDenied"
    functions = aws.client("lambda", keys)
    assert functions.get_function_configuration(FunctionName="order-notifier")
    assert code(functions.get_function_configuration, FunctionName="thumbnail-generator") == "AccessDeniedException"


def test_a_bucket_policy_denies_even_the_administrator(aws: Any) -> None:
    s3 = aws.admin("s3")
    s3.create_bucket(Bucket="guarded-by-policy")
    statement = {**deny("s3:ListBucket", "arn:aws:s3:::guarded-by-policy"), "Principal": "*"}
    s3.put_bucket_policy(Bucket="guarded-by-policy", Policy=policy(statement))
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        s3.list_objects_v2(Bucket="guarded-by-policy")


def test_simulation_agrees_with_enforcement(aws: Any) -> None:
    iam = aws.user("iam")
    answer = iam.simulate_principal_policy(
        PolicySourceArn=aws.role_arn,
        ActionNames=["s3:CreateBucket", "iam:CreateUser"],
        ResourceArns=["arn:aws:s3:::a", "arn:aws:s3:::b"],
    )
    decisions = [(r["EvalActionName"], r["EvalResourceName"], r["EvalDecision"]) for r in answer["EvaluationResults"]]
    assert decisions == [
        ("s3:CreateBucket", "arn:aws:s3:::a", "allowed"),
        ("s3:CreateBucket", "arn:aws:s3:::b", "allowed"),
        ("iam:CreateUser", "arn:aws:s3:::a", "implicitDeny"),
        ("iam:CreateUser", "arn:aws:s3:::b", "implicitDeny"),
    ]
    custom = iam.simulate_custom_policy(
        PolicyInputList=[policy(allow("*"), deny("s3:*"))], ActionNames=["s3:GetObject", "ec2:RunInstances"]
    )
    assert [r["EvalDecision"] for r in custom["EvaluationResults"]] == ["explicitDeny", "allowed"]
    assert (
        code(iam.simulate_principal_policy, PolicySourceArn=aws.role_arn + "x", ActionNames=["s3:Get"])
        == "NoSuchEntity"
    )


def function(name: str, role: str) -> dict[str, Any]:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return 1\n")
    return {
        "FunctionName": name, "Runtime": "python3.12", "Handler": "app.handler", "Role": role,
        "Code": {"ZipFile": package.getvalue()},
    }  # fmt: skip


def test_a_function_needs_a_role_that_lambda_can_assume_and_that_is_known_by_now(aws: Any) -> None:
    account, functions, iam = aws.state["account"], aws.user("lambda"), aws.user("iam")
    missing, not_for_lambda = (f"arn:aws:iam::{account}:role/{name}" for name in ("gone", "web-server-role"))
    for role in (missing, not_for_lambda):
        with pytest.raises(functions.exceptions.InvalidParameterValueException, match="cannot be assumed by Lambda"):
            functions.create_function(**function("refused", role))
    trust = policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName="fresh", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    with pytest.raises(functions.exceptions.InvalidParameterValueException):
        functions.create_function(**function("too-early", arn))
    time.sleep(0.6)
    assert functions.create_function(**function("in-time", arn))["FunctionArn"].endswith(":function:in-time")
    assert code(functions.create_function, **function("in-time", arn)) == "ResourceConflictException"
    functions.delete_function(FunctionName="in-time")
    iam.delete_role(RoleName="fresh")


def test_creating_a_function_needs_permission_to_pass_its_role(aws: Any) -> None:
    role = f"arn:aws:iam::{aws.state['account']}:role/lambda-basic-execution"
    keys = aws.new_user("no-pass", allow("lambda:*"))
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {role}"):
        aws.client("lambda", keys).create_function(**function("no-pass", role))
    passing = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    keys = aws.new_user("may-pass", allow("lambda:*"), allow("iam:PassRole", role, Condition=passing))
    assert aws.client("lambda", keys).create_function(**function("may-pass", role))


@pytest.mark.parametrize(
    "document",
    [
        "{}",
        policy(allow("sts:AssumeRole")),
        policy({"Effect": "Allow", "Action": "sts:AssumeRole"}),
        policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "s3:*"}),
        policy(
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/gone"}, "Action": "sts:AssumeRole"}
        ),
    ],
)
def test_a_malformed_trust_policy_is_refused(aws: Any, document: str) -> None:
    call = aws.user("iam").create_role
    assert code(call, RoleName="malformed", AssumeRolePolicyDocument=document) == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    "document", ["nonsense", policy({"Effect": "Allow", "Action": "s3:Get*"}), policy(allow("Get*"))]
)
def test_a_malformed_permissions_policy_is_refused(aws: Any, document: str) -> None:
    call = aws.user("iam").put_role_policy
    arguments = {"RoleName": "web-server-role", "PolicyName": "p", "PolicyDocument": document}
    assert code(call, **arguments) == "MalformedPolicyDocument"
    assert code(aws.admin("s3").put_bucket_policy, Bucket="acme-backups", Policy="nonsense") == "MalformedPolicy"


def test_when_a_role_was_last_used_is_remembered(aws: Any) -> None:
    keys = aws.user("sts").assume_role(RoleArn=aws.role_arn, RoleSessionName="test")["Credentials"]
    aws.client("sts", keys, "eu-west-1").get_caller_identity()
    used = aws.user("iam").get_role(RoleName="AssistantRole")["Role"]["RoleLastUsed"]
    assert used["Region"] == "eu-west-1"
