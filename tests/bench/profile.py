"""Where a service spends its time while the gateway is under load: the shares of each area and the costliest functions.

    .venv/bin/python -m tests.bench.profile [--service orchestrator|info_tools] [--clients 20] [--chat] [--out FILE]

The file is one of `pstats`; snakeviz and gprof2dot read it too.
"""

from __future__ import annotations

import argparse
import os
import pstats
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.bench.deployment import deployment
from tests.bench.gateway import CALL, CHAT_WITH_TOOL, EMPTY, asked
from tests.bench.profiled import FORGET, WRITE

MODULES = {"orchestrator": "services.orchestrator.main", "info_tools": "services.info_tools.worker"}
TOP = 45


def area(file: str) -> str:
    """Which package or area of ours a function belongs to."""
    if "site-packages/" in file:
        return file.partition("site-packages/")[2].partition("/")[0]
    if file.startswith("~"):
        return "built in"
    parts = Path(file).parts
    for root in ("services", "shared"):
        if root in parts:
            return "/".join(parts[parts.index(root) :][:3]).removesuffix(".py")
    return "standard library"


def shares(stats: pstats.Stats) -> list[tuple[str, float]]:
    """The share of the time spent in each area itself, the largest first; waiting is left out."""
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]  # its types leave it out
        if not any(wait in name for wait in ("poll", "acquire", "run_once", "sleep", "recv", "select")):
            spent[area(file)] += own
    total = sum(spent.values())
    return [(name, seconds / total) for name, seconds in spent.most_common(20)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", choices=MODULES, default="orchestrator")
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--requests", type=int, default=20, help="of each client")
    parser.add_argument("--chat", action="store_true", help="chat turns with one tool instead of tool calls")
    parser.add_argument("--empty", action="store_true", help="an authenticated GET that does nothing")
    parser.add_argument("--out", type=Path, default=Path(".local/profile.pstats"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.unlink(missing_ok=True)
    wrapped = ["tests.bench.profiled", str(options.out.resolve()), MODULES[options.service]]
    request = CHAT_WITH_TOOL if options.chat else EMPTY if options.empty else CALL
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = stack.enter_context(deployment(directory / "local", {options.service: wrapped}))
        asked(running, 5, 3, request)
        os.kill(running.pid(options.service), FORGET)
        asked(running, options.clients, options.requests, request)
        os.kill(running.pid(options.service), WRITE)
        while not options.out.exists():
            time.sleep(0.1)
        time.sleep(0.5)
    stats = pstats.Stats(str(options.out))
    print("\n".join(f"{share:6.1%}  {name}" for name, share in shares(stats)))
    stats.sort_stats("tottime").print_stats(TOP)
    stats.sort_stats("cumulative").print_stats(2 * TOP)
    print(f"{options.clients * options.requests} requests; the whole is in {options.out}")


if __name__ == "__main__":
    main()
