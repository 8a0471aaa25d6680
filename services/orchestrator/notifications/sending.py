"""Sends a notice to one receiver: signed, and to the very address that was checked."""

from __future__ import annotations

import hashlib
import time

import httpx

from services.orchestrator.notifications.addresses import Lookup, Target, checked
from services.orchestrator.notifications.messages import Notice, body_of, signed_headers
from services.orchestrator.notifications.settings import NotificationSettings
from shared.errors import Unavailable
from shared.plans.plan import Plan

SEND_SECONDS = 10.0


class Sender:
    """The connections to receivers."""

    def __init__(self, settings: NotificationSettings, lookup: Lookup) -> None:
        self._settings, self._lookup = settings, lookup
        # A proxy of the environment would look the names up itself.
        self._http = httpx.AsyncClient(timeout=SEND_SECONDS, follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, url: str, notice: Notice, plan: Plan, delivery: str) -> None:
        """Raises AssistantError where the receiver did not take it; its address is not in the error."""
        target = await checked(url, self._settings.networks, self._lookup)
        sent_at = int(time.time())
        body = body_of(notice, plan, self._settings.public_url, sent_at)
        message_id = f"msg_{hashlib.sha256(delivery.encode()).hexdigest()[:24]}"
        secret = self._settings.webhook_secret.get_secret_value().encode()
        headers = signed_headers(message_id, body, secret, sent_at) | {"Host": _host_of(target)}
        try:
            request = self._http.build_request(
                "POST", target.url, content=body, headers=headers, extensions={"sni_hostname": target.host}
            )
            response = await self._http.send(request, stream=True)
            await response.aclose()  # what it says is not looked at
        except (httpx.HTTPError, OSError) as error:
            raise Unavailable(f"{target.host}: {type(error).__name__}", code="webhook_unreachable") from None
        if not response.is_success:
            raise Unavailable(f"{target.host} answered {response.status_code}", code="webhook_unreachable")


def _host_of(target: Target) -> str:
    default = 443 if target.scheme == "https" else 80
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == default else f"{host}:{target.port}"
