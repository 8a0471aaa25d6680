"""Writes the dates of Lambda's runtimes into `services/executor/operations/lambda_/runtimes.json`.

python -m scripts.lambda_runtimes            write it
python -m scripts.lambda_runtimes --check    exit 1 where it is not fresh

Source: cfn-lint (MIT-0), which keeps AWS's table of "Lambda runtimes" in the Lambda developer guide. A newer cfn-lint
brings newer dates; AWS puts them off now and then.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path

from scripts.generated import write_or_check

TABLE = Path(__file__).resolve().parent.parent / "services/executor/operations/lambda_/runtimes.json"
_NAMES = {"deprecated": "deprecated", "create-block": "create_blocked", "successor": "successor"}


def table() -> str:
    """Each runtime's dates: deprecated, new functions refused, and the runtime that comes after it."""
    source = files("cfnlint") / "data/AdditionalSpecs/LmbdRuntimeLifecycle.json"
    lifecycles = json.loads(source.read_text(encoding="utf-8"))
    made = {
        runtime: {ours: dates[theirs] for theirs, ours in _NAMES.items()}
        for runtime, dates in sorted(lifecycles.items())
    }
    lines = [f"  {json.dumps(runtime)}: {json.dumps(dates)}" for runtime, dates in made.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(check: bool) -> int:
    return write_or_check({TABLE: table()}, "make aws-tables", check=check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
