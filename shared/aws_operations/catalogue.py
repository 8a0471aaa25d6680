"""Looks operations up: `find("s3", "list_buckets")`, `services()`, `operations("s3")`.

Names are taken as a model or a person writes them: any case, snake_case or kebab-case, the IAM prefix or AWS's own name
of a service. A name that nothing has is refused with the ones most like it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shared.aws_operations.facts_file import opened, unpacked
from shared.aws_operations.levels import Level, levels_of
from shared.aws_operations.models import Argument, Operation, Paging, Service
from shared.aws_operations.names import names_of, operation_named, plain, service_named
from shared.messages import Effect

FILE = Path(__file__).with_name("operations.db")
_UNKNOWN = Level(Effect.WRITE, ())


def find(service: str, operation: str) -> Operation:
    """The operation of that name. Raises NotFound `unknown_aws_service` or `unknown_aws_operation`, naming similar
    ones."""
    name = find_service(service)
    return _operation(name, operation_named(name, operation, _operation_names(name)))


def find_service(service: str) -> str:
    """botocore's name of a service. Raises NotFound `unknown_aws_service`, naming similar ones."""
    return service_named(service, _service_names())


@lru_cache(maxsize=1)
def services() -> Mapping[str, Service]:
    """Every service by botocore's name, in order."""
    with opened(FILE) as database:
        rows = database.execute("select name, title, prefix from services order by name").fetchall()
    return MappingProxyType(
        {name: Service(name=name, title=title, prefix=prefix) for name, title, prefix in rows},
    )


@lru_cache(maxsize=1)
def _service_names() -> Mapping[str, str]:
    return names_of(services())


def operations(service: str) -> Mapping[str, Operation]:
    """A service's operations by name, in order; `service` in botocore's name. None of a service that is not known."""
    return MappingProxyType({name: _operation(service, name) for name in _stored(service)})


# The largest service (ec2) takes a megabyte; this many are more than a worker meets in an hour.
@lru_cache(maxsize=32)
def _stored(service: str) -> dict[str, dict[str, Any]]:
    with opened(FILE) as database:
        row = database.execute("select operations from services where name = ?", (service,)).fetchone()
    return unpacked(row[0]) if row else {}


# A summary of an account's usage asks some thirty services in every region.
@lru_cache(maxsize=64)
def _operation_names(service: str) -> Mapping[str, str]:
    return {plain(name): name for name in _stored(service)}


# Made one at a time: of the hundreds that a service has, a call needs one.
@lru_cache(maxsize=4096)
def _operation(service: str, name: str) -> Operation:
    facts = _stored(service)[name]
    level = levels_of(service).get(name, _UNKNOWN)
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
