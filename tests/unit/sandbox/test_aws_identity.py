"""Who a request comes from: keys, signatures, tokens, AssumeRole and the other ways to get credentials."""

import json
import time
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

SERVICES = [
    ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    ("iam", "list_roles", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    ("ec2", "describe_instances", "AuthFailure", "AuthFailure"),
    ("lambda", "list_functions", "UnrecognizedClientException", "InvalidSignatureException"),
    ("dynamodb", "list_tables", "UnrecognizedClientException", "InvalidSignatureException"),
]


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def assume(aws: Any, **more: Any) -> dict[str, Any]:
    return dict(aws.user("sts").assume_role(**{"RoleArn": aws.role_arn, "RoleSessionName": "test", **more}))


@pytest.mark.parametrize(("service", "operation", "unknown", "_"), SERVICES)
def test_an_unknown_key_is_refused_as_each_service_words_it(
    aws: Any, service: str, operation: str, unknown: str, _: str
) -> None:
    client = aws.client(service, {"access_key_id": "AKIA" + "Q" * 16, "secret_access_key": "x" * 40})
    assert code(getattr(client, operation)) == unknown


@pytest.mark.parametrize(("service", "operation", "_", "mismatch"), SERVICES)
def test_a_wrong_secret_is_refused_as_each_service_words_it(
    aws: Any, service: str, operation: str, _: str, mismatch: str
) -> None:
    client = aws.client(service, {**aws.state, "secret_access_key": "x" * 40})
    assert code(getattr(client, operation)) == mismatch


def test_the_status_of_a_refused_key_is_403(aws: Any) -> None:
    client = aws.client("sts", {**aws.state, "secret_access_key": "x" * 40})
    with pytest.raises(ClientError) as caught:
        client.get_caller_identity()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_an_unsigned_request_is_refused(aws: Any) -> None:
    answer = httpx.post(aws.endpoint, data={"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    assert answer.status_code == 403
    assert "MissingAuthenticationToken" in answer.text
    assert answer.headers["x-sandbox"] == "true"


def test_an_altered_body_does_not_match_its_signature(aws: Any) -> None:
    s3 = aws.user("s3")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "acme-website-assets", "Key": "index.html"})
    assert httpx.get(url).status_code == 200
    assert httpx.get(url.replace("index.html", "css/site.css")).status_code == 403


def test_every_caller_may_ask_who_it_is_even_without_permissions(aws: Any) -> None:
    nobody = aws.new_user("nobody")
    assert aws.client("sts", nobody).get_caller_identity()["Arn"].endswith(":user/nobody")
    assert code(aws.client("s3", nobody).list_buckets) == "AccessDenied"


def test_an_inactive_key_is_unknown(aws: Any) -> None:
    keys = aws.new_user("inactive")
    aws.admin("iam").update_access_key(UserName="inactive", AccessKeyId=keys["AccessKeyId"], Status="Inactive")
    assert code(aws.client("sts", keys).get_caller_identity) == "InvalidClientTokenId"


def test_an_assumed_role_has_its_session_name_and_source_identity(aws: Any) -> None:
    answer = assume(aws, RoleSessionName="agent-7", SourceIdentity="jane")
    assert answer["SourceIdentity"] == "jane"
    arn = f"arn:aws:sts::{aws.state['account']}:assumed-role/AssistantRole/agent-7"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert aws.client("sts", answer["Credentials"]).get_caller_identity()["Arn"] == arn
    assert aws.client("s3", answer["Credentials"]).list_buckets()["Buckets"]


def test_the_token_of_temporary_credentials_must_be_there_and_right(aws: Any) -> None:
    keys = assume(aws)["Credentials"]
    missing = {name: keys[name] for name in ("AccessKeyId", "SecretAccessKey")}
    assert code(aws.client("sts", missing).get_caller_identity) == "InvalidClientTokenId"
    assert code(aws.client("sts", {**keys, "SessionToken": "wrong"}).get_caller_identity) == "InvalidClientTokenId"


def test_temporary_credentials_expire(aws: Any) -> None:
    keys = assume(aws, DurationSeconds=1)["Credentials"]
    time.sleep(1.1)
    assert code(aws.client("sts", keys).get_caller_identity) == "ExpiredToken"
    assert code(aws.client("s3", keys).list_buckets) == "ExpiredToken"
    assert code(aws.client("lambda", keys).list_functions) == "ExpiredTokenException"


def test_a_session_policy_limits_the_role(aws: Any) -> None:
    keys = assume(aws, Policy=policy(allow("s3:ListAllMyBuckets"), allow("iam:CreateUser")))["Credentials"]
    assert aws.client("s3", keys).list_buckets()["Buckets"]
    with pytest.raises(ClientError, match="no session policy allows the ec2:DescribeInstances action"):
        aws.client("ec2", keys).describe_instances()
    # It cannot add what the role does not have.
    assert code(aws.client("iam", keys).create_user, UserName="x") == "AccessDenied"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"DurationSeconds": 43_201}, "ValidationError"),
        ({"DurationSeconds": 0}, "ValidationError"),
        ({"RoleSessionName": "a b"}, "ValidationError"),
        ({"Policy": '{"Statement": [' + " " * 2048 + "]}"}, "ValidationError"),
        ({"Policy": "{}"}, "MalformedPolicyDocument"),
        ({"RoleArn": "arn:aws:iam::111122223333:role/NoSuchRole"}, "AccessDenied"),
        ({"RoleArn": "arn:aws:iam::111122223333:role/web-server-role"}, "AccessDenied"),
    ],
)
def test_assume_role_refuses(aws: Any, change: dict[str, Any], expected: str) -> None:
    arguments = {"RoleArn": aws.role_arn, "RoleSessionName": "test", **change}
    assert code(aws.user("sts").assume_role, **arguments) == expected


def test_a_chained_session_lasts_an_hour_at_most(aws: Any) -> None:
    iam, account = aws.admin("iam"), aws.state["account"]
    trust = policy({"Effect": "Allow", "Principal": {"AWS": aws.role_arn}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName="second", AssumeRolePolicyDocument=trust, MaxSessionDuration=43_200)["Role"]["Arn"]
    chained = aws.client("sts", assume(aws)["Credentials"])
    arguments = {"RoleArn": arn, "RoleSessionName": "chained"}
    assert code(chained.assume_role, **arguments, DurationSeconds=3601) == "ValidationError"
    answer = chained.assume_role(**arguments, DurationSeconds=3600)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/second/chained"


def test_an_account_principal_delegates_to_the_callers_own_policies(aws: Any) -> None:
    stranger = aws.new_user("stranger", allow("s3:*"))
    friend = aws.new_user("friend", allow("sts:AssumeRole", aws.role_arn))
    arguments = {"RoleArn": aws.role_arn, "RoleSessionName": "test"}
    assert code(aws.client("sts", stranger).assume_role, **arguments) == "AccessDenied"
    assert aws.client("sts", friend).assume_role(**arguments)["Credentials"]


def test_a_trust_policy_may_name_a_user_and_ask_for_an_external_id(aws: Any) -> None:
    keys = aws.new_user("partner")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{aws.state['account']}:user/partner"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "42"}},
    }
    role = aws.admin("iam").create_role(RoleName="partner-role", AssumeRolePolicyDocument=policy(statement))
    arguments = {"RoleArn": role["Role"]["Arn"], "RoleSessionName": "test"}
    sts = aws.client("sts", keys)
    assert code(sts.assume_role, **arguments) == "AccessDenied"
    assert code(sts.assume_role, **arguments, ExternalId="41") == "AccessDenied"
    assert sts.assume_role(**arguments, ExternalId="42")["Credentials"]


def test_session_token_credentials_act_as_the_user_but_not_in_iam(aws: Any) -> None:
    keys = aws.user("sts").get_session_token()["Credentials"]
    sts = aws.client("sts", keys)
    assert sts.get_caller_identity()["Arn"].endswith(":user/assistant-user")
    assert aws.client("s3", keys).list_buckets()["Buckets"]
    assert code(aws.client("iam", keys).list_roles) == "InvalidClientTokenId"
    assert code(sts.get_session_token) == "AccessDenied"
    assert sts.assume_role(RoleArn=aws.role_arn, RoleSessionName="test")["Credentials"]


def test_federation_credentials_have_their_session_policy_and_no_iam(aws: Any) -> None:
    keys = aws.new_user("broker", allow(["sts:GetFederationToken", "s3:*", "iam:*", "ec2:*"]))
    sts = aws.client("sts", keys)
    answer = sts.get_federation_token(Name="bob", Policy=policy(allow(["s3:List*", "iam:*"])))
    federated = answer["Credentials"]
    assert answer["FederatedUser"]["Arn"].endswith(":federated-user/bob")
    assert aws.client("s3", federated).list_buckets()["Buckets"]
    assert code(aws.client("ec2", federated).describe_instances) == "UnauthorizedOperation"
    assert code(aws.client("iam", federated).list_roles) == "InvalidClientTokenId"
    bare = sts.get_federation_token(Name="bob")["Credentials"]
    assert code(aws.client("s3", bare).list_buckets) == "AccessDenied"
    assert code(aws.user("sts").get_federation_token, Name="bob") == "AccessDenied"


def test_root_may_do_everything_but_assume_roles(aws: Any) -> None:
    root = aws.state["root"]
    assert aws.client("sts", root).get_caller_identity()["Arn"].endswith(":root")
    assert aws.client("iam", root).list_users()["Users"]
    assert code(aws.client("sts", root).assume_role, RoleArn=aws.role_arn, RoleSessionName="x1") == "AccessDenied"
