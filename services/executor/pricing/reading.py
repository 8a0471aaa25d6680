"""Asks AWS's price list, and keeps what it answers for some hours in this process.

Prices are the same for every account, so that what one session read serves all. What could not be read is not kept.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from services.executor.pricing.account import unpriced
from services.executor.pricing.items import Query, Unpriced
from services.executor.pricing.price_list import Price, Product, choose, parse
from shared.aws.clients import Aws

ACTION = "pricing:GetProducts"
# Where the price list is asked, for all regions of a partition:
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
ENDPOINTS = {"aws": ("us-east-1", "eu-central-1", "ap-south-1"), "aws-cn": ("cn-northwest-1",)}
MAX_AGE_SECONDS = 6 * 3600.0
MAX_KEPT = 512
# Of 100 products each; a query that more match is no question about one product.
MAX_PAGES = 3

_Key = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class _Kept:
    products: Future[Sequence[Product]]
    since: float


@dataclass(slots=True)
class PriceCache:
    """The products of each question that was asked, the newest `MAX_KEPT`, for `MAX_AGE_SECONDS`.

    A question that is being asked is not asked again by another thread, which waits for the answer.
    """

    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[_Key, _Kept] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def products(self, key: _Key, ask: Callable[[], Sequence[Product]]) -> Sequence[Product]:
        """The answer, asked for where it is not kept. Raises what `ask` does."""
        kept, is_mine = self._take(key)
        if not is_mine:
            try:
                return kept.products.result()
            except Unpriced:
                # Another session may not have been allowed what this one is.
                return ask()
        try:
            found = ask()
        except BaseException as error:
            self._drop(key, kept)
            kept.products.set_exception(error)
            raise
        kept.products.set_result(found)
        return found

    def _take(self, key: _Key) -> tuple[_Kept, bool]:
        """What is kept or being asked for; where there is nothing, a place for it, and that the caller has to ask."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and self.clock() - kept.since <= MAX_AGE_SECONDS:
                return kept, False
            self._kept[key] = made = _Kept(Future(), self.clock())
            self._kept.move_to_end(key)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            return made, True

    def _drop(self, key: _Key, kept: _Kept) -> None:
        with self._lock:
            if self._kept.get(key) is kept:
                del self._kept[key]


@dataclass(frozen=True, slots=True)
class PriceReader:
    """The price list of a partition. `reader` gives AWS with credentials for reading, made when first needed."""

    reader: Callable[[], Aws]
    partition: str
    region: str
    cache: PriceCache

    def price(self, query: Query) -> Price:
        """What one unit costs. Raises Unpriced, with the reason."""
        service, filters = query.request
        endpoints = ENDPOINTS.get(self.partition, ())
        if not endpoints:
            raise Unpriced(f"AWS has no price list to ask in the partition {self.partition}")
        endpoint = self.region if self.region in endpoints else endpoints[0]
        key = (self.partition, service, filters)
        return choose(self.cache.products(key, lambda: self._ask(service, filters, endpoint)), query)

    def _ask(self, service: str, filters: Sequence[tuple[str, str]], endpoint: str) -> list[Product]:
        wanted = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters]
        texts: list[object] = []
        token: str | None = None
        try:
            client = self.reader().client("pricing", endpoint)
            for _ in range(MAX_PAGES):
                more = {"NextToken": token} if token else {}
                answer = client.get_products(ServiceCode=service, Filters=wanted, FormatVersion="aws_v1", **more)
                texts += answer.get("PriceList") or []
                token = answer.get("NextToken")
                if not token:
                    return parse(texts)
        except (ClientError, BotoCoreError) as error:
            raise unpriced(error, (ACTION,)) from None
        raise Unpriced(f"more than {len(texts)} products of the price list {service} match")
