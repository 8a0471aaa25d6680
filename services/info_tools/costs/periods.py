"""The periods of cost questions, as the days that Cost Explorer takes: the first, and the one after the last. UTC."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from shared.errors import InvalidArguments

PeriodName = Literal[
    "month_to_date",
    "yesterday",
    "last_7_days",
    "last_30_days",
    "last_month",
    "last_3_months",
    "last_6_months",
    "last_12_months",
]
FULL_MONTHS: dict[str, int] = {"last_month": 1, "last_3_months": 3, "last_6_months": 6, "last_12_months": 12}
FULL_DAYS: dict[str, int] = {"yesterday": 1, "last_7_days": 7, "last_30_days": 30}


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until the day before `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days


def named(name: PeriodName, today: date) -> Period:
    """The days of a named period.

    Cost Explorer refuses Start == End, which on the first of a month "until today" would be. So the current month runs
    until tomorrow, which also brings in today; that is never past the first of the next month, beyond which it refuses
    too.
    """
    first = today.replace(day=1)
    if name in FULL_DAYS:
        return Period(today - timedelta(days=FULL_DAYS[name]), today)
    if name in FULL_MONTHS:
        return Period(_months_before(first, FULL_MONTHS[name]), first)
    return Period(first, today + timedelta(days=1))


def chosen(start: date | None, end: date | None, name: PeriodName, today: date) -> Period:
    """The period of these days, or the named one where no start is given. Raises InvalidArguments."""
    if start is None:
        if end is not None:
            raise InvalidArguments("end: needs a start; name both days, or a period")
        return named(name, today)
    until = end or today + timedelta(days=1)
    if start >= until:
        raise InvalidArguments(f"start: {start} is not before the end, {until}, which is the day after the last one")
    if start > today:
        raise InvalidArguments(f"start: {start} is still to come; costs are of the past, ask for a forecast instead")
    return Period(start, min(until, today + timedelta(days=1)))


def before(period: Period) -> Period:
    """The period that it is compared with: whole months with as many whole months, else as many days right before.

    The first days of a month are compared with the same days of the month before it, as bills are read.
    """
    if period.start.day == 1 and period.end.day == 1:
        months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
        return Period(_months_before(period.start, months), period.start)
    last = period.end - timedelta(days=1)
    if period.start.day == 1 and (last.year, last.month) == (period.start.year, period.start.month):
        start = _months_before(period.start, 1)
        length = min(period.days, calendar.monthrange(start.year, start.month)[1])
        return Period(start, start + timedelta(days=length))
    return Period(period.start - timedelta(days=period.days), period.start)


def rest_of_month(today: date) -> Period:
    """The days that a forecast is for: from tomorrow to the end of the month, or the next month on its eve."""
    tomorrow = today + timedelta(days=1)
    return Period(tomorrow, _months_before(tomorrow.replace(day=1), -1))


def _months_before(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)
