"""Reads many accounts, regions or resources in parallel, all pages of each, and records a gap for whatever failed.

An answer never leaves something out silently. What could not be read becomes a gap of the call; where nothing could be
read the error is raised, so that no failure looks like "0 found".

A tool is written for one account, that of the `Aws` it is given. `over_accounts` runs it in every account that a call
is about: the toolbox does that for every tool (`toolbox.py`), so a tool needs nothing of it but rows that can say
their account (`combined.py`).
"""

from __future__ import annotations

import contextvars
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import jmespath
from botocore.exceptions import BotoCoreError, ClientError

from services.info_tools.paging import each_page, out_of_time
from services.info_tools.threads import Threads
from shared.aws.clients import Aws, translate
from shared.aws_operations.catalogue import find
from shared.errors import AssistantError, AwsError, DeadlineExceeded, NotFound, Unauthenticated
from shared.messages import Gap
from shared.sessions.accounts import select, unusable
from shared.sessions.credentials import AccountAccess

# Most of the time of a read is the way to AWS and back, so that many go side by side; what AWS allows of them
# `limits.py` finds out.
MAX_PARALLEL = 64
# Each reads its own regions in up to MAX_PARALLEL threads.
MAX_PARALLEL_ACCOUNTS = 16
THREADS = Threads()
# Seconds before the deadline at which the call stops waiting for its threads.
STOP_WAITING = 1.0

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
    found: list[tuple[Item, Found]] = []
    failed: list[tuple[Place, AssistantError]] = []
    for item, outcome in _in_parallel(aws, list(items), read, MAX_PARALLEL):
        if isinstance(outcome, _Failure):
            failed.append((place(item), outcome.error))
        else:
            found.append((item, outcome))
            aws.covered.answered(region=place(item).region)
    _report(aws, failed, anything_read=bool(found))
    return found


def over_accounts(
    aws: Aws, wanted: Sequence[str] | None, read: Callable[[Aws], Found]
) -> list[tuple[AccountAccess, Found]]:
    """Read the accounts of the session in parallel, each with its own credentials; return those that answered.

    `wanted` are ids or names; all accounts of the session where it names none. `read` is given the account's `Aws`, to
    whose gaps its account is added. An account that is denied, suspended or throttled, or is not read in time, is a
    gap. What one account does not have (NotFound) another one may: that is no gap where any account has it.
    Raises InvalidArguments for an account that the session does not have, and the first failure where none answered.
    """
    accounts = select(aws.session.all_accounts, wanted)

    def attempt(account: AccountAccess) -> Found:
        if account.state != "ready":
            raise unusable(account)
        its = aws.of_account(account.account)
        try:
            return read(its)
        except Unauthenticated as error:
            # Its credentials say nothing of the other accounts'.
            raise its.judged(error) from error

    found: list[tuple[AccountAccess, Found]] = []
    failed: list[tuple[AccountAccess, AssistantError]] = []
    for account, outcome in _in_parallel(aws, list(accounts), attempt, MAX_PARALLEL_ACCOUNTS):
        if isinstance(outcome, _Failure):
            failed.append((account, outcome.error))
        else:
            found.append((account, outcome))
            aws.covered.answered(account=account.account)
    absent = [error for _, error in failed if isinstance(error, NotFound)]
    _forget_found_elsewhere(aws, absent=len(absent), answered=len(found) + len(absent))
    for account, error in failed:
        if not isinstance(error, NotFound):
            aws.gaps.append(Gap(code=_gap_code(error), detail=error.detail, account=account.account))
    if failed and not found:
        raise absent[0] if absent else failed[0][1]
    return found


def _forget_found_elsewhere(aws: Aws, *, absent: int, answered: int) -> None:
    """Drop the gaps of things that one account does not have and another one has."""
    missing = Counter((gap.code, gap.resource) for gap in aws.gaps if gap.code.endswith("_not_found"))
    elsewhere = {thing for thing, accounts in missing.items() if accounts + absent < answered}
    aws.gaps[:] = [gap for gap in aws.gaps if (gap.code, gap.resource) not in elsewhere]


def _in_parallel(
    aws: Aws, pending: list[Item], read: Callable[[Item], Found], most: int
) -> list[tuple[Item, Found | _Failure]]:
    """What came of reading each item; one that is unfinished shortly before the deadline has failed."""
    if not pending:
        return []

    def attempt(item: Item) -> Found | _Failure:
        try:
            with translated():
                return read(item)
        except AssistantError as error:
            return _Failure(error)

    with THREADS.lent(min(most, len(pending))) as threads:
        return _outcomes(aws, pending, attempt, threads)


def _outcomes(
    aws: Aws, pending: list[Item], attempt: Callable[[Item], Found | _Failure], threads: int
) -> list[tuple[Item, Found | _Failure]]:
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="aws-read")
    try:
        # Each thread runs in a copy of this context: log fields and trace span go along.
        futures: list[Future[Found | _Failure]] = [
            pool.submit(contextvars.copy_context().run, attempt, item) for item in pending
        ]
        wait(futures, timeout=max(0.0, aws.remaining() - STOP_WAITING))
        return [
            (item, future.result() if future.done() else _Failure(out_of_time()))
            for item, future in zip(pending, futures, strict=True)
        ]
    finally:
        # A thread that is still reading can't be stopped; its client's own time-outs end it.
        pool.shutdown(wait=False, cancel_futures=True)


def _gap_code(error: AssistantError) -> str:
    return "deadline" if isinstance(error, DeadlineExceeded) else error.code


def _report(aws: Aws, failed: list[tuple[Place, AssistantError]], *, anything_read: bool) -> None:
    failed = [(where, _not_enabled_or_raise(aws, where, error, anything_read)) for where, error in failed]
    if failed and not anything_read:
        raise failed[0][1]
    for where, error in failed:
        aws.gap(_gap_code(error), error.detail, region=where.region, resource=where.resource)


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
) -> list[Any]:
    """The items under `key` (a JMESPath expression) of all pages of `operation` (botocore's method name, "list_roles").

    A listing that ends early is returned with a gap at `place` (`paging.py`). Raises DeadlineExceeded where not even
    the first page could be asked for.
    """
    model = client.meta.service_model
    known = find(model.service_name, client.meta.method_to_api_mapping[operation])
    items: list[Any] = []
    path = jmespath.compile(key)
    for page in each_page(
        aws,
        client,
        known,
        arguments,
        count=lambda: len(items),
        region=place.region,
        resource=place.resource,
        page_size=page_size,
    ):
        items.extend(path.search(page) or ())
    return items
