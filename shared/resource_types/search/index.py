"""The search index: a table of `types.db`, made by `make resource-types`: what each type is found by, as stems."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from shared.aws_operations.search.known_words import USUAL, ServiceWords, service_words
from shared.aws_operations.search.tokens import joined, split, stem, stems

_SCHEMA = """
create table entries (
  name text primary key, service text not null, of_name text not null, also text not null, of_service text not null,
  of_text text not null, prior real not null
) without rowid;
"""
# botocore's name of a service where it is not CloudFormation's in lower case.
_SERVICES = {
    "CertificateManager": "acm",
    "ApplicationAutoScaling": "application-autoscaling",
    "ApiGateway": "apigateway",
    "Cognito": "cognito-idp",
    "CodeStarConnections": "codestar-connections",
    "ElasticLoadBalancing": "elb",
    "ElasticLoadBalancingV2": "elbv2",
    "Elasticsearch": "es",
    "EventSchemas": "schemas",
    "KinesisFirehose": "firehose",
    "MSK": "kafka",
    "OpenSearchService": "opensearch",
    "SSMContacts": "ssm-contacts",
    "StepFunctions": "stepfunctions",
}
# What people call a type that neither its name nor its service says.
_ALSO = {
    "AWS::ApiGatewayV2::Api": "http websocket rest api gateway",
    "AWS::AutoScaling::AutoScalingGroup": "asg",
    "AWS::CertificateManager::Certificate": "ssl tls https",
    "AWS::CloudWatch::Alarm": "alert metric",
    "AWS::DynamoDB::Table": "nosql",
    "AWS::EC2::EIP": "elastic ip address static public",
    "AWS::EC2::Instance": "server vm virtual machine",
    "AWS::EC2::SecurityGroup": "firewall",
    "AWS::EC2::Volume": "ebs disk",
    "AWS::EFS::FileSystem": "nfs shared drive",
    "AWS::ElastiCache::ReplicationGroup": "redis valkey cache",
    "AWS::Events::Rule": "event cron schedule trigger",
    "AWS::Lambda::EventSourceMapping": "trigger",
    "AWS::Lambda::Url": "function endpoint",
    "AWS::Logs::LogGroup": "cloudwatch logs",
    "AWS::Logs::MetricFilter": "cloudwatch logs",
    "AWS::RDS::DBInstance": "postgres mysql mariadb oracle sql",
    "AWS::Route53::HostedZone": "dns domain",
    "AWS::Route53::RecordSet": "dns record cname",
    "AWS::SQS::Queue": "message dead letter dlq",
    "AWS::Scheduler::Schedule": "cron job timer",
    "AWS::SNS::Topic": "notification",
    "AWS::SSM::Parameter": "parameter store configuration",
    "AWS::StepFunctions::StateMachine": "workflow",
}
_PLAIN_WORDS = ServiceWords(USUAL, "")


def create(database: sqlite3.Connection) -> None:
    """Make the table, empty."""
    database.executescript(_SCHEMA)


def add(database: sqlite3.Connection, name: str, facts: Mapping[str, Any]) -> None:
    """Add one type."""
    _, service, resource = name.split("::", 2)
    of = _SERVICES.get(service, service.lower())
    known = service_words().get(of, _PLAIN_WORDS)
    made = {"create", "read", "delete"} <= set(facts.get("handlers", {}))
    columns = (
        [stem(word) for word in joined(split(resource))],
        stems(_ALSO.get(name, "")),
        dict.fromkeys([*stems(" ".join(split(service))), stem(service.lower()), *stems(known.words)]),
        dict.fromkeys(stems(facts.get("purpose", ""))),
    )
    # What Cloud Control cannot make is rarely what is looked for.
    row = (name, of, *(" ".join(column) for column in columns), known.prior / 3 - (0 if made else 0.5))
    database.execute("insert into entries values (?, ?, ?, ?, ?, ?, ?)", row)
