"""Reads many regions or resources in parallel, all pages of each, and records a gap for whatever failed.

An answer never leaves something out silently. What could not be read becomes a gap of the call; where nothing could be
read the error is raised, so that no failure looks like "0 found".
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from services.info_tools.page_sizes import paged_when_asked
from shared.aws import Aws, translate
from shared.errors import AssistantError, AwsError, DeadlineExceeded, Unauthenticated

MAX_PARALLEL = 16
# Seconds before the deadline at which the call stops waiting for its threads, and at which a listing stops requesting
# pages, so that a page already requested still arrives in time.
STOP_WAITING = 1.0
STOP_PAGING = 2.0

# The names that services give to the next page's token in their answers.
_CONTINUATIONS = ("NextToken", "NextMarker", "Marker", "ContinuationToken")

Item = TypeVar("Item")
Found = TypeVar("Found")


class Place(NamedTuple):
    """Where a gap is: a region, a resource, or both."""

    region: str | None = None
    resource: str | None = None


def in_region(name: str) -> Place:
    return Place(region=name)


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an item could not be read."""

    error: AssistantError


def out_of_time() -> DeadlineExceeded:
    return DeadlineExceeded("not read: the call reached its deadline first")


@contextmanager
def translated() -> Iterator[None]:
    """Re-raise botocore's errors as this system's."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise translate(error) from error


def read_each(
    aws: Aws,
    items: Iterable[Item],
    read: Callable[[Item], Found],
    *,
    place: Callable[[Item], Place],
) -> list[tuple[Item, Found]]:
    """Read all items in parallel and return those that could be read, in their order.

    A failed item becomes a gap at its `place`, and so does one that is unfinished shortly before the deadline.
    Raises Unauthenticated where AWS rejects the credentials, and the first failure where every item failed.
    """
    pending = list(items)
    if not pending:
        return []

    def attempt(item: Item) -> Found | _Failure:
        try:
            with translated():
                return read(item)
        except AssistantError as error:
            return _Failure(error)

    pool = ThreadPoolExecutor(max_workers=min(MAX_PARALLEL, len(pending)), thread_name_prefix="aws-read")
    try:
        # Each thread runs in a copy of this context: log fields and trace span go along.
        futures: list[Future[Found | _Failure]] = [
            pool.submit(contextvars.copy_context().run, attempt, item) for item in pending
        ]
        wait(futures, timeout=max(0.0, aws.remaining() - STOP_WAITING))
        outcomes = [
            (item, future.result() if future.done() else _Failure(out_of_time()))
            for item, future in zip(pending, futures, strict=True)
        ]
    finally:
        # A thread that is still reading can't be stopped; its client's own time-outs end it.
        pool.shutdown(wait=False, cancel_futures=True)
    found: list[tuple[Item, Found]] = []
    failed: list[tuple[Place, AssistantError]] = []
    for item, outcome in outcomes:
        if isinstance(outcome, _Failure):
            failed.append((place(item), outcome.error))
        else:
            found.append((item, outcome))
            aws.covered.answered(region=place(item).region)
    _report(aws, failed, anything_read=bool(found))
    return found


def _report(aws: Aws, failed: list[tuple[Place, AssistantError]], *, anything_read: bool) -> None:
    failed = [(where, _not_enabled_or_raise(aws, where, error, anything_read)) for where, error in failed]
    if failed and not anything_read:
        raise failed[0][1]
    for where, error in failed:
        code = "deadline" if isinstance(error, DeadlineExceeded) else error.code
        aws.gap(code, error.detail, region=where.region, resource=where.resource)


def _not_enabled_or_raise(aws: Aws, where: Place, error: AssistantError, anything_read: bool) -> AssistantError:
    """Raise a credentials error, unless it only means that the account has not enabled an opt-in region.

    Such a region answers as if the credentials were unknown (AuthFailure, UnrecognizedClientException,
    InvalidClientTokenId); they are valid if another read, or STS in the session's region, accepted them.
    """
    if not isinstance(error, Unauthenticated):
        return error
    elsewhere = where.region not in (None, aws.info.region)
    if error.code == "credentials_invalid" and anything_read and elsewhere:
        return _not_enabled(where)
    judged = aws.judged(error)
    if isinstance(judged, Unauthenticated):
        raise judged
    return _not_enabled(where) if elsewhere else judged


def _not_enabled(where: Place) -> AwsError:
    return AwsError(
        f"{where.region} rejects credentials that other regions accept; "
        "the account has probably not enabled this opt-in region",
        code="region_not_enabled",
    )


def list_all(
    aws: Aws,
    client: Any,
    operation: str,
    key: str,
    *,
    place: Place,
    page_size: int | None = None,
    **arguments: Any,
) -> list[dict[str, Any]]:
    """The items under `key` of all pages of `operation` (botocore's method name, "list_roles").

    Where time runs out between two pages, what was read is returned and a `deadline` gap recorded at `place`. An
    operation that pages only when asked is asked for its largest pages; where that size is not known, a
    `listing_truncated` gap says that there may be more.
    Raises DeadlineExceeded where not even the first page could be asked for.
    """
    if aws.remaining() < STOP_PAGING:
        raise out_of_time()
    items: list[dict[str, Any]] = []
    asked = paged_when_asked(client, operation)
    size = page_size or (asked.largest if asked else None)
    paging = {"PageSize": size} if size else {}
    for page in client.get_paginator(operation).paginate(**arguments, PaginationConfig=paging):
        items.extend(page.get(key) or ())
        if aws.remaining() < STOP_PAGING and any(page.get(name) for name in _CONTINUATIONS):
            detail = f"only the first {len(items)} were read: the time for this call ran out"
            aws.gap("deadline", detail, region=place.region, resource=place.resource)
            aws.covered.cut_off()
            break
    if asked and not size and items:
        detail = f"AWS may have ended the list after {len(items)}: it names further ones only in pages of a given size"
        aws.gap("listing_truncated", detail, region=place.region, resource=place.resource)
        aws.covered.cut_off()
    return items
