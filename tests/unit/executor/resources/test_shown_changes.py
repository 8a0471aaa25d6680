"""What a page shows of a change: what the step's arguments hold, and never what a plan takes no literal of."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.registry.operation import UNKNOWN
from services.executor.resources.kinds import refuse_secrets
from services.executor.resources.shown_changes import check, of_update
from shared.errors import InvalidArguments
from shared.plans.step import PropertyChange
from shared.resource_types.catalogue import resource_type


def shown(type_name: str, now: dict[str, Any], changes: dict[str, Any]) -> dict[str, PropertyChange]:
    return {one.path: one for one in of_update(resource_type(type_name), now, changes)}


@pytest.mark.parametrize(
    ("type_name", "now", "changes", "path"),
    [
        # AWS never reads it back.
        ("AWS::AmazonMQ::Configuration", {}, {"Data": "PGJyb2tlci8+"}, "/Data"),
        ("AWS::ApiGateway::RestApi", {}, {"Mode": "overwrite"}, "/Mode"),
        # AWS reads it back, and what was there may be secret.
        ("AWS::Lambda::Function", {"Environment": {"Variables": {"LEVEL": "info"}}},
         {"Environment": {"Variables": {"LEVEL": "debug"}}}, "/Environment/Variables/LEVEL"),
        ("AWS::SSM::Parameter", {"Value": "a"}, {"Value": "b"}, "/Value"),
    ],
)  # fmt: skip
def test_a_value_that_the_arguments_show_is_shown_and_what_was_there_is_not(
    type_name: str, now: dict[str, Any], changes: dict[str, Any], path: str
) -> None:
    refuse_secrets(resource_type(type_name), changes, "changes")
    one = shown(type_name, now, changes)[path]
    value: Any = changes
    for name in path.split("/")[1:]:
        value = value[name]
    assert (one.kind, one.hidden, one.before, one.after) == ("set", False, None, value)
    check(resource_type(type_name), now, [one])


def test_what_a_plan_takes_no_literal_of_is_hidden_also_where_a_step_before_makes_it() -> None:
    with pytest.raises(InvalidArguments):
        refuse_secrets(resource_type("AWS::RDS::DBInstance"), {"MasterUserPassword": "hunter2hunter2"}, "changes")
    later = {"MasterUserPassword": UNKNOWN}
    refuse_secrets(resource_type("AWS::RDS::DBInstance"), later, "changes")
    [one] = shown("AWS::RDS::DBInstance", {}, later).values()
    assert (one.hidden, one.after) == (True, None)
    named = {"Environment": {"Variables": {"DB_PASSWORD": UNKNOWN, "LEVEL": "debug"}}}
    found = shown("AWS::Lambda::Function", {"Environment": {"Variables": {"LEVEL": "info"}}}, named)
    assert found["/Environment/Variables/DB_PASSWORD"].hidden
    assert found["/Environment/Variables/LEVEL"].after == "debug"


def test_a_secret_that_is_taken_away_is_told_without_what_it_was() -> None:
    now = {"Environment": {"Variables": {"DB_PASSWORD": "hunter2hunter2"}}}
    [one] = shown("AWS::Lambda::Function", now, {"Environment": {"Variables": {"DB_PASSWORD": None}}}).values()
    assert (one.hidden, one.before, one.after) == (True, None, None)
