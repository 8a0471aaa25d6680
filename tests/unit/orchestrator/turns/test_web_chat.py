"""The chat in a browser: streams that resume, cards of tool calls, files of their results, and hostile words."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.runner import TurnRunner
from services.orchestrator.turns.store import Turn
from services.orchestrator.web.views.turn.live import Frame, follow_turn, turn_now
from services.orchestrator.web.views.turn.shown import turn_shown
from services.orchestrator.web.visit import Visit
from shared.keys.sealed_values import key_of
from shared.messages import Gap
from shared.results import records
from tests.fakes.browser import Browser
from tests.fakes.openai_server import OpenAIServer, call, say
from tests.fakes.workers import FakeDispatcher, answers
from tests.unit.orchestrator.turns.conftest import until_settled

EVIL = 'x"><img src=x onerror=alert(1)><script>alert(1)</script>\u202e'
SIZES: Any = {
    "buckets": [
        {"bucket_name": "acme-small", "region": "eu-west-1", "size_bytes": 2048, "size_human": "2 KiB"},
        {"bucket_name": "=HYPERLINK(1)", "region": EVIL, "size_bytes": 4096, "size_human": "4 KiB"},
    ],
    "total_bytes": 6144,
}

Visitor = tuple[Browser, Session]


async def said(browser: Browser, runner: TurnRunner, message: str = "How big?") -> Turn:
    """Send a message, and wait until its turn has ended or waits."""
    sent = await browser.post("/chat", {"message": message})
    assert sent.status_code == 303, sent.text
    turn_id = sent.headers["location"].partition("#")[2]
    return await until_settled(runner, turn_id)


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_a_message_becomes_a_conversation_with_cards_a_chart_and_an_answer(
    visitor: Visitor, runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    browser, _ = visitor
    gap = Gap(code="access_denied", detail="one bucket could not be read")
    dispatcher.ok("info", "get_s3_usage", SIZES, gaps=(gap,), complete=False)
    model_server.replies += [call(("get_s3_usage", "{}")), say("They are **small**.")]
    turn = await said(browser, runner)
    page = (await browser.get(f"/chat/{turn.conversation_id}")).text
    assert "They are <strong>small</strong>." in page
    assert "one bucket could not be read" in page
    assert '<svg class="chart"' in page
    assert "acme-small: 2.0 KiB" in page
    assert "size_human" not in page
    assert "hx-sse:connect" not in page  # it has ended
    assert (await browser.get("/chat")).text.count("How big?") == 1


async def test_what_a_model_and_aws_wrote_is_never_markup(
    visitor: Visitor, runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    browser, _ = visitor
    dispatcher.ok("info", "get_s3_usage", {"name": EVIL, "rows": [{EVIL: EVIL}]})
    link = "[click](/plans/pln_1/approve) [me](http://localhost:8080/x) ![p](https://e.example/p.png) <b onclick=x>"
    model_server.replies += [call(("get_s3_usage", json.dumps({"prefix": EVIL}))), say(f"{EVIL} {link}")]
    turn = await said(browser, runner, EVIL)
    call_id = turn.steps[0].call_id
    for path in (
        f"/chat/{turn.conversation_id}",
        f"/chat/turns/{turn.turn_id}/calls/{call_id}",
        "/chat",
        "/chat/history",
    ):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page
        assert "/approve" not in re.findall(r'href="([^"]*)"', page)
        assert not re.search(r"<(img|b) [^>]*(e\.example|onclick)", page)
        assert not any("localhost" in address for address in re.findall(r'<a href="(http[^"]*)"', page))


async def test_the_page_of_a_turn_and_its_stream_are_one_thing(
    visitor: Visitor, gateway: Gateway, runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    """Wherever a browser comes in, page and events together have all parts as they end."""
    browser, session = visitor
    dispatcher.ok("info", "get_s3_usage", SIZES)
    model_server.replies += [call(("get_s3_usage", "{}")), say("One two three four five six seven eight nine ten.")]
    turn = await said(browser, runner)
    frame = Frame(gateway, Visit(session, browser.csrf, ""), ("localhost:8080",))
    found: Any = await gateway.redis.xrange(f"events:{turn.turn_id}")
    whole = b"".join([part async for part in follow_turn(frame, turn, "0-0") if part])
    last = whole.rpartition(b"-answer")[2]
    for event_id, _ in found:
        came = [part async for part in follow_turn(frame, turn, event_id) if part]
        assert b"event: done" in came[-1]
        if event_id != found[-1][0]:
            assert b"".join(came).rpartition(b"-answer")[2] == last
        else:
            assert len(came) == 1  # nothing comes twice


async def test_a_running_turn_shows_what_has_come_so_far(
    visitor: Visitor, gateway: Gateway, runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    browser, session = visitor
    dispatcher.replies["get_s3_usage"] = answers({}, seconds=30)
    model_server.replies += [call(("get_s3_usage", "{}"), text="Let me look.")]
    sent = await browser.post("/chat", {"message": "How big?"})
    conversation, _, turn_id = sent.headers["location"].partition("#")
    turn = await gateway.turns.store.of_owner(turn_id, session.owner_id)
    frame = Frame(gateway, Visit(session, browser.csrf, ""), ())
    async for part in follow_turn(frame, turn, "0-0"):
        if part and b"get_s3_usage" in part:
            break
    page = (await browser.get(conversation)).text
    assert "hx-sse:connect" in page
    assert ">running</span>" in page
    shown, last = await turn_now(gateway, session, turn)
    assert (shown.cards[0].tool, shown.cards[0].status) == ("get_s3_usage", "running")
    assert f"after={last}" in page
    stopped = await browser.post(f"/chat/turns/{turn_id}/stop")
    assert stopped.status_code == 303
    assert (await until_settled(runner, turn_id)).status == "cancelled"
    assert ">stopped</span>" in (await browser.get(conversation)).text


async def test_a_change_is_shown_as_a_plan_to_read_and_not_as_its_text_page(
    visitor: Visitor, runner: TurnRunner, model_server: OpenAIServer
) -> None:
    browser, _ = visitor
    model_server.replies += [call(("create_s3_bucket", json.dumps({"bucket_name": "team-a", "region": "eu-west-1"})))]
    turn = await said(browser, runner, "Create a bucket team-a in eu-west-1")
    assert turn.status == "waiting_for_approval"
    page = (await browser.get(f"/chat/{turn.conversation_id}")).text
    assert f'href="/plans/{turn.plan_id}"' in page
    assert "Read and decide it" in page
    assert "▌" not in page
    assert "hx-sse:connect" in page  # it goes on by itself once the plan has ended


async def test_a_call_is_shown_whole_page_by_page_and_as_files(
    visitor: Visitor, redis: Redis, runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    browser, session = visitor
    rows = [{"name": f"row-{number:03}", "n": number} for number in range(250)]
    reference = "res_info_x"
    body = json.dumps({"rows": rows})
    stored = records.StoredResult(session_id=session.session_id, owner_id=session.owner_id, body=body)
    await redis.set(records.result_key("info", reference), stored.model_dump_json())
    dispatcher.ok("info", "get_s3_usage", {"rows": rows[:2]}, result_ref=reference, shortened=True)
    model_server.replies += [call(("get_s3_usage", "{}")), say("Done.")]
    turn = await said(browser, runner)
    here = f"/chat/turns/{turn.turn_id}/calls/{turn.steps[0].call_id}"
    last = (await browser.get(f"{here}?page=3")).text
    assert "row-249" in last
    assert "row-199" not in last
    table = await browser.get(f"{here}?as=csv&list=rows")
    assert table.headers["content-type"].startswith("text/csv")
    assert table.headers["content-disposition"] == 'attachment; filename="get_s3_usage-rows.csv"'
    assert table.text.splitlines()[250] == "row-249,249"
    whole = await browser.get(f"{here}?as=json")
    assert whole.json() == {"rows": rows}
    await redis.delete(records.result_key("info", reference))
    assert "only the beginning of the result" in (await browser.get(here)).text


async def test_no_cell_of_a_file_is_a_formula(
    visitor: Visitor, runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    browser, _ = visitor
    dispatcher.ok("info", "get_s3_usage", SIZES)
    model_server.replies += [call(("get_s3_usage", "{}")), say("Done.")]
    turn = await said(browser, runner)
    table = await browser.get(f"/chat/turns/{turn.turn_id}/calls/{turn.steps[0].call_id}?as=csv")
    assert "'=HYPERLINK(1)" in table.text


async def test_keys_typed_into_a_message_are_refused_and_kept_nowhere(
    visitor: Visitor, redis: Redis, model_server: OpenAIServer
) -> None:
    browser, _ = visitor
    key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY"
    refused = await browser.post("/chat", {"message": f"Use AKIAABCDEFGHIJKLMNOP and {key}"})
    assert refused.status_code == 422
    assert key not in refused.text
    assert not [name for name in await redis.keys("*") if name.startswith(("turn", "conversation"))]


async def test_a_blank_message_and_one_from_elsewhere_begin_nothing(visitor: Visitor) -> None:
    browser, _ = visitor
    assert (await browser.post("/chat", {"message": "   "})).status_code == 422
    assert (await browser.post("/chat", {"message": "hi", "csrf": "x"})).status_code == 403
    assert (await browser.post("/chat", {"message": "hi", "conversation_id": "cnv_of_another"})).status_code == 404


async def test_history_is_searched_by_what_was_said_and_answered(
    visitor: Visitor, runner: TurnRunner, model_server: OpenAIServer
) -> None:
    browser, _ = visitor
    model_server.replies += [say("The answer has a Wombat in it."), say("Nothing of the kind.")]
    await said(browser, runner, "First question")
    await said(browser, runner, "Second question")
    found = words((await browser.get("/chat/history?q=wombat")).text)
    assert "First question" in found
    assert "Second question" not in found
    assert "Second question" in words((await browser.get("/chat/history?q=SECOND")).text)
    assert "None of these has it" in words((await browser.get("/chat/history?q=emu")).text)


async def test_a_conversation_is_forgotten(visitor: Visitor, runner: TurnRunner, model_server: OpenAIServer) -> None:
    browser, _ = visitor
    model_server.replies += [say("Yes.")]
    turn = await said(browser, runner)
    assert (await browser.post(f"/chat/{turn.conversation_id}/delete")).status_code == 303
    assert (await browser.get(f"/chat/{turn.conversation_id}")).status_code == 404


async def test_anothers_turns_and_calls_are_not_there(
    visitor: Visitor, runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher, open_session: Any,
    gateway: Gateway, app: FastAPI,
) -> None:  # fmt: skip
    browser, _ = visitor
    dispatcher.ok("info", "get_s3_usage", SIZES)
    model_server.replies += [call(("get_s3_usage", "{}")), say("Done.")]
    turn = await said(browser, runner)
    other, token = await open_session("arn:aws:iam::123456789012:user/stranger")
    cookie = await gateway.browsers.admit(other, key_of(token))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost:8080", cookies={"assistant": cookie}
    ) as http:
        stranger = Browser(http)
        await stranger.get("/chat")
        for path in (
            f"/chat/{turn.conversation_id}",
            f"/chat/turns/{turn.turn_id}/live",
            f"/chat/turns/{turn.turn_id}/calls/{turn.steps[0].call_id}",
        ):
            assert (await stranger.get(path)).status_code == 404
        assert (await stranger.post(f"/chat/turns/{turn.turn_id}/stop")).status_code == 404


async def test_a_turn_from_its_record_is_the_turn_from_its_events(
    visitor: Visitor, gateway: Gateway, runner: TurnRunner, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    browser, _ = visitor
    dispatcher.ok("info", "get_s3_usage", SIZES)
    dispatcher.fail("info", "list_iam_roles", "aws_access_denied")
    model_server.replies += [call(("get_s3_usage", "{}"), ("list_iam_roles", "{}")), say("Done.")]
    turn = await said(browser, runner)
    from_record = turn_shown(turn)
    from_events = turn_shown(turn.model_copy(update={"steps": [], "answer": ""}))
    found: Any = await gateway.redis.xrange(f"events:{turn.turn_id}")
    for event_id, fields in found:
        from_events.take((event_id, fields["type"], fields["data"]))
    assert {card.tool: (card.status, card.result) for card in from_events.cards} == {
        card.tool: (card.status, card.result) for card in from_record.cards
    }
    assert (from_events.answer, from_events.status) == (from_record.answer, from_record.status)


@pytest.mark.parametrize("after", ["x", "1-2-3", "-1-0", "1" * 40 + "-0"])
async def test_a_place_in_a_stream_that_is_none_is_refused(visitor: Visitor, after: str) -> None:
    browser, _ = visitor
    assert (await browser.get(f"/chat/turns/trn_1/live?after={after}")).status_code == 400
