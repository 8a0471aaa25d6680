"""Looks operations up: `find("s3", "list_buckets")`, `services()`, `operations("s3")`.

Names are taken as a model or a person writes them: any case, snake_case or kebab-case, the IAM prefix or AWS's own name
of a service. A name that nothing has is refused with the ones most like it.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shared.aws_operations.levels import Level, levels_of
from shared.aws_operations.models import Argument, Operation, Paging, Service
from shared.aws_operations.names import names_of, operation_named, service_named
from shared.messages import Effect

FILE = Path(__file__).with_name("operations.db")
_UNKNOWN = Level(Effect.WRITE, ())


def find(service: str, operation: str) -> Operation:
    """The operation of that name. Raises NotFound `unknown_aws_service` or `unknown_aws_operation`, naming similar
    ones."""
    name = find_service(service)
    known = operations(name)
    return known[operation_named(name, operation, known)]


def find_service(service: str) -> str:
    """botocore's name of a service. Raises NotFound `unknown_aws_service`, naming similar ones."""
    return service_named(service, _service_names())


@lru_cache(maxsize=1)
def services() -> Mapping[str, Service]:
    """Every service by botocore's name, in order."""
    with connect() as database:
        rows = database.execute("select name, title, prefix from services order by name").fetchall()
    return MappingProxyType(
        {name: Service(name=name, title=title, prefix=prefix) for name, title, prefix in rows},
    )


@lru_cache(maxsize=1)
def _service_names() -> Mapping[str, str]:
    return names_of(services())


# The largest service (ec2) takes about a megabyte; the default fits what a worker meets in an hour.
@lru_cache(maxsize=32)
def operations(service: str) -> Mapping[str, Operation]:
    """A service's operations by name, in order; `service` in botocore's name. None of a service that is not known."""
    with connect() as database:
        row = database.execute("select operations from services where name = ?", (service,)).fetchone()
    if row is None:
        return MappingProxyType({})
    levels = levels_of(service)
    stored: dict[str, dict[str, Any]] = json.loads(zlib.decompress(row[0]))
    return MappingProxyType({name: _operation(service, name, facts, levels) for name, facts in stored.items()})


def connect() -> sqlite3.Connection:
    """The file of operations, opened for reading alone."""
    return sqlite3.connect(f"file:{FILE}?mode=ro&immutable=1", uri=True)


def _operation(service: str, name: str, facts: dict[str, Any], levels: Mapping[str, Level]) -> Operation:
    level = levels.get(name, _UNKNOWN)
    paging = facts.get("paging")
    return Operation(
        service=service,
        name=name,
        effect=level.effect,
        actions=level.actions,
        purpose=facts.get("purpose", ""),
        arguments=tuple(
            Argument(name=argument, type=kind, required=required)
            for required, group in ((True, "required"), (False, "optional"))
            for argument, kind in facts.get(group, {}).items()
        ),
        paging=Paging.model_validate(paging) if paging else None,
        idempotency_token=facts.get("token"),
        streams=facts.get("streams", False),
        deprecated=facts.get("deprecated", False),
    )
