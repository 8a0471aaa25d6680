"""Changes as a merge patch: what they make, what they change, and that the inverse leads back."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.resources.merge import Difference, differences, inverse, merged
from services.executor.resources.patch import patch_document

STATE: dict[str, Any] = {
    "VisibilityTimeout": 30,
    "Redrive": {"maxReceiveCount": 3, "target": "arn:aws:sqs:eu-west-1:111122223333:dead"},
    "Tags": [{"Key": "a", "Value": "b"}],
}

names = st.sampled_from(["A", "B", "C", "D/e", "F~g"])
leaves = st.one_of(st.integers(), st.booleans(), st.text(max_size=4), st.lists(st.integers(), max_size=3))
states = st.recursive(
    st.dictionaries(names, leaves, max_size=4), lambda inner: st.dictionaries(names, inner | leaves, max_size=4)
)
patches = st.recursive(
    st.dictionaries(names, leaves | st.none(), max_size=4),
    lambda inner: st.dictionaries(names, inner | leaves | st.none(), max_size=4),
)


def test_a_member_of_an_object_is_changed_and_a_list_is_replaced_whole() -> None:
    changes: dict[str, Any] = {"Redrive": {"maxReceiveCount": 5, "target": None}, "Tags": [], "New": {"x": 1}}
    assert merged(STATE, changes) == {
        "VisibilityTimeout": 30,
        "Redrive": {"maxReceiveCount": 5},
        "Tags": [],
        "New": {"x": 1},
    }
    assert list(differences(STATE, changes)) == [
        Difference(("Redrive", "maxReceiveCount"), 3, 5),
        Difference(("Redrive", "target"), "arn:aws:sqs:eu-west-1:111122223333:dead", None),
        Difference(("Tags",), [{"Key": "a", "Value": "b"}], []),
        Difference(("New",), None, {"x": 1}),
    ]


def test_the_patch_tests_every_value_before_it_changes_any() -> None:
    changes: dict[str, Any] = {"VisibilityTimeout": 60, "Delay": 5, "Tags": None}
    assert json.loads(patch_document(list(differences(STATE, changes)))) == [
        {"op": "test", "path": "/VisibilityTimeout", "value": 30},
        {"op": "test", "path": "/Tags", "value": [{"Key": "a", "Value": "b"}]},
        {"op": "replace", "path": "/VisibilityTimeout", "value": 60},
        {"op": "add", "path": "/Delay", "value": 5},
        {"op": "remove", "path": "/Tags"},
    ]


def test_the_patch_does_not_apply_to_what_somebody_else_has_changed() -> None:
    patch = jsonpatch.JsonPatch.from_string(patch_document(list(differences(STATE, {"VisibilityTimeout": 60}))))
    assert patch.apply(STATE)["VisibilityTimeout"] == 60
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        patch.apply(STATE | {"VisibilityTimeout": 31})


@given(state=states, changes=patches)
def test_the_patch_does_what_the_changes_say_and_the_inverse_leads_back(
    state: dict[str, Any], changes: dict[str, Any]
) -> None:
    after = merged(state, changes)
    patch = patch_document(list(differences(state, changes)))
    assert jsonpatch.apply_patch(state, patch) == after
    assert merged(after, inverse(state, changes)) == state
