"""Requests to Cost Explorer: all pages, its two usual refusals explained, and how many were charged.

Every request costs $0.01: https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from services.info_tools.costs.periods import Period
from services.info_tools.paging import STOP_PAGING, out_of_time
from services.info_tools.parallel import translated
from shared.aws.clients import Aws, error_code, translate
from shared.aws.regions import home_region
from shared.errors import AssistantError, AwsError, Forbidden

METRIC = "UnblendedCost"
PRICE = Decimal("0.01")
MAX_PAGES = 200


@dataclass(slots=True)
class Explorer:
    """Cost Explorer for one call; `requests` counts what AWS charges for."""

    aws: Aws
    requests: int = 0
    _client: Any = field(default=None, init=False)

    @property
    def charged(self) -> Decimal:
        """US dollars."""
        return self.requests * PRICE

    def costs(self, period: Period, granularity: str, group_by: list[dict[str, str]]) -> list[dict[str, Any]]:
        """ResultsByTime of all pages. Botocore has no paginator for this operation."""
        request: dict[str, Any] = {
            "TimePeriod": _time(period),
            "Granularity": granularity,
            "Metrics": [METRIC],
            "GroupBy": group_by,
        }
        if chosen := self._account():
            request["Filter"] = chosen
        results: list[dict[str, Any]] = []
        for _ in range(MAX_PAGES):
            if self.requests and self.aws.remaining() < STOP_PAGING:
                raise out_of_time()  # part of the groups would be a wrong total
            page = self._ask("get_cost_and_usage", "ce:GetCostAndUsage", request)
            results.extend(page["ResultsByTime"])
            if not page.get("NextPageToken"):
                return results
            request["NextPageToken"] = page["NextPageToken"]
        raise AwsError(
            f"Cost Explorer has more than {MAX_PAGES} pages for this: ask for fewer days or another grouping"
        )

    def forecast(self, period: Period) -> dict[str, Any]:
        """GetCostForecast of a period that is still to come, with its 80 % prediction interval."""
        request: dict[str, Any] = {
            "TimePeriod": _time(period),
            "Granularity": "MONTHLY",
            "Metric": "UNBLENDED_COST",
            "PredictionIntervalLevel": 80,
        }
        if chosen := self._account():
            request["Filter"] = chosen
        return self._ask("get_cost_forecast", "ce:GetCostForecast", request)

    def tag_status(self, key: str) -> str | None:
        """Active, Inactive, or Unknown where there is no such tag; None where AWS does not let that be asked."""
        try:
            found = self._ask("list_cost_allocation_tags", "ce:ListCostAllocationTags", {"TagKeys": [key]})
        except AssistantError:
            return None
        return next((str(tag["Status"]) for tag in found["CostAllocationTags"] if tag["TagKey"] == key), "Unknown")

    def _account(self) -> dict[str, Any] | None:
        # The management account's costs are those of its members too; each would be counted twice.
        if not self.aws.names_account:
            return None
        return {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [self.aws.info.account]}}

    def _ask(self, operation: str, action: str, request: dict[str, Any]) -> dict[str, Any]:
        if self._client is None:
            self._client = self.aws.client("ce", _region(self.aws))
        self.requests += 1
        with translated():
            try:
                answer: dict[str, Any] = getattr(self._client, operation)(**request)
            except ClientError as error:
                raise _explained(error, action) from error
        return answer


def _time(period: Period) -> dict[str, str]:
    return {"Start": period.start.isoformat(), "End": period.end.isoformat()}


def _region(aws: Aws) -> str:
    """The region of Cost Explorer, which a partition has once or not at all. Raises AwsError (`not_in_partition`)."""
    partition = aws.info.partition
    region = home_region("ce", partition)
    if region is None:
        raise AwsError(
            f"the partition {partition} has no Cost Explorer; in AWS GovCloud (US) look at the standard account that"
            " pays for this one",
            code="not_in_partition",
        )
    return region


def _explained(error: ClientError, action: str) -> Exception:
    """Adds what to do about Cost Explorer's two usual refusals; other errors stay as they are."""
    if error_code(error) == "DataUnavailableException":
        detail = "Cost Explorer has no data for this period yet; it is ready about 24 hours after it was enabled"
        return AwsError(detail, code="cost_data_unavailable")
    reason = translate(error)
    if isinstance(reason, Forbidden):
        detail = (
            f"{reason.detail}. It needs {action}, Cost Explorer enabled in the Billing console, "
            "and IAM access to billing allowed by the account's root user"
        )
        return Forbidden(detail, code=reason.code)
    return reason
