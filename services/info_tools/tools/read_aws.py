"""The informational tool that asks any operation of AWS that only lists or reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated, Self

from pydantic import Field, JsonValue

from services.info_tools.combined import EARLIEST, Combined, Rule, same_or
from services.info_tools.reading.read import read
from services.info_tools.toolbox import toolbox
from shared.aws.clients import Aws
from shared.messages import Effect
from shared.results.rows import MAX_ROWS, Rows

_JOINED = Rule(lambda values: tuple(chain.from_iterable(values)))


def _all_rows(values: Sequence[Rows]) -> Rows:
    """The rows of all accounts, for each of which a share of the room was kept."""
    rows = Rows()
    for value in values:
        rows.extend_lines(value.lines())
    return rows


class AwsRead(Combined):
    """What one operation answered in every place that was asked."""

    service: Annotated[str, same_or("")]
    operation: Annotated[str, same_or("")]
    rows: Annotated[Rows, Rule(_all_rows)] = Field(
        description="The items of AWS's list, each with `_region` (and `_list`, where AWS answers with several lists, "
        "and `_account`, where the session holds several accounts); for an operation that lists nothing, AWS's answer "
        'per region. With a filter, the list that it selects. What is no object is {"value": …}.'
    )
    row_count: int
    value: Annotated[JsonValue, Rule(lambda _values: None)] = Field(
        default=None, description="What the filter selects, where that is no list; of several accounts under accounts."
    )
    rows_read: int = Field(description="Before the filter.")
    lists: tuple[str, ...] = Field(description="Which lists of AWS's answer the rows are of.")
    beside: Annotated[tuple[JsonValue, ...], _JOINED] = Field(
        description="What AWS answered beside the lists, on the first page."
    )
    regions_searched: tuple[str, ...] = Field(description='Regions that answered; ["global"]: asked once.')
    not_found_in: tuple[str, ...] = Field(description="Regions that answered that they do not have it.")
    regions_without_service: tuple[str, ...] = Field(description="Regions of the session where AWS does not offer it.")
    notes: tuple[str, ...] = Field(description="What of the call was read otherwise than it was written.")
    read_at: Annotated[datetime, EARLIEST]

    def _with_account(self, account: str) -> Self:
        rows = Rows(row | {"_account": account} for row in self.rows)
        return self.model_copy(update={"rows": rows})


@toolbox.tool(effect=Effect.READ)
def read_aws(
    aws: Aws,
    service: str,
    operation: str,
    parameters: dict[str, JsonValue] | None = None,
    region: str | None = None,
    regions: list[str] | None = None,
    filter: Annotated[str, Field(max_length=1000)] | None = None,
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS)] | None = None,
) -> AwsRead:
    """Call any AWS operation that lists or reads, found with search_aws_operations: all pages, in all regions.
    Compute over a long list with query_result.

    For whatever no other function answers. Changes are refused, and so are operations that return secrets or contents.
    Leave page sizes and tokens out.

    Args:
        service: Such as "rds"; AWS's or botocore's name of the service.
        operation: Such as "DescribeDBInstances".
        parameters: By AWS's names, such as {"DBInstanceIdentifier": "orders"}; without page sizes and tokens.
        region: The one region to ask; all regions of the session when left out (global services are asked once).
        regions: Several regions instead.
        filter: JMESPath over AWS's answer, such as "Volumes[?Size>`99`].{id: VolumeId}"; over all
            pages and regions together, as in the AWS CLI's --query. A row has `_region`; a plain text is
            {"value": TEXT}.
        limit: The most rows to read; of each account, all when left out.
    """
    found = read(
        aws,
        service,
        operation,
        parameters or {},
        region=region,
        regions=regions,
        expression=filter,
        limit=limit,
    )
    return AwsRead(
        service=found.operation.service,
        operation=found.operation.name,
        rows=found.rows,
        row_count=len(found.rows),
        value=found.value,
        rows_read=found.rows_read,
        lists=found.lists,
        beside=found.beside,
        regions_searched=found.searched,
        not_found_in=found.absent,
        regions_without_service=found.without,
        notes=found.notes,
        read_at=datetime.now(UTC),
    )
