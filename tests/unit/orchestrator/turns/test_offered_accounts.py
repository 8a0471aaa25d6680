"""What a session offers to the model: accounts where it holds several, and nothing that its fences leave out."""

from __future__ import annotations

from typing import Any

from services.orchestrator.turns.offered import _functions_of
from shared.fences import Fences, Perimeter


def schemas(*, several: bool = False, **fences: Any) -> dict[str, dict[str, Any]]:
    made = _functions_of(Perimeter.of(Fences.model_validate(fences)), several)
    return {one["function"]["name"]: one["function"]["parameters"] for one in made.openai}


def test_in_a_session_of_one_account_no_function_has_an_argument_for_accounts() -> None:
    for name, schema in schemas().items():
        assert not {"account", "accounts"} & schema.get("properties", {}).keys(), name


def test_in_a_session_of_several_a_read_may_name_accounts_and_a_change_has_to_name_one() -> None:
    offered = schemas(several=True)
    assert "accounts" in offered["list_s3_buckets"]["properties"]
    for name in ("create_s3_bucket", "propose_plan"):
        assert "account" in offered[name]["required"], name
    assert "account" not in offered["propose_undo"]["properties"]


def test_what_a_fence_leaves_out_is_not_offered() -> None:
    offered = schemas(services=["s3"])
    assert {"list_s3_buckets", "create_s3_bucket", "propose_plan"} <= offered.keys()
    assert not {"list_ec2_instances", "list_iam_roles", "create_iam_role"} & offered.keys()


def test_a_read_only_session_is_offered_no_change() -> None:
    offered = schemas(read_only=True)
    assert "list_s3_buckets" in offered
    assert not {"create_s3_bucket", "propose_plan", "propose_undo"} & offered.keys()
