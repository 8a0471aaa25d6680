"""A Cloud Control client of the shared double, and what tests of it do again and again."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

ENDED = ("SUCCESS", "FAILED", "CANCEL_COMPLETE")
REGION = "eu-west-1"


@dataclass(frozen=True)
class Control:
    """Cloud Control as one caller has it; `cc` is boto3's client."""

    cc: Any
    endpoint: str

    def ended(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The last ProgressEvent of a request."""
        token = answer["ProgressEvent"]["RequestToken"]
        while True:
            event: dict[str, Any] = self.cc.get_resource_request_status(RequestToken=token)["ProgressEvent"]
            if event["OperationStatus"] in ENDED:
                return event
            time.sleep(0.01)

    def create(self, type_name: str, desired: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return self.ended(self.cc.create_resource(TypeName=type_name, DesiredState=json.dumps(desired), **more))

    def made(self, type_name: str, desired: Mapping[str, Any]) -> str:
        """Make a resource, which must succeed; returns its identifier."""
        event = self.create(type_name, desired)
        assert event["OperationStatus"] == "SUCCESS", event
        return str(event["Identifier"])

    def update(self, type_name: str, identifier: str, *patch: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        document = json.dumps(patch)
        return self.ended(
            self.cc.update_resource(TypeName=type_name, Identifier=identifier, PatchDocument=document, **more)
        )

    def delete(self, type_name: str, identifier: str, **more: Any) -> dict[str, Any]:
        return self.ended(self.cc.delete_resource(TypeName=type_name, Identifier=identifier, **more))

    def get(self, type_name: str, identifier: str) -> dict[str, Any]:
        answer = self.cc.get_resource(TypeName=type_name, Identifier=identifier)
        properties: dict[str, Any] = json.loads(answer["ResourceDescription"]["Properties"])
        return properties

    def listed(self, type_name: str, model: Mapping[str, Any] | None = None) -> list[str]:
        pages = self.cc.get_paginator("list_resources").paginate(
            TypeName=type_name, ResourceModel=json.dumps(model or {})
        )
        return [one["Identifier"] for page in pages for one in page["ResourceDescriptions"]]

    def behave(self, **change: Any) -> None:
        """Change how the double behaves: `seconds` by type, `faults`, `throttled`."""
        httpx.post(f"{self.endpoint}/_sandbox/cloud-control", json=change).raise_for_status()


@pytest.fixture(scope="session")
def control(aws: Any) -> Control:
    """As an administrator."""
    return Control(aws.admin("cloudcontrol", REGION), aws.endpoint)


@pytest.fixture
def control_of(aws: Any) -> Any:
    """As whoever has these keys."""
    return lambda keys: Control(aws.client("cloudcontrol", keys, REGION), aws.endpoint)
