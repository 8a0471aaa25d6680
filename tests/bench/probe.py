"""The gateway as it is, and beside it a task that sees how late the event loop is.

    python -m tests.bench.probe --port 8080     (as services.orchestrator.main)

GET /bench/lag answers with how late each wake-up since the last such request was, in seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from services.orchestrator import main

EVERY_SECONDS = 0.005


def probed(make: Any) -> Any:
    """What makes the application, with the task and its route."""

    def create_app(*given: Any) -> FastAPI:
        app: FastAPI = make(*given)
        inner, late = app.router.lifespan_context, []

        async def look() -> None:
            while True:
                wanted = time.perf_counter() + EVERY_SECONDS
                await asyncio.sleep(EVERY_SECONDS)
                late.append(max(0.0, time.perf_counter() - wanted))

        @asynccontextmanager
        async def lifespan(application: FastAPI) -> AsyncIterator[Any]:
            async with inner(application) as state:
                looking = asyncio.create_task(look())
                yield state
                looking.cancel()

        async def lag() -> JSONResponse:
            seen = list(late)
            late.clear()
            return JSONResponse(seen)

        app.router.lifespan_context = lifespan
        app.add_api_route("/bench/lag", lag)
        return app

    return create_app


if __name__ == "__main__":
    names = vars(main)  # `main` looks the name up when it serves
    names["create_app"] = probed(names["create_app"])
    main.main()
