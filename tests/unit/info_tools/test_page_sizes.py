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
import pytest

from services.info_tools.aws import in_region, list_all
from services.info_tools.page_sizes import largest_page
from shared.aws.clients import Aws
from shared.aws.service_models import operation_model
from shared.aws_operations.catalogue import operations
from shared.aws_operations.models import Operation

QUEUES = [f"https://sqs.eu-west-1.amazonaws.com/111122223333/queue-{number}" for number in range(2500)]
# Said of a parameter or operation anywhere in botocore, in whatever words.
SUSPICIOUS = re.compile(
    rb"must (?:set|specify|provide|include|use) (?:<[^>]+>)*\w+(?:<[^>]+>)* (?:in order )?to receive"
)
ONLY_WHEN_ASKED = re.compile(
    r"\bmust (set|specify|provide|include|use) \w+ (in order )?to (receive|get|return)", re.IGNORECASE
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
    monkeypatch.setattr("services.info_tools.paging.largest_page", lambda *_: None)
    aws = make_aws()

    found = list_all(
        aws, answering(sqs(), "ListQueues", "QueueUrls", []), "list_queues", "QueueUrls", place=in_region("eu-west-1")
    )

    assert len(found) == 1000
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("listing_truncated", "eu-west-1")]


def services_that_say_so() -> list[str]:
    """The services of botocore whose model has such words anywhere."""
    data = Path(botocore.__file__).parent / "data"
    files = (*data.glob("*/*/service-2.json.gz"), *data.glob("*/*/service-2.json"))
    return sorted({file.parts[-3] for file in files if SUSPICIOUS.search(_text(file))})


def _text(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def says_so(operation: Operation) -> bool:
    """Whether botocore's model says of the limit that without it there is no token."""
    if operation.paging is None or operation.paging.limit is None:
        return False
    shape = operation_model(operation.service, operation.name).input_shape.members[operation.paging.limit]
    return ONLY_WHEN_ASKED.search(re.sub(r"<[^>]+>", "", shape.documentation)) is not None


def test_every_listing_of_botocore_that_pages_only_when_asked_is_known_with_its_size() -> None:
    found = {}
    for service in services_that_say_so():
        for operation in operations(service).values():
            if says_so(operation):
                assert operation.paging is not None
                assert operation.paging.kind == "token_with_limit"
                size = largest_page(service, operation.name, operation.paging.limit)
                found[f"{service}:{operation.name}"] = size

    assert found == {"sqs:ListDeadLetterSourceQueues": 1000, "sqs:ListQueues": 1000}
