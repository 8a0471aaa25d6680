"""Policies in a proposal, given as they were pasted: the plan has them plainly, and says what was taken away."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from services.executor.registry import references
from services.executor.registry.operation import Operation
from shared.iam.pasted.read import read_pasted


def unwrap(operation: Operation, arguments: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], tuple[str, ...]]:
    """The arguments with their policies plain, and a note for each that was not; what is approved is what is sent.

    A policy that refers to other steps is left as it is. Raises InvalidArguments where one cannot be read.
    """
    plain, notes = dict(arguments), list[str]()
    for name, kind in operation.documents.items():
        given = arguments.get(name)
        if not isinstance(given, str | dict) or any(references.find(given)):
            continue
        pasted = read_pasted(given, name, kind)
        if pasted.notes():
            plain[name] = pasted.document if isinstance(given, dict) else json.dumps(pasted.document)
            notes += [f"{name}: {note}" for note in pasted.notes()]
    return plain, tuple(notes)
