"""How an instance and a function of the sandbox are made, in whichever of its accounts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.aws.account.contents import Function, Instance

ClientFactory = Callable[[str, str], Any]
"""Gives an administrator's client of a service in a region."""
FIRST_DAY_AGE = timedelta(days=120)


def long_ago() -> datetime:
    """When the accounts were filled."""
    return datetime.now(UTC).replace(microsecond=0) - FIRST_DAY_AGE


def launch(ec2: Any, instance: Instance) -> str:
    """Launch an instance; returns its id."""
    tags = [{"Key": "Name", "Value": instance.name}, {"Key": "Environment", "Value": instance.environment}]
    launched = ec2.run_instances(
        ImageId="ami-0abcdef1234567890",
        InstanceType=instance.instance_type,
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    made = str(launched["Instances"][0]["InstanceId"])
    if instance.state == "stopped":
        ec2.stop_instances(InstanceIds=[made])
    elif instance.state == "terminated":
        ec2.terminate_instances(InstanceIds=[made])
    return made


def create_function(client: Any, function: Function, account: str) -> None:
    """Create a function that runs as the account's `lambda-basic-execution`."""
    client.create_function(
        FunctionName=function.name,
        Runtime=function.runtime,
        Handler=function.handler,
        Role=f"arn:aws:iam::{account}:role/lambda-basic-execution",
        MemorySize=function.memory,
        Timeout=function.timeout,
        Code={"ZipFile": _package(function.handler, function.runtime)},
    )


def _package(handler: str, runtime: str) -> bytes:
    module, function = handler.split(".")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if runtime.startswith("python"):
            archive.writestr(f"{module}.py", f"def {function}(event, context):\n    return {{'ok': True}}\n")
        else:
            archive.writestr(f"{module}.js", f"exports.{function} = async () => ({{ ok: true }});\n")
    return buffer.getvalue()
