"""The JSON Patch (RFC 6902) that Cloud Control's UpdateResource takes, made of what a step changes.

In front stands a `test` for each value that the plan was prepared with: AWS applies a patch whole or not at all, so
that it refuses an update of what somebody else has changed meanwhile, however late.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import JsonValue

from services.executor.resources.merge import Difference
from shared.resource_types.paths import pointer


def patch_document(changes: Sequence[Difference]) -> str:
    """The patch as JSON text, the same for the same changes. What was not there before cannot be tested."""
    tests: list[JsonValue] = []
    steps: list[JsonValue] = []
    for change in changes:
        path = pointer(change.place)
        if change.before is not None:
            tests.append({"op": "test", "path": path, "value": change.before})
        if change.after is None:
            steps.append({"op": "remove", "path": path})
        else:
            steps.append({"op": "add" if change.before is None else "replace", "path": path, "value": change.after})
    return json.dumps([*tests, *steps], sort_keys=True)
