"""A model's own queries are scored after one try and after two, over real HTTP with a scripted server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from services.orchestrator.llm.client import ChatModel
from tests.evaluation.search.scores import Question
from tests.evaluation.search.with_model import SEARCH, model_score
from tests.fakes.openai_server import OpenAIServer, call, say

DATABASES = Question("which databases can be reached from the internet", ("rds:DescribeDBInstances",))


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


def query(words: str) -> tuple[str, str]:
    return (SEARCH, json.dumps({"query": words}))


async def test_a_second_query_counts_for_the_second_try_alone(server: OpenAIServer) -> None:
    server.replies += [
        call(query("describe db instances rds")),
        call(query("zzz qqq")),
        call(query("describe db instances rds")),
        call(query("zzz qqq")),
        say("I do not know."),
    ]
    model = ChatModel(base_url=server.url, api_key=None, model="m-1")
    score = await model_score(model, [DATABASES] * 3)
    await model.close()
    assert (score.questions, round(score.first_try, 2), round(score.second_try, 2)) == (3, 0.33, 0.67)
    assert [queries for _, queries in score.missed] == [('{"query": "zzz qqq"}',)]
    told = server.messages(2)[-1]
    assert told["role"] == "tool", "the second query is made with the first one's answer"
    assert "nearest_services" in told["content"]
