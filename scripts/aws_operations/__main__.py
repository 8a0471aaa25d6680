"""Writes `shared/aws_operations/levels.txt` and `operations.db`.

python -m scripts.aws_operations            write both; takes about ten seconds
python -m scripts.aws_operations --check    exit 1 where they were made of other data or code than there is now
"""

from __future__ import annotations

import sys

from scripts.aws_operations.fingerprint import fingerprint
from scripts.aws_operations.write import write
from scripts.facts_files import made_of, write_or_check
from shared.aws_operations import catalogue, levels


def main(check: bool) -> int:
    return write_or_check(fingerprint(), made_of(catalogue.FILE, levels.FILE), write, "make operations", check=check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
