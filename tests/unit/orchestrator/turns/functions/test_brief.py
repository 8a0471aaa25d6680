"""What a model is sent of a function: short, with everything that it needs to call it."""

from __future__ import annotations

import pytest

from services.orchestrator.turns.functions.brief import brief, first_words
from services.orchestrator.turns.functions.signatures import shape_of, signature
from shared.catalog import CatalogEntry
from shared.messages import Effect


def an_entry(parameters: dict[str, object], **fields: object) -> CatalogEntry:
    made = {"name": "create_queue", "kind": "operation", "agent": "executor", "effect": Effect.WRITE, "returns": {}}
    described = {"description": "Create a queue. It is empty.", "parameters": {"type": "object", **parameters}}
    return CatalogEntry.model_validate(made | described | fields)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Its name; without a path.", "Its name"),
        ("All must hold. Null and missing are the same.", "All must hold"),
        ("A region, e.g. eu-west-1.", "A region, e.g. eu-west-1"),
        ("Columns such as State.Name. Others too.", "Columns such as State.Name"),
        ("No end", "No end"),
    ],
)
def test_a_text_ends_at_its_first_full_stop_or_semicolon(text: str, first: str) -> None:
    assert first_words(text) == first


def test_types_choices_and_what_is_required_stay_and_bounds_go() -> None:
    name = {
        "type": "string",
        "pattern": "^[a-z]+$",
        "maxLength": 9,
        "description": "The name it gets; in small letters.",
    }
    level = {"type": "string", "enum": ["low", "high"], "default": "low", "description": "How much"}
    parts = {
        "type": "array",
        "items": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 1}]},
    }
    entry = an_entry(
        {
            "properties": {"name": name, "level": level, "parts": parts},
            "required": ["name"],
            "additionalProperties": False,
        },
        brief="Create a queue.",
    )
    made = brief(entry)
    assert made.description == "Create a queue."
    assert made.parameters == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "The name it gets"},
            "level": {"type": "string", "enum": ["low", "high"]},  # "How much" says no more than the choices
            "parts": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
        },
        "required": ["name"],
    }
    assert entry.parameters["properties"]["name"]["pattern"]  # what REST shows is whole


def test_an_operation_is_one_line_with_its_optional_arguments_marked() -> None:
    tags = {"type": "array", "items": {"type": "object", "properties": {"key": {}, "value": {}}}}
    properties = {"name": {"type": "string"}, "tags": tags, "size": {"type": "integer"}}
    entry = an_entry({"properties": properties, "required": ["name"]})
    assert signature(entry) == "create_queue(name, tags?: [{key, value}], size?: number)"


def test_a_purpose_that_the_name_does_not_say_is_in_the_line() -> None:
    entry = an_entry({"properties": {}}, description="Create a queue that is encrypted: by a key. It is empty.")
    assert signature(entry) == "create_queue(): Create a queue that is encrypted"


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        ({"type": "string"}, ""),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, "{}"),
        ({"type": "array", "items": {"type": "string"}}, "[]"),
        ({"enum": ["a", "b"], "type": "string"}, "a|b"),
        ({"type": "boolean"}, "boolean"),
        ({}, ""),
    ],
)
def test_an_argument_shows_its_shape_unless_it_is_a_text(schema: dict[str, object], shape: str) -> None:
    assert shape_of(schema) == shape


def test_a_document_is_offered_as_its_text() -> None:
    document = {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}]}
    made = brief(an_entry({"properties": {"policy_json": {**document, "description": "The policy as pasted."}}}))
    assert made.parameters["properties"]["policy_json"] == {"type": "string", "description": "The policy as pasted"}
