"""The changes of `make demo` that no operation of ours makes: asked in words, approved, carried out and taken back."""

from __future__ import annotations

import pytest

from sandbox.demo import QUESTIONS, Demo
from tests.e2e.client import User
from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow


def test_a_resource_by_its_type_and_a_call_of_aws_are_made_and_undone_as_the_demo_asks(stack: Running) -> None:
    demo, admin = Demo(stack.facts), User(stack.facts)
    asked = [one.message for one in QUESTIONS]
    for first, operation in (("Create a queue named demo-jobs", "create_aws_resource"), ("Stop the", "change_aws")):
        at = next(number for number, message in enumerate(asked) if message.startswith(first))
        made, back = QUESTIONS[at : at + 2]
        assert made.expects == (operation,)
        assert back.follows
        assert [demo.ask(made), demo.ask(back)] == [None, None]
    assert "QueueUrls" not in admin.aws("sqs", "eu-west-1").list_queues(QueueNamePrefix="demo-jobs")
    found = admin.aws("rds", "us-east-1").describe_db_instances(DBInstanceIdentifier="reporting")["DBInstances"]
    assert [one["DBInstanceStatus"] for one in found] == ["available"]
