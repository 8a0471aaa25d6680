"""Writes `shared/aws_operations/levels.txt` and `operations.db`.

python -m scripts.aws_operations            write both; takes about ten seconds
python -m scripts.aws_operations --check    exit 1 where they were made of other data or code than there is now
"""

from __future__ import annotations

import sys

from scripts.aws_operations.fingerprint import fingerprint
from scripts.aws_operations.write import made_of, write


def main(check: bool) -> int:
    now = fingerprint()
    if not check:
        write(now)
        return 0
    if made_of() != now:
        print("not fresh: shared/aws_operations; run `make operations`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
