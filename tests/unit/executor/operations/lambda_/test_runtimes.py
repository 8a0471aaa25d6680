"""A runtime of which AWS makes no new functions is refused with AWS's date; one that is deprecated is said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scripts import lambda_runtimes
from services.executor.operations.lambda_.runtimes import check_runtime, known_runtimes, lifecycles
from shared.errors import InvalidArguments

DAY = date(2026, 11, 26)


@pytest.mark.parametrize("runtime", ["python2.7", "python3.7", "nodejs12.x", "nodejs14.x", "go1.x", "ruby2.7", "java8"])
def test_a_runtime_of_the_past_is_refused_with_its_date_and_what_to_use(runtime: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        check_runtime(runtime, DAY)
    assert caught.value.code == "runtime_deprecated"
    dates = lifecycles()[runtime]
    assert str(dates["create_blocked"]) in caught.value.detail
    assert f"use {dates['successor']}" in caught.value.detail


@pytest.mark.parametrize("runtime", [name for name, dates in lifecycles().items() if dates["create_blocked"]])
def test_every_runtime_is_taken_until_the_day_that_aws_names(runtime: str) -> None:
    if runtime not in known_runtimes():
        pytest.skip("botocore does not have it")
    blocked = date.fromisoformat(str(lifecycles()[runtime]["create_blocked"]))
    check_runtime(runtime, blocked - timedelta(days=1))
    with pytest.raises(InvalidArguments, match=f"since {blocked}"):
        check_runtime(runtime, blocked)


def test_a_deprecated_runtime_is_said_with_both_dates() -> None:
    note = check_runtime("python3.9", DAY)
    assert note is not None
    assert "deprecated python3.9 on 2025-12-15" in note
    assert "use python3.14" in note
    assert check_runtime("python3.13", DAY) is None


@pytest.mark.parametrize(
    ("runtime", "meant"),
    [
        ("python3", "python3.14"),
        ("python 3.13", "python3.13"),
        ("Python3.13", "python3.13"),
        ("node22", "nodejs22.x"),
        ("nodejs22", "nodejs22.x"),
        ("ruby", "ruby4.0"),
        ("provided.al2032", "provided.al2023"),
    ],
)
def test_a_runtime_that_lambda_does_not_have_says_which_may_be_meant(runtime: str, meant: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        check_runtime(runtime, DAY)
    assert caught.value.code == "invalid_arguments"
    assert meant in caught.value.detail


def test_the_table_of_dates_is_fresh() -> None:
    assert lambda_runtimes.TABLE.read_text(encoding="utf-8") == lambda_runtimes.table()
