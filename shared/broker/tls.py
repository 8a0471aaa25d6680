"""TLS to Redis: what redis-py and kombu want to be told for a `rediss://` URL.

The server's certificate is always verified, its name included; `REDIS_CA_FILE` names a CA of one's own.
"""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.errors import AssistantError


def client_options(url: str, ca_file: str | None) -> dict[str, Any]:
    """Keyword arguments for redis-py's clients and pools, sync and async; none without TLS."""
    if not _is_tls(url):
        return {}
    options: dict[str, Any] = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    return options | ({"ssl_ca_certs": ca_file} if ca_file else {})


def broker_options(url: str, ca_file: str | None) -> dict[str, Any]:
    """Celery settings for the same: `broker_use_ssl`, which kombu hands on to redis-py; none without TLS."""
    if not _is_tls(url):
        return {}
    options: dict[str, Any] = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    return {"broker_use_ssl": options | ({"ssl_ca_certs": ca_file} if ca_file else {})}


def _is_tls(url: str) -> bool:
    """True for rediss://. Raises AssistantError where the URL itself asks for unverified certificates."""
    parts = urlsplit(url)
    wanted = dict(parse_qsl(parts.query)).get("ssl_cert_reqs", "required").lower()
    if wanted not in ("required", "cert_required"):
        raise AssistantError("REDIS_URL may not turn off the check of the server's certificate", code="redis_tls")
    return parts.scheme == "rediss"
