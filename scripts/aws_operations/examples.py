"""Writes `examples.tsv`: what the AWS CLI's example pages say they do, one line an operation.

python -m scripts.aws_operations.examples awscli-1.46.3-py3-none-any.whl

The wheel comes from `pip download --no-deps awscli`; it is not installed, since it asks for one version of botocore.
The texts are Amazon's, under the Apache License 2.0. Made anew by hand, when botocore is upgraded: search becomes worse
without the pages of new operations, and nothing else does.
"""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

from botocore import xform_name

from scripts.aws_operations import models, texts

FILE = Path(__file__).with_name("examples.tsv")
# The CLI's names of services where they differ from botocore's.
COMMANDS = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy", "iotjobsdata": "iot-jobs-data"}
_MOST = 300


def main(wheel: Path) -> None:
    pages = _pages(wheel)
    lines = [f"# {wheel.name}: Apache License 2.0, Amazon.com, Inc.; see examples.py\n"]
    for service in models.service_names():
        commands = {xform_name(name).replace("_", "-"): name for name in models.load(service).operations}
        for command, name in sorted(commands.items()):
            if page := pages.get((service, command)):
                lines.append(f"{service}\t{name}\t{titles(page)}\n")
    FILE.write_text("".join(lines), encoding="utf-8")


def read() -> dict[tuple[str, str], str]:
    """The titles by (service, operation)."""
    rows = (line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {(service, operation): text for service, operation, text in rows}


def titles(page: str) -> str:
    """The titles of a page's examples, or its first sentence, each title once."""
    found = re.findall(r"^\*\*(.+?)\*\*", page, flags=re.MULTILINE) or [texts.purpose(page.partition("::")[0])]
    plain = (re.sub(r"^(Example \d+: |To )+", "", title.replace("`", "")).strip(" :.") for title in found)
    return " ".join("; ".join(dict.fromkeys(plain)).split())[:_MOST]


def _pages(wheel: Path) -> dict[tuple[str, str], str]:
    with zipfile.ZipFile(wheel) as archive:
        found = {}
        for entry in archive.namelist():
            if match := re.fullmatch(r"awscli/examples/([^/]+)/([^/]+)\.rst", entry):
                command = COMMANDS.get(match[1], match[1])
                found[command, match[2]] = archive.read(entry).decode("utf-8", "replace")
        return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
