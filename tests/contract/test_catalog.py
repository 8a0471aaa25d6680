"""The committed catalogue is what the code says, and what OpenAI's function calling takes."""

from __future__ import annotations

import json
import re

import pytest

from scripts import catalog as generator
from shared.catalog import CATALOG, CatalogEntry

SPECIFIED = {
    *("get_s3_usage", "get_s3_bucket_sizes", "list_s3_buckets", "count_s3_objects", "list_ec2_instances"),
    *("list_lambda_functions", "list_iam_roles", "describe_iam_role", "get_caller_identity", "get_cost_summary"),
    *("summarize_aws_usage", "explain_policy_with_claude", "create_s3_bucket", "delete_s3_bucket"),
    *("create_iam_role", "assign_policy_to_role", "create_lambda_function", "delete_lambda_function"),
    *("detach_policy_from_role", "delete_iam_role", "tag_resource"),
}
PUBLIC = [entry for entry in CATALOG if not entry.internal]


def test_the_committed_catalogue_is_fresh() -> None:
    made = generator.entries()
    assert (generator.ROOT / "shared/catalog.json").read_text() == generator.as_json(made), "run `make catalog`"
    assert (generator.ROOT / "docs/tools.md").read_text() == generator.as_markdown(made), "run `make catalog`"


def test_every_public_name_of_the_contract_is_there() -> None:
    assert {entry.name for entry in PUBLIC} >= SPECIFIED


def test_no_name_is_used_twice() -> None:
    names = [entry.name for entry in CATALOG]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("entry", PUBLIC, ids=lambda entry: entry.name)
def test_an_entry_is_what_openai_takes(entry: CatalogEntry) -> None:
    function = entry.openai()["function"]
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", function["name"])
    assert 20 <= len(function["description"]) <= 1024
    assert function["parameters"]["type"] == "object"
    assert set(function["parameters"].get("required", [])) <= set(function["parameters"]["properties"])
    assert len(json.dumps(function)) < 8000


@pytest.mark.parametrize("entry", PUBLIC, ids=lambda entry: entry.name)
def test_every_argument_is_described(entry: CatalogEntry) -> None:
    undescribed = [name for name, schema in entry.parameters["properties"].items() if not schema.get("description")]
    assert undescribed == []


@pytest.mark.parametrize("entry", PUBLIC, ids=lambda entry: entry.name)
def test_only_operations_change_and_only_they_say_how_they_are_undone(entry: CatalogEntry) -> None:
    assert entry.is_change == (entry.kind == "operation")
    # A tool needs a person's approval only where a standing grant gives it.
    assert entry.effect.is_change == (entry.is_change or entry.standing)
    assert (entry.reversible is not None) == (entry.kind == "operation")
