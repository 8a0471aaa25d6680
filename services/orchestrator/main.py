"""Runs the gateway: `python -m services.orchestrator.main --host 0.0.0.0 --port 8000`."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

import uvicorn

from services.orchestrator.app import create_app
from services.orchestrator.gateway import connect
from services.orchestrator.http.connections import TimedProtocol
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.workers.worlds import Worlds
from shared.endpoints import forget_ambient_aws
from shared.settings import load
from shared.telemetry import configure_logging

# Open event streams are closed after this; another gateway resumes the turns, and clients resume by event id.
SHUTDOWN_SECONDS = 10


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    settings = load(GatewaySettings)
    configure_logging("orchestrator", settings.log_level, settings.log_format)
    forget_ambient_aws()
    if contradiction := asyncio.run(_contradiction(settings)):
        raise SystemExit(f"the gateway does not start: {contradiction}")
    uvicorn.run(
        create_app(settings),
        host=options.host,
        port=options.port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # `http/forwarded.py`
        limit_concurrency=settings.max_connections,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        http=TimedProtocol,
        ws="none",
        h11_max_incomplete_event_size=64 * 1024,
    )


async def _contradiction(settings: GatewaySettings) -> str | None:
    """What cannot go together of the endpoints of this gateway and its model."""
    redis = connect(settings)
    worlds = Worlds(redis, settings)
    try:
        await worlds.look()
        return worlds.seen.contradiction_of(())
    finally:
        await redis.aclose()


if __name__ == "__main__":
    main()
