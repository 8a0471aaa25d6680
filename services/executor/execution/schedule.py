"""Runs a plan's steps, those that do not need each other at the same time, until all are done or one says stop."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from services.executor.records.progress import Progress
from shared.messages import Step

LOOK_SECONDS = 1.0


def run_steps(progress: Progress, carry_out: Callable[[Step], None], stop: Callable[[], bool], parallel: int) -> None:
    """Carry out every step after those it needs. A step that was running when the run before this one ended comes
    first: its calls are settled from the journal, also where nothing new is begun any more.

    `carry_out` changes the step's status; `stop` says that no further step is begun. Raises what `carry_out` raises,
    after the steps under way have ended.
    """
    with ThreadPoolExecutor(parallel, thread_name_prefix=f"plan-{progress.plan.plan_id}") as pool:
        under_way: dict[Future[None], str] = {}
        while True:
            for step in _ready(progress, set(under_way.values()), new=not stop()):
                under_way[pool.submit(carry_out, step)] = step.id
            if not under_way:
                return
            ended, _ = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in ended:
                del under_way[future]
                future.result()


def _ready(progress: Progress, under_way: set[str], *, new: bool) -> list[Step]:
    done = {step.id for step in progress.steps("done")}
    ready = [step for step in progress.steps("running") if step.id not in under_way]
    if new:
        ready += [
            step for step in progress.steps("pending") if step.id not in under_way and done.issuperset(step.needs)
        ]
    return ready
