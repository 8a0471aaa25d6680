"""An operation whose arguments decide what it does declares itself step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import JsonValue

from services.executor.decisions.grants import is_grantable
from services.executor.operations import OPERATIONS
from services.executor.proposal.draft import step_undo
from services.executor.registry.contexts import OperationContext, StepContext
from services.executor.registry.declaration import operation
from services.executor.registry.declared import Declared
from services.executor.registry.location import Location
from services.executor.registry.operation import Undo
from services.executor.registry.operations import Operations
from services.executor.scope.limits import bounds, check_steps
from services.executor.settings import ExecutorSettings
from shared.errors import AssistantError
from shared.messages import Effect, Message

HERE = Location("aws", "111122223333", "eu-west-1")


class Switched(Message):
    kind: str
    before: dict[str, JsonValue]
    arn: str


def _declares(kind: str, location: Location) -> Declared:
    arn = f"arn:aws:things:{location.region}:{location.account}:{kind}"
    return Declared(
        effect=Effect.PERMISSIONS if kind == "key" else Effect.WRITE,
        title=f"Switch the {kind}",
        permissions=((f"things:Switch{kind.title()}", arn),),
        deletes=kind == "door",
        holds_data=arn if kind == "door" else None,
        reversible="no" if kind == "door" else "yes",
        context={"things:SwitchKey": {"things:Colour": "red"}},
        expects={"arn": arn},
    )


def _back(result: Mapping[str, Any]) -> dict[str, JsonValue] | None:
    return None if result["kind"] == "door" else {"kind": f"{result['kind']}", **result["before"]}


def _unchanged(context: StepContext, result: Mapping[str, Any]) -> None:
    """Nobody has changed it."""


def switch_thing(context: OperationContext, kind: str) -> Switched:
    """Switch a thing that no account has.

    Args:
        kind: What.
    """
    return Switched(kind=kind, before={}, arn="")


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Operations:
    made = Operations()
    monkeypatch.setattr("services.executor.registry.declaration.OPERATIONS", made)
    operation(
        effect=Effect.WRITE,
        title="Switch the {kind}",
        iam={"things:Look": ("*",)},
        deletes=False,
        reversible="partly",
        undo=Undo("switch_thing", _back),
        drift=_unchanged,
        compares="what it is",
        declares=_declares,
    )(switch_thing)
    return made


def test_what_a_step_does_and_needs_follows_from_its_arguments(operations: Operations) -> None:
    made = operations["switch_thing"]
    key, door = (made.declared({"kind": kind}, HERE) for kind in ("key", "door"))
    assert (key.effect, door.effect) == (Effect.PERMISSIONS, Effect.WRITE)
    assert (key.holds_data, door.holds_data) == (None, "arn:aws:things:eu-west-1:111122223333:door")
    assert key.permissions == (
        ("things:SwitchKey", "arn:aws:things:eu-west-1:111122223333:key"),
        ("things:Look", "*"),
    )
    assert made.title_of({"kind": "key"}, HERE) == "Switch the key"
    assert made.expected_result({"kind": "key"}, HERE) == {
        "kind": "key",
        "before": {},
        "arn": "arn:aws:things:eu-west-1:111122223333:key",
    }


def test_its_inverse_comes_from_what_the_step_recorded_and_may_be_none(operations: Operations) -> None:
    operations.check_inverses()
    found = operations.inverse("switch_thing", {"kind": "key", "before": {"colour": "blue"}, "arn": ""})
    assert found is not None
    assert found[1] == {"kind": "key", "colour": "blue"}
    assert operations.inverse("switch_thing", {"kind": "door", "before": {}, "arn": ""}) is None
    made = operations["switch_thing"]
    assert step_undo(made, made.declared({"kind": "door"}, HERE)) is None
    assert step_undo(made, made.declared({"kind": "key"}, HERE)) is not None


def test_the_limits_count_what_each_step_does(operations: Operations) -> None:
    made = operations["switch_thing"]
    steps = [(kind, made, made.declared({"kind": kind}, HERE)) for kind in ("key", "door", "lamp")]
    settings = ExecutorSettings.model_construct(max_deletes=1, max_permission_changes=1, max_steps=3, never_allowed="")
    check_steps(steps, settings)
    used = [bound.used for bound in bounds([declared for _, _, declared in steps], settings)]
    assert used == [3, 1, 1]
    never = settings.model_copy(update={"never_allowed": "permissions"})
    with pytest.raises(AssistantError, match="step 'key'"):
        check_steps(steps, never)


def test_no_standing_grant_approves_what_only_its_arguments_explain(operations: Operations) -> None:
    assert not is_grantable(operations["switch_thing"])
    assert is_grantable(OPERATIONS["create_s3_bucket"])


def test_an_operation_that_is_declared_once_declares_the_same_of_each_step() -> None:
    made = OPERATIONS["delete_s3_bucket"]
    declared = made.declared({"bucket_name": "a-bucket"}, HERE)
    assert (declared.effect, declared.deletes, declared.reversible) == (Effect.WRITE, True, "partly")
    assert declared.holds_data == "a-bucket"
    assert declared.title == "Delete the S3 bucket a-bucket"
    assert ("s3:DeleteBucket", "arn:aws:s3:::a-bucket") in declared.permissions
