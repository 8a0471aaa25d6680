"""What a resource has to wait for besides what it refers to: the plan's own order, as far as no circle comes of it."""

from __future__ import annotations

from services.orchestrator.plans.cloudformation.template import Template, referred


def waits(template: Template) -> dict[str, list[str]]:
    """By logical id the resources for `DependsOn`.

    A step can change the resource of one before it, so that what came first refers to what came later.
    """
    before = {
        name: set(referred(one.properties)) & template.resources.keys() for name, one in template.resources.items()
    }
    by_step = {step: made.resource.logical_id for step, made in template.made.items()}
    found: dict[str, list[str]] = {}
    for name, resource in template.resources.items():
        needed = sorted({by_step[step] for step in resource.needs if step in by_step} - {name})
        found[name] = [one for one in needed if one in template.resources and one not in _all(before, name)]
        found[name] = [one for one in found[name] if name not in _all(before, one)]
        before[name] |= set(found[name])
    return found


def _all(before: dict[str, set[str]], name: str) -> set[str]:
    """All that a resource comes after, itself or through others."""
    seen: set[str] = set()
    open_ = [name]
    while open_:
        new = before[open_.pop()] - seen
        seen |= new
        open_ += new
    return seen
