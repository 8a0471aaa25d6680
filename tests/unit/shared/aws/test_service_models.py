"""botocore's models are read once per process, however many threads ask for one at the same time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.loaders import JSONFileLoader

from shared.aws.service_models import LOADER


class Slow(JSONFileLoader):
    """Reads files slowly enough that every thread has asked before the first one is read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def load_file(self, file_path: str) -> Any:
        self.read.append(file_path)
        time.sleep(0.02)
        return super().load_file(file_path)


def test_a_model_that_many_threads_ask_for_at_once_is_read_once() -> None:
    loader, files = type(LOADER)(), Slow()
    loader.file_loader = files
    with ThreadPoolExecutor(16) as pool:
        models = list(pool.map(lambda _: loader.load_service_model("sqs", "paginators-1"), range(64)))
    assert all(one is models[0] for one in models)
    assert len(files.read) == len(set(files.read))
