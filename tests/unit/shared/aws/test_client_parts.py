"""Clients of a service share what knows no credentials, region or answer, and nothing else."""

from __future__ import annotations

import botocore.session
import pytest

from shared.access.guard import EXECUTOR, READ_ONLY
from shared.aws import clients as aws
from shared.aws.client_parts import share
from shared.aws.clients import ClientCache, new_session
from shared.errors import Forbidden
from shared.sessions.credentials import Credentials

ONE = Credentials(access_key_id="ASIAONE", secret_access_key="one")
OTHER = Credentials(access_key_id="ASIAOTHER", secret_access_key="other")


def test_two_sessions_share_a_model_and_no_client_signer_or_connection() -> None:
    first, second = (
        new_session(READ_ONLY, ONE).client("ec2", "eu-west-1"),
        new_session(READ_ONLY, OTHER).client("ec2", "us-east-1"),
    )
    assert first.meta.service_model is second.meta.service_model
    assert first._ruleset_resolver._provider is second._ruleset_resolver._provider
    for part in ("_request_signer", "_endpoint"):
        assert getattr(first, part) is not getattr(second, part)
    assert first.meta.events is not second.meta.events
    assert first._endpoint.http_session is not second._endpoint.http_session
    assert (first._request_signer._credentials.access_key, second._request_signer._credentials.access_key) == (
        "ASIAONE",
        "ASIAOTHER",
    )


def test_the_rules_of_a_service_find_the_endpoint_of_each_region_and_partition() -> None:
    session = new_session(READ_ONLY, ONE)
    for service in ("ec2", "iam", "s3", "sts"):
        for region in ("eu-west-1", "us-gov-west-1", "cn-north-1"):
            plain = botocore.session.Session().create_client(service, region_name=region)
            assert session.client(service, region).meta.endpoint_url == plain.meta.endpoint_url


def test_the_second_client_of_s3_still_finds_a_bucket_in_its_path_or_host() -> None:
    for region in ("eu-west-1", "us-west-2"):
        client = new_session(EXECUTOR, ONE).client("s3", region)
        request = client._convert_to_request_dict(
            {"Bucket": "data"},
            client.meta.service_model.operation_model("ListObjectsV2"),
            *_endpoint(client, {"Bucket": "data"}, "ListObjectsV2"),
        )
        assert request["url"].startswith(f"https://data.s3.{region}.amazonaws.com")


def _endpoint(client: object, parameters: dict[str, str], operation: str) -> tuple[str, dict[str, object]]:
    context: dict[str, object] = {}
    model = client.meta.service_model.operation_model(operation)  # type: ignore[attr-defined]  # botocore has no types
    url, _headers, _properties = client._resolve_endpoint_ruleset(model, parameters, context)  # type: ignore[attr-defined]
    return url, context


def test_the_guard_of_one_session_is_not_that_of_another_one() -> None:
    reader, executor = (
        new_session(READ_ONLY, ONE).client("sts", "eu-west-1"),
        new_session(EXECUTOR, ONE).client("sts", "eu-west-1"),
    )
    with pytest.raises(Forbidden):
        reader.assume_role(RoleArn="arn:aws:iam::111122223333:role/x", RoleSessionName="who")
    executor.meta.events.register("before-send", lambda **_: (_ for _ in ()).throw(LookupError("sent")))
    with pytest.raises(LookupError, match="sent"):
        executor.assume_role(RoleArn="arn:aws:iam::111122223333:role/x", RoleSessionName="who")


def test_sessions_of_others_are_left_alone() -> None:
    share()
    first, second = (botocore.session.Session().create_client("sts", region_name="eu-west-1") for _ in range(2))
    assert first.meta.service_model is not second.meta.service_model


def test_clients_that_are_unused_for_long_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(aws.time, "monotonic", lambda: clock[0])
    cache = ClientCache()
    for region in ("eu-west-1", "eu-west-2"):
        cache.client(ONE, "sts", region)
    clock[0] += aws.CLIENT_IDLE_SECONDS / 2
    cache.client(ONE, "sts", "eu-west-2")
    clock[0] += aws.CLIENT_IDLE_SECONDS / 2 + 1
    cache.client(ONE, "sts", "eu-west-3")
    assert list(cache._clients) == [("sts", "eu-west-2"), ("sts", "eu-west-3")]


def test_the_least_used_client_goes_first_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "MAX_CACHED_CLIENTS", 2)
    cache = ClientCache()
    for region in ("eu-west-1", "eu-west-2", "eu-west-1", "eu-west-3"):
        cache.client(ONE, "sts", region)
    assert list(cache._clients) == [("sts", "eu-west-1"), ("sts", "eu-west-3")]
