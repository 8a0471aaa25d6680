"""The running system under the harness: the local stack as its own processes, a proxy before AWS, one before Redis."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from sandbox.ports import free_port
from sandbox.processes import Process, Supervisor
from tests.chaos.aws_proxy import AwsProxy
from tests.chaos.general_cases import COUNTERS, REGION, SLOW_TYPES
from tests.chaos.processes import owner_of, send
from tests.chaos.redis_proxy import RedisProxy

ROOT = Path(__file__).parents[2]
START_SECONDS = 120.0
# What the cases need beyond what the sandbox's role may do; the role templates of docs/iam have the same.
_SERVICES = ("sqs", "sns", "logs", "ssm", "dynamodb", "ec2", "cloudwatch")
_CHANGES = [*(f"{service}:*" for service in _SERVICES), "cloudformation:*Resource*"]
HIDDEN = ("OPENAI_", "REDIS_", "AWS_", "PORT", "HOST", "SANDBOX_")


class AccountState:
    """Everything that runs, and the means to kill it."""

    def __init__(
        self, directory: Path, executors: int, gateways: int, seed: int, environment: dict[str, str] | None = None
    ) -> None:
        self.directory, self.random = directory, random.Random(seed)
        self.aws = AwsProxy(free_port())
        self.redis = RedisProxy(free_port())
        self._settings = {"EXECUTORS": str(executors), "GATEWAYS": str(gateways)} | (environment or {})
        # Instances that were there before, by their id.
        self.instances: dict[str, str] = {}
        # What the harness itself runs, beside the stack.
        self.own = Supervisor()
        self._stack: Process | None = None

    async def start(self) -> None:
        """Start proxies and stack; return when every gateway is ready."""
        await self.aws.start()
        await self.redis.start()
        command = [sys.executable, "-m", "sandbox.stack", "up", "--directory", str(self.directory / "local")]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
        self._stack = Process("stack", command, kept | self._environment(), self.directory / "stack.log")
        self._stack.environment = {**self._stack.environment, "PYTHONPATH": str(ROOT)}
        self._stack.start()
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while "ask your first question" not in self._stack.log.read_text():
            if not self._stack.running or asyncio.get_running_loop().time() > deadline:
                raise RuntimeError(f"the stack did not start:\n{self._stack.last_lines(40)}")
            await asyncio.sleep(0.2)
        await asyncio.to_thread(self._furnish)

    def _furnish(self) -> None:
        """What the cases need in the account."""
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": _CHANGES, "Resource": "*"}]}
        role = self.facts["role_arn"].rpartition("/")[2]
        self.admin_aws("iam").put_role_policy(RoleName=role, PolicyName="chaos", PolicyDocument=json.dumps(document))
        self.admin_aws("dynamodb").create_table(
            TableName=COUNTERS,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.admin_aws("ec2")  # made before threads ask for it

    def new_instance(self, name: str) -> str:
        """Start an instance, of which the effects are told under that name; its id."""
        made = self.admin_aws("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
        instance = str(made["Instances"][0]["InstanceId"])
        self.instances[instance] = name
        return instance

    def _environment(self) -> dict[str, str]:
        return self._settings | {
            "SANDBOX_AWS_PORT": str(self.aws.upstream_port),
            "SANDBOX_AWS_URL": self.aws.url,
            "SANDBOX_REDIS_PORT": str(self.redis.upstream_port),
            "SANDBOX_REDIS_ADDRESS": f"127.0.0.1:{self.redis.port}",
            "REDIS_MAXMEMORY": "3gb",
            # More than any run makes.
            "SANDBOX_ROLES_QUOTA": "100000",
            "SANDBOX_SLOW_TYPES": ",".join(f"{name}={seconds}" for name, seconds in SLOW_TYPES.items()),
            "REQUESTS_PER_MINUTE": "0",
            "SESSIONS_PER_MINUTE": "0",
        }

    async def stop(self) -> None:
        if self._stack is not None and self._stack.popen is not None:
            self._stack.popen.send_signal(signal.SIGTERM)
            while self._stack.running:
                await asyncio.sleep(0.1)
        await self.aws.stop()
        await self.redis.stop()

    @property
    def facts(self) -> dict[str, Any]:
        """What the stack says of itself now."""
        facts: dict[str, Any] = json.loads((self.directory / "local" / "sandbox.json").read_text())
        return facts

    def pids(self, name: str) -> list[int]:
        return list(self.own.pids().get(name) or self.facts["processes"].get(name, []))

    def kill_one(self, name: str) -> bool:
        """SIGKILL one process of that name."""
        pids = self.pids(name)
        return bool(pids) and send(self.random.choice(pids), signal.SIGKILL)

    def signal_owner(self, port: int, name: str, number: signal.Signals = signal.SIGKILL) -> int | None:
        """Signal the process of that name whose connection this is; its id, None where it is another's or gone."""
        pid = owner_of(port, self.pids(name))
        return pid if pid and send(pid, number) else None

    async def stop_for(self, pid: int, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after that time."""
        if send(pid, signal.SIGSTOP):
            await asyncio.sleep(seconds)
            send(pid, signal.SIGCONT)

    def admin_redis(self) -> Redis:
        """Redis itself, past the proxy, with every right."""
        url = str(self.facts["redis_url"]).replace(f":{self.redis.port}/", f":{self.redis.upstream_port}/")
        return Redis.from_url(url, decode_responses=True)

    @functools.lru_cache(maxsize=64)  # noqa: B019  # one world a run; making clients is slow
    def admin_aws(self, service: str, region: str | None = None) -> Any:
        """The sandbox's AWS itself, past the proxy, with the administrator's keys."""
        import boto3
        from botocore.config import Config

        facts = self.facts
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.aws.upstream_port}",
            region_name=region or REGION,
            aws_access_key_id=facts["admin"]["access_key_id"],
            aws_secret_access_key=facts["admin"]["secret_access_key"],
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
        )
