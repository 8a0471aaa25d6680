"""Who a request comes from: a trusted proxy's word is taken, and nobody else's."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from services.orchestrator.http.forwarded import LOOKUP_SECONDS, Forwarded
from shared.messages import Agent
from tests.unit.orchestrator.conftest import make_settings


class Seen:
    """An application that remembers who asked it, and how."""

    def __init__(self) -> None:
        self.client, self.scheme = "", ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.client, self.scheme = scope["client"][0], scope["scheme"]


class Names:
    """A name service whose answers change."""

    def __init__(self, **hosts: str) -> None:
        self.hosts = hosts
        self.asked = 0
        self.now = 100.0

    async def lookup(self, host: str) -> Sequence[str]:
        self.asked += 1
        return self.hosts[host].split() if host in self.hosts else []

    def clock(self) -> float:
        return self.now


async def ask(forwarded: Forwarded, peer: str, said: str | None) -> None:
    headers = [] if said is None else [(b"x-forwarded-for", said.encode()), (b"x-forwarded-proto", b"https")]

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(_: object) -> None: ...

    await forwarded(
        {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers},
        receive,
        send,
    )


@pytest.mark.parametrize(
    ("trusted", "peer", "said", "client", "scheme"),
    [
        ("", "127.0.0.1", "9.9.9.9", "127.0.0.1", "http"),
        ("proxy", "10.0.0.7", "9.9.9.9", "9.9.9.9", "https"),
        ("proxy", "10.0.0.8", "9.9.9.9", "10.0.0.8", "http"),
        ("proxy", "10.0.0.7", None, "10.0.0.7", "http"),
        ("nobody", "10.0.0.7", "9.9.9.9", "10.0.0.7", "http"),
        ("*", "10.0.0.7", "9.9.9.9", "10.0.0.7", "http"),
        ("10.0.0.0/8, proxy", "10.1.2.3", "9.9.9.9", "9.9.9.9", "https"),
        ("fd00::/8", "fd00::1", "9.9.9.9", "9.9.9.9", "https"),
        # What a client wrote itself stands left of what the proxy added.
        ("proxy", "10.0.0.7", "1.1.1.1, 9.9.9.9", "9.9.9.9", "https"),
    ],
)
async def test_only_a_trusted_proxy_says_who_asks(
    trusted: str, peer: str, said: str | None, client: str, scheme: str
) -> None:
    app, names = Seen(), Names(proxy="10.0.0.7")
    await ask(Forwarded(app, trusted=trusted, lookup=names.lookup, clock=names.clock), peer, said)
    assert (app.client, app.scheme) == (client, scheme)


async def test_a_proxy_that_was_made_anew_is_found_under_its_new_address() -> None:
    app, names = Seen(), Names(proxy="10.0.0.7")
    forwarded = Forwarded(app, trusted="proxy", lookup=names.lookup, clock=names.clock)
    await ask(forwarded, "10.0.0.7", "9.9.9.9")
    names.hosts["proxy"] = "10.0.0.9"
    names.now += LOOKUP_SECONDS + 1
    await ask(forwarded, "10.0.0.9", "8.8.8.8")
    assert app.client == "8.8.8.8"
    await ask(forwarded, "10.0.0.7", "8.8.8.8")
    assert app.client == "10.0.0.7"


async def test_names_are_asked_for_once_in_a_while_and_only_where_somebody_forwards() -> None:
    app, names = Seen(), Names(proxy="10.0.0.7")
    forwarded = Forwarded(app, trusted="proxy", lookup=names.lookup, clock=names.clock)
    await ask(forwarded, "10.0.0.8", None)
    assert names.asked == 0
    for _ in range(20):
        await ask(forwarded, "10.0.0.8", "9.9.9.9")
    assert names.asked == 1


@pytest.mark.parametrize("entry", ["10.0.0.0/33", "proxy/8", "10.0.0.256", "http://proxy", "a b", "-x", "*"])
def test_what_can_be_no_proxy_is_refused_and_not_left_out(entry: str, private_keys: dict[Agent, str]) -> None:
    with pytest.raises(ValidationError, match="is no address, network or host name"):
        make_settings(private_keys, trusted_proxies=f"10.0.0.1, {entry}")


def test_addresses_networks_and_names_are_taken(private_keys: dict[Agent, str]) -> None:
    trusted = "10.0.0.1, 10.0.0.0/8,::1, fd00::/8, proxy, tls_1, proxy.example.com,"
    assert make_settings(private_keys, trusted_proxies=trusted).trusted_proxies == trusted
