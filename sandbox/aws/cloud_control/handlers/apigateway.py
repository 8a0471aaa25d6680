"""API Gateway: REST APIs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, renamed, text
from sandbox.aws.cloud_control.tags import as_map, change_tags, shown

_NAMES = {
    "Name": "name",
    "Description": "description",
    "ApiKeySourceType": "apiKeySource",
    "MinimumCompressionSize": "minimumCompressionSize",
    "BinaryMediaTypes": "binaryMediaTypes",
    "DisableExecuteApiEndpoint": "disableExecuteApiEndpoint",
}


class RestApi(Handler):
    type_name = "AWS::ApiGateway::RestApi"

    def create(self, aws: Loopback, desired: Model) -> str:
        given = renamed({"Name": generated(self.type_name), **desired}, _NAMES)
        if "EndpointConfiguration" in desired:
            names = {"Types": "types", "VpcEndpointIds": "vpcEndpointIds"}
            given["endpointConfiguration"] = renamed(desired["EndpointConfiguration"], names)
        if "Policy" in desired:
            given["policy"] = text(desired["Policy"])
        return str(aws("apigateway").create_rest_api(**given, tags=as_map(desired.get("Tags")))["id"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        gateway = aws("apigateway")
        found = gateway.get_rest_api(restApiId=identifier)
        root = next(one for one in gateway.get_resources(restApiId=identifier)["items"] if one["path"] == "/")
        model: Model = {
            "RestApiId": identifier,
            "RootResourceId": root["id"],
            **renamed(found, {there: here for here, there in _NAMES.items()}),
        }
        if endpoint := found.get("endpointConfiguration"):
            model["EndpointConfiguration"] = renamed(endpoint, {"types": "Types", "vpcEndpointIds": "VpcEndpointIds"})
        if found.get("policy"):
            model["Policy"] = json.loads(str(found["policy"]).replace('\\"', '"'))
        return shown(model, found.get("tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        gateway = aws("apigateway")
        patch = [
            {"op": "replace", "path": f"/{_NAMES[name]}", "value": str(after.get(name, ""))}
            for name in changed(before, after, "Name", "Description", "ApiKeySourceType", "MinimumCompressionSize")
        ]
        if changed(before, after, "DisableExecuteApiEndpoint"):
            value = str(bool(after.get("DisableExecuteApiEndpoint"))).lower()
            patch.append({"op": "replace", "path": "/disableExecuteApiEndpoint", "value": value})
        if changed(before, after, "Policy"):
            patch.append({"op": "replace", "path": "/policy", "value": text(after.get("Policy", ""))})
        if patch:
            gateway.update_rest_api(restApiId=identifier, patchOperations=patch)
        arn = f"arn:aws:apigateway:{aws.region}::/restapis/{identifier}"
        change_tags(gateway, before, after, shape=as_map, resourceArn=arn)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("apigateway").delete_rest_api(restApiId=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("apigateway").get_paginator("get_rest_apis").paginate():
            yield from (one["id"] for one in page["items"])
