"""Runs a plan's steps, those that do not need each other at the same time, until all are done or it has to stop."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from services.executor.records.progress import Progress
from shared.plans.step import Step

# How often it is asked whether to stop, while no step ends.
POLL_SECONDS = 1.0


def run_steps(
    progress: Progress, run_step: Callable[[Step], None], must_stop: Callable[[], bool], parallel: int
) -> None:
    """Run every step after those it needs, at most `parallel` at the same time.

    `run_step` runs a step to its end and sets its status; `must_stop` says that no further step may begin. Steps that
    an earlier run began come first, and run even then, because what became of their calls has to be settled. Raises
    what `run_step` raises, once the steps under way have ended.
    """
    with ThreadPoolExecutor(parallel, thread_name_prefix=f"plan-{progress.plan.plan_id}") as pool:
        under_way: dict[Future[None], str] = {}
        while True:
            for step in _ready(progress, set(under_way.values()), begin_new=not must_stop()):
                under_way[pool.submit(run_step, step)] = step.id
            if not under_way:
                return
            ended, _ = wait(under_way, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in ended:
                del under_way[future]
                future.result()


def _ready(progress: Progress, under_way: set[str], *, begin_new: bool) -> list[Step]:
    done = {step.id for step in progress.steps("done")}
    ready = [step for step in progress.steps("running") if step.id not in under_way]
    if begin_new:
        ready += [
            step for step in progress.steps("pending") if step.id not in under_way and done.issuperset(step.needs)
        ]
    return ready
