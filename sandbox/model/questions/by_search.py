"""Where no function is meant: search the operations of AWS, and read with the best one that needs nothing more."""

from sandbox.model.calls.offer import Offer
from sandbox.model.questions.by_query import subject_of
from sandbox.model.reading.history import Conversation
from sandbox.model.types import Call, Focus, JsonObject, Outcome

SEARCH, READ = "search_aws_operations", "read_aws"
_MOST_CHARACTERS = 400


def search_calls(focus: Focus, conversation: Conversation, offer: Offer) -> tuple[Call, ...]:
    """The search for what a message asks, and once that has answered the reading; none where nothing is asked."""
    if SEARCH not in offer or not _asks(focus):
        return ()
    search = offer.fit(
        Call(SEARCH, {"query": subject_of(conversation.current.text)[:_MOST_CHARACTERS], "effect": "read"})
    )
    made = next((each for each in conversation.current.outcomes if each.call == search), None)
    operation = _operation(made) if made else None
    if operation is None or READ not in offer:
        return (search,)
    regions = {"regions": list(focus.regions)} if focus.regions else {}
    return (search, Call(READ, {"service": operation["service"], "operation": operation["operation"], **regions}))


def _asks(focus: Focus) -> bool:
    """A question or an order to show something, of more than a word or two."""
    words = [token for token in focus.tokens if token.kind == "word" and token.word]
    return len(words) >= 2 and (
        focus.has("list", "describe", "count", "howmuch") or "?" in focus.text or len(words) > 3
    )


def _operation(searched: Outcome) -> JsonObject | None:
    """The best operation that can be called as it is; None where the search says that it is not sure."""
    if not searched.ok or searched.result.get("advice"):
        return None
    found = [row for row in searched.result.get("operations") or [] if isinstance(row, dict)]
    ready = (row for row in found if row.get("call_with") == READ and not row.get("required"))
    return next(ready, None)
