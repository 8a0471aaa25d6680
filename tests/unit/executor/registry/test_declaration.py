"""A declaration that does not hold together is refused at import, before any plan could be made with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.executor.operations import OPERATIONS
from services.executor.registry.account_state import Conflicts
from services.executor.registry.contexts import OperationContext
from services.executor.registry.declaration import operation
from services.executor.registry.operation import Undo
from services.executor.registry.operations import Operations
from shared.messages import Effect, Message

UNDO = Undo("delete_thing", {"name": "name"})


class Thing(Message):
    name: str


def create_thing(context: OperationContext, name: str) -> Thing:
    """Create a thing that no account has.

    Args:
        name: Its name.
    """
    return Thing(name=name)


def delete_thing(context: OperationContext, name: str) -> Thing:
    """Delete it.

    Args:
        name: Its name.
    """
    return Thing(name=name)


def unchanged(*_: object) -> None:
    """Nobody has changed it."""


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Operations:
    """A registry of this test's own."""
    made = Operations()
    monkeypatch.setattr("services.executor.registry.declaration.OPERATIONS", made)
    return made


def declare(function: Callable[..., Thing] = create_thing, **changes: Any) -> None:
    declared: dict[str, Any] = {
        "effect": Effect.WRITE,
        "title": "Create {name}",
        "iam": {"things:CreateThing": ("*",)},
        "deletes": False,
        "reversible": "yes",
        "undo": UNDO,
        "drift": unchanged,
        "compares": "its name",
    }
    operation(**declared | changes)(function)


def test_an_operation_with_an_undo_and_no_drift_check_does_not_register(operations: Operations) -> None:
    with pytest.raises(ValueError, match="create_thing: it has an undo and no drift check"):
        declare(drift=None)
    assert "create_thing" not in operations


def test_a_drift_check_says_what_it_compares(operations: Operations) -> None:
    with pytest.raises(ValueError, match="a drift check and what it compares, in words, are declared together"):
        declare(compares="")


def test_reversible_and_undo_must_agree(operations: Operations) -> None:
    with pytest.raises(ValueError, match="reversible is 'no', which has an undo"):
        declare(reversible="no")
    with pytest.raises(ValueError, match="reversible is 'partly', which has no undo"):
        declare(reversible="partly", undo=None)
    with pytest.raises(ValueError, match="a drift check and no undo"):
        declare(reversible="no", undo=None)


@pytest.mark.parametrize(
    "hook",
    [
        {"check": lambda size: None},
        {"requests": lambda read_file: []},
        {"derived": lambda location: {}},
        {"conflicts": Conflicts(rule=lambda state, region: None)},
        {"conflicts": Conflicts(facts=lambda state: [])},
    ],
)
def test_a_hook_that_asks_for_what_it_cannot_get_is_refused(operations: Operations, hook: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="create_thing: <lambda> asks for"):
        declare(**hook)


def test_an_argument_may_not_hide_what_hooks_get(operations: Operations) -> None:
    def create_state(context: OperationContext, state: str) -> Thing:
        """Create a state.

        Args:
            state: Which.
        """
        return Thing(name=state)

    with pytest.raises(ValueError, match="create_state: no argument may be called state"):
        declare(create_state)


def test_a_name_is_registered_once(operations: Operations) -> None:
    declare()
    with pytest.raises(ValueError, match="'create_thing' is registered twice"):
        declare()


def test_what_is_not_declared_costs_nobody_knows_and_conflicts_with_nothing(operations: Operations) -> None:
    declare()
    made = operations["create_thing"]
    assert made.cost.amount is None
    assert made.questions({"name": "x"}, None) == []  # type: ignore[arg-type]  # its hook takes no location


@pytest.mark.parametrize(
    ("undo", "problem"),
    [
        (Undo("destroy_thing", {"name": "name"}), "there is no such operation"),
        (Undo("delete_thing", {"name": "name", "force": "name"}), "it takes no force"),
        (Undo("delete_thing", {}), "it needs name"),
        (Undo("delete_thing", {"name": "id"}), "the result has no id"),
    ],
)
def test_an_undo_that_leads_nowhere_is_refused(operations: Operations, undo: Undo, problem: str) -> None:
    declare(delete_thing, deletes=True, reversible="no", undo=None, drift=None, compares="")
    declare(undo=undo)
    with pytest.raises(ValueError, match=f"create_thing is undone by {undo.operation}: {problem}"):
        operations.check_inverses()


def test_operations_are_in_the_order_of_their_names_whatever_is_imported_first(operations: Operations) -> None:
    declare(delete_thing, deletes=True, reversible="no", undo=None, drift=None, compares="")
    declare()
    assert [made.name for made in operations] == ["create_thing", "delete_thing"]


def test_an_operation_is_one_file_that_is_named_like_it() -> None:
    misplaced = [
        made.name for made in OPERATIONS if made.function.__module__.rpartition(".")[2] != made.function.__name__
    ]
    assert misplaced == []


def test_what_deletes_says_so() -> None:
    assert [made.name for made in OPERATIONS if made.deletes] == [
        made.name for made in OPERATIONS if made.name.startswith("delete_")
    ]
