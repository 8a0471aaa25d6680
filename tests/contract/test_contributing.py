"""CONTRIBUTING's "Add a tool" and "Add an operation", followed in a copy of the tree with the code printed there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOOL, OPERATION = "Add an informational tool", "Add an operation"
COPIED = ("services", "shared", "sandbox", "cli", "scripts", "tests", "docs")
CONTRACTS = [f"tests/contract/test_{name}.py" for name in ("catalog", "iam_policies", "session_policies")]
# What the sandbox's model calls, of the tools of the samples.
ASK = """
from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply

offer = Offer({name: {} for name in ("list_rds_instances", "create_sqs_queue", "delete_sqs_queue")})
for said in ("Which RDS instances do I have?", "Create an SQS queue named jobs-1", "Delete the queue jobs-1"):
    messages = [{"role": "system", "content": "Region: eu-west-1"}, {"role": "user", "content": said}]
    print([(call.name, call.arguments) for call in next_reply(messages, offer).calls])
"""
_SAMPLE = re.compile(r"^\*\*([\w/.]+)\*\*\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"[\w/.-]+\.(?:py|json|yaml|md)\b")
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Section:
    """A section that was followed: the code it prints, the files it names, and those that changed thereby."""

    samples: dict[str, str]
    named: set[str]
    changed: set[str]


@dataclass(frozen=True)
class Copy:
    """A copy of the tree in which both sections are followed, one after the other."""

    tree: Path
    sections: dict[str, Section] = field(default_factory=dict)

    def run(self, *command: str) -> str:
        """Run Python in the copy. Fails the test, with the output, where that fails."""
        command = (sys.executable, *command)
        done = subprocess.run(command, cwd=self.tree, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def follow(self, heading: str) -> None:
        """Write the section's samples, and generate what it says to generate."""
        section = (ROOT / "CONTRIBUTING.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
        before = self.contents()
        samples = dict(_SAMPLE.findall(section))
        for name, text in samples.items():
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / name).write_text(text)
        self.run("-m", "scripts.catalog")
        self.run("-m", "scripts.iam_policies")
        changed = {name for name, text in self.contents().items() if before.get(name) != text}
        self.sections[heading] = Section(samples, set(_FILE.findall(section)), changed)

    def contents(self) -> dict[str, bytes]:
        """Every file of the copy."""
        files = [file for file in self.tree.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        return {str(file.relative_to(self.tree)): file.read_bytes() for file in files}

    def samples(self, *folders: str) -> list[str]:
        """The files that the sections print, of these folders."""
        return [name for section in self.sections.values() for name in section.samples if name.startswith(folders)]

    def catalog(self) -> dict[str, Any]:
        return {entry["name"]: entry for entry in json.loads((self.tree / "shared/catalog.json").read_text())}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    made = Copy(tmp_path_factory.mktemp("tree"))
    for name in COPIED:
        shutil.copytree(ROOT / name, made.tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", made.tree)
    made.follow(TOOL)
    made.follow(OPERATION)
    return made


def test_a_tools_file_alone_puts_it_into_the_catalog_and_the_agents_policy(copy: Copy) -> None:
    entry = copy.catalog()["list_rds_instances"]
    assert (entry["agent"], list(entry["parameters"]["properties"])) == ("info", ["regions", "accounts"])
    assert "rds:DescribeDBInstances" in (copy.tree / "docs/iam/info_tools.json").read_text()


def test_an_operations_files_alone_put_it_into_the_catalog_and_the_customers_role(copy: Copy) -> None:
    made, inverse = copy.catalog()["create_sqs_queue"], copy.catalog()["delete_sqs_queue"]
    assert (made["reversible"], inverse["reversible"]) == ("yes", "no")
    assert (made.get("standing", False), inverse.get("standing", False)) == (True, False)
    policy = (copy.tree / "docs/iam/customer-role-policy.json").read_text()
    assert "arn:aws:sqs:*:*:*" in policy
    assert "sqs:CreateQueue" in policy


@pytest.mark.parametrize("heading", [TOOL, OPERATION])
def test_a_section_names_every_file_that_had_to_be_touched(copy: Copy, heading: str) -> None:
    section = copy.sections[heading]
    assert set(section.samples) < section.changed
    assert section.changed - section.named == set()


def test_the_samples_own_tests_pass_and_so_do_the_contracts(copy: Copy) -> None:
    out = copy.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *copy.samples("tests"), *CONTRACTS)
    assert " passed" in out
    assert "skipped" not in out


def test_the_sandboxs_model_calls_what_was_added(copy: Copy) -> None:
    queue = {"queue_name": "jobs-1", "region": "eu-west-1"}
    calls = [("list_rds_instances", {}), ("create_sqs_queue", queue), ("delete_sqs_queue", queue)]
    assert copy.run("-c", ASK).splitlines() == [str([call]) for call in calls]


def test_the_samples_are_written_as_the_tree_is(copy: Copy, tmp_path: Path) -> None:
    samples = copy.samples("services", "tests", "sandbox")
    copy.run("-m", "ruff", "format", "--no-cache", "--check", *samples)
    copy.run("-m", "ruff", "check", "--no-cache", *samples)
    copy.run("-m", "mypy", "--cache-dir", str(tmp_path), *copy.samples("services", "sandbox"))
