"""Writes `shared/resource_types/types.db`.

python -m scripts.resource_types            write it; takes about ten seconds
python -m scripts.resource_types --check    exit 1 where it was made of other data or code than there is now
"""

from __future__ import annotations

import sys

from scripts.resource_types.fingerprint import fingerprint
from scripts.resource_types.write import made_of, write


def main(check: bool) -> int:
    now = fingerprint()
    if not check:
        write(now)
        return 0
    if made_of() != now:
        print("not fresh: shared/resource_types; run `make resource-types`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
