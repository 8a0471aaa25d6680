"""Answers GetProducts, DescribeServices and GetAttributeValues as AWS does: JSON 1.1, pages, filters.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Price_List_Service.html
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sandbox.aws.prices.table import PREFIXES, Row, rows
from sandbox.aws.protocol.calls import Call
from sandbox.aws.protocol.errors import Answer, AwsError

OPERATIONS = frozenset({"GetProducts", "DescribeServices", "GetAttributeValues"})
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
ENDPOINTS = ("us-east-1", "eu-central-1", "ap-south-1")
VERSION, PUBLISHED = "sandbox-not-aws-prices", "2026-01-01T00:00:00Z"
MOST = 100

T = TypeVar("T")
Product = dict[str, Any]


def answer_prices(call: Call) -> Answer:
    """One of `OPERATIONS` as an HTTP answer. Raises AwsError as AWS would answer it."""
    if call.region not in ENDPOINTS:
        raise AwsError("InvalidParameterException", f"The price list is asked in {', '.join(ENDPOINTS)} alone.")
    answers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "GetProducts": _products,
        "DescribeServices": _services,
        "GetAttributeValues": _values,
    }
    body = json.dumps(answers[call.operation](call.params)).encode()
    return Answer(200, {"Content-Type": "application/x-amz-json-1.1"}, body)


@lru_cache(maxsize=1)
def price_list() -> dict[str, list[Product]]:
    """Every product by its service's code."""
    found: dict[str, list[Product]] = {}
    for row in rows():
        found.setdefault(row.service, []).extend(_product(row, region) for region in PREFIXES)
    return found


def _product(row: Row, region: str) -> Product:
    usage = row.usage_type_in(region)
    sku = hashlib.sha256(f"{row.service} {row.family} {usage} {sorted(row.attributes.items())}".encode()).hexdigest()
    sku = sku[:16].upper()
    term = f"{sku}.JRTCKXETXF"
    attributes = {
        "servicecode": row.service,
        "locationType": "AWS Region",
        "regionCode": region,
        "usagetype": usage,
        **row.attributes,
    }
    dimensions = dict(_dimensions(row, term))
    on_demand = {"sku": sku, "offerTermCode": "JRTCKXETXF", "effectiveDate": PUBLISHED, "termAttributes": {}}
    product = {"sku": sku, "attributes": attributes} | ({"productFamily": row.family} if row.family else {})
    return {
        "product": product,
        "serviceCode": row.service,
        "terms": {"OnDemand": {term: {**on_demand, "priceDimensions": dimensions}}},
        "version": VERSION,
        "publicationDate": PUBLISHED,
    }


def _dimensions(row: Row, term: str) -> Iterator[tuple[str, dict[str, Any]]]:
    ends = [*(begin for begin, _ in row.tiers[1:]), "Inf"]
    for number, ((begin, price), end) in enumerate(zip(row.tiers, ends, strict=True)):
        code = f"{term}.SANDBOX{number}"
        yield (
            code,
            {
                "rateCode": code,
                "unit": row.unit,
                "beginRange": begin,
                "endRange": end,
                "description": f"A figure of the sandbox, no price of AWS: {price} USD per {row.unit}",
                "appliesTo": [],
                "pricePerUnit": {"USD": f"{float(price):.10f}"},
            },
        )


def _products(params: Mapping[str, Any]) -> dict[str, Any]:
    if params.get("FormatVersion") not in (None, "aws_v1"):
        raise AwsError("InvalidParameterException", "FormatVersion must be aws_v1")
    filters = list(params.get("Filters") or ())
    for one in filters:
        if one.get("Type") not in _COMPARE:
            raise AwsError("InvalidParameterException", f"Filter type {one.get('Type')} is not known")
    found = [one for one in _of(params) if all(_meets(one, wanted) for wanted in filters)]
    page, token = _page(found, params)
    return {"FormatVersion": "aws_v1", "PriceList": [json.dumps(one) for one in page]} | token


def _services(params: Mapping[str, Any]) -> dict[str, Any]:
    wanted = params.get("ServiceCode")
    codes = sorted(price_list()) if wanted is None else [str(wanted)]
    page, token = _page([{"ServiceCode": code, "AttributeNames": _names(code)} for code in codes], params)
    return {"FormatVersion": "aws_v1", "Services": page} | token


def _values(params: Mapping[str, Any]) -> dict[str, Any]:
    name = str(params.get("AttributeName"))
    values = sorted({_attributes(one)[name] for one in _of(params) if name in _attributes(one)})
    if not values:
        raise AwsError("InvalidParameterException", f"{name} is no attribute of the service")
    page, token = _page([{"Value": value} for value in values], params)
    return {"AttributeValues": page} | token


def _of(params: Mapping[str, Any]) -> list[Product]:
    found = price_list().get(str(params.get("ServiceCode")))
    if found is None:
        raise AwsError("InvalidParameterException", f"Service {params.get('ServiceCode')} does not exist")
    return found


def _names(code: str) -> list[str]:
    return sorted({name for one in _of({"ServiceCode": code}) for name in _attributes(one)})


def _attributes(product: Product) -> dict[str, str]:
    family = product["product"].get("productFamily")
    return {**product["product"]["attributes"], **({"productFamily": family} if family else {})}


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "TERM_MATCH": lambda found, wanted: found == wanted,
    "EQUALS": lambda found, wanted: found == wanted,
    "CONTAINS": lambda found, wanted: wanted in found,
    "ANY_OF": lambda found, wanted: found in wanted.split(","),
    "NONE_OF": lambda found, wanted: found not in wanted.split(","),
}


def _meets(product: Product, wanted: Mapping[str, Any]) -> bool:
    """Names of attributes are compared whatever their case: AWS's own examples write "ServiceCode"."""
    found = {name.lower(): value for name, value in _attributes(product).items()}
    value = found.get(str(wanted.get("Field")).lower())
    return value is not None and _COMPARE[wanted["Type"]](value, str(wanted.get("Value")))


def _page(found: Sequence[T], params: Mapping[str, Any]) -> tuple[list[T], dict[str, str]]:
    """The page that is asked for, and the token of the next, where there is one."""
    most = params.get("MaxResults", MOST)
    if not isinstance(most, int) or not 1 <= most <= MOST:
        raise AwsError("InvalidParameterException", f"MaxResults must be 1 to {MOST}")
    begin = _begin(params.get("NextToken"))
    more = begin + most < len(found)
    token = base64.b64encode(str(begin + most).encode()).decode()
    return list(found[begin : begin + most]), {"NextToken": token} if more else {}


def _begin(token: object) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(str(token), validate=True))
    except ValueError:
        raise AwsError("InvalidNextTokenException", "The pagination token is invalid.") from None
