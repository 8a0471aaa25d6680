"""Bounds a JMESPath expression before it is evaluated: its length, depth, parts and multiselects."""

from __future__ import annotations

from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from shared.errors import BadRequest

MAX_CHARACTERS = 1000
# Of the syntax tree. A path to a field of a result needs five nodes, a table of ten columns fewer than fifty.
MAX_DEPTH = 50
MAX_NODES = 300
# `[a, b]` and `{a: b}`: each may hold its input several times over, so that their product counts.
MAX_MULTISELECTS = 20
MAX_DETAIL_CHARACTERS = 300

_MULTISELECTS = {"multi_select_list", "multi_select_dict"}


def check(expression: str) -> None:
    """Raise BadRequest: `invalid_path` for what is no expression, `path_too_costly` for one over the bounds."""
    if len(expression) > MAX_CHARACTERS:
        raise too_costly(f"it has more than {MAX_CHARACTERS} characters")
    try:
        tree: Any = jmespath.compile(expression).parsed
    except JMESPathError as error:
        raise invalid(str(error)) from None
    except ValueError as error:
        # A number with thousands of digits.
        raise invalid(str(error)) from None
    except RecursionError:
        raise too_costly("it is nested too deeply") from None
    _check_tree(tree)


def invalid(why: str) -> BadRequest:
    """The expression is none, or does not fit the value; `why` may repeat a part of either and is cut."""
    cut = why if len(why) <= MAX_DETAIL_CHARACTERS else f"{why[:MAX_DETAIL_CHARACTERS]} … (cut)"
    return BadRequest(f"path is not a JMESPath expression for this result: {cut}", code="invalid_path")


def too_costly(why: str) -> BadRequest:
    """The expression, or what it selects, is over a bound."""
    return BadRequest(f"path asks for too much: {why}; select less, or in several requests", code="path_too_costly")


def _check_tree(tree: Any) -> None:
    nodes = multiselects = depth = 0
    level = [tree]
    while level:
        depth += 1
        nodes += len(level)
        multiselects += sum(node["type"] in _MULTISELECTS for node in level)
        if depth > MAX_DEPTH:
            raise too_costly(f"it is nested more than {MAX_DEPTH} deep")
        if nodes > MAX_NODES:
            raise too_costly(f"it has more than {MAX_NODES} parts")
        if multiselects > MAX_MULTISELECTS:
            raise too_costly(f"it has more than {MAX_MULTISELECTS} multiselects")
        # A slice's children are numbers or None; a literal's value is no part of the program.
        level = [child for node in level for child in node["children"] if isinstance(child, dict)]
