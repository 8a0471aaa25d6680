"""The proxies count what AWS did and spoil what they are told to; boto3 and redis-py are none the wiser."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from sandbox.ports import claim_port
from tests.chaos import aws_proxy, redis_proxy
from tests.chaos.aws_errors import FAILED, refused
from tests.chaos.aws_proxy import AwsProxy
from tests.chaos.redis_proxy import RedisProxy
from tests.fakes.broker import Broker

POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
Ask = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Double:
    """A running AWS double and its administrator's keys."""

    port: int
    keys: dict[str, str]


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    port, state = claim_port(), tmp_path_factory.mktemp("aws") / "state.json"
    command = [sys.executable, "-m", "sandbox.aws", "--host", "127.0.0.1", "--port", str(port), "--state", str(state)]
    process = subprocess.Popen(command)
    deadline = time.monotonic() + 60
    while not state.exists() or not state.stat().st_size:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield Double(port, json.loads(state.read_text())["admin"])
    process.terminate()
    process.wait(10)


@pytest.fixture
async def proxy(double: Double) -> AsyncIterator[AwsProxy]:
    proxy = AwsProxy(double.port)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
def call(proxy: AwsProxy, double: Double) -> Ask:
    """Call AWS through the proxy, once."""

    async def call(service: str, operation: str, **parameters: Any) -> Any:
        client = boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=proxy.url,
            aws_access_key_id=double.keys["access_key_id"],
            aws_secret_access_key=double.keys["secret_access_key"],
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )
        return await asyncio.to_thread(lambda: getattr(client, operation)(**parameters))

    return call


async def test_a_change_is_named_and_counted_and_a_look_is_not(proxy: AwsProxy, call: Ask) -> None:
    await call("s3", "create_bucket", Bucket="counted-1")
    await call("s3", "create_bucket", Bucket="counted-1")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    await call("iam", "create_role", RoleName="counted", AssumeRolePolicyDocument=trust)
    await call("iam", "attach_role_policy", RoleName="counted", PolicyArn=POLICY)
    await call("iam", "get_role", RoleName="counted")
    await call("s3", "head_bucket", Bucket="counted-1")
    await call("s3", "delete_bucket", Bucket="counted-1")
    assert [effect.call.effect for effect in proxy.effects] == [
        ("s3:CreateBucket", "counted-1", ""),
        ("s3:CreateBucket", "counted-1", ""),
        ("iam:CreateRole", "counted", ""),
        ("iam:AttachRolePolicy", "counted", POLICY),
        ("s3:DeleteBucket", "counted-1", ""),
    ]


async def test_a_500_after_the_work_is_an_effect_and_one_before_is_none(proxy: AwsProxy, call: Ask) -> None:
    for fault, effects in ((aws_proxy.ERROR_AFTER, 1), (aws_proxy.ERROR_BEFORE, 1)):
        proxy.spoil = lambda _, fault=fault: fault  # type: ignore[misc]  # a default binds the loop's value
        with pytest.raises(ClientError) as failure:
            await call("s3", "create_bucket", Bucket="spoiled-1")
        assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert len(proxy.effects) == effects


async def test_a_hook_runs_between_the_work_and_the_reply(proxy: AwsProxy, call: Ask) -> None:
    seen: list[int] = []

    async def hook(port: int) -> None:
        seen.append(len(proxy.effects))

    proxy.spoil = lambda _: aws_proxy.Fault(before=hook, after=hook, replied=hook)
    await call("s3", "create_bucket", Bucket="hooked-1")
    await asyncio.sleep(0.05)
    assert seen == [0, 1, 1]


async def test_what_aws_knows_by_its_token_counts_once(proxy: AwsProxy, call: Ask) -> None:
    volume = {"AvailabilityZone": "us-east-1a", "Size": 1, "Tags": [{"Key": "Name", "Value": "chaos-00001-v0"}]}
    asked = {"TypeName": "AWS::EC2::Volume", "DesiredState": json.dumps(volume)}
    for token in ("one", "one", "two"):
        await call("cloudcontrol", "create_resource", **asked, ClientToken=token)
    host = {"AvailabilityZone": "us-east-1a", "InstanceType": "m5.large", "Quantity": 1}
    for token in ("three", "three", "four"):
        await call("ec2", "allocate_hosts", **host, ClientToken=token)
    counted = Counter(effect.call.name for effect in proxy.effects)
    assert counted == {"cloudcontrol:CreateResource": 2, "ec2:AllocateHosts": 2}
    assert proxy.effects[0].call.effect[1:] == ("chaos-00001-v0", "AWS::EC2::Volume")
    assert proxy.repeated == {"cloudcontrol:CreateResource": 1, "ec2:AllocateHosts": 1}


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("sqs", "send_message", {"QueueUrl": "http://127.0.0.1/1/chaos-00001-q0", "MessageBody": "once"}),
        ("cloudwatch", "put_metric_data", {"Namespace": "chaos-00001-d0", "MetricData": [{"MetricName": "m"}]}),
        ("ec2", "allocate_hosts", {"AvailabilityZone": "us-east-1a", "InstanceType": "m5.large", "Quantity": 1}),
        ("lambda", "delete_function", {"FunctionName": "chaos-00001-f0"}),
        ("iam", "delete_role", {"RoleName": "chaos-00001-r0"}),
        ("s3", "delete_bucket", {"Bucket": "chaos-00001-b0"}),
    ],
)
async def test_an_error_is_read_as_the_services_own(
    proxy: AwsProxy, call: Ask, service: str, operation: str, parameters: Any
) -> None:
    """In its form, with a request id: to the product an answer without one is none of AWS's."""
    for fault, status in ((FAILED[500], 500), (FAILED[503], 503), (refused, 400)):
        proxy.spoil = lambda _, fault=fault: aws_proxy.Fault(instead=fault)  # type: ignore[misc]  # a default binds the loop's value
        with pytest.raises(ClientError) as failure:
            await call(service, operation, **parameters)
        told = failure.value.response["ResponseMetadata"]
        assert told["HTTPStatusCode"] in (status, 409)
        assert told.get("RequestId")
        assert "quota" in str(failure.value) or "ervice" in str(failure.value) or "nternal" in str(failure.value)


async def test_a_resource_that_is_to_be_refused_never_gets_there(proxy: AwsProxy, call: Ask) -> None:
    with pytest.raises(ClientError, match="TooManyBuckets"):
        await call("s3", "create_bucket", Bucket="x-refused-1")
    assert proxy.effects == []


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[tuple[Broker, RedisProxy, Redis]]:
    broker = Broker(tmp_path / "redis")
    broker.start()
    proxy = RedisProxy(broker.port)
    await proxy.start()
    redis = Redis.from_url(broker.url.replace(str(broker.port), str(proxy.port)), decode_responses=True, retry=None)
    yield broker, proxy, redis
    await redis.aclose()
    await proxy.stop()
    broker.stop()


async def test_a_cut_before_loses_the_write_and_a_cut_after_only_its_answer(
    broker: tuple[Broker, RedisProxy, Redis],
) -> None:
    server, proxy, redis = broker
    for fault, stored in (
        (redis_proxy.Fault(cut_before=True), None),
        (redis_proxy.Fault(cut_after=True), "1"),
    ):
        proxy.spoil = lambda command, fault=fault: fault if command[0] == b"SET" else redis_proxy.NONE  # type: ignore[misc]  # as above
        with pytest.raises(RedisConnectionError):
            await redis.set("key", "1")
        assert server.client().get("key") == stored


def test_the_writes_of_a_run_are_told_apart() -> None:
    def script(*parts: str) -> list[bytes]:
        return [part.encode() for part in ("FCALL", "records_write_x", *parts)]

    keys = ("3", "run:p", "plan:p", "journal:p")
    assert redis_proxy.boundary_of(script("1", "run:p", "holder", "10000", "5")) == "take"
    assert redis_proxy.boundary_of(script("1", "run:p", "7", "10000")) == "lease"
    assert redis_proxy.boundary_of(script(*keys, "7", "1", "1", "", "s/x", '{"state":"intent"}')) == "intent"
    assert redis_proxy.boundary_of(script(*keys, "7", "1", "1", "", "s/x", '{"state":"done"}')) == "outcome"
    assert redis_proxy.boundary_of(script(*keys, "7", "1", "1", "{plan}")) == "plan"
    assert redis_proxy.boundary_of(script("1", "task:p", "7", "10000")) is None
