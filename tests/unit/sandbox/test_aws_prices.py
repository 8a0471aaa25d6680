"""The sandbox's price list: asked like AWS's, with filters, pages and permissions; its figures say whose they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox.conftest import Double

MAY_READ = {"Effect": "Allow", "Action": "pricing:*", "Resource": "*"}


def matching(**filters: str) -> list[dict[str, str]]:
    return [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters.items()]


@pytest.fixture(scope="module")
def pricing(aws: Double) -> Any:
    return aws.client("pricing", aws.new_user("price-reader", MAY_READ))


def products(client: Any, service: str, **filters: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("get_products").paginate(ServiceCode=service, Filters=matching(**filters))
    return [json.loads(one) for page in pages for one in page["PriceList"]]


def test_one_instance_type_of_one_region_is_one_product(pricing: Any) -> None:
    [found] = products(
        pricing, "AmazonEC2", regionCode="eu-west-1", instanceType="t3.micro", operation="RunInstances",
        capacitystatus="Used",
    )  # fmt: skip
    assert found["product"]["attributes"]["usagetype"] == "EU-BoxUsage:t3.micro"
    [term] = found["terms"]["OnDemand"].values()
    [dimension] = term["priceDimensions"].values()
    assert (dimension["unit"], dimension["beginRange"], dimension["endRange"]) == ("Hrs", "0", "Inf")
    assert dimension["pricePerUnit"] == {"USD": "0.0100000000"}


def test_its_figures_say_that_they_are_no_prices_of_aws(pricing: Any) -> None:
    [found] = products(pricing, "awskms", usagetype="us-west-2-KMS-Keys")
    assert found["version"] == "sandbox-not-aws-prices"
    [term] = found["terms"]["OnDemand"].values()
    assert all("no price of AWS" in one["description"] for one in term["priceDimensions"].values())


def test_long_lists_come_in_pages(pricing: Any) -> None:
    first = pricing.get_products(ServiceCode="AmazonEC2", MaxResults=40)
    second = pricing.get_products(ServiceCode="AmazonEC2", MaxResults=40, NextToken=first["NextToken"])
    skus = [json.loads(one)["product"]["sku"] for page in (first, second) for one in page["PriceList"]]
    assert len(set(skus)) == 80
    every = [one["product"]["sku"] for one in products(pricing, "AmazonEC2")]
    assert len(every) == len(set(every)) > 100


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"ServiceCode": "AmazonNothing"}, "InvalidParameterException"),
        ({"ServiceCode": "AmazonEC2", "NextToken": "nonsense"}, "InvalidNextTokenException"),
        ({"ServiceCode": "AmazonEC2", "MaxResults": 101}, "InvalidParameterException"),
    ],
)
def test_what_aws_refuses_is_refused(pricing: Any, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError, match=code):
        pricing.get_products(**parameters)


def test_services_and_values_of_attributes_are_told(pricing: Any) -> None:
    [service] = pricing.describe_services(ServiceCode="AmazonEC2")["Services"]
    assert {"instanceType", "regionCode", "usagetype"} <= set(service["AttributeNames"])
    values = pricing.get_attribute_values(ServiceCode="AmazonEC2", AttributeName="volumeApiName")["AttributeValues"]
    assert {"Value": "gp3"} in values


def test_it_is_asked_in_three_regions_alone(aws: Double) -> None:
    keys = aws.new_user("price-reader-elsewhere", MAY_READ)
    assert aws.client("pricing", keys, "eu-central-1").describe_services(ServiceCode="awskms")["Services"]
    with pytest.raises(ClientError, match="us-east-1"):
        aws.client("pricing", keys, "eu-west-1").describe_services()


def test_who_may_not_read_prices_gets_none(aws: Double) -> None:
    keys = aws.new_user("no-prices", {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"})
    with pytest.raises(ClientError, match="AccessDeniedException"):
        aws.client("pricing", keys).get_products(ServiceCode="AmazonEC2")


def test_images_and_instances_say_under_which_system_they_are_billed(aws: Double) -> None:
    ec2 = aws.admin("ec2")
    windows, linux = (
        ec2.describe_images(Filters=[{"Name": "platform", "Values": ["windows"]}])["Images"][0],
        next(one for one in ec2.describe_images()["Images"] if one.get("Platform") != "windows"),
    )
    assert (windows["PlatformDetails"], windows["UsageOperation"]) == ("Windows", "RunInstances:0002")
    assert (linux["PlatformDetails"], linux["UsageOperation"]) == ("Linux/UNIX", "RunInstances")
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    assert instance["UsageOperation"] == "RunInstances"
