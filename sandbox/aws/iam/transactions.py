"""What a transaction of DynamoDB needs: the actions of its items, each on the item's own table, and none of its own.

Source: "Using IAM with DynamoDB transactions",
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.aws.protocol.calls import Call

_ACTIONS = {
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}


def is_transaction(call: Call) -> bool:
    """Whether a call is one, with items to tell what it needs."""
    named = call.prefix == "dynamodb" and call.operation in ("TransactGetItems", "TransactWriteItems")
    return named and bool(call.params.get("TransactItems"))


def transaction_permissions(call: Call, account: str) -> Iterator[tuple[str, str]]:
    """The action and the table of each item."""
    for item in call.params["TransactItems"]:
        for kind, asked in item.items():
            table = str(asked.get("TableName", "*"))
            whole = f"arn:aws:dynamodb:{call.region}:{account}:table/{table}"
            yield _ACTIONS[kind], table if table.startswith("arn:") else whole
