"""Sessions in a browser: how one is opened, what its cookie is worth, and which requests are refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from services.orchestrator.app import create_app
from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.session import Session
from services.orchestrator.workers.worlds import Seen
from shared.errors import Unauthenticated
from tests.fakes.browser import SITE, Browser
from tests.unit.orchestrator.conftest import KEY_ID, SECRET, FakeSts, OpenSession

KEYS = {"access_key_id": KEY_ID, "secret_access_key": SECRET, "region": "eu-central-1"}


async def test_a_browser_without_a_session_is_led_to_where_one_is_opened_and_back(browser: Browser) -> None:
    led = await browser.get("/session")
    assert (led.status_code, led.headers["location"]) == (303, "/open?next=/session")
    page = await browser.get(led.headers["location"])
    assert page.status_code == 200
    opened = await browser.post("/open", KEYS | {"next": "/session"})
    assert (opened.status_code, opened.headers["location"]) == (303, "/session")
    assert (await browser.get("/session")).status_code == 200


async def test_nobody_is_led_to_another_site(browser: Browser) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example", "/v1/plans", "javascript:alert(1)"):
        opened = await browser.post("/open", KEYS | {"next": wanted})
        assert opened.headers["location"] == "/chat"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_is_no_token(
    browser: Browser, client: httpx.AsyncClient
) -> None:
    opened = await browser.post("/open", KEYS)
    said = opened.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=strict" in said
    cookie = browser.http.cookies["assistant"]
    as_token = await client.get("/v1/sessions/current", headers={"Authorization": f"Bearer {cookie}"})
    assert as_token.status_code == 401
    as_cookie = await client.get("/v1/sessions/current", headers={"Cookie": f"assistant={cookie}"})
    assert as_cookie.status_code == 401


async def test_with_https_the_cookie_is_for_secure_connections_and_this_host_alone(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://localhost") as http:
        opened = await http.post("/open", data=KEYS, headers={"Origin": "https://localhost"})
    assert opened.headers["set-cookie"].startswith("__Host-assistant=")
    assert "Secure" in opened.headers["set-cookie"]


async def test_neither_key_nor_cookie_nor_token_is_stored(browser: Browser, redis: Redis) -> None:
    await browser.post("/open", KEYS)
    everything = ""
    for key in await redis.keys("*"):
        kind = await redis.type(key)
        everything += key + str(await redis.get(key) if kind == "string" else "")
    assert browser.http.cookies["assistant"] not in everything
    assert SECRET not in everything


async def test_refused_keys_are_not_on_the_page_that_says_so(browser: Browser, sts: FakeSts) -> None:
    sts.refused = Unauthenticated("AWS does not know this key", code="credentials_invalid")
    page = await browser.post("/open", KEYS)
    assert page.status_code == 401
    assert "AWS does not know this key" in page.text
    assert "set-cookie" not in page.headers
    assert SECRET not in page.text
    assert KEY_ID not in page.text


async def test_a_wrong_form_says_which_field_and_repeats_nothing(browser: Browser) -> None:
    page = await browser.post("/open", KEYS | {"region": "nowhere", "role_arn": "<script>alert(1)</script>"})
    assert page.status_code == 422
    assert "region" in page.text
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.nip.io", ""]
)
async def test_a_name_that_another_site_points_here_is_refused(browser: Browser, host: str) -> None:
    page = await browser.get("/open", Host=host)
    assert page.status_code == 403
    assert "host_not_allowed" in page.text


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "app.localhost", "10.1.2.3", "Localhost:1"]
)
async def test_this_machines_names_and_addresses_are_the_pages_own(browser: Browser, host: str) -> None:
    assert (await browser.get("/open", Host=host)).status_code == 200


async def test_names_of_the_settings_are_the_pages_own(settings: Any, gateway: Gateway) -> None:
    named = settings.model_copy(update={"page_hosts": " Assistant.Example.com ,"})
    assert named.own_hosts == ("assistant.example.com",)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": SITE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": SITE, "Sec-Fetch-Site": "same-site"},
        {"Origin": ""},
    ],
)
async def test_a_form_of_another_site_is_refused_also_before_a_session(
    browser: Browser, headers: dict[str, str]
) -> None:
    page = await browser.post("/open", KEYS, **headers)
    assert page.status_code == 403
    assert "foreign_form" in page.text


async def test_a_form_without_this_browsers_token_ends_nothing(visitor: tuple[Browser, Session]) -> None:
    browser, _ = visitor
    for token in ("", "x", "é"):
        page = await browser.post("/session/end", {"csrf": token})
        assert page.status_code == 403
    assert (await browser.get("/session")).status_code == 200


async def test_ending_the_session_ends_it_everywhere(
    visitor: tuple[Browser, Session], gateway: Gateway, redis: Redis
) -> None:
    browser, session = visitor
    ended = await browser.post("/session/end")
    assert ended.headers["location"] == "/open"
    assert await gateway.sessions.get(session.session_id) is None
    assert await redis.keys("vault:*") == []
    assert (await browser.get("/session")).status_code == 303


async def test_a_session_that_ended_elsewhere_is_over_in_the_browser(
    visitor: tuple[Browser, Session], gateway: Gateway
) -> None:
    browser, session = visitor
    await gateway.sessions.close(session)
    assert (await browser.get("/session")).status_code == 303
    part = await browser.get("/session", **{"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/open?next=/session")


async def test_a_link_from_elsewhere_is_followed_by_the_page_itself(visitor: tuple[Browser, Session]) -> None:
    """A strict cookie does not come along with another site's link, but it does with our own page's."""
    browser, _ = visitor
    browser.http.cookies.clear()
    page = await browser.get("/session", **{"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/session">' in page.text


async def test_a_link_opens_the_session_in_one_browser_once(
    browser: Browser, client: httpx.AsyncClient, open_session: OpenSession
) -> None:
    session, token = await open_session()
    made = await client.post("/v1/sessions/current/link", headers={"Authorization": f"Bearer {token}"})
    assert made.status_code == 201
    path = made.json()["path"]
    ticket = path.partition("link=")[2]
    for _ in range(2):  # a program that looks at links does not use it up
        shown = await browser.get(path)
        assert session.caller_arn in shown.text
        assert "set-cookie" not in shown.headers
    answers = await asyncio.gather(*(browser.post("/open/link", {"link": ticket}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410]
    assert (await browser.get("/session")).status_code == 200
    assert (await browser.get(path)).status_code == 410


@pytest.mark.parametrize(
    ("host", "page"),
    [
        ("proxy:8080", "http://127.0.0.1:9090"),
        ("orchestrator", "http://127.0.0.1:9090"),
        ("127.0.0.1:9090", None),
        ("localhost:7000", None),
        ("10.1.2.3", None),
        ("assistant.example.com", None),
    ],
)
async def test_who_reaches_the_gateway_by_a_name_that_is_not_the_pages_own_is_told_where_the_page_is(
    settings: Any, gateway: Gateway, make_gateway: Any, open_session: OpenSession, host: str, page: str | None
) -> None:
    more = {"page_url": "http://127.0.0.1:9090/", "page_hosts": "assistant.example.com"}
    given = settings.model_copy(update=more)
    _, token = await open_session()
    app = create_app(given, lambda _: make_gateway(given))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE) as http:
        headers = {"Authorization": f"Bearer {token}", "Host": host}
        made = await http.post("/v1/sessions/current/link", headers=headers)
        assert made.status_code == 201
        assert made.json()["page"] == page
        assert made.headers["Location"] == made.json()["path"]


async def test_the_sandbox_is_entered_by_one_click_only_where_aws_is_the_sandboxs(
    settings: Any, gateway: Gateway, make_gateway: Any, tmp_path: Path
) -> None:
    file = tmp_path / "session.json"
    file.write_text(json.dumps(KEYS))
    given = settings.model_copy(update={"sandbox_session_file": str(file)})
    made = make_gateway(given)
    app = create_app(given, lambda _: made)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE) as http:
        browser = Browser(http)
        assert "/open/sandbox" not in (await browser.get("/open")).text
        refused = await browser.post("/open/sandbox")
        assert refused.status_code == 409
        made.worlds.see(Seen(aws="sandbox"))
        assert "/open/sandbox" in (await browser.get("/open")).text
        opened = await browser.post("/open/sandbox", {"next": "/plans"})
        assert opened.headers["location"] == "/plans"
