"""What the broker tests compare with: a plain Celery task, late acknowledgement and all."""

from __future__ import annotations

import os
import time

from celery import Celery
from redis import Redis

URL = os.environ["REDIS_URL"]
app = Celery("naive", broker=URL)
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1, task_ignore_result=True)


@app.task(name="naive.echo")
def echo(text: str, seconds: float) -> None:
    redis = Redis.from_url(URL)
    redis.incr(f"begun:{text}")
    time.sleep(seconds)
    redis.incr(f"ended:{text}")


if __name__ == "__main__":
    app.worker_main(["worker", "--pool=threads", "--concurrency=4", "--without-mingle", "--without-gossip"])
