"""The search index: tables of `types.db`, made by `make resource-types`.

`entries` has a row per type; `found` (FTS5, without the texts themselves) what it is found by.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from shared.aws_operations.search.known_words import USUAL, ServiceWords, service_words
from shared.aws_operations.search.tokens import split, stems

_SCHEMA = """
create table entries (id integer primary key, name text not null, prior real not null);
create virtual table found using fts5(name, service, text, parts, content='', tokenize="ascii");
"""
# How much a word counts by where it stands: the type's name, its service, AWS's text, its properties' names.
WEIGHTS = (8.0, 4.0, 2.0, 0.5)
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
_PLAIN_WORDS = ServiceWords(USUAL, "")


def create(database: sqlite3.Connection) -> None:
    """Make the tables, empty."""
    database.executescript(_SCHEMA)


def add(database: sqlite3.Connection, name: str, facts: Mapping[str, Any], properties: Sequence[str]) -> None:
    """Add one type."""
    _, service, resource = name.split("::", 2)
    known = service_words().get(_SERVICES.get(service, service.lower()), _PLAIN_WORDS)
    made = {"create", "read", "delete"} <= set(facts.get("handlers", {}))
    prior = known.prior / 3 - (0 if made else 0.3)
    number = database.execute("insert into entries (name, prior) values (?, ?)", (name, prior)).lastrowid
    of_service = list(dict.fromkeys(stems(f"{' '.join(split(service))} {service.lower()} {known.words}")))
    columns = (stems(resource), of_service, stems(facts.get("purpose", "")), sorted(set(stems(" ".join(properties)))))
    database.execute(
        "insert into found (rowid, name, service, text, parts) values (?, ?, ?, ?, ?)",
        (number, *(" ".join(column) for column in columns)),
    )
