"""Which AWS and which model a process talks to: the real one, the sandbox, or another server.

Nothing but an address tells them apart, so the address is asked: every server of the sandbox marks its answers. What a
process found out it says in its heartbeat (`shared/worker/heartbeats.py`); the gateway compares (`workers/worlds.py`).
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import MutableMapping
from functools import lru_cache
from http.client import HTTPException
from typing import Literal, get_args
from urllib.parse import urlsplit

import botocore.loaders
import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

log = structlog.get_logger(__name__)

# "other": neither the provider's own address nor the sandbox; what it stands for only the operator knows.
World = Literal["real", "sandbox", "other"]
WORLDS: tuple[World, ...] = get_args(World)
ASK_SECONDS = 3.0
_SANDBOX_HEADER = "x-sandbox"
_OPENAI_DOMAIN = "openai.com"


class AwsEndpoints(BaseSettings):
    """Where boto3 finds AWS; botocore reads the same two variables."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, frozen=True)

    aws_endpoint_url: str | None = Field(
        default=None, description="Address of another server than AWS, for every AWS service; without it AWS's own."
    )
    aws_endpoint_url_bedrock_runtime: str | None = Field(
        default=None, description="The same for Bedrock alone; without it `AWS_ENDPOINT_URL`."
    )

    @property
    def bedrock(self) -> str | None:
        return self.aws_endpoint_url_bedrock_runtime or self.aws_endpoint_url


# What else of AWS's variables a process may read; the rest (keys, profiles, files, endpoints of single services, bearer
# tokens) belongs to other programs: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
_KEPT = {
    *(field.upper() for field in AwsEndpoints.model_fields),
    *("AWS_CA_BUNDLE", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
}
_NOWHERE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def forget_ambient_aws(environment: MutableMapping[str, str] = os.environ) -> None:
    """Take from this process what botocore would pick up by itself: credentials, profiles, endpoints, files."""
    foreign = {name for name in environment if name.startswith(("AWS_", "BOTO_"))} - _KEPT - _NOWHERE.keys()
    for name in foreign:
        del environment[name]
    environment.update(_NOWHERE)
    if foreign:
        log.info("ambient_aws_settings_ignored", variables=sorted(foreign))


def aws_world(endpoint: str | None) -> World | None:
    """Which AWS answers at an endpoint, AWS's own where it is None; None where nothing answers now."""
    if endpoint is None or _is_at(endpoint, aws_domains()):
        return "real"
    return _asked(f"{endpoint.rstrip('/')}/healthz")


def model_world(base_url: str) -> World | None:
    """Which model provider answers at a base URL; None where nothing answers now. No key is sent."""
    if _is_at(base_url, (_OPENAI_DOMAIN,)):
        return "real"
    return _asked(f"{base_url.rstrip('/')}/models")


@lru_cache(maxsize=1)
def aws_domains() -> tuple[str, ...]:
    """The domains of AWS's endpoints in every partition, as botocore knows them: amazonaws.com, api.aws, …"""
    partitions = botocore.loaders.create_loader().load_data("partitions")["partitions"]
    return tuple(
        sorted({str(one["outputs"][kind]) for one in partitions for kind in ("dnsSuffix", "dualStackDnsSuffix")})
    )


def _is_at(url: str, domains: tuple[str, ...]) -> bool:
    host = urlsplit(url).hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _asked(url: str) -> World | None:
    try:
        with urllib.request.urlopen(url, timeout=ASK_SECONDS) as answer:  # noqa: S310  # the operator's own setting
            headers = answer.headers
    except urllib.error.HTTPError as error:
        headers = error.headers
    except (OSError, HTTPException, ValueError):
        return None
    return "sandbox" if headers.get(_SANDBOX_HEADER) == "true" else "other"
