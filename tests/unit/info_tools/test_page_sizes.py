"""A listing that AWS pages only when asked is read to its end; which listings are like that, botocore's models say."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import botocore
import botocore.session
import pytest

from services.info_tools import page_sizes
from services.info_tools.aws import in_region, list_all
from services.info_tools.page_sizes import paged_when_asked
from shared.aws import Aws

QUEUES = [f"https://sqs.eu-west-1.amazonaws.com/111122223333/queue-{number}" for number in range(2500)]
# Said of a parameter or operation anywhere in botocore, in whatever words.
SUSPICIOUS = re.compile(
    rb"must (?:set|specify|provide|include|use) (?:<[^>]+>)*\w+(?:<[^>]+>)* (?:in order )?to receive"
)


def sqs() -> Any:
    return boto3.client("sqs", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="s")


def answering(client: Any, operation: str, key: str, asked: list[Any]) -> Any:
    """The client, answering as SQS is documented to: without MaxResults 1,000 queues and no token."""

    def answer(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        given = json.loads(params["body"])
        asked.append(given.get("MaxResults"))
        start, size = int(given.get("NextToken", 0)), given.get("MaxResults")
        page: dict[str, Any] = {key: QUEUES[start : start + (size or 1000)]}
        if size and start + size < len(QUEUES):
            page["NextToken"] = str(start + size)
        return SimpleNamespace(status_code=200), page

    client.meta.events.register(f"before-call.sqs.{operation}", answer)
    return client


@pytest.mark.parametrize(
    ("method", "operation", "key", "arguments"),
    [
        ("list_queues", "ListQueues", "QueueUrls", {}),
        ("list_dead_letter_source_queues", "ListDeadLetterSourceQueues", "queueUrls", {"QueueUrl": QUEUES[0]}),
    ],
)
def test_a_listing_that_pages_only_when_asked_is_read_whole(
    make_aws: Callable[..., Aws], method: str, operation: str, key: str, arguments: dict[str, str]
) -> None:
    aws, asked = make_aws(), []
    client = answering(sqs(), operation, key, asked)

    found = list_all(aws, client, method, key, place=in_region("eu-west-1"), **arguments)

    assert found == QUEUES
    assert asked == [1000] * 3
    assert aws.gaps == []


def test_where_the_size_is_not_known_a_gap_says_that_there_may_be_more(
    make_aws: Callable[..., Aws], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.info_tools.aws.paged_when_asked", lambda *_: page_sizes.PagedWhenAsked(None))
    aws = make_aws()

    found = list_all(
        aws, answering(sqs(), "ListQueues", "QueueUrls", []), "list_queues", "QueueUrls", place=in_region("eu-west-1")
    )

    assert len(found) == 1000
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("listing_truncated", "eu-west-1")]


def test_other_listings_are_asked_as_ever() -> None:
    for service, method in (
        ("iam", "list_roles"),
        ("ec2", "describe_instances"),
        ("route53resolver", "list_firewall_rules"),
    ):
        client = boto3.client(service, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="s")
        assert paged_when_asked(client, method) is None


def services_that_say_so() -> list[str]:
    """The services of botocore whose model has such words anywhere."""
    data = Path(botocore.__file__).parent / "data"
    files = (*data.glob("*/*/service-2.json.gz"), *data.glob("*/*/service-2.json"))
    return sorted({file.parts[-3] for file in files if SUSPICIOUS.search(_text(file))})


def _text(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def test_every_paginator_of_botocore_that_pages_only_when_asked_is_known_with_its_size() -> None:
    session = botocore.session.get_session()
    found = {}
    for service in services_that_say_so():
        try:
            paginators = session.get_paginator_model(service)._paginator_config
        except botocore.exceptions.UnknownServiceError:
            continue
        for operation in paginators:
            if (asked := page_sizes._found(service, operation)) is not None:
                found[f"{service}:{operation}"] = asked.largest

    assert found == {"sqs:ListDeadLetterSourceQueues": 1000, "sqs:ListQueues": 1000}
