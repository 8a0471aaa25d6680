"""What the handlers of all 1,756 types need: on resources that their actions take, narrow, and no given pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from services.executor.registry.location import Location
from services.executor.resources.handler_actions import handler_actions, only_looks, prefix_of
from services.executor.resources.known import known_of
from services.executor.resources.needs import Permissions, needs, own_arns
from shared.access import action_data
from shared.access.arn_forms import forms_of, pattern_of
from shared.access.levels import level_of_action
from shared.access.request_paths import METHODS
from shared.access.tag_actions import tag_actions
from shared.errors import InvalidArguments
from shared.messages import Effect
from shared.resource_types.catalogue import resource_type, schema_of, type_names
from shared.resource_types.models import HandlerName, ResourceType

HERE = Location("aws", "111122223333", "eu-west-1")
OF = "eu-west-1:111122223333"
ARN = re.compile(r"arn:aws:[a-z0-9-]+:[a-z0-9*-]*:(\d{12}|aws|\*)?:\S+")
# Their handlers declare patterns of actions that change; AWS's managed policies say on what.
BY_TABLE = {"AWS::SecurityLake::DataLake", "AWS::SCN::Instance"}
HANDLERS: tuple[HandlerName, ...] = ("create", "read", "update", "delete")


def kinds() -> Iterator[ResourceType]:
    for name in type_names():
        if (kind := resource_type(name)).cloud_control:
            yield kind


def known_to_iam(kind: ResourceType, handler: HandlerName) -> set[str]:
    declared = {one.lower() for one in (kind.handlers[handler].actions if handler in kind.handlers else ())}
    return {one for one in declared if one.partition(":")[2] in action_data.actions(one.partition(":")[0])}


@cache
def settable(name: str) -> list[str]:
    read_only = resource_type(name).read_only.paths
    return [one for one in schema_of(name)["properties"] if one not in read_only]


def needed(kind: ResourceType, handler: HandlerName, value: str) -> Permissions:
    """With every property that a step gives being this text."""
    making = handler in ("create", "update")
    properties: dict[str, Any] = dict.fromkeys(settable(kind.name), value) if making else {}
    identifier = None if handler == "create" else "|".join([value] * len(kind.primary_identifier))
    return needs(kind, (handler,), known_of(kind, properties, identifier, HERE, "eu-west-1"))


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_need_is_on_a_resource_that_its_action_takes_and_no_action_is_left_out(handler: HandlerName) -> None:
    for kind in kinds():
        found = needed(kind, handler, "v")
        left_out = known_to_iam(kind, handler) - {action.lower() for action, _ in found} - {"iam:passrole"}
        assert not left_out, kind.name
        for action, arn in found:
            about = (kind.name, action, arn)
            assert arn == "*" or ARN.fullmatch(arn), about
            assert not re.search(r"[:/]([a-z-]{2,})[:/]\1[:/]v", arn), about
            forms = forms_of(action)
            if arn == "*" or action in METHODS or "*" in action or not forms or kind.name in BY_TABLE:
                continue
            exact = arn.removesuffix("-??????").replace("*", "q")
            assert any(pattern_of(form.arn).fullmatch(exact) for form in forms), about


def test_every_type_that_takes_tags_may_set_them_where_its_service_has_an_action_for_that() -> None:
    without = []
    for kind in kinds():
        if kind.tagging is None or not kind.tagging.on_create or not tag_actions(prefix_of(kind)):
            continue
        actions = {action for action, _ in needed(kind, "create", "v")}
        if not any("*" in one or level_of_action(one) is Effect.TAGGING for one in actions):
            without.append(kind.name)
    assert not without


def test_a_pattern_of_actions_changes_nothing_unless_its_resources_are_bounded() -> None:
    for kind in kinds():
        for action, arn in needed(kind, "create", "v"):
            if "*" in action and not only_looks(action):
                assert kind.name in BY_TABLE
                assert arn.count(":") >= 5, (kind.name, action, arn)
                assert not arn.endswith(":*"), (kind.name, action, arn)


@pytest.mark.parametrize("hostile", ["zq${aws:username}", "arn:aws:iam::111122223333:role/zq*"])
def test_no_property_of_any_type_gets_into_a_policy_as_a_pattern(hostile: str) -> None:
    for kind in kinds():
        handler: HandlerName
        for handler in ("create", "delete"):
            try:
                found = needed(kind, handler, hostile)
            except InvalidArguments:
                continue
            assert not [need for need in found if "zq" in need[1]], (kind.name, handler)


def test_the_own_arns_of_every_type_are_of_its_service() -> None:
    for kind in kinds():
        known = known_of(kind, {}, "|".join(["v"] * len(kind.primary_identifier)), HERE, "eu-west-1")
        for arn in own_arns(kind, "delete", known):
            assert ARN.fullmatch(arn), (kind.name, arn)
            if arn.endswith(":*") and arn.count(":") == 5:
                assert arn.split(":")[2] == prefix_of(kind), (kind.name, arn)


def on(name: str, handler: HandlerName, action: str, identifier: str | None, properties: Mapping[str, Any]) -> set[str]:
    kind = resource_type(name)
    found = needs(kind, (handler,), known_of(kind, properties, identifier, HERE, "eu-west-1"))
    return {arn.replace(OF, "@") for one, arn in found if one == action}


BALANCER = f"arn:aws:elasticloadbalancing:{OF}:loadbalancer/app/web/50dc6c495c0c9188"
SECRET = f"arn:aws:secretsmanager:{OF}:secret:db-AbCdEf"


@pytest.mark.parametrize(
    ("name", "handler", "action", "identifier", "properties", "expected"),
    [
        # Declared as CloudTrail:CreateTrail.
        ("CloudTrail::Trail", "create", "cloudtrail:CreateTrail", None, {"TrailName": "t"}, {"cloudtrail:@:trail/t"}),
        ("ApiGateway::RestApi", "create", "apigateway:POST", None, {"Name": "x"},
         {"apigateway:eu-west-1::/restapis", "apigateway:eu-west-1::/restapis/*", "apigateway:eu-west-1::/tags/*"}),
        ("ApiGatewayV2::Route", "create", "apigateway:POST", None, {"ApiId": "abc", "RouteKey": "GET /*"},
         {"apigateway:eu-west-1::/apis/abc", "apigateway:eu-west-1::/apis/abc/*"}),
        ("ApiGateway::DomainName", "delete", "apigateway:DELETE", "*.example.com", {},
         {"apigateway:eu-west-1::/domainnames", "apigateway:eu-west-1::/domainnames/*",
          "apigateway:eu-west-1::/tags/*"}),
        ("KMS::Alias", "create", "kms:CreateAlias", None, {"AliasName": "alias/x", "TargetKeyId": "12"},
         {"kms:@:alias/x", "kms:@:key/12"}),
        ("KMS::Alias", "delete", "kms:DeleteAlias", "alias/x", {}, {"kms:@:alias/x", "kms:@:key/*"}),
        ("ElasticLoadBalancingV2::LoadBalancer", "create", "elasticloadbalancing:CreateLoadBalancer", None,
         {"Name": "web"}, {f"elasticloadbalancing:@:loadbalancer/{one}"
                           for one in ("web", "app/web/*", "net/web/*", "gwy/web/*")}),
        ("ElasticLoadBalancingV2::LoadBalancer", "delete", "elasticloadbalancing:DeleteLoadBalancer", BALANCER, {},
         {"elasticloadbalancing:@:loadbalancer/app/web/50dc6c495c0c9188"}),
        ("ElasticLoadBalancingV2::TargetGroup", "create", "elasticloadbalancing:AddTags", None, {"Name": "tg"},
         {"elasticloadbalancing:@:targetgroup/tg/*"}),
        ("Logs::LogGroup", "create", "logs:TagResource", None, {"LogGroupName": "/a"},
         {"logs:@:log-group:/a", "logs:@:log-group:/a:*"}),
        ("S3::BucketPolicy", "create", "s3:PutBucketPolicy", None,
         {"Bucket": "b", "PolicyDocument": {"Statement": [{"Resource": "arn:aws:s3:::other"}]}}, {"s3:::b"}),
        ("SecretsManager::Secret", "create", "secretsmanager:CreateSecret", None, {"Name": "db"},
         {"secretsmanager:@:secret:db", "secretsmanager:@:secret:db-??????"}),
        ("SecretsManager::Secret", "delete", "secretsmanager:DeleteSecret", SECRET, {},
         {"secretsmanager:@:secret:db-AbCdEf"}),
        ("EC2::KeyPair", "delete", "ec2:DeleteKeyPair", "k", {}, {"ec2:@:key-pair/k", "ec2:@:key-pair/key-*"}),
        ("EC2::VPC", "create", "ec2:CreateTags", None, {}, {"ec2:@:vpc/*"}),
        ("EC2::SecurityGroup", "create", "ec2:CreateSecurityGroup", None, {"VpcId": "vpc-1"},
         {"ec2:@:security-group/*", "ec2:@:vpc/vpc-1"}),
        ("EC2::SecurityGroup", "create", "ec2:CreateTags", None, {"VpcId": "vpc-1"}, {"ec2:@:security-group/*"}),
        # Another queue that it names is not what its own name is.
        ("SQS::Queue", "create", "sqs:CreateQueue", None,
         {"RedrivePolicy": {"deadLetterTargetArn": f"arn:aws:sqs:{OF}:dead"}}, {"sqs:@:*", "sqs:@:dead"}),
        ("IAM::ManagedPolicy", "create", "iam:CreatePolicy", None, {"ManagedPolicyName": "p"},
         {"iam::111122223333:policy/p", "iam::111122223333:policy/*/p"}),
        ("WAFv2::WebACL", "create", "wafv2:CreateWebACL", None, {"Name": "w", "Scope": "CLOUDFRONT"},
         {"wafv2:@:*/webacl/w/*"}),
        ("EFS::FileSystem", "create", "elasticfilesystem:CreateFileSystem", None, {}, {"*"}),
        ("Lambda::Function", "create", "s3:GetObject", None, {"Code": {"S3Bucket": "b", "S3Key": "k"}},
         {"s3:::b/*", "s3:@:accesspoint/*/object/*"}),
        ("ECS::Service", "create", "ecs:CreateService", None,
         {"Cluster": f"arn:aws:ecs:{OF}:cluster/c", "ServiceName": "s"}, {"ecs:@:service/c/s"}),
    ],
)  # fmt: skip
def test_a_need_is_as_narrow_as_can_be_known_and_no_narrower(
    name: str,
    handler: HandlerName,
    action: str,
    identifier: str | None,
    properties: dict[str, Any],
    expected: set[str],
) -> None:
    found = on(f"AWS::{name}", handler, action, identifier, properties)
    assert found == {one if one == "*" else f"arn:aws:{one}" for one in expected}


def test_what_policies_name_is_no_resource_of_the_step() -> None:
    anyone = {"Statement": [{"Effect": "Allow", "Resource": f"arn:aws:iam::111122223333:role/{one}"} for one in "ab"]}
    kind = resource_type("AWS::Lambda::Function")
    properties = {"FunctionName": "f", "Code": {"Policy": anyone}}
    found = needs(kind, ("create",), known_of(kind, properties, None, HERE, "eu-west-1"))  # type: ignore[arg-type]
    assert "iam:PassRole" not in {action for action, _ in found}


def test_actions_are_written_as_iam_knows_them() -> None:
    assert "s3:PutBucketCORS" in handler_actions(resource_type("AWS::S3::Bucket"), "update")
    assert all(":REST" not in one for one in handler_actions(resource_type("AWS::Logs::LogGroup"), "create"))
    assert prefix_of(resource_type("AWS::EFS::FileSystem")) == "elasticfilesystem"
    assert prefix_of(resource_type("AWS::ApiGatewayV2::VpcLink")) == "apigateway"
