"""A request that is sent again with its idempotency token is answered as the first one was, and does nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

HOST = {"AvailabilityZone": "us-east-1a", "InstanceType": "m5.large", "Quantity": 1}


def test_a_token_of_ec2_makes_one_host_however_often_it_is_sent(aws: Any) -> None:
    ec2 = aws.admin("ec2")
    made = [ec2.allocate_hosts(**HOST, ClientToken="token-1")["HostIds"] for _ in range(3)]
    other = ec2.allocate_hosts(**HOST, ClientToken="token-2")["HostIds"]
    assert made[0] == made[1] == made[2] != other
    assert len(ec2.describe_hosts(HostIds=[*made[0], *other])["Hosts"]) == 2


def test_the_token_of_another_request_is_refused(aws: Any) -> None:
    ec2 = aws.admin("ec2")
    ec2.allocate_hosts(**HOST, ClientToken="token-3")
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        ec2.allocate_hosts(**{**HOST, "Quantity": 2}, ClientToken="token-3")


def test_a_token_counts_in_its_region_and_not_in_another(aws: Any) -> None:
    one = aws.admin("ec2", "us-east-1").allocate_hosts(**HOST, ClientToken="token-4")["HostIds"]
    there = {**HOST, "AvailabilityZone": "eu-west-1a"}
    assert aws.admin("ec2", "eu-west-1").allocate_hosts(**there, ClientToken="token-4")["HostIds"] != one


def test_a_transaction_of_dynamodb_is_done_once_for_its_token(aws: Any) -> None:
    dynamodb = aws.admin("dynamodb")
    dynamodb.create_table(
        TableName="counted",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    update = {
        "TableName": "counted",
        "Key": {"id": {"S": "one"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    for _ in range(3):
        dynamodb.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken="token-5")
    found = dynamodb.get_item(TableName="counted", Key={"id": {"S": "one"}})["Item"]
    assert found["n"] == {"N": "1"}


def test_a_transaction_needs_the_actions_of_its_items_on_their_tables(aws: Any) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html"""
    for name in ("mine", "theirs"):
        aws.admin("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    table = "arn:aws:dynamodb:us-east-1:*:table/mine"
    allowed = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": table}
    dynamodb = aws.client("dynamodb", aws.new_user("transacting", allowed))
    put = {name: {"Put": {"TableName": name, "Item": {"id": {"S": "one"}}}} for name in ("mine", "theirs")}
    dynamodb.transact_write_items(TransactItems=[put["mine"]])
    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:PutItem"):
        dynamodb.transact_write_items(TransactItems=[put["mine"], put["theirs"]])
    delete = {"Delete": {"TableName": "mine", "Key": {"id": {"S": "one"}}}}
    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:DeleteItem"):
        dynamodb.transact_write_items(TransactItems=[delete])
