"""A plan says before it is approved what it starts to cost, from AWS's price list where the session may read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from sandbox.aws.prices.table import INSTANCES
from tests.e2e.client import User

pytestmark = pytest.mark.slow

# Of which no other test asks a price: prices are kept by the executor's processes.
PRICED, UNREAD = "ap-northeast-1", "ap-northeast-2"
KIND = "t3.micro"


def _policy(user: User, name: str, *statements: dict[str, Any]) -> Iterator[None]:
    role = user.facts["role_arn"].rpartition("/")[2]
    document = json.dumps({"Version": "2012-10-17", "Statement": [*statements]})
    user.aws("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    yield
    user.aws("iam").delete_role_policy(RoleName=role, PolicyName=name)


@pytest.fixture(scope="module")
def role(user: User) -> Iterator[None]:
    yield from _policy(user, "start", {"Effect": "Allow", "Action": "ec2:*Instances", "Resource": "*"})


@pytest.fixture
def without_prices(user: User) -> Iterator[None]:
    yield from _policy(user, "no-prices", {"Effect": "Deny", "Action": "pricing:*", "Resource": "*"})


def stopped(user: User, region: str) -> str:
    ec2 = user.aws("ec2", region)
    linux = next(one["ImageId"] for one in ec2.describe_images()["Images"] if one["PlatformDetails"] == "Linux/UNIX")
    [made] = ec2.run_instances(ImageId=linux, MinCount=1, MaxCount=1, InstanceType=KIND)["Instances"]
    ec2.stop_instances(InstanceIds=[made["InstanceId"]])
    return str(made["InstanceId"])


def start(instance: str, region: str) -> dict[str, Any]:
    arguments = {"service": "ec2", "operation": "StartInstances", "parameters": {"InstanceIds": [instance]}}
    return {"id": "start", "operation": "change_aws", "arguments": {**arguments, "region": region}}


@pytest.fixture
def instance(user: User, request: pytest.FixtureRequest) -> Iterator[str]:
    made = stopped(user, request.param)
    yield made
    user.aws("ec2", request.param).terminate_instances(InstanceIds=[made])


@pytest.mark.parametrize("instance", [PRICED], indirect=True)
def test_a_plan_and_the_chat_say_what_an_instance_costs_again_when_it_is_started(
    user: User, role: None, instance: str
) -> None:
    plan = user.propose(start(instance, PRICED))
    monthly = f"{Decimal(INSTANCES[KIND]) * 730:.2f}"
    [cost] = [step["cost"] for step in plan["steps"]]
    assert (cost["amount"], cost["currency"], cost["per"]) == (monthly, "USD", "month"), cost
    hours, address = cost["parts"]
    assert (hours["quantity"], hours["unit"], hours["amount"]) == ("730", "Hrs", monthly)
    assert (address["quantity"], address["unit_price"]) == (None, "0.005")
    assert "sandbox-not-aws-prices" in cost["source"]
    assert plan["cost"] == {
        "words": f"{monthly} USD a month, plus what is used",
        "amounts": [{"amount": monthly, "currency": "USD", "per": "month"}],
        "unknown": [],
        "by_use": ["start"],
    }
    assert f"Starts to cost: {monthly} USD a month, plus what is used" in plan["summary"]
    turn = user.ask(f"Start the instance {instance} in {PRICED}")
    assert f"Starts to cost: {monthly} USD a month, plus what is used" in turn["answer"]


@pytest.mark.parametrize("instance", [UNREAD], indirect=True)
def test_a_role_that_may_not_read_prices_gets_a_plan_whose_cost_is_unknown(
    user: User, role: None, without_prices: None, instance: str
) -> None:
    plan = user.propose(start(instance, UNREAD))
    cost = plan["steps"][0]["cost"]
    assert cost["amount"] is None
    assert "AWS denies pricing:GetProducts" in cost["note"]
    assert (plan["cost"]["words"], plan["cost"]["unknown"]) == ("unknown", ["start"])
    assert "Starts to cost: unknown" in plan["summary"]
