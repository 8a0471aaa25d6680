"""AWS as prices need it: a price list of given texts, and what of the account they depend on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)


@dataclass
class FakeAws:
    """`texts` are all products; `answers` are by operation. `pages` is how many products a page has."""

    texts: Sequence[str] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)
    partition: str = "aws"
    region: str = "eu-west-1"
    pages: int = 100
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def info(self) -> Any:
        return SimpleNamespace(partition=self.partition, region=self.region, account="123456789012")

    @property
    def session(self) -> Any:
        return SimpleNamespace(role_arn=None)

    def client(self, service: str, region: str) -> Any:
        return _Client(self, service, region)


@dataclass
class _Client:
    aws: FakeAws
    service: str
    region: str

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.aws.asked.append((f"{self.service}:{operation}", self.region, parameters))
            answer = self.aws.answers.get(operation)
            if isinstance(answer, Exception):
                raise answer
            if callable(answer):
                return answer(**parameters)
            return answer if answer is not None else self._products(**parameters)

        return call

    def _products(self, ServiceCode: str, Filters: list[Any], NextToken: str = "0", **_: Any) -> dict[str, Any]:
        found = [text for text in self.aws.texts if _meets(json.loads(text), ServiceCode, Filters)]
        begin = int(NextToken)
        end = begin + self.aws.pages
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"FormatVersion": "aws_v1", "PriceList": found[begin:end], **more}


def _meets(product: dict[str, Any], service: str, filters: list[dict[str, str]]) -> bool:
    about = product["product"]
    values = {**about["attributes"], "productFamily": about.get("productFamily")}
    return product["serviceCode"] == service and all(values.get(one["Field"]) == one["Value"] for one in filters)
