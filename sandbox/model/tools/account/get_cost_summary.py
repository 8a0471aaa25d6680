"""`get_cost_summary`: what was spent in a period, by service and by month."""

import re

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import join, objects_of, paragraphs, rows
from sandbox.model.types import Focus, JsonObject

_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_SPAN = re.compile(rf"(\d+|{'|'.join(_NUMBERS)}|couple of|few)[\s-]+(month|quarter|year|week|day)s?")


def _months(text: str) -> int | None:
    """How many months a question spans; None when it does not say."""
    lowered = text.lower()
    match = _SPAN.search(lowered)
    if match:
        word, unit = match.group(1).split()[0], match.group(2)
        count = int(word) if word.isdigit() else {"couple": 2, "few": 3}.get(word) or _NUMBERS.index(word) + 1
        months = {"month": count, "quarter": 3 * count, "year": 12 * count}.get(unit)
        return min(months, 12) if months else max(1, round(count * (7 if unit == "week" else 1) / 30))
    units = (
        (r"half (?:a |of the |the )?year|half-year", 6),
        (r"\b(?:year|annual|annually|yearly)\b", 12),
        (r"\bquarter(?:ly)?\b", 3),
        (r"\bmonth\b", 1),
    )
    return next((months for pattern, months in units if re.search(pattern, lowered)), None)


def _period(text: str) -> JsonObject:
    """The period as whole months and by name: a tool's schema takes the one it knows."""
    if re.search(r"month before|before that|month earlier", text.lower()):
        return {"period": "last_3_months", "months": 3}  # no period is one earlier month alone; this lists each
    months = _months(text)
    past = re.search(r"\b(?:last|previous|past|prior|preceding)\b", text.lower())
    if months is None or (months == 1 and not past):
        return {}
    name = next((count for count in (1, 3, 6, 12) if months <= count), 12)
    return {"period": "last_month" if name == 1 else f"last_{name}_months", "months": months}


_SERVICES = {"ec2": "Elastic Compute Cloud", "s3": "Simple Storage Service", "function": "Lambda"}


def _of(result: JsonObject, service: str) -> list[JsonObject]:
    """The rows of one service."""
    services = objects_of(result, "by_service") or objects_of(result, "top_services")
    return [row for row in services if service in str(row.get("service"))]


def _periods(text: str) -> list[JsonObject]:
    """The period of a question, or both of "this month and last month"."""
    asked = _period(text)
    both = re.search(r"(?i)\b(?:this|current) month\b", text) and asked.get("period") == "last_month"
    return [{}, asked] if both else [asked]


def _answer(result: JsonObject, focus: Focus) -> str:
    """The total of the period, by service, by month."""
    currency = result.get("currency", "")
    asked = [row for topic, service in _SERVICES.items() if focus.has(topic) for row in _of(result, service)]
    guess = " (an estimate: AWS has not closed the period yet)" if result.get("estimated") else ""
    span = f"Between {result.get('start')} and {result.get('end')} (exclusive)"
    lead = f"{span} you spent {result.get('total')} {currency}{guess}."
    lead += "".join(f" Of this {row.get('service')}: {row.get('amount')} {currency}." for row in asked)
    none = [service for topic, service in _SERVICES.items() if focus.has(topic) and not _of(result, service)]
    lead += f" No cost is listed for {join(none)}." if none else ""
    services = objects_of(result, "by_service") or objects_of(result, "top_services")
    costs = [f"{row.get('service')}: {row.get('amount')} {currency}" for row in services]
    if services and focus.has("largest", "each_service"):
        most = services[0]
        lead += f" The most expensive service is {most.get('service')} with {most.get('amount')} {currency}."
    months = [f"{row.get('start')}: {row.get('amount')} {currency}" for row in objects_of(result, "by_month")]
    by_month = f"By month:\n{rows(months)}" if len(months) > 1 else ""
    return paragraphs(lead, f"By service:\n{rows(costs)}" if costs else "", by_month)


_NO_PERIOD = re.compile(
    r"(?i)\b(?:yesterday|today|tonight|tomorrow|next (?:week|month|quarter|year)|(?:(?:this|last|past|previous|per|"
    r"each|every|a|the last|the past)\s+)?(?:(?:\d+|two|three|few)\s+)?(?:weeks?|days?|hours?|weekend)|daily|weekly|"
    r"hourly|(?:this|current) (?:quarter|year)|(?:year|quarter)[ -]to[ -]date|in (?:20\d\d)|since \w+|"
    r"(?:in |for |of |during )?(?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december)(?: 20\d\d)?)\b"
)
_BY_WHAT = re.compile(
    r"(?i)\b(?:(?:per|by|for each|each|every|in each|in (?:which|what)|(?:which|what))\s+"
    r"(?:region|account|tag|user|team|instance|server|vm|bucket|function|lambda|role|resource|project|day|week)s?"
    r"|(?:most|least) expensive (?:region|account|user|instance|server|vm|bucket|function|lambda|role|resource)s?)\b"
    r"|\b(?:would|could|might)\s+(?:\w+\s+){1,3}cost\b|\bestimated? (?:of|for)\b"
)
_MAY = re.compile(r"(?i)\bmay\b(?! 20\d\d)")


def _unanswered(focus: Focus) -> list[str]:
    """Periods that are none of the tool's: it knows this month until now and the last 1, 3, 6 or 12 whole months."""
    found = [match.group().strip() for match in _NO_PERIOD.finditer(focus.text)]
    found += [match.group() for match in _BY_WHAT.finditer(focus.text) if match.group() not in " ".join(found)]
    months = _months(focus.text)
    if not found and months is not None and months not in (1, 3, 6, 12) and (span := _SPAN.search(focus.text.lower())):
        found = [span.group()]
    return [phrase for phrase in found if not _MAY.fullmatch(phrase)]


def _tells(arguments: JsonObject) -> str:
    period = str(arguments.get("period") or "month_to_date").replace("_", " ")
    return f"what the account costs by service, {period}"


def _headline(result: JsonObject) -> str:
    span = f"between {result.get('start')} and {result.get('end')}"
    return f"{result.get('total', '?')} {result.get('currency', '')} {span}"


TOOL = ReadTool(
    "get_cost_summary",
    answer=_answer,
    topics=("cost",),
    words={
        "cost": "cost, costs, costing, spend, spends, spending, spent, bill, bills, billing, billed, pay, paid, "
        "paying, charge, charges, charged, money, expense, expenses, expensive, invoice, invoices, price, pricey, "
        "dollars, owe, budget, expenditure, spendings, burn, burning, costly, how much did i pay, how much money, "
        "what do i owe",
        "each_month": "monthly, per month, each month, month by month, by month, every month",
        "each_service": "per service, each service, by service, top services, every service, which services, "
        "what services, service by service",
    },
    asked=lambda clause: _periods(clause.text) if clause.has("cost") else [],
    order=20,
    again=lambda _, focus: _period(focus.text) if _months(focus.text) else None,
    instead=("summarize_aws_usage",),
    title="Cost",
    headline=_headline,
    tells=_tells,
    heeds=("period", "largest", "open", "ec2", "s3", "storage", "function", "each_month", "each_service", "cheap"),
    unanswered=_unanswered,
    can="costs",
)
