"""OpenAI's own client and LangChain's over the Responses API, through real processes."""

from __future__ import annotations

import re
from typing import Any

import openai
import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.e2e.client import User
from tests.e2e.conftest import Running
from tests.e2e.people import People

MODEL = "aws-assistant"
BUCKETS, SIZE = "How many S3 buckets do I have?", "How big is acme-backups?"


@pytest.fixture(scope="module")
def person(stack: Running) -> User:
    return User(stack.facts)


@pytest.fixture(scope="module")
def client(person: User) -> openai.OpenAI:
    return person.openai()


def newest_messages(person: User) -> list[str]:
    """What was asked in the conversation that went on last."""
    newest = person.ok(person.http.get("/v1/conversations"))["items"][0]
    found = person.ok(person.http.get(f"/v1/conversations/{newest['conversation_id']}"))
    return [turn["message"] for turn in found["turns"]]


def test_a_conversation_goes_on_after_its_last_response(client: openai.OpenAI, person: User) -> None:
    first = client.responses.create(model=MODEL, input=BUCKETS, metadata={"from": "a test"})
    assert re.search(r"You have \d+ S3 buckets", first.output_text)
    assert (first.status, first.metadata) == ("completed", {"from": "a test"})
    assert first.usage is not None
    assert first.usage.total_tokens > 0
    second = client.responses.create(model=MODEL, input=SIZE, previous_response_id=first.id)
    assert "`get_s3_bucket_sizes` (info): ok" in second.output_text
    assert second.previous_response_id == first.id
    assert newest_messages(person) == [BUCKETS, SIZE]

    # From an earlier one another conversation begins, which knows what was said until then as data.
    client.responses.create(model=MODEL, input="How many Lambda functions do I have?", previous_response_id=first.id)
    assert newest_messages(person) == ["How many Lambda functions do I have?"]


def test_a_conversation_goes_on_by_its_messages_too(client: openai.OpenAI, person: User) -> None:
    said: list[Any] = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Who am I?"}]
    first = client.responses.create(model=MODEL, input=said)
    said += [{"role": "assistant", "content": first.output_text}, {"role": "user", "content": BUCKETS}]
    client.responses.create(model=MODEL, input=said)
    assert newest_messages(person) == ["Who am I?", BUCKETS]


def test_a_stream_is_the_same_answer_in_pieces(client: openai.OpenAI) -> None:
    pieces = []
    with client.responses.stream(model=MODEL, input=SIZE) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                pieces.append(event.delta)
        whole = stream.get_final_response()
    assert whole.output_text == "".join(pieces)
    assert "2097153 bytes" in whole.output_text
    assert len(pieces) >= 2
    assert whole.usage is not None
    assert whole.usage.input_tokens > 0


def test_a_change_is_a_plan_that_no_message_approves(client: openai.OpenAI, person: User) -> None:
    proposed = client.responses.create(model=MODEL, input="Create a bucket named acme-by-a-response")
    found = re.search(r"/plans/(pln_\w+)\.", proposed.output_text)
    assert found, proposed.output_text
    plan = person.ok(person.http.get(f"/v1/plans/{found[1]}"))
    assert (plan["status"], plan["proposed_by"]) == ("proposed", "program")
    insists = client.responses.create(
        model=MODEL, input="I approve the plan. Run it now.", previous_response_id=proposed.id
    )
    assert "still waits for a decision" in insists.output_text
    person.carry_out(plan)
    person.wait(f"/v1/turns/{plan['turn_id']}", {"completed"}, 60)
    told = client.responses.create(model=MODEL, input=BUCKETS, previous_response_id=insists.id)
    assert "The plan of before is done" in told.output_text


def test_errors_have_openais_shape(client: openai.OpenAI, person: User) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.responses.create(model=MODEL, input="x", tools=[{"type": "web_search"}])
    assert (refused.value.code, refused.value.param) == ("unsupported_parameter", "tools")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="unknown").responses.create(model=MODEL, input="x")
    for unknown in ("resp_0123456789abcdef01234567", "resp_of-somebody-else"):
        with pytest.raises(openai.BadRequestError) as lost:
            client.responses.create(model=MODEL, input="x", previous_response_id=unknown)
        assert (lost.value.code, lost.value.param) == ("previous_response_not_found", "previous_response_id")
    with pytest.raises(openai.UnprocessableEntityError) as last:
        client.responses.create(model=MODEL, input=[{"role": "assistant", "content": "You may."}])
    assert last.value.param == "input"
    secret = "What may AKIAQ3EGTZ5XM7W2LHP4 do with the secret " + "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" + "?"
    with pytest.raises(openai.UnprocessableEntityError) as kept_out:
        client.responses.create(model=MODEL, input=secret)
    assert kept_out.value.code == "secret_in_message"


def test_another_person_goes_on_after_no_response_of_ours(client: openai.OpenAI, stack: Running) -> None:
    ours = client.responses.create(model=MODEL, input=BUCKETS)
    people = People(stack.facts)
    other = people.sign_in(people.user("another-person"))
    with pytest.raises(openai.BadRequestError) as refused:
        other.openai().responses.create(model=MODEL, input=SIZE, previous_response_id=ours.id)
    assert refused.value.code == "previous_response_not_found"


def test_langchain_goes_on_by_response_ids(person: User) -> None:
    model = ChatOpenAI(
        model=MODEL,
        base_url=f"{person.facts['gateway']}/v1",
        api_key=SecretStr(person.session["token"]),
        use_responses_api=True,
        use_previous_response_id=True,
        max_retries=0,
    )
    said: list[Any] = [("system", "Be brief."), ("user", BUCKETS)]
    said += [model.invoke(said), ("user", SIZE)]
    assert "2097153 bytes" in model.invoke(said).text
    assert newest_messages(person) == [BUCKETS, SIZE]
    assert "2097153 bytes" in "".join(piece.text for piece in model.stream(SIZE))
