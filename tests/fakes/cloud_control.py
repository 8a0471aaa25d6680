"""AWS Cloud Control in memory, with the sandbox's requests and patches: a request ends once it was asked about twice.

The sandbox's own double runs handlers in threads, at times of their own; here a test says when.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from sandbox.aws.cloud_control import patches
from sandbox.aws.cloud_control.failures import HandlerFailure
from sandbox.aws.cloud_control.requests import Asked, Requests
from sandbox.aws.cloud_control.schemas import resource_type

PLACE = ("123456789012", "eu-west-1")
Given = dict[str, Any]


@dataclass
class FakeCloudControl:
    """`resources` by type and identifier."""

    resources: dict[tuple[str, str], Given] = field(default_factory=dict)
    requests: Requests = field(default_factory=lambda: Requests(time.time))
    asked: Counter[str] = field(default_factory=Counter)

    def answer(self, operation: str, request: AWSPreparedRequest) -> tuple[AWSResponse, bool]:
        """The answer, and whether it is of a change that was not asked for before."""
        given = json.loads(request.body or b"{}")
        if operation == "GetResource":
            return self._read(request, given), False
        if operation == "GetResourceRequestStatus":
            return self._status(request, given["RequestToken"]), False
        kind = resource_type(given["TypeName"])
        assert kind is not None
        body = given.get("DesiredState") or given.get("PatchDocument") or ""
        asked = Asked(operation, kind.name, hashlib.sha256(body.encode()).hexdigest(), given.get("Identifier"))
        identifier = given.get("Identifier")
        begun, new = self.requests.begin(PLACE, asked, given["ClientToken"], identifier)
        if new:
            begun.failure = self._change(operation, kind.name, given, begun.token)
            begun.identifier = identifier or self._identifier(kind.name, given, begun.token)
        return _json(request, {"ProgressEvent": {**begun.event(), "OperationStatus": "IN_PROGRESS"}}), new

    def _change(self, operation: str, type_name: str, given: Given, token: str) -> HandlerFailure | None:
        kind = resource_type(type_name)
        assert kind is not None
        key = (type_name, given.get("Identifier") or self._identifier(type_name, given, token))
        there = self.resources.get(key)
        if operation == "CreateResource":
            if there is not None:
                return HandlerFailure("AlreadyExists", f"{key[1]} already exists.")
            self.resources[key] = {**json.loads(given["DesiredState"]), kind.identifier[0]: key[1]}
        elif there is None:
            return HandlerFailure("NotFound", f"{key[1]} does not exist.")
        elif operation == "UpdateResource":
            self.resources[key] = patches.apply(kind, given["PatchDocument"], there)
        else:
            del self.resources[key]
        return None

    def _identifier(self, type_name: str, given: Given, token: str) -> str:
        """As the properties name it, else one of AWS's own."""
        kind = resource_type(type_name)
        assert kind is not None
        return str(json.loads(given["DesiredState"]).get(kind.identifier[0]) or f"id-{token[:8]}")

    def _read(self, request: AWSPreparedRequest, given: Given) -> AWSResponse:
        found = self.resources.get((given["TypeName"], given["Identifier"]))
        if found is None:
            error = {"__type": "ResourceNotFoundException", "message": "There is none."}
            return _json(request, error, status=400)
        described = {"Identifier": given["Identifier"], "Properties": json.dumps(found)}
        return _json(request, {"TypeName": given["TypeName"], "ResourceDescription": described})

    def _status(self, request: AWSPreparedRequest, token: str) -> AWSResponse:
        found = self.requests.find(PLACE, token)
        self.asked[token] += 1
        if self.asked[token] > 1:
            self.requests.end(found, found.failure)
        event = found.event() if found.ended else {**found.event(), "OperationStatus": "IN_PROGRESS"}
        return _json(request, {"ProgressEvent": event})


def _json(request: AWSPreparedRequest, body: Given, status: int = 200) -> AWSResponse:
    return AWSResponse(request.url, status, {"x-amzn-requestid": "r-1"}, MockRawResponse(json.dumps(body)))
