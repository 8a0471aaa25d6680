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


_COMPARING = re.compile(
    r"(?i)\b(?:compar\w+|versus|vs\.?|than (?:last|the) (?:month|period|week)|chang\w+|differ\w*|increas\w+|"
    r"decreas\w+|more expensive than|w?ent up|gone up|go up|went down|gone down|grew|grown|rose|risen|up or down)\b"
)
_WITH_LAST_MONTH = re.compile(
    r"(?i)\b(?:compared|than|versus|vs\.?)\s+(?:to |with )?(?:the )?(?:last|previous) month\b"
)
_FORECAST = re.compile(
    r"(?i)\b(?:forecasts?|projected|projection|predict\w*|expected? (?:to|cost|bill)|by the end of)\b"
)
_BY_ACCOUNT = re.compile(r"(?i)\b(?:by|per|each|every|which) accounts?\b")
_BY_REGION = re.compile(r"(?i)\b(?:by|per|each|every|which) regions?\b")
_BY_TAG = re.compile(
    r"(?i)\b(?:by|per) (?:the )?(?:tag )?[`'\"]?(?P<key>environment|costcenter|team|project|owner)[`'\"]?(?: tag)?\b"
    r"|\b(?:by|per) (?:the )?tag [`'\"]?(?P<named>[\w:.-]+)"
)
_BY_DAY = re.compile(r"(?i)\b(?:by|per|each|every) day\b|\bdaily\b|\bday by day\b")
_DAYS = re.compile(r"(?i)\b(?P<one>yesterday)\b|\b(?:last|past) (?:(?P<many>30|thirty)|7|seven) days\b")


def _breakdown(text: str) -> JsonObject:
    """What a question adds to the period: a grouping, days, a comparison, a forecast."""
    asked: JsonObject = {}
    if tag := _BY_TAG.search(text):
        key = tag["named"] or tag["key"]
        asked = {
            "group_by": "tag",
            "tag_key": "CostCenter" if key.lower() == "costcenter" else key[:1].upper() + key[1:],
        }
    elif _BY_ACCOUNT.search(text):
        asked = {"group_by": "account"}
    elif _BY_REGION.search(text):
        asked = {"group_by": "region"}
    if days := _DAYS.search(text):
        asked["period"] = "yesterday" if days["one"] else "last_30_days" if days["many"] else "last_7_days"
    asked |= {"by_day": True} if _BY_DAY.search(text) else {}
    asked |= {"compare": True} if _COMPARING.search(text) else {}
    return asked | ({"forecast": True} if _FORECAST.search(text) else {})


def _more(result: JsonObject) -> list[str]:
    """Groups, days, comparison and forecast, each as a paragraph."""
    currency = result.get("currency", "")
    groups = [f"{row.get('group')}: {row.get('amount')} {currency}" for row in objects_of(result, "by_group")]
    days = [f"{row.get('start')}: {row.get('amount')} {currency}" for row in objects_of(result, "by_day")]
    told = [f"Broken down:\n{rows(groups)}"] if groups else []
    told += [f"By day:\n{rows(days)}"] if days else []
    if before := result.get("comparison"):
        change, share = before.get("change"), before.get("change_percent")
        lines = [
            f"{row.get('name')}: {row.get('change')} {currency} (from {row.get('before')} to {row.get('now')})"
            for row in objects_of(before, "largest_changes")
        ]
        told.append(
            f"Between {before.get('start')} and {before.get('end')} (exclusive) it was "
            f"{before.get('total')} {currency}, a change of {change} {currency}"
            f"{f' ({share} %)' if share is not None else ''}. What changed most:\n" + rows(lines)
        )
    if expected := result.get("forecast"):
        told.append(
            f"Forecast by AWS, which is no cost yet: {expected.get('amount')} {currency} between "
            f"{expected.get('start')} and {expected.get('end')} (exclusive), with 80 % confidence from "
            f"{expected.get('low')} to {expected.get('high')}."
        )
    return told


def _answer(result: JsonObject, focus: Focus) -> str:
    """The total of the period, by service, by month."""
    currency = result.get("currency", "")
    asked = [row for topic, service in _SERVICES.items() if focus.has(topic) for row in _of(result, service)]
    guess = " (an estimate: AWS has not closed the period yet)" if result.get("estimated") else ""
    span = f"Between {result.get('start')} and {result.get('end')} (exclusive)"
    lead = f"{span} you spent {result.get('total')} {currency}{guess}."
    lead += "".join(f" Of this {row.get('service')}: {row.get('amount')} {currency}." for row in asked)
    lead += " There is no forecast." if _FORECAST.search(focus.text) and not result.get("forecast") else ""
    none = [service for topic, service in _SERVICES.items() if focus.has(topic) and not _of(result, service)]
    lead += f" No cost is listed for {join(none)}." if none else ""
    services = objects_of(result, "by_service") or objects_of(result, "top_services")
    costs = [f"{row.get('service')}: {row.get('amount')} {currency}" for row in services]
    if services and focus.has("largest", "each_service"):
        most = services[0]
        lead += f" The most expensive service is {most.get('service')} with {most.get('amount')} {currency}."
    months = [f"{row.get('start')}: {row.get('amount')} {currency}" for row in objects_of(result, "by_month")]
    by_month = f"By month:\n{rows(months)}" if len(months) > 1 else ""
    charged = result.get("charged_usd")
    note = f"AWS charges {charged} USD for asking Cost Explorer." if charged else ""
    return paragraphs(lead, *_more(result), f"By service:\n{rows(costs)}" if costs else "", by_month, note)


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
    text = focus.text
    for understood in (_DAYS, _BY_DAY, _BY_TAG, _BY_ACCOUNT, _BY_REGION):
        text = understood.sub(" ", text)
    found = [match.group().strip() for match in _NO_PERIOD.finditer(text)]
    found += [match.group() for match in _BY_WHAT.finditer(text) if match.group() not in " ".join(found)]
    months = _months(focus.text)
    if not found and months is not None and months not in (1, 3, 6, 12) and (span := _SPAN.search(focus.text.lower())):
        found = [span.group()]
    return [phrase for phrase in found if not _MAY.fullmatch(phrase)]


def _asked(clause: Focus) -> list[JsonObject]:
    if not clause.has("cost"):
        return []
    more = _breakdown(clause.text)
    if more.get("compare") and _WITH_LAST_MONTH.search(clause.text):
        return [more]
    if len(_periods(clause.text)) > 1:
        more.pop("compare", None)  # both are asked for by themselves
    return [period | more for period in _periods(clause.text)]


def _tells(arguments: JsonObject) -> str:
    period = str(arguments.get("period") or "month_to_date").replace("_", " ")
    return f"what the account costs by service, {period}"


def _headline(result: JsonObject) -> str:
    span = f"between {result.get('start')} and {result.get('end')}"
    return f"{result.get('total', '?')} {result.get('currency', '')} {span}"


_HEEDS = (
    "period", "largest", "open", "ec2", "s3", "storage", "function", "each_month", "each_service", "cheap", "modify",
    "change", "changed", "changes", "compared", "increase", "increased", "decrease", "forecast",
)  # fmt: skip

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
    asked=_asked,
    order=20,
    again=lambda _, focus: _period(focus.text) if _months(focus.text) else None,
    instead=("summarize_aws_usage",),
    title="Cost",
    headline=_headline,
    tells=_tells,
    heeds=_HEEDS,
    unanswered=_unanswered,
    can="costs",
)
