"""One resource of every type that the sandbox handles is made, changed, deleted, and each of it undone, by plans."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.registry.operation import UNKNOWN
from shared.plans.plan import Plan
from shared.resource_types.catalogue import resource_type
from tests.integration.resources.conftest import REGION, Cloud, step
from tests.unit.sandbox.cloud_control.samples import SAMPLES

pytestmark = pytest.mark.slow


def done(cloud: Cloud, plan: Plan) -> dict[str, Any]:
    ended = cloud.run(plan)
    assert ended.status == "done", [one.error.detail for one in ended.steps if one.error]
    result = ended.steps[0].result
    assert isinstance(result, dict)
    assert UNKNOWN not in str(result)
    return result


def readable(type_name: str, properties: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    kind = resource_type(type_name)
    return {name: state.get(name) for name in properties if not kind.write_only.covers((name,)) and name != "Tags"}


# A secret is never in a plan. A role's policies hang on it when the role itself is to be taken back. A subscription
# that was changed and changed back has a default that it had not before.
ELSEWHERE = {"AWS::RDS::DBInstance", "AWS::SecretsManager::Secret", "AWS::IAM::Role", "AWS::SNS::Subscription"}


@pytest.mark.parametrize("type_name", sorted(SAMPLES.keys() - ELSEWHERE))
def test_a_resource_lives_its_life_in_plans(cloud: Cloud, type_name: str, there: dict[str, str]) -> None:
    sample = SAMPLES[type_name]
    desired, changed = sample.filled(there)
    about = {"type_name": type_name, "region": REGION}
    make = cloud.prepare(step("create_aws_resource", "it", properties=desired, **about))
    made = done(cloud, make)
    about["identifier"] = made["identifier"]
    found = cloud.get(type_name, made["identifier"])
    differs = any(desired.get(name) != value for name, value in changed.items())
    if differs and resource_type(type_name).updatable:
        before = readable(type_name, changed, found)
        update = cloud.prepare(step("update_aws_resource", "it", changes=changed, **about))
        done(cloud, update)
        if update.steps[0].reversible == "yes":
            done(cloud, cloud.undo(cloud.stored(update)))
            assert readable(type_name, changed, cloud.get(type_name, made["identifier"])) == before
        else:
            done(cloud, cloud.prepare(step("delete_aws_resource", "it", **about)))
            return
    done(cloud, cloud.undo(cloud.stored(make)))
    assert cloud.stored(make).status == "undone"
