"""The command line: `python -m cli audit verify --export FILE`, `python -m cli doctor`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from cli import audit
from cli.doctor import command as doctor


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 for valid, 1 for invalid, 2 where the check could not run."""
    parser = argparse.ArgumentParser(prog="assistant", description="The AWS Assistant's command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    audit.add(commands)
    doctor.add(commands)
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
