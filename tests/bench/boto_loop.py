"""What a script would do: boto3, one call after another. The floor of the reads, in a process of its own.

    python -m tests.bench.boto_loop buckets|instances [--accounts N]

prints the seconds from the first call to the last, without the start of Python. AWS_ENDPOINT_URL says where AWS is.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import boto3

from tests.bench.aws_double import REGIONS


def session() -> Any:
    return boto3.Session("AKIABENCH", "secret", region_name=REGIONS[0])


def buckets() -> int:
    """The bytes of all buckets: each one's region, then a listing there."""
    own = session()
    first, clients = own.client("s3"), dict[str, Any]()
    total = 0
    for bucket in first.list_buckets()["Buckets"]:
        region = first.get_bucket_location(Bucket=bucket["Name"])["LocationConstraint"] or REGIONS[0]
        if region not in clients:
            clients[region] = own.client("s3", region_name=region)
        for page in clients[region].get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            total += sum(one["Size"] for one in page.get("Contents", ()))
    return total


def instances(accounts: int) -> int:
    """How many instances there are in each region of so many accounts."""
    total = 0
    for _ in range(accounts):
        own = session()
        for region in REGIONS:
            pages = own.client("ec2", region_name=region).get_paginator("describe_instances").paginate()
            total += sum(len(one["Instances"]) for page in pages for one in page["Reservations"])
    return total


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["buckets", "instances"])
    parser.add_argument("--accounts", type=int, default=1)
    wanted = parser.parse_args()
    started = time.perf_counter()
    found = buckets() if wanted.what == "buckets" else instances(wanted.accounts)
    print(json.dumps({"seconds": time.perf_counter() - started, "found": found}))


if __name__ == "__main__":
    main()
