"""Every type's handler makes, reads, changes, lists and deletes, with no more permissions than the schema's."""

from __future__ import annotations

import pkgutil
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.cloud_control import handlers
from sandbox.aws.cloud_control.handler import handled_types
from sandbox.aws.cloud_control.schemas import resource_type, values
from tests.unit.sandbox.cloud_control.conftest import Control
from tests.unit.sandbox.cloud_control.needed import needed_by_samples
from tests.unit.sandbox.cloud_control.samples import OTHER_TAGS, SAMPLES, TAGS, Sample

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def there(aws: Any) -> dict[str, str]:
    return needed_by_samples(aws)


def allowed_by_schema(type_name: str, handler: str, sample: Sample) -> dict[str, Any]:
    """What the schema says that a handler needs, and reading: with that alone each has to do."""
    kind = resource_type(type_name)
    assert kind is not None
    actions = {*kind.permissions["read"], *kind.permissions.get(handler, ()), *sample.lacking}
    asked = [f"cloudformation:{name}" for name in (f"{handler.title()}Resource*", "GetResource*")]
    return {"Effect": "Allow", "Action": sorted(actions) + asked, "Resource": "*"}


@pytest.mark.parametrize("type_name", sorted(SAMPLES))
def test_a_resource_is_made_read_changed_listed_and_deleted_with_what_its_schema_permits(
    type_name: str, aws: Any, control_of: Any, there: dict[str, str]
) -> None:
    sample, kind = SAMPLES[type_name], resource_type(type_name)
    assert kind is not None
    user = f"rt-{type_name.replace('::', '-')}"
    creator, updater, deleter, lister = (
        control_of(aws.new_user(f"{user}-{handler}", allowed_by_schema(type_name, handler, sample)))
        for handler in ("create", "update", "delete", "list")
    )
    desired, changed = sample.filled(there)

    identifier = creator.made(type_name, {**desired, **sample.with_tags(TAGS)})
    first = creator.get(type_name, identifier)
    hidden = {pointer[0] for pointer in kind.write_only}
    for name, value in {**desired, **sample.with_tags(TAGS)}.items():
        assert name in hidden or first[name] == value, name
    assert not [pointer for pointer in kind.write_only if list(values(first, pointer))]
    assert set(first) <= set(kind.schema["properties"])
    assert {name: str(first[name]) for name in kind.identifier} == dict(
        zip(kind.identifier, identifier.split("|"), strict=True)
    )
    narrowed = {name: first[name] for name in (*kind.lists_by, *sample.listed_by)}
    assert identifier in lister.listed(type_name, narrowed)

    if "update" in kind.permissions:
        wanted = {**changed, **sample.with_tags(OTHER_TAGS)}
        patch = [{"op": "test", "path": f"/{name}", "value": first[name]} for name in wanted if name in first]
        patch += [{"op": "add", "path": f"/{name}", "value": value} for name, value in wanted.items()]
        event = updater.update(type_name, identifier, *patch)
        assert event["OperationStatus"] == "SUCCESS", event
        second = updater.get(type_name, identifier)
        for name, value in wanted.items():
            order = (
                (lambda item: sorted(item, key=lambda tag: tag["Key"])) if name == sample.tags else (lambda item: item)
            )
            assert name in hidden or (
                second[name] == order(value) if isinstance(value, list) else second[name] == value
            )
        if sample.tags and not sample.map_of_tags:
            event = updater.update(type_name, identifier, {"op": "remove", "path": f"/{sample.tags}"})
            assert event["OperationStatus"] == "SUCCESS", event
            assert sample.tags not in updater.get(type_name, identifier)

    event = deleter.delete(type_name, identifier)
    assert event["OperationStatus"] == "SUCCESS", event
    assert identifier not in lister.listed(type_name, narrowed)
    with pytest.raises(ClientError) as raised:
        deleter.get(type_name, identifier)
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"
    again = deleter.delete(type_name, identifier)
    assert (again["OperationStatus"], again["ErrorCode"]) == ("FAILED", "NotFound")


def test_a_function_is_made_with_a_key_of_its_own(control: Control, there: dict[str, str]) -> None:
    function, account = "AWS::Lambda::Function", there["root"].split(":")[4]
    key = f"arn:aws:kms:{REGION}:{account}:key/{there['key']}"
    desired, _ = SAMPLES[function].filled(there)
    identifier = control.made(function, {**desired, "FunctionName": "with-key", "KmsKeyArn": key})
    assert control.get(function, identifier)["KmsKeyArn"] == key
    assert control.delete(function, identifier)["OperationStatus"] == "SUCCESS"


def test_a_secret_loses_the_key_that_was_its_own(control: Control, there: dict[str, str]) -> None:
    secret, account = "AWS::SecretsManager::Secret", there["root"].split(":")[4]
    key = f"arn:aws:kms:{REGION}:{account}:key/{there['key']}"
    identifier = control.made(secret, {"Name": "with-key", "KmsKeyId": key})
    assert control.get(secret, identifier)["KmsKeyId"] == key
    event = control.update(secret, identifier, {"op": "remove", "path": "/KmsKeyId"})
    assert event["OperationStatus"] == "SUCCESS", event
    assert "KmsKeyId" not in control.get(secret, identifier)
    assert control.delete(secret, identifier)["OperationStatus"] == "SUCCESS"


def test_every_type_that_has_a_handler_is_tried_here() -> None:
    services = [module.name for module in pkgutil.iter_modules(handlers.__path__)]
    assert sorted(handled_types(services)) == sorted(SAMPLES)
    assert len(SAMPLES) >= 40
