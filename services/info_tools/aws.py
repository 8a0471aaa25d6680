"""Reads many accounts, regions or resources in parallel, all pages of each, and records a gap for whatever failed.

An answer never leaves something out silently. What could not be read becomes a gap of the call; where nothing could be
read the error is raised, so that no failure looks like "0 found".

A tool is written for one account, that of the `Aws` it is given. `over_accounts` runs it in every account that a call
is about: the toolbox does that for every tool (`toolbox.py`), so a tool needs nothing of it but rows that can say
their account (`combined.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import jmespath

from services.info_tools.paging import each_page
from services.info_tools.parallel import MAX_PARALLEL, in_parallel
from services.info_tools.sharing.kinds import Reading
from services.info_tools.sharing.outcomes import Failure
from shared.aws.clients import Aws
from shared.aws_operations.catalogue import find
from shared.errors import AssistantError, AwsError, DeadlineExceeded, NotFound, Unauthenticated
from shared.messages import Gap
from shared.sessions.accounts import find as find_account
from shared.sessions.accounts import select, unusable
from shared.sessions.credentials import AccountAccess

# Each reads its own regions in up to MAX_PARALLEL threads.
MAX_PARALLEL_ACCOUNTS = 16

Item = TypeVar("Item")
Found = TypeVar("Found")


class Place(NamedTuple):
    """Where a gap is: a region, a resource, or both."""

    region: str | None = None
    resource: str | None = None


def in_region(name: str) -> Place:
    return Place(region=name)


def read_each(
    aws: Aws,
    items: Iterable[Item],
    read: Callable[[Item], Found],
    *,
    place: Callable[[Item], Place],
    others_read: bool = False,
) -> list[tuple[Item, Found]]:
    """Read all items in parallel and return those that could be read, in their order.

    Where `read` is a `Reading` and there are many items, other workers may read some of them. `others_read`: something
    else of the same answer was read before.

    A failed item becomes a gap at its `place`, and so does one that is unfinished shortly before the deadline.
    Raises Unauthenticated where AWS rejects the credentials, and the first failure where all failed.
    """
    found: list[tuple[Item, Found]] = []
    failed: list[tuple[Place, AssistantError]] = []
    for item, outcome in in_parallel(aws, list(items), read, MAX_PARALLEL):
        if isinstance(outcome, Failure):
            failed.append((place(item), outcome.error))
        else:
            found.append((item, outcome))
            aws.covered.answered(region=place(item).region)
    _report(aws, failed, anything_read=bool(found) or others_read)
    return found


def over_accounts(
    aws: Aws, wanted: Sequence[str] | None, read: Callable[[Aws], Found] | Reading[str, Found]
) -> list[tuple[AccountAccess, Found]]:
    """Read the accounts of the session in parallel, each with its own credentials; return those that answered.

    `wanted` are ids or names; all accounts of the session where it names none. `read` is given the account's `Aws`, to
    whose gaps its account is added; a `Reading`, which other workers can do too, is given the account's id. An account
    that is denied, suspended or throttled, or is not read in time, is a gap. What one account does not have (NotFound)
    another one may: that is no gap where any account has it.
    Raises InvalidArguments for an account that the session does not have, and the first failure where none answered.
    """
    accounts = select(aws.session.all_accounts, wanted)
    of_account = read if isinstance(read, Reading) else partial(read_account, aws, read)
    found: list[tuple[AccountAccess, Found]] = []
    failed: list[tuple[AccountAccess, AssistantError]] = []
    outcomes = in_parallel(aws, [one.account for one in accounts], of_account, MAX_PARALLEL_ACCOUNTS)
    for account, (_, outcome) in zip(accounts, outcomes, strict=True):
        if isinstance(outcome, Failure):
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


def read_account(aws: Aws, read: Callable[[Aws], Found], account: str) -> Found:
    """Read one account of the session with its own credentials. Raises why it cannot be used, where it is not ready."""
    access = find_account(aws.session.all_accounts, account)
    if access.state != "ready":
        raise unusable(access)
    its = aws.of_account(account)
    try:
        return read(its)
    except Unauthenticated as error:
        # Its credentials say nothing of the other accounts'.
        raise its.judged(error) from error


def _forget_found_elsewhere(aws: Aws, *, absent: int, answered: int) -> None:
    """Drop the gaps of things that one account does not have and another one has."""
    missing = Counter((gap.code, gap.resource) for gap in aws.gaps if gap.code.endswith("_not_found"))
    elsewhere = {thing for thing, accounts in missing.items() if accounts + absent < answered}
    aws.gaps[:] = [gap for gap in aws.gaps if (gap.code, gap.resource) not in elsewhere]


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
