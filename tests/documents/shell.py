"""A newcomer's machine: a fresh copy of the repository, and one shell per document that runs its blocks in order."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from sandbox.ports import free_port
from tests.documents.blocks import ROOT, Block

READY_SECONDS, STOP_SECONDS = 120.0, 40.0
# Written around every document: it ends at the first command that fails, and an HTTP error is a failure.
PRELUDE = """
set -eo pipefail
curl() { command curl --fail-with-body --max-time 120 "$@"; }
"""
# What developers' shells export for other programs: nothing of it may reach a service, or the documents fail.
AMBIENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_PROFILE": "work",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:9",
}
_HIDDEN = ("AWS_", "OPENAI_", "BEDROCK_", "REDIS_", "USE_REAL_AWS", "SANDBOX_", "GATEWAY", "EXECUTORS", "HOST", "PORT")


class Machine:
    """The copy, its environment, and what runs in its background."""

    def __init__(self, directory: Path) -> None:
        self.checkout, self.home = directory / "aws-assistant", directory / "home"
        self.home.mkdir(parents=True)
        copy_repository(self.checkout)
        # README says 8080; where tests run it may be taken, so this alone is not as it is written.
        self.port = str(free_port())
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN)}
        ports = {"PORT": self.port, "GATEWAY_PORT": self.port, "SANDBOX_AWS_PORT": str(free_port())}
        self.environment = kept | AMBIENT | {"HOME": str(self.home)} | {name: str(port) for name, port in ports.items()}
        self.background: list[subprocess.Popen[bytes]] = []
        self.before = self.files()

    def text(self, block: Block) -> str:
        return block.code.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")

    def start(self, block: Block, seconds: float = READY_SECONDS) -> None:
        """Run a block that stays, and wait until it is ready."""
        assert block.until is not None
        log = self.home / f"background-{len(self.background)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", self.text(block)],
                cwd=self.checkout,
                env=self.environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.background.append(process)
        deadline = time.monotonic() + seconds
        while block.until not in log.read_text(errors="replace"):
            assert process.poll() is None, f"{block} ended:\n{log.read_text(errors='replace')}"
            assert time.monotonic() < deadline, f"{block} was not ready:\n{log.read_text(errors='replace')}"
            time.sleep(0.2)

    def run(self, blocks: list[Block], seconds: float = 150.0) -> str:
        """Run a document's blocks in one shell. Fails with the block that failed and all that was printed."""
        script = PRELUDE + "\n".join(f"echo '### {block}'\n{self.text(block)}" for block in blocks)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.checkout,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        reached = re.findall(r"^### (.*)$", done.stdout, re.MULTILINE)
        assert done.returncode == 0, f"failed in {reached[-1:]}:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def interrupt(self) -> list[int]:
        """Press Ctrl-C in what runs in the background; its exit codes."""
        for process in reversed(self.background):
            os.killpg(process.pid, signal.SIGINT)
        codes = [process.wait(STOP_SECONDS) for process in self.background]
        self.background.clear()
        return codes

    def files(self) -> set[str]:
        """The checkout's files that git would show, with .local and .venv left out."""
        ignored = {".local", ".venv", "__pycache__"}
        return {
            str(path.relative_to(self.checkout))
            for path in self.checkout.rglob("*")
            if path.is_file() and not ignored & set(path.relative_to(self.checkout).parts)
        }

    def left_behind(self) -> set[str]:
        """What the documents' commands have left in the checkout."""
        return self.files() - self.before

    def end(self) -> None:
        for process in self.background:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def copy_repository(checkout: Path) -> None:
    """Copy what a clone has; the virtual environment is this one, with everything installed already."""
    left_out = shutil.ignore_patterns(".venv", ".local", ".git", "__pycache__", ".*_cache", ".env", ".dmypy.json")
    shutil.copytree(ROOT, checkout, ignore=left_out, symlinks=True)
    venv = checkout / ".venv"
    venv.mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name not in ("local", "dev"):
            (venv / entry.name).symlink_to(entry)
    for stamp in ("local", "dev"):
        (venv / stamp).touch()
