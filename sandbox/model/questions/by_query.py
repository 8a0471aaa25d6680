"""What is asked of a long list is computed over all of it: the largest, the newest, how many there are of each kind."""

import re
from collections.abc import Iterable

from sandbox.model.calls.offer import Offer
from sandbox.model.phrasing import objects_of
from sandbox.model.types import Call, Focus, JsonObject, Outcome

QUERY = "query_result"
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_RANKED = re.compile(
    r"(?i)\b(?:(?P<most>largest|biggest|newest|latest|youngest|most recent)|(?P<least>smallest|oldest|earliest))\b"
)
_COUNTED = re.compile(rf"(?i)(?<![\w.-])(?:\d{{1,5}}|{'|'.join(_NUMBERS)})(?![\w.-])")
_BY_TIME = re.compile(r"(?i)newest|latest|youngest|recent|oldest|earliest")
_GROUPED = re.compile(
    r"(?i)\b(?:per|by|in each|of each|for each|for every|grouped by)\s+(?P<column>[a-z][a-z_ -]*[a-z])"
)
_UNATTACHED = re.compile(r"(?i)\b(?:unattached|detached|not attached|attached to nothing|orphaned|unused)\b")
_PLAIN, _ENCRYPTED = re.compile(r"(?i)\b(?:unencrypted|not encrypted)\b"), re.compile(r"(?i)\bencrypted\b")
_ASKED = re.compile(
    r"(?i)\b(?:which|what|show|tell|list|give|me|how many|do|does|did|i|we|have|has|are|is|there|the|and|of|my|our"
    r"|ones?|but)\b|[?.!,]"
)
# Columns by what they hold, best first; a name is compared without regard to case, underscores and what it is within.
_SIZES = (
    "sizebytes",
    "size",
    "storedbytes",
    "codesizebytes",
    "codesize",
    "allocatedstorage",
    "storagegib",
    "memorymib",
)
_TIMES = ("createtime", "createdat", "createdate", "launchedat", "launchtime", "creationtime", "lastmodified")
_WHERE = ("name", "tags.name", "region", "_region", "account")
_MOST_SELECTED = 5


def subject_of(text: str) -> str:
    """What a question is about, as an order to list it, where a query answers the rest; else the text itself."""
    rest = text
    for pattern in (_RANKED, _GROUPED, _UNATTACHED, _PLAIN, _ENCRYPTED, _COUNTED):
        rest = pattern.sub(" ", rest)
    return f"List {' '.join(_ASKED.sub(' ', rest).split())}" if rest != _COUNTED.sub(" ", text) else text


def query_calls(focus: Focus, outcomes: list[Outcome], offer: Offer) -> tuple[Call, ...]:
    """The queries that a message asks for over the results that are stored; none where it asks for no figures."""
    if QUERY not in offer:
        return ()
    asked = ((outcome.ref, _query(focus.text, _columns(outcome))) for outcome in outcomes if _is_source(outcome))
    return tuple(offer.fit(Call(QUERY, {"ref": ref, **query})) for ref, query in asked if query)


def queried(outcomes: Iterable[Outcome]) -> dict[str, Call]:
    """The references of the results that a query has answered from, with that query."""
    return {str(each.call.arguments.get("ref")): each.call for each in outcomes if each.call.name == QUERY and each.ok}


def _is_source(outcome: Outcome) -> bool:
    return outcome.ok and bool(outcome.ref) and outcome.call.name != QUERY


def _columns(outcome: Outcome) -> list[str]:
    """The names of the columns of a stored result: as they are told, or those of its first row."""
    told = outcome.table.get("columns")
    if isinstance(told, dict) and told:
        return [str(name) for name in told]
    lists = sorted((objects_of(outcome.result, key) for key in outcome.result), key=len)
    names = dict.fromkeys(key for row in (lists[-1] if lists else []) for key in row)
    return [*names, *(f"{key}.Name" for key in names if key in ("Tags", "tags"))]


def _query(text: str, columns: list[str]) -> JsonObject:
    """A query in these columns; empty where the text asks for nothing that they have."""
    where = _conditions(text, columns)
    base: JsonObject = {"where": where} if where else {}
    grouped = _GROUPED.search(text)
    if grouped and (column := _named(grouped["column"], columns)):
        return base | {"group_by": [column], "sort": [{"column": "count", "descending": True}]}
    ranked = _RANKED.search(text)
    if not ranked:
        return base if where else {}
    column = _first(columns, _TIMES if _BY_TIME.search(ranked[0]) else _SIZES)
    if not column:
        return {}
    # The newest are those with the latest time: `most` sorts downwards for both.
    sort = [{"column": column, "descending": bool(ranked["most"])}]
    return base | {"sort": sort, "limit": _number(text), "select": _selected(columns, column)}


def _conditions(text: str, columns: list[str]) -> list[JsonObject]:
    found: list[JsonObject] = []
    if _UNATTACHED.search(text) and (column := _first(columns, ("attachments",))):
        found.append({"column": column, "op": "is_empty"})
    if column := _first(columns, ("encrypted",)):
        if _PLAIN.search(text):
            found.append({"column": column, "op": "=", "value": False})
        elif _ENCRYPTED.search(text):
            found.append({"column": column, "op": "=", "value": True})
    return found


def _number(text: str) -> int:
    """How many are asked for; one where no number is."""
    found = _COUNTED.search(text)
    if not found:
        return 1
    return int(found[0]) if found[0].isdigit() else _NUMBERS.index(found[0].lower()) + 2


def _selected(columns: list[str], sorted_by: str) -> list[str]:
    """What names a row, what it is sorted by, and where it is."""
    naming = [each for each in columns if "." not in each and re.search(r"(?i)(id|name|arn)$", each)][:1]
    places = [each for each in columns if each.lower() in _WHERE]
    return list(dict.fromkeys([*naming, sorted_by, *places]))[:_MOST_SELECTED]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _first(columns: list[str], wanted: Iterable[str]) -> str:
    known = {_plain(column): column for column in reversed(columns) if "." not in column}
    return next((known[each] for each in wanted if each in known), "")


def _named(said: str, columns: list[str]) -> str:
    """The column that words mean: the whole of its name, or its last part; a plural means one too."""
    words = [_plain(said), _plain(said.split()[0]), _plain(" ".join(said.split()[:2]))]
    for word in (form for each in words for form in (each, each.removesuffix("s"))):
        for column in columns:
            last = column.rpartition(".")[2]
            parts = [_plain(column), _plain(last), *(each.lower() for each in re.findall(r"[A-Z]?[a-z]+", last)[-1:])]
            if word in parts:
                return column
    return ""
