"""Whether AWS still shows what a called operation left: by the read that shows its effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.executor.generic import effects, matching
from services.executor.generic.change import Change, read_change
from services.executor.generic.observing import Effect, has_removed
from services.executor.registry.contexts import StepContext
from services.executor.registry.drift import ABSENT, PRESENT, Drift, Moved, NotRecorded
from services.executor.registry.location import Location
from shared.resource_types.paths import pointer


@dataclass(frozen=True, slots=True)
class _Left:
    """A change that happened, and the read that shows its effect."""

    change: Change
    effect: Effect

    @property
    def place(self) -> tuple[Any, ...]:
        """Two changes of which one undoes what the other shows look at the same place."""
        asked = matching.canonical(matching.plain(self.effect.parameters))
        return self.effect.service, self.effect.read, asked, self.change.region


def drift_of(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    """How AWS differs from what a step `change_aws` left, or from what its inverse did where it has been undone."""
    own = _left(context, _inverse_of(result) if context.undone else result)
    if own is None:
        raise NotRecorded(f"nothing shows whether somebody has changed since what {_called(result)} did")
    later = (_left(context, one) for one in context.later("change_aws"))
    all_left = [own, *(one for one in later if one is not None and one.place == own.place)]
    now = own.effect.look(context.aws, own.change.client_region(Location.of(context.aws.info)))
    if any(one.effect.is_there(now) for one in (all_left if context.taking_back else all_left[-1:])):
        return None
    last = all_left[-1].effect
    why = f"somebody has changed since what {own.change.called} did: {own.effect.read} shows it no more"
    return Drift(why, tuple(_moved(last, now)), gone=now is None and last.wants != ABSENT)


def _called(result: Mapping[str, Any]) -> str:
    return f"{result['service']}:{result['operation']}"


def _inverse_of(result: Mapping[str, Any]) -> Mapping[str, Any]:
    if not result.get("undo"):
        raise NotRecorded("what was there before the step is not recorded")
    return {**result, **result["undo"]}


def _left(context: StepContext, result: Mapping[str, Any]) -> _Left | None:
    location = Location.of(context.aws.info)
    change = read_change(
        result["service"], result["operation"], result["parameters"], result["region"], location.partition
    )
    effect = effects.assurance_of(change, context.tags).effect
    return _Left(change, effect) if effect is not None else None


def _moved(effect: Effect, now: JsonValue) -> Iterator[Moved]:
    """The values that differ; of objects each member. What secrets were taken out of is not shown."""
    if effect.wants in (PRESENT, ABSENT):
        yield Moved("", effect.wants, ABSENT if effect.wants == PRESENT else PRESENT)
    elif isinstance(effect.wants, dict) and isinstance(now, dict):
        for name, value in effect.wants.items():
            if name not in now or not matching.equals(now[name], value):
                yield _shown((effect.read, name), value, now.get(name))
    else:
        yield _shown((effect.read,), effect.wants, now)


def _shown(place: tuple[str, ...], left: JsonValue, now: JsonValue) -> Moved:
    path = pointer(place)
    return Moved(path, hidden=True) if has_removed([left, now]) else Moved(path, left, now)
