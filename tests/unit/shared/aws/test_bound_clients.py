"""One client for many credential sets: each call is signed with those it was bound to, and nothing without any."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import botocore
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.useragent import UserAgentComponent

from shared.access.guard import Guard
from shared.aws.bound_clients import CurrentCredentials
from shared.aws.clients import USER_AGENT, ClientCache
from shared.errors import Forbidden
from shared.messages import Effect
from shared.sessions.credentials import Credentials

REGION = "eu-west-1"
ACCOUNTS = 20


def held(number: int) -> Credentials:
    return Credentials(access_key_id=f"ASIA{number:016d}", secret_access_key="secret", session_token=f"token-{number}")


class Wire:
    """Answers every request without sending it, and keeps who signed it."""

    def __init__(self) -> None:
        self.signers: list[tuple[str, str]] = []
        self.programs: list[str] = []
        self._both = threading.Barrier(2, timeout=20)
        self.waits = False

    def send(self, *, request: Any, **_: Any) -> Any:
        if self.waits:
            self._both.wait()
        signed = request.headers["Authorization"].decode().split("Credential=")[1].split("/")[0]
        self.signers.append((signed, request.headers["X-Amz-Security-Token"].decode()))
        self.programs.append(request.headers["User-Agent"].decode())
        body = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"
        return SimpleNamespace(status_code=200, headers={"x-amz-request-id": "1"}, content=body, raw=None, text=body)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def cache(wire: Wire) -> ClientCache:
    return ClientCache(Guard("info", effects=frozenset(Effect)), before_send=wire.send)


def test_a_call_is_signed_with_the_credentials_of_its_client(cache: ClientCache, wire: Wire) -> None:
    first, second = cache.client(held(1), "s3", REGION), cache.client(held(2), "s3", REGION)
    for client in (first, second, first):
        client.list_buckets()
    assert wire.signers == [(f"ASIA{n:016d}", f"token-{n}") for n in (1, 2, 1)]


def test_pages_are_signed_with_the_credentials_of_their_client(cache: ClientCache, wire: Wire) -> None:
    pages = cache.client(held(1), "s3", REGION).get_paginator("list_buckets").paginate()
    cache.client(held(2), "s3", REGION).list_buckets()
    assert list(pages)
    assert [signer for signer, _ in wire.signers] == [f"ASIA{n:016d}" for n in (2, 1)]


def test_calls_at_the_same_moment_keep_their_own_credentials(cache: ClientCache, wire: Wire) -> None:
    wire.waits = True
    clients = [cache.client(held(number), "s3", REGION) for number in range(ACCOUNTS)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda client: client.list_buckets(), clients))
    assert sorted(wire.signers) == [(f"ASIA{n:016d}", f"token-{n}") for n in range(ACCOUNTS)]


def test_nothing_is_signed_outside_of_a_call() -> None:
    with pytest.raises(NoCredentialsError):
        CurrentCredentials().get_frozen_credentials()


def test_the_same_credentials_are_not_left_behind_by_a_call_that_fails(cache: ClientCache, wire: Wire) -> None:
    def refuse(*_: str) -> None:
        raise Forbidden("no")

    client = cache.client(held(1), "s3", REGION, refuse)
    with pytest.raises(Forbidden):
        client.list_buckets()
    assert wire.signers == []
    with pytest.raises(NoCredentialsError):
        CurrentCredentials().get_frozen_credentials()


def test_a_check_is_told_service_operation_and_region(cache: ClientCache) -> None:
    asked: list[tuple[str, str, str]] = []
    cache.client(held(1), "s3", REGION, lambda *call: asked.append(call)).list_buckets()
    assert asked == [("s3", "ListBuckets", REGION)]


def test_a_hundred_credential_sets_share_one_client(cache: ClientCache) -> None:
    clients = [cache.client(held(number), "s3", REGION) for number in range(100)]
    assert len({id(client._endpoint) for client in clients}) == 1


def test_a_call_says_which_program_makes_it_in_a_text_that_is_not_made_for_each_call(
    cache: ClientCache, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = cache.client(held(1), "s3", REGION)
    monkeypatch.delattr(UserAgentComponent, "to_string")  # what botocore puts its own text together from
    client.list_buckets()
    assert wire.programs == [f"{USER_AGENT} Botocore/{botocore.__version__}"]
    assert "app/aws-assistant" in USER_AGENT
