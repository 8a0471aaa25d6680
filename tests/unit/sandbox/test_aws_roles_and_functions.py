"""Roles and functions answer as AWS's do: quotas, conflicts, tags and the revision of a function."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
NOTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
TAGS = [{"Key": "plan", "Value": "p-1"}]


def failure(call: Callable[..., Any], **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return str(answer["Error"]["Code"]), int(answer["ResponseMetadata"]["HTTPStatusCode"])


def package(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", text)
    return buffer.getvalue()


def function(aws: Any, name: str) -> dict[str, Any]:
    return dict(
        aws.user("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="app.handler",
            Role=f"arn:aws:iam::{aws.state['account']}:role/lambda-basic-execution",
            Code={"ZipFile": package("1")},
            Tags={"plan": "p-1"},
        )
    )


def test_a_role_tells_its_tags_and_its_id(aws: Any) -> None:
    iam = aws.user("iam")
    made = iam.create_role(RoleName="tagged-role", AssumeRolePolicyDocument=TRUST, Tags=TAGS)["Role"]
    found = iam.get_role(RoleName="tagged-role")["Role"]
    assert found["RoleId"] == made["RoleId"]
    assert found["RoleId"].startswith("AROA")
    assert found["Tags"] == iam.list_role_tags(RoleName="tagged-role")["Tags"] == TAGS
    assert failure(iam.create_role, RoleName="tagged-role", AssumeRolePolicyDocument=TRUST) == (
        "EntityAlreadyExists", 409,
    )  # fmt: skip
    assert failure(iam.get_role, RoleName="no-such-role") == ("NoSuchEntity", 404)


def test_a_role_that_something_hangs_on_is_not_deleted(aws: Any) -> None:
    iam = aws.user("iam")
    iam.create_role(RoleName="held-role", AssumeRolePolicyDocument=TRUST)
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    iam.attach_role_policy(RoleName="held-role", PolicyArn=arn)
    assert failure(iam.delete_role, RoleName="held-role") == ("DeleteConflict", 409)
    iam.detach_role_policy(RoleName="held-role", PolicyArn=arn)
    assert failure(iam.detach_role_policy, RoleName="held-role", PolicyArn=arn) == ("NoSuchEntity", 404)
    iam.put_role_policy(RoleName="held-role", PolicyName="p", PolicyDocument=NOTHING)
    assert failure(iam.delete_role, RoleName="held-role") == ("DeleteConflict", 409)
    iam.delete_role_policy(RoleName="held-role", PolicyName="p")
    iam.delete_role(RoleName="held-role")
    assert failure(iam.delete_role, RoleName="held-role") == ("NoSuchEntity", 404)


def test_a_role_takes_ten_attached_policies(aws: Any) -> None:
    iam = aws.user("iam")
    iam.create_role(RoleName="full-role", AssumeRolePolicyDocument=TRUST)
    arns = [item["Arn"] for item in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="full-role", PolicyArn=arn)
    iam.attach_role_policy(RoleName="full-role", PolicyArn=arns[0])  # it is attached already
    assert failure(iam.attach_role_policy, RoleName="full-role", PolicyArn=arns[10]) == ("LimitExceeded", 409)
    assert len(iam.list_attached_role_policies(RoleName="full-role")["AttachedPolicies"]) == 10


def test_the_account_says_how_many_roles_it_has_and_may_have(aws: Any) -> None:
    iam = aws.user("iam")
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Roles"] == len(iam.list_roles(MaxItems=1000)["Roles"])
    assert (summary["RolesQuota"], summary["AttachedPoliciesPerRoleQuota"]) == (1000, 10)


@pytest.fixture
def small(tmp_path: Path, doubles: Any) -> Iterator[Any]:
    start, stop = doubles
    double = start(tmp_path, SANDBOX_ROLES_QUOTA="7")
    yield double
    stop(double)


def test_an_account_takes_no_more_roles_than_its_quota(small: Any) -> None:
    iam = small.user("iam")
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Roles"], summary["RolesQuota"]) == (6, 7)
    iam.create_role(RoleName="the-last", AssumeRolePolicyDocument=TRUST)
    assert failure(iam.create_role, RoleName="one-more", AssumeRolePolicyDocument=TRUST) == ("LimitExceeded", 409)
    again = failure(iam.create_role, RoleName="the-last", AssumeRolePolicyDocument=TRUST)
    assert again == ("EntityAlreadyExists", 409)
    iam.delete_role(RoleName="the-last")
    iam.create_role(RoleName="one-more", AssumeRolePolicyDocument=TRUST)


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("lambda", "list_tags", {"Resource": "arn:aws:lambda:us-east-1:111122223333:function:order-notifier"}),
        ("lambda", "get_account_settings", {}),
        ("iam", "get_account_summary", {}),
        ("iam", "list_role_tags", {"RoleName": "lambda-basic-execution"}),
    ],
)
def test_looking_needs_permission(aws: Any, service: str, operation: str, arguments: dict[str, Any]) -> None:
    other = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    client = aws.client(service, aws.new_user(f"blind-{operation}", other))
    assert failure(getattr(client, operation), **arguments)[0] in ("AccessDenied", "AccessDeniedException")
    getattr(aws.user(service), operation)(**arguments)


def test_a_functions_tags_are_listed_to_whom_its_arn_is_allowed(aws: Any) -> None:
    arn = function(aws, "tagged-function")["FunctionArn"]
    assert aws.user("lambda").list_tags(Resource=arn)["Tags"] == {"plan": "p-1"}
    one = {"Effect": "Allow", "Action": "lambda:ListTags", "Resource": arn}
    client = aws.client("lambda", aws.new_user("one-function", one))
    assert client.list_tags(Resource=arn)["Tags"] == {"plan": "p-1"}
    assert failure(client.list_tags, Resource=arn + "-other") == ("AccessDeniedException", 403)
    assert failure(aws.user("lambda").list_tags, Resource=arn + "-other") == ("ResourceNotFoundException", 404)


def test_every_update_of_a_function_changes_its_revision(aws: Any) -> None:
    client, name = aws.user("lambda"), "revised-function"
    made = function(aws, name)
    first = client.get_function_configuration(FunctionName=name)
    assert first["CodeSha256"] == made["CodeSha256"]
    # The answer to a change holds a revision that passes, as in AWS.
    assert first["RevisionId"] != made["RevisionId"]
    assert client.get_function(FunctionName=name)["Configuration"]["RevisionId"] == first["RevisionId"]
    client.update_function_configuration(FunctionName=name, Description="new")
    second = client.get_function_configuration(FunctionName=name)
    assert (second["CodeSha256"], second["Description"]) == (first["CodeSha256"], "new")
    assert second["LastModified"] > first["LastModified"]
    client.update_function_code(FunctionName=name, ZipFile=package("2"))
    third = client.get_function_configuration(FunctionName=name)
    assert third["CodeSha256"] != first["CodeSha256"]
    assert len({item["RevisionId"] for item in (first, second, third)}) == 3


def test_an_update_for_another_revision_is_refused(aws: Any) -> None:
    client, name = aws.user("lambda"), "guarded-function"
    function(aws, name)
    old = client.get_function_configuration(FunctionName=name)["RevisionId"]
    client.update_function_configuration(FunctionName=name, RevisionId=old, Timeout=9)
    refused = ("PreconditionFailedException", 412)
    update = client.update_function_configuration
    assert failure(update, FunctionName=name, RevisionId=old, Timeout=10) == refused
    code = {"ZipFile": package("2"), "RevisionId": old}
    assert failure(client.update_function_code, FunctionName=name, **code) == refused
    assert client.get_function_configuration(FunctionName=name)["Timeout"] == 9


def test_lambda_tells_its_quotas_and_what_is_used_of_them(aws: Any) -> None:
    client = aws.user("lambda")
    settings = client.get_account_settings()
    functions = client.list_functions()["Functions"]
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert settings["AccountUsage"] == {
        "TotalCodeSize": sum(item["CodeSize"] for item in functions), "FunctionCount": len(functions),
    }  # fmt: skip


def test_a_function_that_is_gone_is_not_found(aws: Any) -> None:
    client = aws.user("lambda")
    function(aws, "short-lived")
    client.delete_function(FunctionName="short-lived")
    for call in (client.get_function, client.get_function_configuration, client.delete_function):
        assert failure(call, FunctionName="short-lived") == ("ResourceNotFoundException", 404)
    function(aws, "short-lived")
    assert failure(function, aws=aws, name="short-lived") == ("ResourceConflictException", 409)


def test_many_clients_at_once_get_what_each_asked_for(aws: Any) -> None:
    policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

    def plan(number: int) -> tuple[str, list[str], str]:
        keys = aws.user("sts").assume_role(RoleArn=aws.role_arn, RoleSessionName=f"plan-{number}")["Credentials"]
        iam, name = aws.client("iam", keys), f"busy-{number}"
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        s3 = aws.client("s3", keys)
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": [{"Key": "n", "Value": str(number)}]})
        tag = s3.get_bucket_tagging(Bucket=name)["TagSet"][0]["Value"]
        iam.detach_role_policy(RoleName=name, PolicyArn=policy)
        iam.delete_role(RoleName=name)
        return arn.rsplit("/", 1)[-1], [item["PolicyArn"] for item in attached], tag

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(plan, range(48)))
    assert found == [(f"busy-{number}", [policy], str(number)) for number in range(48)]


def test_a_role_that_many_ask_for_is_made_once_and_lambda_takes_it_when_it_has_settled(aws: Any) -> None:
    iam = aws.user("iam")

    def create(_: int) -> bool:
        try:
            iam.create_role(RoleName="wanted-role", AssumeRolePolicyDocument=TRUST)
        except iam.exceptions.EntityAlreadyExistsException:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(create, range(32))) == 1

    def use(number: int) -> list[str]:
        refusals = []
        for _ in range(30):
            try:
                aws_lambda.create_function(
                    FunctionName=f"wants-role-{number}",
                    Runtime="python3.12",
                    Handler="app.handler",
                    Role=role,
                    Code={"ZipFile": package("1")},
                )
            except ClientError as error:
                refusals.append(error.response["Error"]["Code"])
                time.sleep(0.1)
            else:
                return refusals
        raise AssertionError("the role never settled")

    made = iam.create_role(RoleName="fresh-role", AssumeRolePolicyDocument=TRUST)
    aws_lambda, role = aws.user("lambda"), made["Role"]["Arn"]
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(use, range(8)))
    assert {code for codes in refused for code in codes} == {"InvalidParameterValueException"}
