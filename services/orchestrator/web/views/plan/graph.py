"""The order of a plan's steps as a drawing: each step in a column to the right of all that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.orchestrator.web.views.plan.steps import needs_of
from shared.plans.step import Step

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, EDGE, BEND = 190, 46, 48, 28, 8, 26
MAX_CHARACTERS = 23


@dataclass(frozen=True, slots=True)
class Box:
    """A step's box; `x` and `y` are its upper left corner."""

    number: int
    label: str
    status: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Edge:
    """From a step that is needed to the one that needs it, as the path of an SVG."""

    path: str


@dataclass(frozen=True, slots=True)
class Graph:
    width: int
    height: int
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def graph_of(steps: Sequence[Step]) -> Graph | None:
    """The drawing; None for a single step, which has no order."""
    if len(steps) < 2:
        return None
    needs, columns = needs_of(steps), dict[str, int]()
    for step in steps:  # in order: what a step needs comes before it
        columns[step.id] = 1 + max((columns.get(needed, 0) for needed in needs[step.id]), default=-1)
    rows: dict[int, int] = {}
    boxes: dict[str, Box] = {}
    for number, step in enumerate(steps, 1):
        column = columns[step.id]
        row = rows.get(column, 0)
        rows[column] = row + 1
        x, y = EDGE + column * (BOX_WIDTH + GAP_X), EDGE + row * (BOX_HEIGHT + GAP_Y)
        boxes[step.id] = Box(number, _short(step.operation), step.status, x, y)
    edges = [Edge(_path(boxes[needed], boxes[step.id])) for step in steps for needed in needs[step.id]]
    below = BEND if any(columns[step.id] - columns[needed] > 1 for step in steps for needed in needs[step.id]) else 0
    width = 2 * EDGE + (max(columns.values()) + 1) * (BOX_WIDTH + GAP_X) - GAP_X
    height = 2 * EDGE + max(rows.values()) * (BOX_HEIGHT + GAP_Y) - GAP_Y + below
    return Graph(width, height, tuple(boxes.values()), tuple(edges))


def _short(operation: str) -> str:
    words = operation.replace("_", " ")
    return words if len(words) <= MAX_CHARACTERS else words[: MAX_CHARACTERS - 1] + "…"


def _path(start: Box, end: Box) -> str:
    """From side to side; below the boxes in between where there are some."""
    if end.x - start.x > BOX_WIDTH + GAP_X:
        x1, y1 = start.x + BOX_WIDTH - 24, start.y + BOX_HEIGHT
        x2, y2 = end.x + 24, end.y + BOX_HEIGHT + 5
        low = max(y1, y2) + BEND
        return f"M{x1} {y1}C{x1} {low} {x2} {low} {x2} {y2}"
    x1, y1 = start.x + BOX_WIDTH, start.y + BOX_HEIGHT // 2
    x2, y2 = end.x - 5, end.y + BOX_HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
