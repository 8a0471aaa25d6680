"""A tool or an operation brings its sentences with it: its file, put beside the others, is all that is needed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MODEL = Path(__file__).parents[3] / "sandbox" / "model"
RDS = '''
"""`list_rds_instances`: which database instances there are."""

from sandbox.model.declaration import ReadTool

TOOL = ReadTool(
    "list_rds_instances",
    noun="RDS instance",
    rows=("instances", "db_instance_id", "database"),
    topics=("rds",),
    words={"rds": "rds, database, databases, rds instance, rds instances"},
)
'''
CREATE_QUEUE = '''
"""`create_sqs_queue`: what a queue is called by people, and how one is made."""

from sandbox.model.declaration import Operation, Resource

QUEUE = Resource("queue", noun="SQS queue", name_key="queue_name", words="queue, queues")
TOOL = Operation("create_sqs_queue", "create", QUEUE, takes=("queue_name", "region"), inverse="delete_sqs_queue")
'''
DELETE_QUEUE = '''
"""`delete_sqs_queue`: deletes a queue in its region."""

from sandbox.model.declaration import Operation
from sandbox.model.tools.sqs.create_sqs_queue import QUEUE

TOOL = Operation("delete_sqs_queue", "delete", QUEUE, takes=("queue_name", "region"))
'''
FILES = {
    "rds/list_rds_instances.py": RDS,
    "sqs/create_sqs_queue.py": CREATE_QUEUE,
    "sqs/delete_sqs_queue.py": DELETE_QUEUE,
}
ASK = """
import json, sys
from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply

messages, tools = json.load(sys.stdin)
reply = next_reply(messages, Offer({name: {} for name in tools}))
print(json.dumps({"calls": [[call.name, call.arguments] for call in reply.calls], "text": reply.text}))
"""
SYSTEM = {"role": "system", "content": "Account: 123456789012\nRegion: us-east-1"}
TOOLS = ("list_rds_instances", "list_ec2_instances", "create_sqs_queue", "delete_sqs_queue", "create_s3_bucket")


def put_beside(folder: Path, files: dict[str, str]) -> Path:
    """A copy of the model with these files among its tools."""
    shutil.copytree(MODEL, folder / "sandbox" / "model", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "sandbox" / "__init__.py").touch()
    for name, source in files.items():
        file = folder / "sandbox" / "model" / "tools" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)
    return folder


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put_beside(tmp_path_factory.mktemp("grown"), FILES)


def run(folder: Path, messages: list[dict[str, Any]], tools: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    asked = json.dumps([[SYSTEM, *messages], tools])
    return subprocess.run([sys.executable, "-c", ASK], cwd=folder, input=asked, capture_output=True, text=True)


def calls_of(folder: Path, *said: str, tools: tuple[str, ...] = TOOLS) -> list[list[Any]]:
    """The calls with which the model answers a message, after those said before."""
    done = run(folder, [{"role": "user", "content": text} for text in said], tools)
    assert done.returncode == 0, done.stderr
    calls: list[list[Any]] = json.loads(done.stdout)["calls"]
    return calls


def after(folder: Path, said: str, tool: str, body: dict[str, Any], *then: str) -> str:
    """The model's reply to a tool's result, or to what is said after it; calls as JSON."""
    call = {"id": "c1", "type": "function", "function": {"name": tool, "arguments": "{}"}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": said},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps(body)},
        *({"role": "user", "content": text} for text in then),
    ]
    done = run(folder, messages, TOOLS)
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    return str(reply["text"] or json.dumps(reply["calls"]))


@pytest.mark.parametrize(
    ("wording", "call"),
    [
        ("Which RDS instances do I have?", ["list_rds_instances", {}]),
        ("How many databases are there in Frankfurt?", ["list_rds_instances", {"regions": ["eu-central-1"]}]),
        ("Which EC2 instances do I have?", ["list_ec2_instances", {}]),
    ],
)
def test_a_new_tool_is_called_for_its_own_words_and_no_others(grown: Path, wording: str, call: list[Any]) -> None:
    assert calls_of(grown, wording) == [call]


def test_a_new_tool_answers_in_a_sentence_without_words_of_its_own(grown: Path) -> None:
    row = {"db_instance_id": "orders", "engine": "postgres", "region": "eu-west-1", "tags": []}
    body = {"status": "ok", "result": {"instances": [row], "instance_count": 1}}
    text = after(grown, "Which RDS instances do I have?", "list_rds_instances", body)
    assert text == "You have 1 RDS instance:\n\n- orders: engine postgres, region eu-west-1"
    nothing = {"status": "ok", "result": {"instances": [], "instance_count": 0}}
    assert "You have no RDS instances." in after(grown, "Any databases?", "list_rds_instances", nothing)


def test_without_the_new_file_a_tool_is_known_by_its_name_and_an_operation_is_not() -> None:
    here = MODEL.parents[1]
    assert calls_of(here, "Create an SQS queue named x in eu-west-1") == []
    assert calls_of(here, "Which RDS instances do I have?") == [["list_rds_instances", {}]]
    assert calls_of(here, "Which EC2 instances do I have?") == [["list_ec2_instances", {}]]


@pytest.mark.parametrize(
    ("wording", "call"),
    [
        ("create an SQS queue named x in eu-west-1", ["create_sqs_queue", {"queue_name": "x", "region": "eu-west-1"}]),
        ("new queue jobs-1", ["create_sqs_queue", {"queue_name": "jobs-1", "region": "us-east-1"}]),
        ("Delete the queue jobs-1", ["delete_sqs_queue", {"queue_name": "jobs-1", "region": "us-east-1"}]),
        ("Create a bucket named a-1", ["create_s3_bucket", {"bucket_name": "a-1", "region": "us-east-1"}]),
    ],
)
def test_a_new_operation_is_proposed_for_its_noun(grown: Path, wording: str, call: list[Any]) -> None:
    assert calls_of(grown, wording) == [call]


def test_a_new_operation_is_a_step_of_a_plan_beside_others(grown: Path) -> None:
    ((name, arguments),) = calls_of(grown, "Create a bucket a-1 and a queue q-1", tools=("propose_plan",))
    assert name == "propose_plan"
    assert arguments["goal"] == "Create bucket a-1 and SQS queue q-1"
    assert [step["operation"] for step in arguments["steps"]] == ["create_s3_bucket", "create_sqs_queue"]


def test_a_new_operation_is_told_and_taken_back_by_its_inverse(grown: Path) -> None:
    made = {"queue_name": "x", "region": "eu-west-1", "arn": "arn:aws:sqs:eu-west-1:123456789012:x"}
    step = {"id": "s1", "operation": "create_sqs_queue", "arguments": made, "status": "done", "result": made}
    body = {"plan": {"plan_id": "pln_1", "status": "done", "goal": "Create it", "steps": [step]}}
    said = "create an SQS queue named x in eu-west-1"
    assert f"Created the SQS queue x in eu-west-1 ({made['arn']})" in after(grown, said, "create_sqs_queue", body)
    again = json.loads(after(grown, said, "create_sqs_queue", body, "delete it again"))
    assert again == [["delete_sqs_queue", {"queue_name": "x", "region": "eu-west-1"}]]


def test_what_the_model_says_it_can_do_names_what_was_added(grown: Path) -> None:
    done = run(grown, [{"role": "user", "content": "What can you do?"}], TOOLS)
    text = json.loads(done.stdout)["text"]
    assert "RDS instances" in text
    assert "SQS queues" in text


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"ec2/again.py": RDS, **FILES}, "list_rds_instances is declared twice"),
        ({"sqs/forgotten.py": '"""Declares nothing."""\n'}, "has no attribute 'TOOL'"),
    ],
)
def test_a_file_that_declares_nothing_or_a_name_again_is_refused(
    tmp_path: Path, files: dict[str, str], error: str
) -> None:
    done = run(put_beside(tmp_path, files), [{"role": "user", "content": "hello"}], TOOLS)
    assert done.returncode != 0
    assert error in done.stderr
