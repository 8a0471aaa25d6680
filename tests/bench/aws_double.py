"""AWS from far away, cheap to answer: every answer comes after 80 ms and is made once, in a process of its own.

    .venv/bin/python -m tests.bench.aws_double --buckets 500 --instances 5000

prints its address. It knows what the rows of `make bench` ask: buckets with their region, a few objects in each,
instances spread over regions, and CloudWatch's daily figures where `--metrics` says so. `--rate` makes it refuse what
comes faster than so many calls a second, as AWS does. GET /counts tells how many calls of each operation came.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

from tests.bench import aws_answers

REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1"),
    *("ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
)
LATENCY_SECONDS = 0.080
_SCOPE = re.compile(rb"Credential=(\w+)/\d+/([\w-]+)/(\w[\w-]*)/")
_TARGET = re.compile(rb"(?i)\r\nx-amz-target: *\w+\.(\w+)\r\n")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
Answer = tuple[int, bytes]


class Bucket:
    """Lets through so many calls a second, and as many at once (a token bucket)."""

    def __init__(self, rate: float) -> None:
        self.rate, self.tokens, self.at = rate, rate, time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Double:
    """The account that all credentials see."""

    def __init__(self, buckets: int, objects: int, instances: int, *, metrics: bool, rate: float | None) -> None:
        self.objects, self.instances, self.metrics = objects, instances, metrics
        self.names = tuple(f"bench-bucket-{number:05d}" for number in range(buckets))
        self.limit = Bucket(rate) if rate else None
        self.counts: Counter[str] = Counter()

    def answer(self, request: bytes, body: bytes) -> Answer:
        """Status and body of one request."""
        method, target, _ = request.split(b"\r\n", 1)[0].decode().split(" ", 2)
        url = urlsplit(target)
        if url.path in ("/healthz", "/counts"):
            return 200, json.dumps(self.counts).encode()
        scope = _SCOPE.search(request)
        service, region = (scope[3].decode(), scope[2].decode()) if scope else ("sts", REGIONS[0])
        operation, make = self._known(service, region, method, url.path, url.query, request, body)
        if self.limit and not self.limit.take():
            self.counts[f"{operation} refused"] += 1
            return 503, aws_answers.slow_down(service)
        self.counts[operation] += 1
        return 200, make()

    def _known(
        self, service: str, region: str, method: str, path: str, query: str, request: bytes, body: bytes
    ) -> tuple[str, Callable[[], bytes]]:
        if service == "s3":
            return self._s3(region, method, path, query)
        if service == "monitoring":
            return self._cloudwatch(region, request, body)
        if service == "s3express":
            return "ListDirectoryBuckets", lambda: aws_answers.no_directory_buckets()
        action = parse_qs(body.decode()).get("Action", ["?"])[0]
        if service == "ec2" and action == "DescribeInstances":
            return action, lambda: self._instances(region)
        if service == "ec2":
            return action, lambda: aws_answers.empty_ec2(action)
        return action, lambda: aws_answers.caller()

    def _s3(self, region: str, method: str, path: str, query: str) -> tuple[str, Callable[[], bytes]]:
        name = unquote(path).strip("/")
        if not name:
            return "ListBuckets", lambda: self._buckets()
        if method == "HEAD":
            return "HeadBucket", lambda: b""
        if "versioning" in query:
            return "GetBucketVersioning", lambda: aws_answers.NOT_VERSIONED
        if "uploads" in query:
            return "ListMultipartUploads", lambda: aws_answers.no_uploads(name)
        if "versions" in query:
            return "ListObjectVersions", lambda: self._listed(name, True)
        return "ListObjectsV2", lambda: self._listed(name, False)

    def _cloudwatch(self, region: str, request: bytes, body: bytes) -> tuple[str, Callable[[], bytes]]:
        found = _TARGET.search(request)
        operation = found[1].decode() if found else "?"
        names = [one for one in self.names if region_of(one) == region] if self.metrics else []
        asked = json.loads(body)
        if operation == "ListMetrics":
            return operation, lambda: aws_answers.list_metrics(names, asked)
        return operation, lambda: aws_answers.metric_data(asked, self.objects)

    @lru_cache(maxsize=1)  # noqa: B019  # one double a process
    def _buckets(self) -> bytes:
        return aws_answers.buckets({name: region_of(name) for name in self.names})

    @lru_cache(maxsize=4096)  # noqa: B019
    def _listed(self, name: str, versions: bool) -> bytes:
        return aws_answers.listed(name, self.objects, versions=versions)

    @lru_cache(maxsize=64)  # noqa: B019
    def _instances(self, region: str) -> bytes:
        position = REGIONS.index(region) if region in REGIONS else len(REGIONS)
        here = len(range(position, self.instances, len(REGIONS)))
        return aws_answers.instances(region, here)


def region_of(bucket_name: str) -> str:
    """Where a bucket of the double is."""
    return REGIONS[int(bucket_name[-5:]) % len(REGIONS)]


class Connection(asyncio.Protocol):
    """One kept-alive HTTP connection."""

    def __init__(self, double: Double, seconds: float) -> None:
        self.double, self.seconds, self.data = double, seconds, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, separator, rest = self.data.partition(b"\r\n\r\n")
        if not separator:
            return
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            if b"100-continue" in head and not rest:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")  # type: ignore[attr-defined]
            return
        self.data = rest[size:]
        status, body = self.double.answer(head + b"\r\n", rest[:size])
        headers = aws_answers.headers(head, status, body)
        delay = 0.0 if head.startswith((b"GET /counts", b"GET /healthz")) else self.seconds
        asyncio.get_running_loop().call_later(delay, self._write, headers if head[:4] == b"HEAD" else headers + body)

    def _write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)  # type: ignore[attr-defined]


async def serve(double: Double, seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Connection(double, seconds), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--buckets", type=int, default=500)
    parser.add_argument("--objects", type=int, default=20)
    parser.add_argument("--instances", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=LATENCY_SECONDS)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--metrics", action="store_true")
    wanted = parser.parse_args()
    double = Double(wanted.buckets, wanted.objects, wanted.instances, metrics=wanted.metrics, rate=wanted.rate)
    asyncio.run(serve(double, wanted.seconds))


if __name__ == "__main__":
    main()
