"""Loads the functions into Redis and keeps them there, as the deployment's own user (`functions`), never a service's.

    python -m shared.broker.library load     load this version's functions once
    python -m shared.broker.library watch    load them whenever Redis lacks them, until SIGTERM
    python -m shared.broker.library prune    remove those of other versions: after an upgrade

`REDIS_URL` or `REDIS_URL_FILE` names Redis. Functions are in its append-only file and on its replicas; a new or emptied
Redis has none. Meanwhile services answer 503 `broker_unavailable` and go on by themselves.
"""

from __future__ import annotations

if __name__ == "__main__":
    from shared import startup

    startup.begin()

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from shared import startup
from shared.broker.client import connect
from shared.broker.failures import report
from shared.broker.functions import LIBRARY, LIBRARY_NAME
from shared.settings import Settings
from shared.settings import load as load_settings
from shared.telemetry import configure_logging

log = structlog.get_logger(__name__)

WATCH_SECONDS = 1.0
# Every library of this product; what else somebody keeps in their Redis stays.
OURS = "assistant_*"


def is_loaded(redis: Redis) -> bool:
    """Whether this version's functions are there, unchanged. Raises RedisError."""
    return _libraries(redis, LIBRARY_NAME).get(LIBRARY_NAME) == LIBRARY


def load(redis: Redis) -> bool:
    """Load this version's functions unless they are there, unchanged; whether it did. Raises RedisError."""
    if is_loaded(redis):
        return False
    redis.function_load(LIBRARY, replace=True)
    log.info("functions_loaded", library=LIBRARY_NAME)
    return True


def prune(redis: Redis) -> list[str]:
    """Remove the functions of all other versions and return the names of their libraries. Raises RedisError."""
    others = sorted(_libraries(redis, OURS).keys() - {LIBRARY_NAME})
    for name in others:
        redis.function_delete(name)
        log.info("functions_removed", library=name)
    return others


def watch(redis: Redis) -> None:
    """Load the functions whenever they are missing, for as long as this process lives; trouble is logged."""
    failing = False
    while True:
        try:
            load(redis)
            failing = False
        except RedisError as error:
            # Said once: Redis may be away for long.
            if not failing:
                report(log, "functions_not_loaded", error, library=LIBRARY_NAME)
            failing = True
        time.sleep(WATCH_SECONDS)


def _libraries(redis: Redis, pattern: str) -> dict[str, str]:
    """The code of each library whose name fits. redis-py returns fields as a flat list or, in RESP3, as a dict."""
    found: Any = redis.function_list(pattern, withcode=True)
    fields = [one if isinstance(one, dict) else dict(zip(one[::2], one[1::2], strict=True)) for one in found]
    return {str(library["library_name"]): str(library["library_code"]) for library in fields}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: 0 where it was done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("act", choices=("load", "watch", "prune"))
    act = parser.parse_args(arguments).act
    settings = load_settings(Settings)
    configure_logging("redis_functions", settings.log_level, settings.log_format)
    redis = connect(settings, 2)
    startup.end()
    if act == "watch":
        watch(redis)
    try:
        if not load(redis):
            log.info("functions_present", library=LIBRARY_NAME)
        if act == "prune":
            prune(redis)
    except RedisError as error:
        log.error("functions_not_loaded", error=str(error), library=LIBRARY_NAME)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
