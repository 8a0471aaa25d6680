"""Runs the gateway: `python -m services.orchestrator.main --host 0.0.0.0 --port 8000`."""

from __future__ import annotations

if __name__ == "__main__":
    from shared import startup

    startup.begin()

import argparse
from collections.abc import Sequence

import uvicorn

from services.orchestrator.app import create_app
from services.orchestrator.http.connections import TimedProtocol
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.workers.worlds import Seen
from shared import startup
from shared.endpoints import AwsEndpoints, aws_world, forget_ambient_aws, model_world
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
    seen = Seen(model_world(settings.openai_base_url), aws_world(AwsEndpoints().aws_endpoint_url))
    if contradiction := seen.contradiction_of(()):
        raise SystemExit(f"the gateway does not start: {contradiction}")
    app = create_app(settings)
    app.state.gateway.worlds.see(seen)
    startup.end()
    uvicorn.run(
        app,
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


if __name__ == "__main__":
    main()
