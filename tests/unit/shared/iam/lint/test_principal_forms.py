"""What AWS refuses as a principal is refused, and the finding says what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from shared.iam.lint.linter import lint, refused

ACCOUNT = "111122223333"


def trust(principal: Any, action: Any = "sts:AssumeRole") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        ({"AWS": "lambda.amazonaws.com"}, 'write {"Service": "lambda.amazonaws.com"}'),
        ({"AWS": ["arn:aws:iam::111122223333:role/a", "ec2.amazonaws.com.cn"]}, 'write {"Service"'),
        ({"AWS": 111122223333}, "between quotation marks"),
        ({"AWS": [111122223333]}, "between quotation marks"),
        ({"AWS": "11112222333"}, "it has 11 digits"),
        ({"AWS": "1111222233334"}, "it has 13 digits"),
        ({"AWS": "1111-2222-3333"}, "digits only"),
        ({"AWS": "arn:aws:iam::11112222333:root"}, "its account id has 11 digits"),
        ({"AWS": "arn:aws:iam:us-east-1:111122223333:role/a"}, "no ARN of a role"),
        ({"AWS": "arn:aws:iam::111122223333:rol/a"}, "no ARN of a role"),
        ({"AWS": "arn:aws:iam::111122223333:role"}, "no ARN of a role"),
        ({"AWS": "arn:aws:iam::111122223333:group/admins"}, "is a group"),
        ({"AWS": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"}, 'write {"Federated"'),
        ({"AWS": "arn:aws:s3:::photos"}, "no ARN of a role"),
        ({"AWS": "arn:asw:iam::111122223333:root"}, "no ARN of a role"),
        ({"Service": "arn:aws:iam::111122223333:role/a.b"}, 'write {"AWS"'),
        ({"Service": "lambda"}, "like lambda.amazonaws.com"),
        ({"Service": "ecs.amazon.com"}, "like ecs.amazonaws.com"),
        ({"Service": "*.amazonaws.com"}, "takes no wildcard"),
        ({"Service": "*"}, "takes no wildcard"),
        ({"Service": "111122223333"}, "is no service principal"),
        ({"Federated": "token.actions.githubusercontent.com"}, "oidc-provider/token.actions"),
        ({"Federated": "arn:aws:iam::111122223333:role/a"}, "identity provider"),
        ({"Federated": "lambda.amazonaws.com"}, 'write {"Service"'),
        ({"CanonicalUser": "ann"}, "64 hexadecimal digits"),
        ({"aws": "111122223333"}, "did you mean AWS"),
        ({"Services": "lambda.amazonaws.com"}, "did you mean Service"),
        ("111122223333", '"*" or an object'),
        ("lambda.amazonaws.com", '"*" or an object'),
    ],
)
def test_a_principal_that_aws_refuses_is_refused_with_what_to_write(principal: Any, said: str) -> None:
    (found, *_) = refused(trust(principal), "trust")
    assert found.code == "bad_principal"
    assert (found.path or "").startswith("Statement[0].Principal")
    assert said in found.message


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": ACCOUNT},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {"AWS": f"arn:aws-us-gov:iam::{ACCOUNT}:role/service-role/a"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/ann"},
        {"AWS": "AROAEXAMPLEID12345"},
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E123"},
        {"Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]},
        {"Service": "lambda.eu-west-1.amazonaws.com"},
        {"Service": "ec2.amazonaws.com.cn"},
        {"Service": "delivery.logs.amazonaws.com"},
        {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
    ],
)
def test_a_principal_that_aws_takes_is_taken(principal: Any) -> None:
    assert refused(trust(principal), "trust") == ()
    assert "unknown_service_principal" not in {one.code for one in lint(trust(principal), "trust")}


@pytest.mark.parametrize(
    ("service", "meant"),
    [("lamda.amazonaws.com", "lambda.amazonaws.com"), ("cloudformtion.amazonaws.com", "cloudformation.amazonaws.com")],
)
def test_a_service_that_is_probably_misspelt_is_a_finding(service: str, meant: str) -> None:
    found = {one.code: one for one in lint(trust({"Service": service}), "trust")}
    assert meant in found["unknown_service_principal"].message


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("lambda:InvokeFunction", "not about"),
        ("s3:GetObject", "not about"),
        ("sts:AssumeRol", "did you mean sts:AssumeRole"),
        ("sts:AssumeRoleWithWebIdentiy", "did you mean sts:AssumeRoleWithWebIdentity"),
        (["sts:AssumeRole", "sts:GetCallerIdentity"], "GetCallerIdentity"),
    ],
)
def test_a_trust_policy_speaks_of_assuming_the_role_alone(action: Any, said: str) -> None:
    found = refused(trust({"Service": "lambda.amazonaws.com"}, action), "trust")
    assert [one.code for one in found] == ["trust_action_not_sts"]
    assert said in found[0].message
    assert found[0].path == "Statement[0].Action"


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ("photos", 'neither "*" nor an ARN'),
        ("s3://photos/*", "did you mean arn:aws:s3:::photos/*"),
        ("arn:aws:s3::photos", "5 of an ARN's six parts"),
        ("arn:asw:s3:::photos", 'the partition "asw"'),
        ("arn:aws:*:::photos", "names no service"),
        ("arn:aws::::photos", "names no service"),
        ("arn:aws:sqs:eu-west-1:11112222333:q", "it has 11 digits"),
        ("arn:aws:sqs:eu west:111122223333:q", "names the region"),
        ("arn:aws:s3:eu-west-1::photos", "names a region"),
        ("arn:aws:iam:eu-west-1:111122223333:role/a", "names a region"),
        ("arn:aws:iam::111122223333:rol/a", "kind of resource that IAM has"),
        ("arn:aws:s3:::" + "a" * 2048, "at most 2048"),
    ],
)
def test_a_resource_that_aws_refuses_is_refused_with_the_reason(resource: str, said: str) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["*", resource]}
    (found,) = refused({"Version": "2012-10-17", "Statement": statement}, "identity")
    assert (found.code, found.path) == ("malformed_arn", "Statement[0].Resource")
    assert said in found.message


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:*:s3:::photos",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/*",
        "arn:aws:s3:*:*:storage-lens/a",
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::111122223333:*",
        "arn:aws:iam::111122223333:r*",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:s3:::${aws:PrincipalTag/team}/*",
        "arn:aws:execute-api:*:*:*",
        "arn:aws:organizations::*:",
    ],
)
def test_a_resource_that_aws_takes_is_taken(resource: str) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    assert refused({"Version": "2012-10-17", "Statement": statement}, "identity") == ()


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"StringEqual": {"aws:PrincipalOrgID": "o-1"}}, "did you mean StringEquals"),
        ({"StringEqualsIfExist": {"aws:PrincipalOrgID": "o-1"}}, "did you mean StringEqualsIfExists"),
        ({"ForAnyValues:StringLike": {"aws:TagKeys": "a"}}, "did you mean ForAnyValue:StringLike"),
        ({"DateGreaterThan": {"aws:CurrentTime": "tomorrow"}}, "is no date"),
        ({"DateLessThan": {"aws:CurrentTime": ["2026-13-01T00:00:00Z"]}}, "is no date"),
    ],
)
def test_a_condition_that_aws_refuses_is_refused_with_what_may_be_meant(condition: Any, said: str) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    (found,) = refused({"Version": "2012-10-17", "Statement": statement}, "identity")
    assert said in found.message
    assert (found.path or "").startswith("Statement[0].Condition.")


def test_an_id_is_text_and_a_version_one_of_two() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    assert [one.code for one in refused({"Version": "2012-10-17", "Id": 5, "Statement": statement}, "identity")] == [
        "bad_id"
    ]
    for version in ("2012-10-18", "2026-11-26", 2012, None, ""):
        found = refused({"Version": version, "Statement": statement}, "identity")
        assert [one.code for one in found] == ["bad_version"]
