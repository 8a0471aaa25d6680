"""The chaos run: `python -m tests.chaos --plans 300 --seconds 400 --seed 1`; ends with 1 where anything is wrong.

Real processes, driven over REST, killed at random and at every write of a plan's journal; then the control, a plain
Celery task under the same kills, which must fail the same verdict.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.chaos.harness import Plan, run_both


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--plans", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=400, help="over which the kills are spread")
    parser.add_argument("--deadline", type=float, default=600, help="seconds after which nothing new begins")
    parser.add_argument("--bound", type=float, default=600, help="seconds in which every approved plan has to end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=6, help="of each main kind; of the others and of Redis a third")
    parser.add_argument("--executors", type=int, default=4)
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--at-once", type=int, default=24, help="plans under way at the same time")
    parser.add_argument("--no-control", action="store_true")
    parser.add_argument("--directory", type=Path, help="where state and logs go; kept")
    options = parser.parse_args()
    plan = Plan(
        plans=options.plans,
        seconds=options.seconds,
        deadline=options.deadline,
        bound=options.bound,
        seed=options.seed,
        kills=options.kills,
        executors=options.executors,
        gateways=options.gateways,
        at_once=options.at_once,
        control=not options.no_control,
    )
    if options.directory:
        options.directory.mkdir(parents=True, exist_ok=True)
        return asyncio.run(run_both(plan, options.directory))
    with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
        return asyncio.run(run_both(plan, Path(directory)))


if __name__ == "__main__":
    sys.exit(main())
