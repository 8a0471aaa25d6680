"""Steps get their costs in time, or the reason why these are not known; a price never stops a plan."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from services.executor.pricing.reading import PriceCache
from services.executor.proposal.costs import LATE, estimate
from services.executor.registry.account_state import Becomes
from services.executor.registry.cost import UNKNOWN_COST, free
from shared.messages import Effect
from shared.plans.step import Cost, Step
from tests.unit.executor.pricing.fake_aws import FakeAws, denied
from tests.unit.executor.pricing.price_texts import product

REGION = "eu-west-1"
GATEWAY = Becomes("AWS::EC2::NatGateway", REGION, None, {"SubnetId": "subnet-1"})
TEXTS = [
    product(),
    product(usage="EU-NatGateway-Bytes", unit="GB", price="0.0500000000"),
    product("AmazonS3", "Storage", "EU-TimedStorage-ByteHrs", "0.0230000000", "GB-Mo", {"volumeType": "Standard"}),
]


def made(operation: str = "create_aws_resource", id: str = "one", cost: Cost = UNKNOWN_COST) -> Step:
    return Step(id=id, operation=operation, arguments={}, title="t", effect=Effect.WRITE, reversible="yes", cost=cost)


def costs(
    aws: FakeAws, *steps: Step, resources: dict[str, Becomes] | None = None, seconds: float = 30, **values: Any
) -> list[Cost]:
    given = {step.id: {"region": REGION, **values} for step in steps}
    about = {"one": GATEWAY} if resources is None else resources
    found = estimate(aws, steps, given, about, "pln_1", seconds, PriceCache())
    return [step.cost for step in found]


def test_a_step_gets_its_price() -> None:
    [cost] = costs(FakeAws(TEXTS), made())
    assert (cost.amount, cost.per) == ("35.04", "month")
    assert cost.source == "price list AmazonEC2, version 20260925174521, published 2026-09-25"


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (denied("GetProducts"), "NAT gateway: it may not be read: AWS denies pricing:GetProducts."),
        (RuntimeError("a fault of ours"), "NAT gateway: it could not be worked out."),
        ({"PriceList": []}, "NAT gateway: the price list AmazonEC2 has no such product in eu-west-1."),
    ],
)
def test_a_price_that_is_not_read_is_unknown_with_the_reason(answer: Any, note: str) -> None:
    [cost] = costs(FakeAws(answers={"get_products": answer}), made())
    assert (cost.amount, cost.note) == (None, note)


def test_a_price_list_that_is_slow_delays_no_plan() -> None:
    answered = threading.Event()

    def slow(**_: Any) -> Any:
        answered.wait(60)
        return {"PriceList": TEXTS}

    [cost] = costs(FakeAws(answers={"get_products": slow}), made(), seconds=0.2)
    answered.set()
    assert (cost.amount, cost.note) == (None, f"NAT gateway: {LATE}.")


def test_without_time_nothing_is_asked_and_steps_keep_what_their_operations_say() -> None:
    aws = FakeAws(TEXTS)
    assert costs(aws, made(), seconds=0) == [UNKNOWN_COST]
    assert aws.asked == []


def test_what_aws_says_is_free_needs_no_price_list() -> None:
    aws = FakeAws()
    [cost] = costs(aws, made(), resources={"one": Becomes("AWS::EC2::VPC", REGION, None, {})})
    assert (cost.amount, cost.note) == ("0.00", "A VPC costs nothing; some of what is put into it does.")
    assert aws.asked == []


def test_what_an_operation_says_itself_stays_and_use_is_added() -> None:
    declared = free("A bucket costs nothing.", "https://aws.amazon.com/s3/pricing/")
    [cost] = costs(FakeAws(TEXTS), made("create_s3_bucket", cost=declared), resources={})
    assert (cost.amount, [part.quantity for part in cost.parts]) == ("0.00", [None])
    assert cost.note.startswith("A bucket costs nothing. Prices by use not found: PUT")
    assert cost.source == (
        "https://aws.amazon.com/s3/pricing/; price list AmazonS3, version 20260925174521, published 2026-09-25"
    )


def test_a_step_whose_resource_could_not_be_read_says_so() -> None:
    [cost] = costs(FakeAws(TEXTS), made("delete_aws_resource"), resources={})
    assert (cost.amount, cost.note) == (None, "What it costs now could not be read.")


def test_a_call_that_nothing_is_known_of_keeps_what_its_operation_says() -> None:
    call = {"service": "ec2", "operation": "RebootInstances", "parameters": {"InstanceIds": ["i-1"]}}
    step = Step(
        id="one",
        operation="change_aws",
        arguments={},
        title="t",
        effect=Effect.WRITE,
        reversible="no",
        cost=UNKNOWN_COST,
    )
    [found] = estimate(FakeAws(), [step], {"one": call}, {}, "pln_1", 30, PriceCache())
    assert found.cost == UNKNOWN_COST


def test_one_step_without_a_price_leaves_the_others_theirs() -> None:
    other = Becomes("AWS::EC2::Volume", REGION, None, {"VolumeType": "gp3"})
    first, second = costs(FakeAws(TEXTS), made(), made(id="two"), resources={"one": GATEWAY, "two": other})
    assert first.amount == "35.04"
    assert (second.amount, second.note) == (None, "The volume has the size of its snapshot, which was not read.")
