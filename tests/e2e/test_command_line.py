"""The `assistant` command against the running stack: in a terminal, with keys pressed, and in pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.e2e.client import User
from tests.e2e.conftest import Running
from tests.fakes.terminal import in_a_terminal

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "cli"]
KEYS = r"\[l\] later"
DONE = r"plan pln_\w+: \S{0,10}done"


class Machine:
    """A user's machine, logged in to the stack's sandbox."""

    def __init__(self, stack: Running, home: Path) -> None:
        hidden = ("ASSISTANT_", "AWS_", "NO_COLOR")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        self.environment |= {"ASSISTANT_HOME": str(home), "ASSISTANT_KEYRING": "no", "TERM": "xterm-256color"}
        # The terminal of a test answers no questions about the cursor.
        self.environment["PROMPT_TOOLKIT_NO_CPR"] = "1"
        self.local = stack.file.parent
        self.terminals: list[Any] = []

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command in a pipe."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def terminal(self, *arguments: str) -> Any:
        """Run a command in a terminal."""
        terminal = in_a_terminal([*COMMAND, *arguments], self.environment, size=(60, 160), seconds=90)
        self.terminals.append(terminal)
        return terminal

    def json(self, *arguments: str) -> dict[str, Any]:
        done = self.run(*arguments, "--json")
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture(scope="module")
def machine(stack: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(stack, tmp_path_factory.mktemp("home"))
    done = machine.run("login", "--sandbox", "--directory", str(machine.local))
    assert done.returncode == 0, done.stderr
    yield machine
    for terminal in machine.terminals:
        terminal.close(force=True)


def a_name() -> str:
    return f"cli-bucket-{uuid.uuid4().hex[:8]}"


def bucket_names(user: User) -> set[str]:
    return {bucket["Name"] for bucket in user.aws("s3").list_buckets()["Buckets"]}


def ended(terminal: Any) -> int | None:
    terminal.expect(pexpect.EOF)
    terminal.close()
    code: int | None = terminal.exitstatus
    return code


def test_a_change_is_asked_for_read_and_approved_by_one_key(machine: Machine, user: User) -> None:
    name = a_name()
    terminal = machine.terminal("chat")
    terminal.expect("sandbox")
    terminal.expect("›")
    terminal.send(f"Create a bucket named {name} in eu-west-1\r")
    terminal.expect("▌ Plan pln_")
    terminal.expect(KEYS)
    assert name not in bucket_names(user)
    terminal.send("a")
    terminal.expect(DONE)
    terminal.expect(f"Created the bucket {name}")
    terminal.expect("›")
    assert name in bucket_names(user)
    terminal.send("Undo that.\r")
    terminal.expect(KEYS)
    terminal.send("a")
    terminal.expect(DONE)
    terminal.expect("›")
    assert name not in bucket_names(user)
    terminal.send("\x04")
    assert ended(terminal) == 0


def test_what_can_hold_data_is_deleted_only_after_its_name_was_typed(machine: Machine, user: User) -> None:
    name = a_name()
    user.aws("s3").create_bucket(Bucket=name)
    terminal = machine.terminal("ask", f"Delete the bucket {name}")
    for typed in ("yes", name):
        terminal.expect(KEYS)
        assert name in bucket_names(user)
        terminal.send("a")
        terminal.expect("Type the name")
        terminal.send(f"{typed}\r")
        terminal.expect("nothing was approved" if typed == "yes" else DONE)
    assert ended(terminal) == 0
    assert name not in bucket_names(user)


def test_what_was_typed_before_the_page_was_there_approves_nothing(machine: Machine, user: User) -> None:
    terminal = machine.terminal("ask", f"Create a bucket named {a_name()} in eu-west-1")
    terminal.send("aaaa\r\r")
    terminal.expect(r"▌ Plan (pln_\w+)")
    plan = terminal.match.group(1)
    terminal.expect(KEYS)
    terminal.send("r")
    terminal.expect("Why")
    terminal.send("not now\r")
    terminal.expect("rejected")
    assert ended(terminal) == 5
    shown = machine.json("plan", "show", plan)
    assert (shown["status"], "not now" in shown["ended_because"]) == ("rejected", True)


def test_an_edited_plan_is_the_one_that_is_decided(machine: Machine, user: User) -> None:
    before, after = a_name(), a_name()
    terminal = machine.terminal("ask", f"Create a bucket named {before} in eu-west-1")
    terminal.expect(rf"{before} in eu-west-1 \[([\w-]+)\]")
    step = terminal.match.group(1)
    terminal.expect(KEYS)
    terminal.send("e")
    terminal.expect("STEP.NAME=VALUE")
    terminal.send(f"{step}.bucket_name={after}\r")
    terminal.expect("▌ Plan pln_")
    terminal.expect(KEYS)
    terminal.send("a")
    terminal.expect(DONE)
    assert ended(terminal) == 0
    assert bucket_names(user) & {before, after} == {after}


def test_ctrl_c_at_the_decision_withdraws_the_plan(machine: Machine) -> None:
    terminal = machine.terminal("ask", f"Create a bucket named {a_name()} in eu-west-1")
    terminal.expect(r"▌ Plan (pln_\w+)")
    plan = terminal.match.group(1)
    terminal.expect(KEYS)
    terminal.send("\x03")
    terminal.expect("stopped: the turn is cancelled")
    assert ended(terminal) == 130
    assert machine.json("plan", "show", plan)["status"] == "cancelled"


def test_a_script_asks_reads_approves_and_undoes(machine: Machine, user: User) -> None:
    name = a_name()
    asked = machine.run("ask", "--json", f"Create a bucket named {name} in eu-west-1")
    assert asked.returncode == 3, asked.stderr
    plan = json.loads(asked.stdout)["plan"]
    assert machine.run("plan", "approve", plan["plan_id"], "--digest", "0" * 64).returncode == 5
    approved = machine.run("plan", "approve", plan["plan_id"], "--digest", plan["digest"])
    assert approved.returncode == 0, approved.stderr
    assert "✓" in approved.stderr
    assert name in bucket_names(user)
    undo = machine.run("plan", "undo", plan["plan_id"], "--json")
    assert undo.returncode == 3, undo.stderr
    taking_back = json.loads(undo.stdout)
    typed = [f"--acknowledge={one['finding_id']}={one['typed']}" for one in taking_back["acknowledge"]]
    done = machine.run("plan", "approve", taking_back["plan_id"], "--digest", taking_back["digest"], *typed)
    assert done.returncode == 0, done.stderr
    assert name not in bucket_names(user)


def test_a_pipe_gets_the_answer_alone_without_colours(machine: Machine) -> None:
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
    done = machine.run("ask", "Explain this IAM policy", given=policy)
    assert done.returncode == 0, done.stderr
    assert "s3:*" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert "explain_policy_with_claude" in done.stderr


def test_no_color_is_heeded_in_a_terminal(machine: Machine) -> None:
    machine.environment["NO_COLOR"] = "1"
    try:
        terminal = machine.terminal("status")
        terminal.expect(pexpect.EOF)
    finally:
        del machine.environment["NO_COLOR"]
    assert "no real AWS account" in terminal.before
    assert "\x1b[" not in terminal.before


def test_read_only_proposes_nothing(machine: Machine) -> None:
    name = a_name()
    done = machine.run("ask", "--read-only", f"Create a bucket named {name} in eu-west-1")
    assert (done.returncode, "▌" in done.stdout) == (0, False)
    plans = machine.json("plans", "--limit", "100")["items"]
    assert [plan for plan in plans if name in plan["goal"]] == []


def test_tools_are_called_and_results_are_rows(machine: Machine, user: User) -> None:
    done = machine.run("call", "get_s3_bucket_sizes", "--output", "csv")
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    assert "bucket_name" in header
    assert {row.split(",")[header.split(",").index("bucket_name")] for row in rows} <= bucket_names(user)
    refused = machine.run("call", "create_s3_bucket", "--json")
    assert (refused.returncode, json.loads(refused.stderr)["code"]) == (5, "needs_approval")


def test_the_audit_log_is_exported_and_verified_without_the_server(machine: Machine, tmp_path: Path) -> None:
    assert machine.run("audit", "verify").returncode == 0
    export = tmp_path / "log.jsonl"
    assert machine.run("audit", "export", "--to", str(export)).returncode == 0
    done = machine.run("audit", "verify", "--export", str(export))
    assert done.returncode == 0, done.stdout
    assert "nothing is wrong with them" in done.stdout


def test_after_logout_nothing_is_answered(stack: Running, tmp_path: Path) -> None:
    machine = Machine(stack, tmp_path)
    assert machine.run("login", "--sandbox", "--directory", str(machine.local)).returncode == 0
    assert machine.run("conversations").returncode == 0
    assert machine.run("logout").returncode == 0
    assert machine.run("conversations").returncode == 4
