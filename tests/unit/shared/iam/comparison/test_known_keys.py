"""Keys of which AWS fills in one from another: an example has them as one request would, or there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.iam.comparison.compare import Answer, compare

Policy = dict[str, Any]
Condition = Mapping[str, Mapping[str, Any]]


def allow(condition: Condition | None = None, action: str = "s3:GetObject") -> Policy:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": condition} if condition else {})}]}


def deny(condition: Condition) -> Policy:
    denial = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [*allow()["Statement"], denial]}


def widens(before: Policy, after: Policy) -> Answer:
    return compare(before, after).grants_nothing_new


def context_of(answer: Answer) -> dict[str, Any]:
    assert answer.holds is False
    assert answer.example is not None
    return dict(answer.example.request.context)


IN_ACCOUNT = {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}
BY_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ALICE = "arn:aws:iam::111122223333:user/alice"
# What the first asks follows from the second in every request that AWS sends.
NO_NEW_REQUEST: dict[str, tuple[Condition, Condition]] = {
    "a role of the account": (IN_ACCOUNT, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}}),
    "whoever is of the account": (IN_ACCOUNT, {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:*"}}),
    "a user's name in its ARN": (
        {"StringEquals": {"aws:username": "alice"}},
        {"StringEquals": {"aws:PrincipalArn": ALICE}},
    ),
    "a user is a user": (
        {"StringEquals": {"aws:PrincipalType": "User"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
    ),
    "an account has twelve digits": ({"StringLike": {"aws:PrincipalAccount": "????????????"}}, IN_ACCOUNT),
    "any account": ({"StringLike": {"aws:PrincipalAccount": "?*"}}, {"Null": {"aws:PrincipalAccount": "false"}}),
    "a tag in the request by its key": (
        {"Null": {"aws:RequestTag/team": "false"}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}},
    ),
    "a tag in the request by its value": (
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}},
        {"StringEquals": {"aws:RequestTag/team": "red"}},
    ),
    "two names of a resource's tag": (
        {"StringEquals": {"ec2:ResourceTag/team": "red"}},
        {"StringEquals": {"aws:ResourceTag/team": "red"}},
    ),
    "two names of the region": (
        {"StringEquals": {"ec2:Region": "eu-west-1"}},
        {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    ),
    "two clocks": (
        {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
        {"DateLessThan": {"aws:EpochTime": "1700000000"}},
    ),
    "the age of a second factor": (BY_MFA, {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}),
    "by way of a service": (
        {"Bool": {"aws:ViaAWSService": "true"}},
        {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}},
    ),
    "the account of the source": (
        {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:t"}},
    ),
    "an endpoint is in a VPC": ({"Null": {"aws:SourceVpc": "false"}}, {"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
}


@pytest.mark.parametrize("case", NO_NEW_REQUEST)
def test_a_request_that_contradicts_itself_is_no_example(case: str) -> None:
    before, after = NO_NEW_REQUEST[case]
    answer = widens(allow(before), allow(after))
    assert answer.holds is not False
    assert answer.holds or answer.reason


def test_where_a_request_may_have_both_the_example_has_both_as_one_request_would() -> None:
    of_account = context_of(
        widens(allow(IN_ACCOUNT), allow({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/*"}}))
    )
    assert of_account["aws:principalaccount"] == ("444455556666",)
    assert of_account["aws:principalarn"][0].startswith("arn:aws:iam::444455556666:role/")
    tags = context_of(
        widens(
            allow({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
            allow({"StringEquals": {"aws:RequestTag/owner": "ann"}}),
        )
    )
    assert tags["aws:requesttag/owner"] == ("ann",)
    assert "owner" in tags["aws:tagkeys"]
    age = context_of(widens(allow({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}), allow(BY_MFA)))
    assert age["aws:multifactorauthpresent"] == ("true",)
    assert int(age["aws:multifactorauthage"][0]) >= 300


def trust(principal: Any, condition: Condition) -> Policy:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}],
    }


def test_a_service_has_no_account_and_no_arn_of_a_caller() -> None:
    role = "arn:aws:iam::111122223333:role/app"
    both = widens(trust({"AWS": role}, {}), trust("*", {"ArnEquals": {"aws:PrincipalArn": role}}))
    assert both.holds is not False
    lambdas = trust({"Service": "lambda.amazonaws.com"}, {"Bool": {"aws:PrincipalIsAWSService": "false"}})
    assert widens(trust({"AWS": role}, {}), lambdas).holds is not False
    assert widens(trust({"AWS": role}, {}), trust({"Service": "lambda.amazonaws.com"}, {})).holds is False


@pytest.mark.parametrize(
    "key", ["aws:SecureTransport", "aws:ViaAWSService"], ids=["the encryption of the way", "by way of a service"]
)
def test_a_key_that_every_request_has_is_never_missing(key: str) -> None:
    assert widens(allow({"Bool": {key: "true"}}), deny({"Bool": {key: "false"}})).holds is True
    assert widens(allow({"Null": {key: "false"}}), allow()).holds is True
    assert widens(allow(BY_MFA), deny({"Bool": {"aws:MultiFactorAuthPresent": "false"}})).holds is False


def test_a_deny_that_nobody_can_decide_on_is_no_example_of_one_that_is_dropped() -> None:
    plain, unlike = deny({}), deny({"StringNotEquals": {"aws:PrincipalTag/team": "${aws:username}"}})
    answer = compare(plain, unlike).keeps_every_deny
    assert answer.holds is not True
    if answer.example:
        context = answer.example.request.context
        assert context["aws:principaltag/team"] == context["aws:username"]
