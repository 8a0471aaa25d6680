"""UpdateResource's patch: RFC 6902 over the resource as it is, refused as Cloud Control refuses it."""

from __future__ import annotations

import json
from typing import Any

from jsonpatch import JsonPatch, JsonPatchException, JsonPatchTestFailed
from jsonpointer import JsonPointerException

from sandbox.aws.cloud_control.schemas import Model, Pointer, ResourceType, values
from sandbox.aws.protocol.errors import AwsError


def apply(kind: ResourceType, document: str, current: Model) -> Model:
    """The model after a patch. `current` is what reading answers: without the properties that are write-only.

    Raises ValidationException for a patch that cannot be applied, whose `test` fails or that changes a read-only
    property, and NotUpdatableException for one that changes a create-only property.
    """
    operations = _operations(document)
    try:
        after = JsonPatch(operations).apply(current)
    except JsonPatchTestFailed as error:
        raise _refused("[TEST Operation] value differs from the resource's: " + _path(operations, error)) from error
    except (JsonPatchException, JsonPointerException, TypeError, KeyError, ValueError) as error:
        raise _refused(f"noSuchPath in source or malformed patch: {error}") from error
    if not isinstance(after, dict):
        raise _refused("the patched resource is not an object")
    if changed := _changed(kind.read_only, current, after):
        raise _refused(f"Invalid patch update: readOnlyProperties [{changed}] cannot be updated")
    if changed := _changed(kind.create_only, current, after):
        raise AwsError(
            "NotUpdatableException", f"Invalid patch update: createOnlyProperties [{changed}] cannot be updated"
        )
    return after


def _operations(document: str) -> list[dict[str, Any]]:
    try:
        operations = json.loads(document)
    except ValueError as error:
        raise _refused("the patch document is not JSON") from error
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise _refused("the patch document is not a list of operations")
    if not operations:
        raise _refused("the patch document has no operation")
    return operations


def _path(operations: list[dict[str, Any]], error: JsonPatchTestFailed) -> str:
    # The value may be a secret: the paths that were tested are named, in their order.
    tested = [str(one.get("path")) for one in operations if one.get("op") == "test"]
    return next((path for path in tested if path in str(error)), ", ".join(tested))


def _changed(pointers: tuple[Pointer, ...], before: Model, after: Model) -> str:
    changed = [one for one in pointers if list(values(before, one)) != list(values(after, one))]
    return ", ".join("/properties/" + "/".join(one) for one in changed)


def _refused(message: str) -> AwsError:
    return AwsError("ValidationException", message)
