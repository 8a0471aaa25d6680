"""What a plan must know of a change before anybody approves it: its power, its effect, its undoing, what is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import JsonValue

from services.executor.generic import answers, before_after, losses
from services.executor.generic.access import access_change
from services.executor.generic.change import Change, read_change
from services.executor.generic.effects import MARKS_TO_COME, Assurance, assurance_of, reads_of
from services.executor.generic.handlers import handled
from services.executor.generic.tagging import tag_permissions
from services.executor.generic.titles import title_of
from services.executor.generic.undoing import inverses_of
from services.executor.registry.declared import Declared
from services.executor.registry.forms.table import DELETE
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from shared.access.needed import Permission, permissions_of
from shared.aws.service_models import operation_model
from shared.messages import Effect
from shared.protections.weakening import of_call

Parameters = dict[str, JsonValue]


def declares(service: str, operation: str, parameters: Parameters, region: str | None, location: Location) -> Declared:
    """What holds of a step with these arguments. Raises what `read_change` does."""
    change = read_change(service, operation, parameters, region, location.partition)
    where = change.location(location)
    access = access_change(change, location.account)
    assurance = assurance_of(change, MARKS_TO_COME)
    inverses = inverses_of(change.service, change.name, change.parameters)
    needs = permissions_of(change.service, change.name, change.parameters, where, UNKNOWN)
    return Declared(
        effect=Effect.PERMISSIONS if access.changes else change.operation.effect,
        title=title_of(change),
        permissions=tuple(one for one in needs if not _is_guess(one)),
        likely=(*(one for one in needs if _is_guess(one)), *_besides(change, assurance, inverses, where)),
        deletes=losses.count(change),
        also=_also(change),
        holds_data=losses.data_lost(change),
        reversible=_reversible(assurance, inverses),
        undo_note=f"with {' or '.join(inverses)}, from what was there before" if inverses else "",
        findings=(*access.findings, *of_call(change.service, change.name, change.parameters)),
        expects={
            "service": change.service,
            "operation": change.name,
            "parameters": change.parameters,
            "region": change.region,
            "answer": answers.expected(change.service, change.name),
            "undo": None,
            "not_undone": None,
        },
    )


def notes_of(change: Change) -> list[str]:
    """What the person who decides should know, besides what the step says."""
    notes = [f"AWS says of it: {change.operation.purpose}"] if change.operation.purpose else []
    notes += change.notes
    assurance = assurance_of(change, MARKS_TO_COME)
    notes.append(assurance.words)
    if assurance.effect is None and before_after.overwrites(change):
        notes.append("What is there now, and is overwritten, is not known: no read of AWS is known that shows it.")
    if found := handled(change.operation):
        notes.append(f"{found[1]} does this to a {found[0]}, and shows and undoes more: propose that where it fits.")
    if change.operation.deprecated:
        notes.append("AWS has marked this operation as deprecated.")
    return notes


def policies_of(service: str, operation: str, parameters: Parameters, region: str | None) -> list[dict[str, Any]]:
    """The policies that it would put in place."""
    change = read_change(service, operation, parameters, region, "aws")
    return list(access_change(change, "").policies)


def _also(change: Change) -> tuple[str, ...]:
    """The stronger operations whose work it does although it cannot be written as one of them."""
    found = handled(change.operation)
    return tuple(dict.fromkeys((*((found[1],) if found else ()), *((DELETE,) if losses.takes_away(change) else ()))))


def _reversible(assurance: Assurance, inverses: tuple[str, ...]) -> Literal["yes", "partly", "no"]:
    """What undoing puts back follows from what was recorded, so that it is never sure before."""
    return "partly" if inverses and assurance.effect is not None else "no"


def _is_guess(need: Permission) -> bool:
    """Whether the resource stands for one that the parameters do not name whole: AWS compares the real one."""
    return need[1] != "*" and "*" in need[1]


def _besides(
    change: Change, assurance: Assurance, inverses: tuple[str, ...], where: Location
) -> tuple[Permission, ...]:
    """What tags need, and looking at the effect, and taking it back, with the looks at that."""
    needs: list[Permission] = [*tag_permissions(change, where)]
    if assurance.effect is not None:
        needs += permissions_of(change.service, assurance.effect.read, assurance.effect.parameters, where, UNKNOWN)
    for inverse in inverses:
        needs += permissions_of(change.service, inverse, _shared(change, inverse), where, UNKNOWN)
        for read in reads_of(change.service, inverse):
            needs += permissions_of(change.service, read, _shared(change, read), where, UNKNOWN)
    return tuple(dict.fromkeys(needs))


def _shared(change: Change, other: str) -> Mapping[str, JsonValue]:
    """The parameters that an inverse, or its read, takes too: they name the same resource."""
    shape = operation_model(change.service, other).input_shape
    members = shape.members if shape is not None else {}
    return {name: value for name, value in change.parameters.items() if name in members}
