"""Puts on a plan's steps what they start and stop to cost, from AWS's price list, within a time limit.

What is not found out refuses nothing and delays the plan by no more than that time: the step says that it is unknown,
and why. The prices are read in a session of their own, which may read them and what they depend on, and nothing else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any, TypeVar

import structlog

from services.executor.pricing.account import ACTIONS, Account
from services.executor.pricing.amounts import Bill, cost_of
from services.executor.pricing.calls import bill_of_call
from services.executor.pricing.items import Query, Unpriced
from services.executor.pricing.kinds import FREE
from services.executor.pricing.price_list import Price
from services.executor.pricing.reading import ACTION, PriceCache, PriceReader
from services.executor.pricing.resources import bill_of_resource
from services.executor.proposal.account_reads import for_reading
from services.executor.registry.account_state import Becomes
from services.executor.registry.forms.table import CALL, DELETE, UPDATE
from services.executor.registry.operation import UNKNOWN
from shared.aws.clients import Aws
from shared.aws.regions import home_region
from shared.errors import AssistantError
from shared.plans.step import Cost, Step
from shared.text.plain import quoted

log = structlog.get_logger(__name__)

T = TypeVar("T")
PARALLEL_READS = 8
LATE = "AWS did not answer in time"
# Of this process; prices are nobody's.
CACHE = PriceCache()
# What operations of ours make: they name few of the properties, and what they leave out is as AWS has it.
MADE = {"create_s3_bucket": "AWS::S3::Bucket", "create_lambda_function": "AWS::Lambda::Function"}

Values = Mapping[str, Mapping[str, Any]]
Found = Bill | Cost | Unpriced | None


class Prices:
    """One plan's way to prices and to what of the account they depend on; the session for it is made once."""

    def __init__(self, aws: Aws, purpose: str, cache: PriceCache) -> None:
        self._aws, self._purpose = aws, purpose
        self._lock = threading.Lock()
        self._reader: Aws | Unpriced | None = None
        self.account = Account(self._for_reading)
        self.list = PriceReader(self._for_reading, aws.info.partition, aws.info.region, cache)

    def _for_reading(self) -> Aws:
        with self._lock:
            if self._reader is None:
                try:
                    self._reader = for_reading(self._aws, (ACTION, *ACTIONS), self._purpose)
                except AssistantError as error:
                    self._reader = Unpriced(quoted(error.detail))
        if isinstance(self._reader, Unpriced):
            raise self._reader
        return self._reader


def estimate(
    aws: Aws,
    steps: Sequence[Step],
    values: Values,
    resources: Mapping[str, Becomes],
    purpose: str,
    seconds: float,
    cache: PriceCache = CACHE,
) -> list[Step]:
    """The steps with their costs; never raises for AWS's sake. Without time they keep what their operations declare.

    `values` are each step's arguments, `resources` what a step makes of a resource, as far as that is known.
    """
    if seconds <= 0:
        return list(steps)
    until = time.monotonic() + seconds
    prices = Prices(aws, purpose, cache)

    def bill_of(step: Step) -> Found:
        return _bill(step, values[step.id], resources.get(step.id), prices.account, aws)

    # One after the other, in their order: a step sees what the steps before it leave.
    bills = _all({step.id: step for step in steps}, bill_of, until, workers=1)
    queries = {query: query for bill in bills.values() if isinstance(bill, Bill) for query in bill.queries}
    found: dict[Query, Price | Unpriced] = _all(queries, prices.list.price, until, workers=PARALLEL_READS)
    return [step.model_copy(update={"cost": _cost(step, bills[step.id], found)}) for step in steps]


def _all(about: Mapping[Any, Any], ask: Callable[[Any], T], until: float, *, workers: int) -> dict[Any, T | Unpriced]:
    """What `ask` returns of each, or why not; `until` is when nobody waits any more (monotonic seconds)."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="prices")
    found: dict[Any, T | Unpriced] = {}
    try:
        futures: dict[Any, Future[T]] = {key: pool.submit(ask, value) for key, value in about.items()}
        for key, future in futures.items():
            answer = _result(future, until)
            found[key] = answer
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return found


def _result(future: Future[T], until: float) -> T | Unpriced:
    try:
        return future.result(timeout=max(until - time.monotonic(), 0))
    except Late:
        return Unpriced(LATE)
    except Unpriced as why:
        return why
    except Exception:
        # A price must never stop a plan. That nothing is known is said on the page; what went wrong, in the log.
        log.exception("price_failed")
        return Unpriced("it could not be worked out")


def _bill(step: Step, values: Mapping[str, Any], becomes: Becomes | None, account: Account, aws: Aws) -> Found:
    """What is paid for because of a step; a cost that needs no price list; None where its operation says it."""
    region = str(values.get("region") or aws.info.region)
    if UNKNOWN in region:
        raise Unpriced("its region is known only after another step has run")
    if step.operation in MADE:
        return bill_of_resource(Becomes(MADE[step.operation], region, None, {}), account)
    if step.operation == CALL:
        service = str(values["service"])
        region = str(values.get("region") or home_region(service, aws.info.partition) or aws.info.region)
        return bill_of_call(service, str(values["operation"]), values["parameters"], region, account)
    if becomes is not None and becomes.type_name in FREE:
        return FREE[becomes.type_name]
    if becomes is not None:
        return bill_of_resource(becomes, account)
    if step.operation in (UPDATE, DELETE):
        return Unpriced("what it costs now could not be read")
    return None


def _cost(step: Step, bill: Found, prices: Mapping[Query, Price | Unpriced]) -> Cost:
    if isinstance(bill, Cost):
        return bill
    if bill is None:
        return step.cost
    try:
        if isinstance(bill, Unpriced):
            raise bill
        found = cost_of(bill, prices)
    except Unpriced as why:
        reason = str(why)
        return (
            step.cost if step.cost.amount is not None else Cost(note=f"{reason[:1].upper()}{reason[1:].rstrip('.')}.")
        )
    return found if step.cost.amount is None else with_use(step.cost, found)


def with_use(declared: Cost, found: Cost) -> Cost:
    """What an operation says itself of the cost of its own resource, and what use adds to it by the price list."""
    note = " ".join(part for part in (declared.note, found.note) if part)
    return found.model_copy(update={"note": note, "source": "; ".join(filter(None, (declared.source, found.source)))})
