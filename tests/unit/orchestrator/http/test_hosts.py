"""Links to the web page lead to where a browser finds it, also for who reaches the gateway by a container's name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from services.orchestrator.http.hosts import pages_address
from services.orchestrator.settings import GatewaySettings

PUBLISHED = "http://127.0.0.1:9090"


def asked_by(host: str, scheme: str = "http") -> Request:
    headers = [(b"host", host.encode())]
    return Request({"type": "http", "scheme": scheme, "path": "/mcp", "headers": headers, "server": ("0.0.0.0", 8080)})


@pytest.mark.parametrize(
    ("host", "scheme", "page"),
    [
        ("proxy:8080", "http", PUBLISHED),
        ("gateway.internal", "https", PUBLISHED),
        ("127.0.0.1:8080", "http", "http://127.0.0.1:8080"),
        ("localhost:7000", "http", "http://localhost:7000"),
        ("[::1]:8443", "https", "https://[::1]:8443"),
        ("assistant.example.com", "https", "https://assistant.example.com"),
    ],
)
def test_the_page_is_where_it_was_asked_by_a_name_of_its_own_and_else_where_the_setting_says(
    settings: GatewaySettings, host: str, scheme: str, page: str
) -> None:
    given = settings.model_copy(update={"page_url": PUBLISHED + "/", "page_hosts": "assistant.example.com"})
    assert pages_address(asked_by(host, scheme), given) == page


def test_without_the_setting_the_page_is_where_it_was_asked(settings: GatewaySettings) -> None:
    assert pages_address(asked_by("proxy:8080"), settings) == "http://proxy:8080"


@pytest.mark.parametrize(
    "wrong", ["127.0.0.1:8080", "ftp://x.example", "https://", "https://x.example/?a=b", "https://user@x.example"]
)
def test_what_is_no_address_of_a_page_keeps_the_gateway_from_starting(settings: Any, wrong: str) -> None:
    with pytest.raises(ValidationError, match="page_url"):
        GatewaySettings.model_validate(settings.model_dump() | {"page_url": wrong})
