"""Is a policy narrower, why was a request denied: asked in words, answered by the advisor through real processes."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.e2e.client import User, result_of

pytestmark = pytest.mark.slow

READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def test_a_narrower_policy_is_proven_to_be_so(user: User) -> None:
    turn = user.ask(f"Is this policy {json.dumps(READ)} narrower than that one {json.dumps(ALL)}?")
    result = result_of(turn, "compare_policies")
    assert (result["grants_nothing_new"], result["keeps_every_deny"], result["example"]) == (True, True, None)
    assert "proven" in turn["answer"]


def test_a_wider_policy_is_refuted_by_an_example(user: User) -> None:
    turn = user.ask(f"Does the second policy allow more? {json.dumps(READ)} {json.dumps(ALL)}")
    result = result_of(turn, "compare_policies")
    assert result["grants_nothing_new"] is False
    assert result["example"]["action"] in turn["answer"]


def test_a_denial_of_aws_is_explained(user: User) -> None:
    keys = {f"aws_{name}": user.facts[name] for name in ("access_key_id", "secret_access_key")}
    iam = boto3.client("iam", endpoint_url=user.facts["aws_endpoint"], region_name="us-east-1", **keys)
    with pytest.raises(ClientError) as refused:
        iam.create_user(UserName="e2e-never-made")
    turn = user.ask(f"Why was I denied: {refused.value}")
    result = result_of(turn, "explain_denied")
    assert (result["action"], result["denial"], result["reviewed"]) == ("iam:CreateUser", "implicit", True)
    assert result["caller"] in str(refused.value)
    assert result["allowing_policy"]["Statement"][0]["Action"] == "iam:CreateUser"
    assert "iam:CreateUser" in turn["answer"]
    assert result["explanation"] in turn["answer"]


def test_who_the_user_is_stands_in_the_instructions_and_takes_no_call(user: User) -> None:
    turn = user.ask("Who am I?")
    assert turn["steps"] == []
    assert turn["identity"]["caller_arn"] in turn["answer"]
    assert user.ok(user.http.post("/v1/tools/get_caller_identity", json={}))["status"] == "ok"
