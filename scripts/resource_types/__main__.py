"""Writes `shared/resource_types/types.db`.

python -m scripts.resource_types            write it; takes about ten seconds
python -m scripts.resource_types --check    exit 1 where it was made of other data or code than there is now
"""

from __future__ import annotations

import sys

from scripts.facts_files import made_of, write_or_check
from scripts.resource_types.fingerprint import fingerprint
from scripts.resource_types.write import write
from shared.resource_types import catalogue


def main(check: bool) -> int:
    return write_or_check(fingerprint(), made_of(catalogue.FILE), write, "make resource-types", check=check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
