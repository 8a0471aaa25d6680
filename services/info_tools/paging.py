"""All pages of a listing, whatever way the operation divides it.

botocore's paginators where it has one; for the hundreds of operations that take and return a token without, the tokens
that the catalogue knows (`shared/aws_operations`). An operation that pages only when asked is asked for its largest
pages. Wherever a listing ends early a gap says so, with the count so far.

S3's sizes, CloudTrail's look-ups and Cost Explorer ask for their pages themselves: they stop, wait or pay by the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jmespath
from botocore import xform_name
from botocore.exceptions import PaginationError

from services.info_tools.page_sizes import largest_page
from shared.aws.clients import Aws
from shared.aws_operations.models import Operation, Paging
from shared.errors import DeadlineExceeded

# Seconds before the deadline at which a listing stops requesting pages, so that one already requested still arrives.
STOP_PAGING = 2.0
# Of one listing. AWS may answer with empty pages and ever new tokens.
MAX_PAGES = 10_000
# What answers of operations without known paging say where there is more.
_MORE = ("IsTruncated", "isTruncated", "Truncated", "truncated", "HasMore", "hasMore", "HasMoreResults")
_TOKENS = ("NextToken", "nextToken", "NextMarker", "nextMarker", "NextPageToken", "nextPageToken")


def out_of_time() -> DeadlineExceeded:
    return DeadlineExceeded("not read: the call reached its deadline first")


def each_page(
    aws: Aws,
    client: Any,
    operation: Operation,
    arguments: Mapping[str, Any],
    *,
    count: Callable[[], int],
    region: str | None = None,
    resource: str | None = None,
    page_size: int | None = None,
) -> Iterator[dict[str, Any]]:
    """The operation's answers, page after page. `count` tells how many items were taken so far, for the gaps.

    Where time runs out between two pages a `deadline` gap is recorded at `region` and `resource`; where AWS ends or
    breaks the listing off without saying how to go on, a `listing_truncated` gap. Raises botocore's errors, and
    DeadlineExceeded where not even the first page could be asked for.
    """
    if aws.remaining() < STOP_PAGING:
        raise out_of_time()

    def gap(code: str, why: str) -> None:
        aws.gap(code, f"only the first {count()} were read: {why}", region=region, resource=resource)
        aws.covered.cut_off()

    paging = operation.paging
    if paging and paging.kind == "token_with_limit" and page_size is None:
        page_size = largest_page(operation.service, operation.name, paging.limit)
    pages = 0
    try:
        for page in _pages(client, operation, arguments, page_size):
            yield page
            pages += 1
            if not has_more(paging, page):
                continue  # the iterator ends by itself
            if paging is None:
                gap("listing_truncated", "AWS has more and tells no way to ask for it in any of its models")
            elif aws.remaining() < STOP_PAGING:
                return gap("deadline", "the time for this call ran out")
            elif pages >= MAX_PAGES:
                return gap("listing_truncated", f"the listing has more than {MAX_PAGES} pages")
    except PaginationError:
        return gap("listing_truncated", "AWS gave the same page again and again")
    if paging and paging.kind == "token_with_limit" and page_size is None and count():
        gap("listing_truncated", "AWS may have ended the list there; it names further ones only in pages of a size")


def has_more(paging: Paging | None, page: Mapping[str, Any]) -> bool:
    """Whether there is another page after this one."""
    if paging is None:
        return any(page.get(name) is True for name in _MORE) or any(page.get(name) for name in _TOKENS)
    if paging.more and not jmespath.search(paging.more, page):
        return False
    return any(_next_tokens(paging, page).values())


def _pages(
    client: Any, operation: Operation, arguments: Mapping[str, Any], page_size: int | None
) -> Iterator[dict[str, Any]]:
    method, paging = xform_name(operation.name), operation.paging
    if client.can_paginate(method):
        size = {"PageSize": page_size} if page_size else {}
        yield from client.get_paginator(method).paginate(**arguments, PaginationConfig=size)
        return
    limit = {paging.limit: page_size} if paging and paging.limit and page_size else {}
    tokens: dict[str, Any] = {}
    while True:
        page = getattr(client, method)(**arguments, **limit, **tokens)
        yield page
        if paging is None or not has_more(paging, page):
            return
        further = {name: value for name, value in _next_tokens(paging, page).items() if value}
        if further == tokens:
            raise PaginationError(message="the same token twice")
        tokens = further


def _next_tokens(paging: Paging, page: Mapping[str, Any]) -> dict[str, Any]:
    outputs = zip(paging.input_tokens, paging.output_tokens, strict=True)
    return {name: jmespath.search(output, page) for name, output in outputs}
