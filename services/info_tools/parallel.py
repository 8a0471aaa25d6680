"""Reads items side by side: in threads here, and in other workers where that makes a large read faster (`sharing/`)."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from services.info_tools.paging import out_of_time
from services.info_tools.sharing.division import Elsewhere, divide
from services.info_tools.sharing.kinds import Reading
from services.info_tools.sharing.outcomes import Failure
from services.info_tools.sharing.worth import WORTH
from services.info_tools.threads import Threads
from shared.aws.clients import Aws, translate
from shared.errors import AssistantError

# Most of the time of a read is the way to AWS and back, so that many go side by side; what AWS allows of them
# `limits.py` finds out.
MAX_PARALLEL = 64
THREADS = Threads()
# Seconds before the deadline at which the call stops waiting for its threads.
STOP_WAITING = 1.0

Item = TypeVar("Item")
Found = TypeVar("Found")


@contextmanager
def translated() -> Iterator[None]:
    """Re-raise botocore's errors as this system's."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise translate(error) from error


def in_parallel(
    aws: Aws, pending: list[Item], read: Callable[[Item], Found], most: int
) -> list[tuple[Item, Found | Failure]]:
    """What came of reading each item, in their order; one that is unfinished shortly before the deadline has failed."""
    if not pending:
        return []

    spent: list[float] = []

    def attempt(item: Item) -> Found | Failure:
        began = time.thread_time()
        try:
            with translated():
                return read(item)
        except AssistantError as error:
            return Failure(error)
        finally:
            spent.append(time.thread_time() - began)

    elsewhere: Elsewhere[Item, Found] = divide(aws, pending, read)
    with THREADS.lent(min(most, len(pending))) as threads:
        outcomes = _outcomes(aws, pending, attempt, threads, elsewhere)
    if isinstance(read, Reading) and read.kind.is_one_thread and spent:
        WORTH.learn(aws, read, sum(spent) / len(spent))
    return [(item, outcomes.get(position, Failure(out_of_time()))) for position, item in enumerate(pending)]


def _outcomes(
    aws: Aws,
    pending: list[Item],
    attempt: Callable[[Item], Found | Failure],
    threads: int,
    elsewhere: Elsewhere[Item, Found],
) -> Mapping[int, Found | Failure]:
    """By the position of their items."""
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="aws-read")

    def begin(position: int) -> Future[Found | Failure]:
        # Each thread runs in a copy of this context: log fields and trace span go along.
        return pool.submit(contextvars.copy_context().run, attempt, pending[position])

    def left() -> float:
        return max(0.0, aws.remaining() - STOP_WAITING)

    try:
        futures = {position: begin(position) for position in range(len(pending)) if position not in elsewhere.positions}
        for pause in elsewhere.pauses():
            time.sleep(min(pause, left()))
            futures |= {position: begin(position) for position in elsewhere.look(take_all=not left())}
        wait(futures.values(), timeout=left())
        return elsewhere.outcomes | {position: one.result() for position, one in futures.items() if one.done()}
    finally:
        # A thread that is still reading can't be stopped; its client's own time-outs end it.
        pool.shutdown(wait=False, cancel_futures=True)
