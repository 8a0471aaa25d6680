"""boto3 clients with the patience Claude needs: an answer of some thousand tokens takes up to a minute."""

from __future__ import annotations

from typing import Any

from botocore.config import Config

from shared.aws import CLIENT_CONFIG, ClientCache
from shared.credentials import Credentials


class BedrockClients(ClientCache):
    """The advisor's clients. Converse sends its first byte when Claude is done, so `read_timeout` is the whole wait."""

    def __init__(self, read_timeout: float) -> None:
        super().__init__()
        # Two tries in all: a third could not end before the call's deadline.
        patience = Config(read_timeout=read_timeout, retries={"mode": "standard", "total_max_attempts": 2})
        self._config = CLIENT_CONFIG.merge(patience)

    def client(self, credentials: Credentials, service: str, region: str) -> Any:
        """Return the client of `service` in `region` for these credentials."""
        with self._lock:
            session, clients = self._session(credentials)
            made = clients.get((service, region))
            if made is None:
                made = clients[service, region] = session.client(service, region_name=region, config=self._config)
            return made
