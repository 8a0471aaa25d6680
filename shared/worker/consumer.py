"""The Celery side of a worker: its app, its heartbeat, its process.

    serve("info", settings, toolbox, make_context)

Celery delivers the task messages and runs the threads; `shared/worker/worker.py` handles each message.
"""

from __future__ import annotations

import gc
import os

# Celery reads this at import: SIGTERM then drains instead of cutting calls off.
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")

import threading
from collections.abc import Sequence
from typing import Any

import structlog
from celery import Celery, bootsteps
from celery.signals import setup_logging
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.state import maybe_shutdown

from shared import startup
from shared.broker.failures import LISTEN_AGAIN_SECONDS
from shared.broker.tls import broker_options
from shared.endpoints import forget_ambient_aws
from shared.messages import Agent
from shared.tasks.messages import task_name
from shared.telemetry import configure_logging
from shared.tools import Toolbox
from shared.worker.context import MakeContext
from shared.worker.settings import WorkerSettings
from shared.worker.worker import HEARTBEAT_SECONDS, Worker

log = structlog.get_logger(__name__)


class Consumer(CeleryConsumer):
    """Is back as soon as Redis is; Celery's own waits longer after each try, up to 30 s."""

    def ensure_connected(self, conn: Any) -> Any:
        connected = conn.ensure_connection(
            self._not_connected,
            interval_start=LISTEN_AGAIN_SECONDS,
            interval_step=0,
            interval_max=LISTEN_AGAIN_SECONDS,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        return connected

    def _not_connected(self, error: Exception, _: float) -> None:
        log.warning("redis_not_connected", error=type(error).__name__)


def create_app(worker: Worker) -> Celery:
    """The Celery app of one agent: JSON only, late acknowledgement, no results, nothing it does not need."""
    url = worker.settings.redis_url.get_secret_value()
    app = Celery(worker.agent, broker=url, set_as_current=False)
    app.conf.update(
        broker_options(url, worker.settings.redis_ca_file),
        broker_transport="shared.worker.transport:Transport",
        broker_transport_options={
            "receive": worker.receive,
            "global_keyprefix": worker.keys.prefix,
            "priority_steps": [0],
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "health_check_interval": 15,
        },
        broker_connection_retry_on_startup=True,
        worker_consumer="shared.worker.consumer:Consumer",
        task_default_queue="tasks",
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        result_backend=None,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        task_send_sent_event=False,
        worker_soft_shutdown_timeout=20,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        enable_utc=True,
    )

    @app.task(name=task_name(worker.agent), shared=False)
    def call(call_id: str, body: str, signature: str) -> None:
        worker.on_message(call_id, body, signature)

    app.steps["consumer"].add(_beats(worker))
    return app


def _beats(worker: Worker) -> type[bootsteps.StartStopStep]:
    """A consumer step, so that a worker whose consumer hangs stops looking ready."""

    class Beats(bootsteps.StartStopStep):
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, consumer: Any) -> None:
            self.timer = consumer.timer.call_repeatedly(HEARTBEAT_SECONDS, worker.beat)
            worker.beat()

        def stop(self, consumer: Any) -> None:
            timer = getattr(self, "timer", None)
            if timer:
                timer.cancel()

        def terminate(self, consumer: Any) -> None:
            self.stop(consumer)

    return Beats


def _collect_less() -> None:
    """Keep Python from looking through all that was imported again and again while a large answer is read.

    An answer of AWS is hundreds of thousands of objects without a cycle among them; looking for cycles took a third of
    the time. What stays for good is taken out of the search, and the rest is searched a hundredth as often.
    """
    startup.end()
    gc.set_threshold(100_000, 10, 20)


def serve(
    agent: Agent, settings: WorkerSettings, toolbox: Toolbox, make_context: MakeContext, later: Sequence[str] = ()
) -> None:
    """Run the worker until SIGTERM. `later` are modules that calls will need, imported once it is ready."""
    setup_logging.connect(lambda **_: configure_logging(agent, settings.log_level, settings.log_format), weak=False)
    forget_ambient_aws()
    worker = Worker(agent, settings, toolbox, make_context)
    threading.Thread(target=worker.learn_world, name="world", daemon=True).start()
    worker.leases.start()
    worker.sweeper.start()
    _collect_less()
    startup.import_later(later)
    create_app(worker).worker_main(
        [
            "worker",
            f"--concurrency={settings.concurrency}",
            "--pool=threads",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--queues=tasks",
            f"--hostname={agent}@{worker.name}",
            f"--loglevel={settings.log_level}",
        ]
    )
