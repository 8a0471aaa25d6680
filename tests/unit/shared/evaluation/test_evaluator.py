"""An expression gets its answer, or its process ends; the process that asked stays as it was."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.errors import AssistantError, Busy
from shared.evaluation import expression as expressions
from shared.evaluation.children import Limits
from shared.evaluation.evaluator import Evaluator

DOCUMENT: Any = {"items": [{"name": f"n{number}", "size": number, "note": "x" * 50} for number in range(300)]}
SMALL = Limits(memory_bytes=256 * 1024 * 1024, result_bytes=100_000, cpu_seconds=2, seconds=20)


@pytest.fixture
async def evaluator() -> AsyncIterator[Evaluator]:
    made = Evaluator(SMALL)
    await made.start()
    yield made
    await made.stop()


async def search(evaluator: Evaluator, expression: str, document: Any = DOCUMENT) -> Any:
    return json.loads(await evaluator.search(expression, json.dumps(document).encode()))


async def refusal(evaluator: Evaluator, expression: str, document: Any = DOCUMENT) -> AssistantError:
    with pytest.raises(AssistantError) as raised:
        await search(evaluator, expression, document)
    return raised.value


async def test_an_expression_selects_a_part(evaluator: Evaluator) -> None:
    assert await search(evaluator, "items[?size > `297`].{name: name, twice: [size, size]}") == [
        {"name": "n298", "twice": [298, 298]},
        {"name": "n299", "twice": [299, 299]},
    ]
    assert await search(evaluator, "items[0].nothing") is None
    assert await search(evaluator, "length(items)") == 300


BOMBS = [
    # The one that took 6.9 GB: each part has its input eight times over.
    "[@,@,@,@,@,@,@,@]|" * 9 + "@",
    # The same in one text, in lists that are really copied, and in a function that is called for each.
    "[@,@,@,@,@,@,@,@]|" * 9 + "length(to_string(@))",
    "[@,@][]|" * 19 + "[@,@]",
    "map(&[@,@,@,@,@,@,@,@]," * 6 + "items" + ")" * 6,
    "[@,@,@,@]|" * 9 + '{a: @, b: @}|join(`","`, [to_string(@), to_string(@)])',
    "items[?to_string(@) == 'a'] | [@,@,@,@,@,@,@,@]|" + "[@,@,@,@,@,@,@,@]|" * 12 + "to_string(@)",
]


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
async def test_an_expression_that_explodes_ends_its_own_process_only(evaluator: Evaluator, bomb: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    error = await refusal(evaluator, bomb)

    assert (error.status, error.code) == (400, "path_too_costly")
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 20_000
    assert await search(evaluator, "items[0].name") == "n0"


async def test_a_child_that_hangs_is_killed_by_the_clock() -> None:
    # Nothing but the clock is left to stop it.
    evaluator = Evaluator(Limits(memory_bytes=1 << 40, result_bytes=1 << 40, cpu_seconds=600, seconds=0.5))

    error = await refusal(evaluator, BOMBS[1])

    assert error.code == "path_too_costly"
    assert "0.5 s" in error.detail


async def test_a_large_document_of_small_parts_fits() -> None:
    evaluator = Evaluator()
    document = b"[" + b",".join([b"{}"] * 2_700_000) + b"]"

    assert await evaluator.search("[1]", document) == b"{}"


async def test_a_result_over_the_limit_is_refused(evaluator: Evaluator) -> None:
    assert (await refusal(evaluator, "@", ["é" * 60_000])).code == "path_too_costly"
    assert await search(evaluator, "[0]", ["é" * 40_000]) == "é" * 40_000


@pytest.mark.parametrize(
    "expression",
    [
        "items[",
        "foo(@)",
        "length(`1`)",
        "items[::0]",
        "sort_by(items, &nothing)",
        "`1e999`",
        "to_number('1e999')",
        "'",
        "`" * 900,
        '"\\q"',
        "items[" + "9" * 900 + "]x",
    ],
)
async def test_what_is_no_expression_for_the_result_says_so_in_few_words(evaluator: Evaluator, expression: str) -> None:
    error = await refusal(evaluator, expression)

    assert (error.status, error.code) == (400, "invalid_path")
    assert len(error.detail) < 500


async def test_an_error_does_not_repeat_the_document(evaluator: Evaluator) -> None:
    assert len((await refusal(evaluator, "sort_by(@, &a)", [{"a": "x" * 10_000}, {"a": 1}])).detail) < 500


async def test_half_a_surrogate_pair_is_replaced(evaluator: Evaluator) -> None:
    assert await search(evaluator, '[`"\\ud800"`, a]', {"a": "\ud800"}) == ["?", "?"]


@pytest.mark.parametrize(
    "expression",
    [
        "!" * 900 + "a",
        "a." * 450 + "a",
        "a|" * 450 + "a",
        "a[?b[?c" * 60,
        "[a]|" * 21 + "a",
        "[" + "a," * 400 + "a]",
        "a" * 1001,
    ],
)
def test_an_expression_over_the_bounds_is_refused_before_it_runs(expression: str) -> None:
    with pytest.raises(AssistantError) as raised:
        expressions.check(expression)

    assert raised.value.code in ("path_too_costly", "invalid_path")


async def test_no_more_than_the_slots_run_and_the_rest_waits_or_is_refused() -> None:
    evaluator = Evaluator(Limits(at_once=1, waiting=2))

    answers = await asyncio.gather(*(search(evaluator, "items[1].size") for _ in range(5)), return_exceptions=True)

    assert [answer for answer in answers if not isinstance(answer, Busy)] == [1, 1, 1]
    assert {answer.code for answer in answers if isinstance(answer, Busy)} == {"too_many_evaluations"}
    assert await search(evaluator, "items[2].size") == 2


async def test_the_child_has_no_environment_and_no_way_to_the_repository() -> None:
    evaluator = Evaluator()
    child = await evaluator.children._child()

    with open(f"/proc/{child.pid}/environ") as environment:
        assert environment.read() == ""
    assert child.stdin
    child.stdin.close()
    assert await child.wait() == 0


async def test_a_child_that_waits_ends_with_its_evaluator() -> None:
    evaluator = Evaluator()
    await evaluator.start()
    spare = evaluator.children._spare
    assert spare
    await evaluator.stop()

    assert spare.returncode == 0
