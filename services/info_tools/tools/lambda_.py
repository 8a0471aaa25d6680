"""Informational tools about Lambda functions, in every region of the session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import Field

from services.info_tools.aws import in_region, list_all, read_each
from services.info_tools.combined import Combined, Row
from services.info_tools.sharing.kinds import part
from services.info_tools.toolbox import toolbox
from shared.aws.clients import Aws
from shared.messages import Effect
from shared.text.sizes import human_bytes


class Function(Row):
    function_name: str
    function_arn: str
    runtime: str | None = Field(description="Null for a function that is a container image.")
    handler: str | None
    role_arn: str
    region: str
    memory_mib: int
    timeout_seconds: int
    code_size_bytes: int
    code_size_human: str
    last_modified: datetime


class FunctionList(Combined):
    functions: tuple[Function, ...]
    function_count: int
    by_region: dict[str, int] = Field(description="Regions with at least one function.")
    regions_searched: tuple[str, ...] = Field(description="Regions that answered; one that failed is a gap.")


@toolbox.tool(effect=Effect.LIST, iam_actions=("lambda:ListFunctions",))
def list_lambda_functions(aws: Aws, regions: list[str] | None = None) -> FunctionList:
    """List the Lambda functions with runtime, handler, role, memory, time-out and code size.

    Of every region of the session. Memory is in MiB, the time-out in seconds, the code size in bytes of the package.
    Versions and aliases are not listed, only each function's latest version.

    Args:
        regions: The regions; such as ["eu-west-1"], all of the session's when left out.
    """
    found = read_each(aws, aws.regions(regions), functions_of(aws), place=in_region)
    functions = tuple(function for _, part in found for function in part)
    return FunctionList(
        functions=functions,
        function_count=len(functions),
        by_region=dict(Counter(function.region for function in functions)),
        regions_searched=tuple(region for region, _ in found),
    )


@part
def functions_of(aws: Aws) -> Callable[[str], list[Function]]:
    """What reads a region's functions."""

    def read(region: str) -> list[Function]:
        client = aws.client("lambda", region)
        listed = list_all(aws, client, "list_functions", "Functions", place=in_region(region))
        return [_function(function, region) for function in listed]

    return read


def _function(function: dict[str, Any], region: str) -> Function:
    return Function(
        function_name=function["FunctionName"],
        function_arn=function["FunctionArn"],
        runtime=function.get("Runtime") or None,
        handler=function.get("Handler") or None,
        role_arn=function["Role"],
        region=region,
        memory_mib=function["MemorySize"],
        timeout_seconds=function["Timeout"],
        code_size_bytes=function["CodeSize"],
        code_size_human=human_bytes(function["CodeSize"]),
        # Lambda sends text with an offset without a colon: 2026-01-31T10:00:00.000+0000
        last_modified=datetime.fromisoformat(function["LastModified"]),
    )
