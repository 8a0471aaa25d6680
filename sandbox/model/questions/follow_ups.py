"""Asks the last question again with what a follow-up changes: "and in eu-west-1?", "how many of them are stopped?"."""

from dataclasses import replace

from sandbox.model.reading.focus import focus_of
from sandbox.model.reading.history import Conversation
from sandbox.model.reading.vocabulary import word_set
from sandbox.model.tools import READ_TOOLS
from sandbox.model.types import Call, Focus

_ASPECTS = word_set(
    "size count largest smallest newest oldest object when where total each howmuch usage describe list empty trust "
    "attached each_service"
)


def follow_up_calls(focus: Focus, conversation: Conversation) -> tuple[list[Call], Focus]:
    """The calls of the question before with what this message changes; also the focus for their answer."""
    turn = next((turn for turn in reversed(conversation.earlier) if turn.outcomes), None)
    if turn is None or focus.topics - {"other"} or focus.has("greet", "help"):
        return [], focus
    calls = [outcome.call for outcome in turn.outcomes if (tool := READ_TOOLS.get(outcome.call.name)) and tool.topics]
    if not calls:
        return [], focus
    before = focus_of(turn.text)
    if focus.concepts & _ASPECTS and not focus.topics:
        return [], _inherit(focus, before, calls)
    changed = [READ_TOOLS[call.name].again(call.arguments, focus) for call in calls]
    if not (focus.regions or focus.states or focus.named or any(each is not None for each in changed)):
        return [], focus
    pairs = zip(calls, changed, strict=True)
    again = [call if arguments is None else Call(call.name, arguments) for call, arguments in pairs]
    said = {part: getattr(focus, part) for part in ("regions", "named", "states") if getattr(focus, part)}
    return list({str(call): call for call in again}.values()), replace(before, **said)


def _inherit(focus: Focus, before: Focus, calls: list[Call]) -> Focus:
    """Give a question without a topic the topic, and where it says "them" the regions, of the one before."""
    topics = {READ_TOOLS[call.name].topics[0] for call in calls}
    if len(topics) > 1 and focus.has("size", "largest", "smallest", "object"):
        topics &= {"bucket"}
    regions = focus.regions or (before.regions if focus.has("them") else ())
    return replace(focus.on(frozenset(topics)), regions=regions)
