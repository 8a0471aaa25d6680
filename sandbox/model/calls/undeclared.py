"""Uses a function that a request offers and that no file here declares: by its name, its description and its schema."""

import re
from dataclasses import dataclass

from sandbox.model.calls.offer import PLAN_TOOL, Offer, resolve
from sandbox.model.changes.undo import UNDO_TOOL
from sandbox.model.phrasing import join
from sandbox.model.reading.vocabulary import COMMON, word_set
from sandbox.model.tools import OPERATIONS, READ_TOOLS
from sandbox.model.types import Call, Focus, JsonObject

_READING = ("list_", "get_", "describe_", "count_", "find_", "search_", "show_", "read_", "check_", "who_", "query_")
_GENERIC = word_set("list get describe count find search show read check query aws by for of in with from to the a and")
_FREE_TEXT = ("text", "query", "question", "words", "search", "message")
_MOST_CHARACTERS = 240


@dataclass(frozen=True)
class Undeclared:
    """A function that fits a question: the call that can be made of it, or what it still needs."""

    name: str
    call: Call | None
    needs: tuple[str, ...] = ()
    about: str = ""

    def says(self) -> str:
        """That the function is there, and what it needs."""
        about = f" ({self.about.rstrip('.')})" if self.about else ""
        return (
            f"There is a function for that, {self.name}{about}. It needs {join(list(self.needs))}, which I, the "
            f"sandbox's small model, cannot read out of your question. Call it yourself: POST /v1/tools/{self.name}."
        )


def undeclared(focus: Focus, offer: Offer) -> Undeclared | None:
    """The offered reading function whose name a question's words spell out, the most of them; None for none."""
    words = {_singular(word) for token in focus.tokens for word in re.findall(r"[a-z0-9]+", token.text.lower())}
    words |= {_singular(word) for word in focus.words}
    fitting: list[tuple[int, str]] = []
    for name in offer.schemas:
        known = name in READ_TOOLS or name in OPERATIONS or name in (PLAN_TOOL, UNDO_TOOL)
        spelt = [_singular(part) for part in name.split("_") if part not in _GENERIC]
        if not known and name.startswith(_READING) and spelt and set(spelt) <= words:
            described = _content(offer.descriptions.get(name, "")) & words
            fitting.append((len(spelt) * 2 + len(described), name))
    return _as_call(max(fitting)[1], focus, offer) if fitting else None


def _as_call(name: str, focus: Focus, offer: Offer) -> Undeclared:
    root = offer.schemas[name]
    schema = resolve(root, root)
    about = offer.descriptions.get(name, "").strip().split("\n")[0][:_MOST_CHARACTERS]
    arguments: JsonObject = {}
    properties = schema.get("properties") or {}
    if "regions" in properties and focus.regions:
        arguments["regions"] = list(focus.regions)
    needed = [key for key in schema.get("required") or [] if "default" not in properties.get(key, {})]
    if needed == ["region"] and len(focus.regions) == 1:
        arguments["region"], needed = focus.regions[0], []
    if len(needed) == 1 and len(focus.named) == 1 and re.search(r"name|arn|id$", needed[0]):
        arguments[needed[0]], needed = focus.named[0].value, []
    if len(needed) == 1 and needed[0] in _FREE_TEXT:
        arguments[needed[0]], needed = focus.text, []
    return Undeclared(name, None if needed else Call(name, arguments), tuple(needed), about)


def _content(text: str) -> set[str]:
    """The words of a description that are no plain English."""
    return {_singular(word) for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in COMMON and len(word) > 2}


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
