"""AssumeRole with managed session policies: what any of them allows and none denies, within what the role allows."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox.conftest import policy

ACCOUNT = "111122223333"


def allow(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def managed(aws: Any, name: str, *statements: dict[str, Any]) -> str:
    arn: str = aws.admin("iam").create_policy(PolicyName=name, PolicyDocument=policy(*statements))["Policy"]["Arn"]
    return arn


def assumed(aws: Any, *arns: str, inline: str | None = None) -> dict[str, Any]:
    more = {"Policy": inline} if inline else {}
    answer: dict[str, Any] = aws.user("sts").assume_role(
        RoleArn=aws.role_arn, RoleSessionName="test", PolicyArns=[{"arn": arn} for arn in arns], **more
    )
    return answer


def may(aws: Any, keys: dict[str, Any], service: str, method: str) -> bool:
    try:
        getattr(aws.client(service, keys["Credentials"]), method)()
    except ClientError as error:
        if "not authorized" not in str(error):
            raise
        return False
    return True


def test_a_session_may_do_what_any_of_its_policies_allows_and_the_role_too(aws: Any) -> None:
    one, two = (
        managed(aws, "sp-one", allow("s3:ListAllMyBuckets")),
        managed(aws, "sp-two", allow("sqs:ListQueues", "iam:*")),
    )
    keys = assumed(aws, one, two, inline=policy(allow("sns:ListTopics")))
    assert may(aws, keys, "s3", "list_buckets")
    assert may(aws, keys, "sqs", "list_queues")
    assert may(aws, keys, "sns", "list_topics")
    assert not may(aws, keys, "dynamodb", "list_tables")
    with pytest.raises(ClientError, match="not authorized"):
        aws.client("iam", keys["Credentials"]).create_user(UserName="beyond-the-role")


def test_what_the_inline_policy_denies_no_managed_one_allows(aws: Any) -> None:
    arn = managed(aws, "sp-three", allow("s3:*", "sqs:ListQueues"))
    keys = assumed(aws, arn, inline=policy({"Effect": "Deny", "Action": "s3:ListAllMyBuckets", "Resource": "*"}))
    assert may(aws, keys, "sqs", "list_queues")
    assert not may(aws, keys, "s3", "list_buckets")


def test_policies_and_their_names_count_towards_the_packed_size(aws: Any) -> None:
    arn = managed(aws, "sp-four", allow("s3:ListAllMyBuckets"))
    inline = policy(allow("s3:ListAllMyBuckets"))
    assert assumed(aws, arn, inline=inline)["PackedPolicySize"] == -(-(len(inline) + len(arn)) * 100 // 2048)
    long = policy(allow(*(f"s3:GetBucket{'x' * 40}{number}" for number in range(30))))
    with pytest.raises(ClientError) as raised:
        assumed(aws, arn, inline=long[:-1] + " " * (2040 - len(long)) + "}")
    assert raised.value.response["Error"]["Code"] == "PackedPolicyTooLarge"


def test_more_than_ten_and_unknown_ones_are_refused(aws: Any) -> None:
    arn = managed(aws, "sp-five", allow("s3:ListAllMyBuckets"))
    with pytest.raises(ClientError) as raised:
        assumed(aws, *[arn] * 11)
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError) as raised:
        assumed(aws, f"arn:aws:iam::{ACCOUNT}:policy/nobody-made-it")
    assert raised.value.response["Error"]["Code"] == "NoSuchEntity"
