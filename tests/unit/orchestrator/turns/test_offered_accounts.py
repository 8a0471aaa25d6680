"""What a session offers to the model: accounts where it holds several, and nothing that its fences leave out."""

from __future__ import annotations

from typing import Any

from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.functions.offered import _functions_of
from shared.sessions.fences import Fences, Perimeter


def functions(*, several: bool = False, **fences: Any) -> Functions:
    made: Functions = _functions_of(Perimeter.of(Fences.model_validate(fences)), several)
    return made


def schemas(*, several: bool = False, **fences: Any) -> dict[str, dict[str, Any]]:
    made = functions(several=several, **fences)
    return {one["function"]["name"]: one["function"]["parameters"] for one in made.openai}


def steps_named(offered: dict[str, dict[str, Any]]) -> str:
    """What `propose_plan` says of the operations that its steps may name."""
    steps = offered["propose_plan"]["properties"]["steps"]
    text: str = steps["items"]["properties"]["operation"]["description"]
    return text


def test_in_a_session_of_one_account_no_function_has_an_argument_for_accounts() -> None:
    for name, schema in schemas().items():
        assert not {"account", "accounts"} & schema.get("properties", {}).keys(), name


def test_in_a_session_of_several_a_read_may_name_accounts_and_a_change_has_to_name_one() -> None:
    offered = schemas(several=True)
    assert "accounts" in offered["list_s3_buckets"]["properties"]
    assert "account" in offered["propose_plan"]["required"]
    assert "account" in functions(several=True).operations["create_s3_bucket"]["required"]
    assert "account" not in offered["propose_undo"]["properties"]


def test_what_a_fence_leaves_out_is_not_offered() -> None:
    offered = schemas(services=["s3"])
    assert {"list_s3_buckets", "propose_plan"} <= offered.keys()
    assert not {"list_ec2_instances", "list_iam_roles"} & offered.keys()
    assert "create_s3_bucket(" in steps_named(offered)
    assert "create_iam_role(" not in steps_named(offered)
    assert "create_iam_role" not in functions(services=["s3"]).changes


def test_a_read_only_session_is_offered_no_change() -> None:
    offered = schemas(read_only=True)
    assert "list_s3_buckets" in offered
    assert not {"propose_plan", "propose_undo"} & offered.keys()
    assert [one["function"]["name"] for one in functions(read_only=True).unoffered] == ["get_caller_identity"]
