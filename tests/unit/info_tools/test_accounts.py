"""One question over all accounts of a session: rows say their account, totals are right, what failed is a gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import boto3
import pytest

from services.info_tools.aws import over_accounts
from services.info_tools.combined import Combined
from services.info_tools.tools import toolbox
from shared.aws.clients import Aws
from shared.errors import AssistantError, Forbidden, InvalidArguments, NotFound
from shared.sessions.accounts import AccountState
from shared.sessions.credentials import AccountAccess, Credentials
from shared.tools import Toolbox

MAIN, SECOND, THIRD = "123456789012", "222222222222", "333333333333"


def credentials_of(account: str) -> Credentials:
    """Moto makes a session of a role in the account that its ARN names."""
    sts = boto3.client("sts", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    made = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/reader", RoleSessionName="s-1")["Credentials"]
    return Credentials(
        access_key_id=made["AccessKeyId"],
        secret_access_key=made["SecretAccessKey"],
        session_token=made["SessionToken"],
    )


def put(account: str, bucket: str, size: int) -> None:
    given = credentials_of(account)
    s3 = boto3.client(
        "s3",
        "us-east-1",
        aws_access_key_id=given.access_key_id,
        aws_secret_access_key=given.secret_access_key,
        aws_session_token=given.session_token,
    )
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="data", Body=b"x" * size)


@pytest.fixture
def make_many(make_aws: Callable[..., Aws]) -> Callable[..., Aws]:
    """make_many(script=…, third=state): a session of three accounts, the third of that state."""

    def make(*, third: AccountState = "ready", **given: object) -> Aws:
        aws = make_aws(**given)
        accounts = (
            AccountAccess(account=MAIN, name="main"),
            AccountAccess(account=SECOND, name="Prod", credentials=credentials_of(SECOND)),
            AccountAccess(
                account=THIRD,
                name="old",
                state=third,
                reason=None if third == "ready" else "it says no",
                credentials=credentials_of(THIRD) if third == "ready" else None,
            ),
        )
        return replace(aws, session=aws.session.model_copy(update={"accounts": accounts}))

    return make


def run(aws: Aws, name: str, **arguments: object) -> dict[str, object]:
    answer = toolbox[name].call(aws, dict(arguments))  # type: ignore[arg-type]
    return answer.model_dump(mode="json")  # type: ignore[no-any-return]


def test_every_row_says_its_account_and_totals_are_of_all(make_many: Callable[..., Aws]) -> None:
    aws = make_many()
    put(SECOND, "second-one", 30)
    put(SECOND, "second-two", 5)
    put(THIRD, "third-one", 20)
    answer = run(aws, "get_s3_usage")
    assert [(row["account"], row["bucket_name"], row["size_bytes"]) for row in answer["buckets"]] == [  # type: ignore[attr-defined]
        (SECOND, "second-one", 30),
        (THIRD, "third-one", 20),
        (SECOND, "second-two", 5),
    ]
    assert (answer["bucket_count"], answer["total_bytes"], answer["total_human"]) == (3, 55, "55 B")
    assert [(one["name"], one["figures"]["total_bytes"]) for one in answer["accounts"]] == [  # type: ignore[attr-defined]
        ("main", 0),
        ("Prod", 35),
        ("old", 20),
    ]
    assert aws.gaps == []


@pytest.mark.parametrize("state", ["denied", "suspended", "throttled", "too_broad", "unavailable"])
def test_an_account_that_is_not_ready_is_a_gap_with_its_reason(make_many: Callable[..., Aws], state: str) -> None:
    aws = make_many(third=state)
    put(SECOND, "second-one", 30)
    assert run(aws, "get_s3_usage")["total_bytes"] == 30
    assert [(gap.code, gap.account) for gap in aws.gaps] == [(f"account_{state}", THIRD)]
    assert "it says no" in aws.gaps[0].detail


def test_an_account_whose_call_fails_is_a_gap(make_many: Callable[..., Aws]) -> None:
    aws = make_many()

    def read(its: Aws) -> int:
        if its.info.account == SECOND:
            raise Forbidden("no", code="aws_access_denied")
        return 1

    assert [account.account for account, _ in over_accounts(aws, None, read)] == [MAIN, THIRD]
    assert [(gap.code, gap.account) for gap in aws.gaps] == [("aws_access_denied", SECOND)]


def test_accounts_are_named_by_id_or_by_name_in_any_case(make_many: Callable[..., Aws]) -> None:
    aws = make_many()
    put(SECOND, "second-one", 30)
    put(THIRD, "third-one", 20)
    for name in (SECOND, "prod", " PROD "):
        answer = run(aws, "get_s3_usage", accounts=[name])
        assert (answer["total_bytes"], answer["buckets"][0]["account"]) == (30, SECOND)  # type: ignore[index]
    assert run(aws, "get_s3_usage", accounts=["prod", THIRD, SECOND])["total_bytes"] == 50


def test_an_account_that_the_session_does_not_have_is_refused_with_those_it_has(make_many: Callable[..., Aws]) -> None:
    with pytest.raises(InvalidArguments) as raised:
        run(make_many(), "get_s3_usage", accounts=["staging"])
    assert raised.value.code == "unknown_account"
    assert f"Prod ({SECOND})" in raised.value.detail


def test_a_session_of_one_account_answers_as_before(make_aws: Callable[..., Aws]) -> None:
    answer = run(make_aws(), "list_s3_buckets")
    assert answer == {"buckets": [], "bucket_count": 0}
    assert run(make_aws(), "list_s3_buckets", accounts=[MAIN])["bucket_count"] == 0


def test_one_thing_is_found_in_the_account_that_has_it(make_many: Callable[..., Aws]) -> None:
    aws = make_many()
    put(SECOND, "second-one", 30)
    answer = run(aws, "count_s3_objects", bucket_name="second-one")
    assert [(one["account"], one["result"]["size_bytes"]) for one in answer["accounts"]] == [(SECOND, 30)]  # type: ignore[attr-defined]
    assert aws.gaps == []
    assert run(aws, "count_s3_objects", bucket_name="second-one", accounts=["prod"])["size_bytes"] == 30
    with pytest.raises(NotFound):
        run(aws, "count_s3_objects", bucket_name="nowhere-at-all")


def test_named_things_of_several_accounts_are_counted_once_each(make_many: Callable[..., Aws]) -> None:
    aws = make_many()
    put(SECOND, "second-one", 30)
    put(THIRD, "third-one", 20)
    answer = run(aws, "get_s3_bucket_sizes", bucket_names=["second-one", "third-one", "nowhere-at-all"])
    assert (answer["total_bytes"], answer["bucket_count"]) == (50, 2)
    assert {(gap.code, gap.resource) for gap in aws.gaps} == {("bucket_not_found", "nowhere-at-all")}


def test_who_am_i_is_answered_for_each_account(make_many: Callable[..., Aws]) -> None:
    answer = run(make_many(), "get_caller_identity")
    assert [one["account"] for one in answer["accounts"]] == [MAIN, SECOND, THIRD]  # type: ignore[attr-defined]
    assert [one["result"]["account"] for one in answer["accounts"]] == [MAIN, SECOND, THIRD]  # type: ignore[attr-defined]


def test_nothing_but_failures_is_an_error(make_many: Callable[..., Aws]) -> None:
    with pytest.raises(AssistantError) as raised:
        run(make_many(third="denied"), "get_s3_usage", accounts=["old"])
    assert raised.value.code == "account_denied"


def test_an_account_never_reads_with_the_credentials_of_another(make_many: Callable[..., Aws]) -> None:
    aws = make_many()
    found = over_accounts(aws, None, lambda its: its.client("sts").get_caller_identity()["Account"])
    assert [(account.account, who) for account, who in found] == [(MAIN, MAIN), (SECOND, SECOND), (THIRD, THIRD)]


def test_every_tool_that_reads_aws_takes_accounts_and_its_answer_can_be_put_together() -> None:
    for tool in (each for each in toolbox if each.iam_actions):
        assert "accounts" in tool.parameters["properties"], tool.name


def test_an_answer_that_cannot_be_put_together_does_not_import() -> None:
    with pytest.raises(TypeError, match=r"Odd\.when: no rule"):
        type("Odd", (Combined,), {"__annotations__": {"when": float}, "__module__": __name__})


def test_a_tool_may_keep_to_one_account() -> None:
    box: Toolbox = type(toolbox)("info")

    @box.tool(effect=toolbox["list_s3_buckets"].effect, over_accounts=False)  # type: ignore[call-arg]
    def look(aws: Aws) -> str:
        """Look."""
        return aws.info.account

    assert box["look"].parameters["properties"] == {}
