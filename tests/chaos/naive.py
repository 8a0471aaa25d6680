"""The control: a plan as a plain Celery task, late acknowledgement and all, its steps plain boto3 calls.

What many would write: acks_late, a visibility timeout, the state of each step kept in Redis, botocore's own retries,
and what was done undone when a step fails.
"""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from celery import Celery
from redis import Redis

URL = os.environ["NAIVE_BROKER"]
VISIBILITY_SECONDS = 10
app = Celery("naive", broker=URL)
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_default_queue="naive",
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": VISIBILITY_SECONDS, "unacked_restore_interval": 1},
)
REDIS = Redis.from_url(URL, decode_responses=True)
CONFIG = Config(s3={"addressing_style": "path"})
Result = dict[str, Any]


def client(service: str, region: str | None = None) -> Any:
    return boto3.client(service, region_name=region or os.environ["AWS_DEFAULT_REGION"], config=CONFIG)


def create_bucket(bucket_name: str, region: str) -> Result:
    where: Any = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
    client("s3", region).create_bucket(Bucket=bucket_name, **where)
    return {"bucket_name": bucket_name}


def create_role(name: str, policy_document: Result, permissions: Result | None = None) -> Result:
    iam = client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy_document))["Role"]
    if permissions:
        document = json.dumps(permissions)
        iam.put_role_policy(RoleName=name, PolicyName=f"{name}-permissions", PolicyDocument=document)
    return {"role_name": name, "arn": made["Arn"]}


def attach(role_name: str, policy_arn: str) -> Result:
    client("iam").attach_role_policy(RoleName=role_name, PolicyArn=policy_arn)
    return {"role_name": role_name, "policy_arn": policy_arn}


def create_function(function_name: str, runtime: str, handler: str, role_arn: str) -> Result:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return 'ok'\n")
    code = {"ZipFile": package.getvalue()}
    client("lambda").create_function(
        FunctionName=function_name, Runtime=runtime, Handler=handler, Role=role_arn, Code=code
    )
    return {"function_name": function_name}


def create_resource(type_name: str, properties: Result, region: str) -> Result:
    begun = client("cloudcontrol", region).create_resource(TypeName=type_name, DesiredState=json.dumps(properties))
    identifier = _ended(begun["ProgressEvent"], region)
    return {"type_name": type_name, "identifier": identifier, "region": region}


def delete_resource(type_name: str, identifier: str, region: str) -> None:
    begun = client("cloudcontrol", region).delete_resource(TypeName=type_name, Identifier=identifier)
    _ended(begun["ProgressEvent"], region)


def _ended(event: Result, region: str) -> str:
    """The identifier, once AWS has ended the request."""
    while event["OperationStatus"] in ("PENDING", "IN_PROGRESS"):
        time.sleep(0.5)
        asked = client("cloudcontrol", region).get_resource_request_status(RequestToken=event["RequestToken"])
        event = asked["ProgressEvent"]
    if event["OperationStatus"] != "SUCCESS":
        raise ClientError({"Error": {"Code": event.get("ErrorCode", ""), "Message": ""}}, event["Operation"])
    return str(event["Identifier"])


def call(service: str, operation: str, parameters: Result, region: str) -> Result:
    getattr(client(service, region), xform_name(operation))(**parameters)
    return {"service": service, "operation": operation, "parameters": parameters}


def _call_back(result: Result) -> None:
    inverse, names = INVERSES[result["operation"]]
    given = {new: result["parameters"][name] for name, new in names.items()}
    given = {name: [value] if name == "AlarmNames" else value for name, value in given.items()}
    getattr(client(result["service"]), xform_name(inverse))(**given)


INVERSES = {
    "PutMetricAlarm": ("DeleteAlarms", {"AlarmName": "AlarmNames"}),
    "StopInstances": ("StartInstances", {"InstanceIds": "InstanceIds"}),
    "PutRetentionPolicy": ("DeleteRetentionPolicy", {"logGroupName": "logGroupName"}),
}


def _delete_role(result: Result) -> None:
    iam = client("iam")
    for name in iam.list_role_policies(RoleName=result["role_name"])["PolicyNames"]:
        iam.delete_role_policy(RoleName=result["role_name"], PolicyName=name)
    iam.delete_role(RoleName=result["role_name"])


DO: dict[str, Callable[..., Result]] = {
    "create_s3_bucket": create_bucket,
    "create_iam_role": create_role,
    "assign_policy_to_role": attach,
    "create_lambda_function": create_function,
    "create_aws_resource": create_resource,
    "change_aws": call,
}
UNDO: dict[str, Callable[[Result], Any]] = {
    "create_s3_bucket": lambda result: client("s3").delete_bucket(Bucket=result["bucket_name"]),
    "create_iam_role": _delete_role,
    "assign_policy_to_role": lambda result: client("iam").detach_role_policy(
        RoleName=result["role_name"], PolicyArn=result["policy_arn"]
    ),
    "create_lambda_function": lambda result: client("lambda").delete_function(FunctionName=result["function_name"]),
    "create_aws_resource": lambda result: delete_resource(**result),
    "change_aws": _call_back,
}


@app.task(name="naive.run_plan")
def run_plan(plan_id: str, steps: list[dict[str, Any]], on_failure: str) -> None:
    """Carry the steps out in their order; undo what was done when one fails."""
    key, results = f"naive:{plan_id}", dict[str, Result]()
    REDIS.hset(key, "status", "running")
    for step in steps:
        REDIS.hset(key, f"step {step['id']}", "running")
        try:
            results[step["id"]] = DO[step["operation"]](**_resolved(step["arguments"], results))
        except (ClientError, BotoCoreError):
            REDIS.hset(key, f"step {step['id']}", "failed")
            if on_failure == "undo":
                _compensate(key, steps, results)
            REDIS.hset(key, "status", "failed")
            return
        REDIS.hset(key, f"step {step['id']}", "done")
    REDIS.hset(key, "status", "done")


def _compensate(key: str, steps: list[dict[str, Any]], results: dict[str, Result]) -> None:
    for step in reversed([step for step in steps if step["id"] in results]):
        UNDO[step["operation"]](results[step["id"]])
        REDIS.hset(key, f"step {step['id']}", "undone")


def _resolved(arguments: dict[str, Any], results: dict[str, Result]) -> dict[str, Any]:
    def value_of(value: Any) -> Any:
        if isinstance(value, list):
            return [value_of(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$from" not in value:
            return {name: value_of(item) for name, item in value.items()}
        step, _, name = value["$from"].partition(".")
        return results[step][name]

    return {name: value_of(value) for name, value in arguments.items()}


if __name__ == "__main__":
    app.worker_main(["worker", "--pool=threads", "--concurrency=4", "--without-mingle", "--without-gossip"])
