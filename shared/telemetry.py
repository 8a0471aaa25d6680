"""Structured logs (JSON lines on standard output) and the W3C trace context that joins them."""

from __future__ import annotations

import logging
import re
import secrets
import sys

import structlog

from shared.secrets.redaction import redact_event

_HTTP_CLIENTS = ("urllib3", "httpx", "httpx2", "httpcore", "httpcore2")
_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")


def configure_logging(service: str, level: str = "INFO", style: str = "json") -> None:
    """Send structlog's and the standard library's logs through one set of processors."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _with_service(service),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact_event,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # A library's own debug logs hold requests, and requests hold credentials.
    for noisy in (*_HTTP_CLIENTS, "botocore", "boto3", "openai", "kombu", "amqp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Celery says of every task that it was received and that it succeeded; `call_answered` says more in one line.
    for twice in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(twice).setLevel(logging.WARNING)


def _with_service(service: str) -> structlog.types.Processor:
    def add(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event["service"] = service
        return event

    return add


def new_trace() -> dict[str, str]:
    """A fresh W3C trace context: `{"traceparent": "00-…-…-01"}`."""
    return {"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"}


def trace_id(trace: dict[str, str]) -> str | None:
    """The trace id of a trace context, or None where it is not well-formed."""
    match = _TRACEPARENT.match(trace.get("traceparent", ""))
    return match.group(1) if match else None
