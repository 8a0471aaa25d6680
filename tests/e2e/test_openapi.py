"""What is generated from the OpenAPI document is answered as it says: by schemathesis, against the whole product."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.e2e.client import User
from tests.e2e.conftest import Running
from tests.e2e.fuzzing import LIMITS, fuzz

EXAMPLES, SECONDS = 3, 45


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A stack of its own: other tests count plans, and open sessions as fast as the limit lets them."""
    running = Running(tmp_path_factory.mktemp("fuzzed") / "local", LIMITS)
    yield running
    running.stop()


@pytest.mark.slow
def test_every_answer_is_as_documented(own_stack: Running) -> None:
    done = fuzz(User(own_stack.facts), EXAMPLES, SECONDS, "--generation-deterministic")

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    passed = re.search(r"(\d+) generated, (\d+) passed", said)
    assert passed is not None, said
    # Hundreds within the time; few on a machine that does much else.
    assert int(passed[1]) > 30, said
