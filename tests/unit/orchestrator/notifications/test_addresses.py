"""A webhook goes to a public address over https, or to what the operator named, and nowhere else."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest

from services.orchestrator.notifications.addresses import Lookup, checked, parsed
from shared.errors import InvalidArguments, Unavailable

PUBLIC = "93.184.216.34"


def names(*addresses: str) -> Lookup:
    async def look_up(host: str, port: int) -> Sequence[str]:
        return addresses

    return look_up


async def test_a_public_name_over_https_is_reached_at_the_address_that_was_checked() -> None:
    target = await checked("https://hooks.example.com/services/T0/B0?x=1", (), names(PUBLIC))
    assert target.url == f"https://{PUBLIC}:443/services/T0/B0?x=1"
    assert target.host == "hooks.example.com"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.5", "172.17.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fd00:ec2::254", "::ffff:169.254.169.254",
        "::ffff:10.0.0.1", "64:ff9b:1::a00:1", "64:ff9b::a9fe:a9fe", "2002:a00:1::1", "::",
    ],
)  # fmt: skip
async def test_no_name_leads_to_an_internal_address(address: str) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await checked("https://looks-public.example.com/", (), names(address))
    assert refused.value.code == "webhook_refused"


async def test_a_name_with_one_internal_address_among_public_ones_is_refused() -> None:
    with pytest.raises(InvalidArguments):
        await checked("https://both.example.com/", (), names(PUBLIC, "10.0.0.1"))


async def test_without_tls_only_named_networks_are_reached() -> None:
    with pytest.raises(InvalidArguments):
        await checked("http://hooks.example.com/", (), names(PUBLIC))
    own = (ipaddress.ip_network("10.0.0.0/8"),)
    inside = await checked("http://chat.internal:8065/hooks/x", own, names("10.1.2.3"))
    assert inside.url == "http://10.1.2.3:8065/hooks/x"
    with pytest.raises(InvalidArguments):
        await checked("http://other.internal/", own, names("192.168.0.1"))


async def test_a_name_without_an_address_is_tried_again_later() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    with pytest.raises(Unavailable) as failed:
        await checked("https://nowhere.example.com/", (), unknown)
    assert failed.value.retryable


@pytest.mark.parametrize(
    "url",
    ["ftp://x.example.com", "//x.example.com", "https:///x", "https://u:p@x.example.com", "https://x.example.com:0/",
     "https://x.example.com:99999/", "https://x.example.com/#part", "javascript:alert(1)", "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_no_address_of_a_receiver_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the sentence is checked below
        parsed(url)
    assert url not in str(refused.value)
