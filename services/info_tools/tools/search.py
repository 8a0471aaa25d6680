"""The informational tool that finds operations of AWS by words. It asks no AWS."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.info_tools.toolbox import toolbox
from shared.aws.clients import Aws
from shared.aws_operations.catalogue import find, find_service
from shared.aws_operations.models import Operation
from shared.aws_operations.search.nearest import NearService, nearest
from shared.aws_operations.search.search import search
from shared.messages import Effect, Message

SHOWN_OPTIONAL = 12
# Below this share of the query in the best hit's name and service, the nearest services are named as well.
GOOD_HIT = 0.6

_EFFECTS = {
    "read": (Effect.LIST, Effect.READ),
    "sensitive_read": (Effect.SENSITIVE_READ,),
    "change": (Effect.TAGGING, Effect.WRITE, Effect.PERMISSIONS),
}


class FoundOperation(Message):
    service: str
    operation: str
    purpose: str
    effect: Effect
    call_with: Literal["read_aws", "a plan"] = Field(
        description="read_aws: call it now. a plan: a person approves it first; it changes something, or is sensitive."
    )
    sensitive: bool = Field(description="It reads secrets, contents or personal data.")
    required: dict[str, str] = Field(description="The parameters that it must have, with their types.")
    optional: tuple[str, ...] = Field(
        description=f"Names of the others, {SHOWN_OPTIONAL} at most; page sizes and tokens are left out."
    )
    pages: bool = Field(description="It answers in pages, all of which read_aws reads.")


class OperationSearch(Message):
    """`nearest_services`: where no operation is a good hit; what they hold, for a second query."""

    operations: tuple[FoundOperation, ...]
    nearest_services: tuple[NearService, ...] = ()
    advice: str | None = None


@toolbox.tool(effect=Effect.READ, timeout=20, over_accounts=False)
def search_aws_operations(
    aws: Aws,
    query: Annotated[str, Field(max_length=400)],
    service: Annotated[str, Field(max_length=80)] | None = None,
    effect: Literal["read", "sensitive_read", "change"] | None = None,
) -> OperationSearch:
    """Find the AWS operation for what no other function answers, then call it with read_aws.
    Send a verb, nouns and service in AWS's words: for "databases open to the internet" "describe db instances rds", for
    "disks nobody uses" "describe volumes ec2". If none fits, try once more with nouns of nearest_services.

    The best comes first. What is asked of each item (a state, a size, a date) is no part of the query: it is in the
    operation's answer.

    Args:
        query: Such as "list key rotation status kms"; a verb and nouns of AWS's API.
        service: This service alone, such as "rds".
        effect: read for read_aws, change for plans; sensitive_read for secrets and contents.
    """
    of = find_service(service) if service else None
    allowed = _EFFECTS[effect] if effect else tuple(Effect)
    hits = search(query, service=of, allows=allowed.__contains__)
    found = tuple(_shown(find(hit.service, hit.name)) for hit in hits)
    if hits and max(hit.covered for hit in hits) >= GOOD_HIT:
        return OperationSearch(operations=found)
    return OperationSearch(
        operations=found,
        nearest_services=tuple(nearest(hits)),
        advice="No operation has most of these words. Ask again in AWS's own nouns, such as those of nearest_services.",
    )


def _shown(operation: Operation) -> FoundOperation:
    paging = operation.paging
    # What is filled in for the model, which only costs it a mistake.
    by_itself = {operation.idempotency_token, *((paging.limit, *paging.input_tokens) if paging else ())}
    optional = [argument.name for argument in operation.optional if argument.name not in by_itself]
    return FoundOperation(
        service=operation.service,
        operation=operation.name,
        purpose=operation.purpose,
        effect=operation.effect,
        call_with="a plan" if operation.effect.is_change else "read_aws",
        sensitive=operation.effect is Effect.SENSITIVE_READ,
        required={argument.name: argument.type for argument in operation.required},
        optional=tuple(optional[:SHOWN_OPTIONAL]),
        pages=paging is not None,
    )
