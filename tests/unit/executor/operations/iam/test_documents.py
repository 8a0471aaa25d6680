"""A policy argument that is none is an argument to mend, with one code, whatever it is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from services.executor.operations.iam.documents import MAX_PROBLEMS, permissions_policy, trust_policy
from shared.errors import InvalidArguments

GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}


def nested(depth: int) -> Any:
    deep: Any = "x"
    for _ in range(depth):
        deep = [deep]
    return deep


BAD = {
    "not JSON": "{",
    "no object": "[]",
    "empty": {},
    "a statement of text": {"Statement": "x"},
    "statements of text": {"Statement": ["x"]},
    "no statements": {"Statement": []},
    "deep": {"Statement": nested(5000)},
    "deep text": '{"Statement": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "100 KB": {"Statement": [{**GOOD, "Sid": "x" * 100_000}]},
    "100 KB of text": json.dumps({"Statement": [GOOD] * 1200}),
    "a key twice": '{"Statement": [], "Statement": []}',
    "a number as long as a book": '{"Statement": ' + "9" * 5000 + "}",
    "other types": {
        "Version": [],
        "Statement": {"Effect": {}, "Action": 7, "Resource": None, "Condition": "x", "Sid": 1},
    },
}


@pytest.mark.parametrize("read", [trust_policy, permissions_policy])
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_policy_is_refused_by_its_name_and_at_once(read: Any, name: str) -> None:
    started = time.process_time()
    with pytest.raises(InvalidArguments) as caught:
        read(BAD[name], "permissions")
    assert caught.value.code == "invalid_arguments"
    assert caught.value.detail.startswith("permissions")
    assert time.process_time() - started < 2


def test_several_problems_are_told_together_and_a_book_of_them_is_not() -> None:
    with pytest.raises(InvalidArguments) as caught:
        permissions_policy({"Statement": [{**GOOD, "Effect": "Maybe", "Action": "read"}] * 20}, "permissions")
    assert caught.value.detail.count("Statement[") == MAX_PROBLEMS
    assert "Statement[0]: Invalid" in caught.value.detail


def test_a_policy_is_read_from_text_and_from_an_object() -> None:
    document = {"Version": "2012-10-17", "Statement": [GOOD]}
    assert (
        permissions_policy(json.dumps(document), "permissions")
        == permissions_policy(document, "permissions")
        == document
    )
