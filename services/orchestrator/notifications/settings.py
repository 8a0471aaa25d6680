"""Where webhooks go, from the environment. The addresses are secrets: who knows a Slack webhook's can post there."""

from __future__ import annotations

import ipaddress

from pydantic import Field, SecretStr, field_validator, model_validator

from services.orchestrator.notifications.addresses import Network, parsed
from shared.settings import Settings, entries

MAX_URLS = 10
MIN_SECRET_CHARS = 16


class NotificationSettings(Settings):
    """Only the part that sends has them."""

    webhook_urls: SecretStr = Field(
        default=SecretStr(""),
        description="Addresses (https), separated by commas, that are told when a plan waits, is done, has failed or "
        "is in doubt ([protocols](protocols.md#webhooks)). Needs `WEBHOOK_SECRET` and `PUBLIC_URL`.",
    )
    webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="Signs what is sent; at least 16 characters, shared with the receivers."
    )
    webhook_networks: str = Field(
        default="",
        description="Internal addresses and networks (`10.1.2.3`, `10.0.0.0/8`), separated by commas, that webhooks "
        "may go to, also without TLS. Any other internal address is refused, whatever name leads there.",
    )
    public_url: str = Field(
        default="", description="The address under which people open the web page, for links in webhooks."
    )

    @property
    def urls(self) -> tuple[str, ...]:
        """The entries of `webhook_urls`."""
        return entries(self.webhook_urls.get_secret_value())

    @property
    def networks(self) -> tuple[Network, ...]:
        """The entries of `webhook_networks`."""
        return tuple(ipaddress.ip_network(entry) for entry in entries(self.webhook_networks))

    @field_validator("webhook_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for entry in entries(value):
            ipaddress.ip_network(entry)
        return value

    @field_validator("webhook_urls")
    @classmethod
    def _are_addresses(cls, value: SecretStr) -> SecretStr:
        urls = entries(value.get_secret_value())
        if len(urls) > MAX_URLS:
            raise ValueError(f"there are {MAX_URLS} at most")
        for url in urls:
            parsed(url)
        return value

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value:
            parsed(value)
        return value

    @model_validator(mode="after")
    def _complete(self) -> NotificationSettings:
        if self.urls and len(self.webhook_secret.get_secret_value()) < MIN_SECRET_CHARS:
            raise ValueError(f"WEBHOOK_URLS needs WEBHOOK_SECRET, of at least {MIN_SECRET_CHARS} characters")
        if self.urls and not self.public_url:
            raise ValueError("WEBHOOK_URLS needs PUBLIC_URL, the address under which people open the web page")
        return self
