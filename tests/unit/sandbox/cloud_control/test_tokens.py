"""Client tokens and request tokens, as the Cloud Control API user guide has them."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aws.cloud_control.requests import CLIENT_TOKEN_SECONDS, REQUEST_SECONDS, Asked, Requests
from sandbox.aws.protocol.errors import AwsError

QUEUE = "AWS::SQS::Queue"
PLACE = ("111122223333", "eu-west-1")


def code_of(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return str(raised.value.response["Error"]["Code"])


def test_the_same_request_with_the_same_token_is_the_same_request_also_once_it_has_ended(control: Any) -> None:
    desired = json.dumps({"QueueName": "once"})
    first = control.cc.create_resource(TypeName=QUEUE, DesiredState=desired, ClientToken="token-once")
    control.ended(first)
    again = control.cc.create_resource(TypeName=QUEUE, DesiredState=desired, ClientToken="token-once")
    assert again["ProgressEvent"]["RequestToken"] == first["ProgressEvent"]["RequestToken"]
    assert again["ProgressEvent"]["OperationStatus"] == "SUCCESS"


def test_a_token_that_was_used_for_another_request_is_refused(control: Any) -> None:
    control.create(QUEUE, {"QueueName": "taken-token"}, ClientToken="token-taken")
    with pytest.raises(ClientError) as raised:
        control.create(QUEUE, {"QueueName": "taken-token-2"}, ClientToken="token-taken")
    assert code_of(raised) == "ClientTokenConflictException"


def test_an_update_is_repeated_by_its_token_although_its_test_would_fail_now(control: Any) -> None:
    identifier = control.made(QUEUE, {"QueueName": "updated-once", "DelaySeconds": 1})
    patch = [
        {"op": "test", "path": "/DelaySeconds", "value": 1},
        {"op": "replace", "path": "/DelaySeconds", "value": 2},
    ]
    first = control.update(QUEUE, identifier, *patch, ClientToken="token-update")
    again = control.update(QUEUE, identifier, *patch, ClientToken="token-update")
    assert (first["RequestToken"], again["OperationStatus"]) == (again["RequestToken"], "SUCCESS")


def test_of_many_requests_with_one_token_at_the_same_time_one_makes_the_resource(control: Any) -> None:
    desired, tokens = json.dumps({"LogGroupName": "raced"}), []

    def ask() -> None:
        made = control.cc.create_resource(
            TypeName="AWS::Logs::LogGroup", DesiredState=desired, ClientToken="token-raced"
        )
        tokens.append(made["ProgressEvent"]["RequestToken"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert len(set(tokens)) == 1
    event = control.ended({"ProgressEvent": {"RequestToken": tokens[0]}})
    assert event["OperationStatus"] == "SUCCESS"


def test_an_unknown_request_token_is_not_found(control: Any) -> None:
    with pytest.raises(ClientError) as raised:
        control.cc.get_resource_request_status(RequestToken="nothing-of-the-kind")
    assert code_of(raised) == "RequestTokenNotFoundException"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(name: str, operation: str = "CREATE") -> Asked:
    return Asked(operation, QUEUE, json.dumps({"QueueName": name}))


@given(st.floats(min_value=0, max_value=3 * REQUEST_SECONDS), st.booleans())
def test_a_client_token_is_valid_for_36_hours_and_a_request_is_kept_for_7_days(later: float, same: bool) -> None:
    clock = Clock()
    requests = Requests(clock)
    first, _ = requests.begin(PLACE, asked("a"), "t", None)
    requests.end(first)
    clock.now = later
    if later < CLIENT_TOKEN_SECONDS and not same:
        with pytest.raises(AwsError) as raised:
            requests.begin(PLACE, asked("b"), "t", None)
        assert raised.value.code == "ClientTokenConflictException"
    else:
        second, new = requests.begin(PLACE, asked("a" if same else "b"), "t", None)
        assert new == (later >= CLIENT_TOKEN_SECONDS)
        assert (second is first) == (not new)
    if later < REQUEST_SECONDS:
        assert requests.find(PLACE, first.token) is first
    else:
        with pytest.raises(AwsError) as raised:
            requests.find(PLACE, first.token)
        assert raised.value.code == "RequestTokenNotFoundException"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from("12")), max_size=30))
def test_tokens_are_of_an_account_and_a_region_and_never_begin_two_requests(
    calls: list[tuple[str, str, str]],
) -> None:
    requests = Requests(Clock())
    begun: dict[tuple[tuple[str, str], str], tuple[str, str]] = {}
    for account, token, name in calls:
        place = (account, "eu-west-1")
        known = begun.get((place, token))
        if known is not None and known[0] != name:
            with pytest.raises(AwsError, match="already been used"):
                requests.begin(place, asked(name), token, None)
            continue
        request, new = requests.begin(place, asked(name), token, None)
        assert new == (known is None)
        assert known is None or request.token == known[1]
        begun[place, token] = (name, request.token)
