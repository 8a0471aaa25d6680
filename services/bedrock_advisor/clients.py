"""boto3 clients with the patience Claude needs: an answer of some thousand tokens takes up to a minute."""

from __future__ import annotations

from botocore.config import Config

from shared.access.guard import ADVISOR
from shared.aws.clients import CLIENT_CONFIG, ClientCache


def bedrock_clients(read_timeout: float) -> ClientCache:
    """The advisor's clients. Converse sends its first byte when Claude is done, so `read_timeout` is the whole wait."""
    # Two tries in all: a third could not end before the call's deadline.
    patience = Config(read_timeout=read_timeout, retries={"mode": "standard", "total_max_attempts": 2})
    return ClientCache(ADVISOR, CLIENT_CONFIG.merge(patience))
