"""Makes sense of what leans on earlier turns: "and in eu-west-1?", "the second one", "how many does it hold?"."""

from __future__ import annotations

import re
from dataclasses import replace

from sandbox.model.entities import Named
from sandbox.model.focus import Focus, focus_of, months_of, ordinal_of
from sandbox.model.history import Conversation, Turn, listed, plans_of
from sandbox.model.topics import TOPICS, period_of
from sandbox.model.types import KINDS, Call, JsonObject, Kind, Outcome

_TOPIC_OF: dict[str, str] = {
    "get_s3_usage": "bucket",
    "get_s3_bucket_sizes": "bucket",
    "list_s3_buckets": "bucket",
    "count_s3_objects": "bucket",
    "list_ec2_instances": "ec2",
    "list_lambda_functions": "function",
    "list_iam_roles": "role",
    "describe_iam_role": "role",
    "get_cost_summary": "cost",
    "get_caller_identity": "identity",
}
_NAME_KEYS = {"bucket": "bucket_name", "role": "role_name", "function": "function_name"}
_ASPECTS = frozenset(
    {
        "size",
        "count",
        "largest",
        "smallest",
        "newest",
        "oldest",
        "object",
        "when",
        "where",
        "total",
        "each",
        "howmuch",
        "usage",
        "describe",
        "list",
        "empty",
        "trust",
        "attached",
        "each_service",
    }
)


def with_references(focus: Focus, conversation: Conversation) -> Focus:
    """Replace "it", "that bucket", "the second one" by the names they stand for."""
    if not conversation.earlier or (focus.named and not focus.has("it")) or _is_about_account(focus):
        return focus
    place = ordinal_of(focus)
    if place is not None and not focus.named:
        kind, names = conversation.listing()
        if names and -1 <= place < len(names):
            return _naming(focus, kind, [names[place]])
    if not focus.named and (points_back(focus) or _continues(focus)):
        wanted = next((kind for kind in KINDS if focus.has(kind)), None)
        kind, names = referents(conversation, wanted)
        if names:
            return _naming(focus, kind, names[:1])
    return focus


def points_back(focus: Focus) -> bool:
    """True when the message says "it", "that one", "this bucket": one thing named before."""
    text = focus.text.lower()
    nouns = r"bucket|role|function|lambda|one|instance"
    return bool(
        re.search(r"\b(it|its|itself)\b(?! (?:possible|true|okay|ok|fine|time|is possible))", text)
        or re.search(rf"\b(?:that|this|said|same) (?:\w+ )?(?:{nouns})\b", text)
        or re.search(rf"\bthe (?:{nouns})(?: (?:you|we|i|just|again)|\W*$)", text)
        or re.search(
            r"\b(?:that|this)\W*$|\b(?:in|of|about|for) (?:that|this)\b(?! (?:account|month|year|region))", text
        )
    )


def _continues(focus: Focus) -> bool:
    """ "And how many objects?": a short addition about the one thing spoken of."""
    whole = focus.has("total", "each", "largest", "smallest", "them", "list", "ec2", "role", "function", "bucket")
    aspect = focus.has("object", "size", "when", "where", "trust")
    return focus.text.lower().lstrip().startswith("and ") and aspect and not whole and len(focus.tokens) < 8


def _is_about_account(focus: Focus) -> bool:
    return focus.has("identity", "cost", "summary") and not focus.has("it")


def _naming(focus: Focus, kind: str, names: list[str]) -> Focus:
    known = next((each for each in KINDS if each == kind), None)
    named = tuple(Named(name, known, -1) for name in names)
    return replace(focus, named=named, concepts=focus.concepts | ({kind} if known else {"ec2"}))


def referents(conversation: Conversation, wanted: Kind | None = None) -> tuple[str, list[str]]:
    """Kind and names of what was last spoken of; of one kind only when one is wanted."""
    for turn in reversed(conversation.earlier):
        for kind, names in _spoken_of(turn):
            if names and wanted in (None, kind):
                return kind, names
    return "", []


def _spoken_of(turn: Turn) -> list[tuple[str, list[str]]]:
    """What a turn was about, the most pointed thing first."""
    found: list[tuple[str, list[str]]] = []
    for plan in plans_of(turn.outcomes):
        found += [(kind, [name]) for kind, name in reversed(made_by(plan))]
    for outcome in reversed(turn.outcomes):
        if outcome.plan is None:
            found += _pointed(turn, outcome)
    named = focus_of(turn.text).named
    found += [(each.kind, [each.value]) for each in reversed(named) if each.kind]
    return found


def _pointed(turn: Turn, outcome: Outcome) -> list[tuple[str, list[str]]]:
    kind, names = listed(outcome)
    focus = focus_of(turn.text)
    mentioned = [each.value for each in focus.named if each.value in names]
    if mentioned:
        return [(kind, mentioned)]
    if len(names) == 1:
        return [(kind, names)]
    if focus.has("smallest"):
        return [(kind, names[-1:])]
    return [(kind, names[:1])] if focus.has("largest") else []


def made_by(plan: JsonObject) -> list[tuple[str, str]]:
    """Kind and name of everything a plan's done steps created, in order."""
    made: list[tuple[str, str]] = []
    for step in plan.get("steps") or []:
        operation = str(step.get("operation", ""))
        if not operation.startswith("create_") or step.get("status") not in (None, "done", "ok"):
            continue
        known = {**(step.get("arguments") or {}), **(step.get("result") or {})}
        for kind, key in _NAME_KEYS.items():
            if kind in operation and (name := known.get(key) or known.get("name")):
                made.append((kind, str(name)))
                break
    return made


def what_was_made(text: str, conversation: Conversation) -> str:
    """The answer to "what did you just create?": what the last plan made. Empty for any other question."""
    if not re.match(
        r"\W*(?:so |and |ok(?:ay)? )?what\b.*\b(?:you|we|i|was|got)\b.*\b(?:created?|ma[dk]e|set up|buil[dt])\b",
        text.lower(),
    ):
        return ""
    for turn in reversed(conversation.earlier):
        for plan in reversed(plans_of(turn.outcomes)):
            if plan.get("status") == "done" and (made := made_by(plan)):
                return "The last plan made " + ", ".join(f"the {kind} {name}" for kind, name in made) + "."
    return ""


def follow_up_calls(focus: Focus, conversation: Conversation) -> tuple[list[Call], Focus]:
    """Ask the last question again with what this message changes; also the focus for its answer."""
    turn = next((turn for turn in reversed(conversation.earlier) if turn.outcomes), None)
    if turn is None or not _leans_back(focus):
        return [], focus
    calls = [outcome.call for outcome in turn.outcomes if outcome.call.name in _TOPIC_OF]
    if not calls:
        return [], focus
    before = focus_of(turn.text)
    if focus.concepts & _ASPECTS and not focus.concepts & TOPICS:
        return [], _inherit(focus, before, calls)
    if not (focus.regions or focus.states or focus.named or months_of(focus.text)):
        return [], focus
    again = [_changed(call, focus) for call in calls]
    merged = replace(
        before,
        regions=focus.regions or before.regions,
        named=focus.named or before.named,
        states=focus.states or before.states,
    )
    return list({str(call): call for call in again}.values()), merged


def _leans_back(focus: Focus) -> bool:
    return not focus.concepts & (TOPICS - {"other"}) and not focus.has("greet", "help")


def _inherit(focus: Focus, before: Focus, calls: list[Call]) -> Focus:
    """Give a question without a topic the topic, and where it says "them" the regions, of the one before."""
    topics = {_TOPIC_OF[call.name] for call in calls}
    if len(topics) > 1 and focus.has("size", "largest", "smallest", "object"):
        topics &= {"bucket"}
    regions = focus.regions or (before.regions if focus.has("them") else ())
    return replace(focus, concepts=focus.concepts | topics, regions=regions)


def _changed(call: Call, focus: Focus) -> Call:
    arguments = dict(call.arguments)
    if call.name in ("list_ec2_instances", "list_lambda_functions") and focus.regions:
        arguments["regions"] = list(focus.regions)
    if call.name == "list_ec2_instances" and focus.states:
        arguments["states"] = list(focus.states)
    if focus.named:
        names = [named.value for named in focus.named]
        if call.name in ("count_s3_objects", "describe_iam_role"):
            key = "bucket_name" if call.name == "count_s3_objects" else "role_name"
            arguments = {key: names[0]}
        elif call.name == "get_s3_bucket_sizes":
            arguments = {"bucket_names": names}
    if call.name == "get_cost_summary" and months_of(focus.text):
        arguments = period_of(focus.text)
    return Call(call.name, arguments)
