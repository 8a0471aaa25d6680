"""Chooses the advisor's function for a policy document that a message holds or points back to."""

from __future__ import annotations

import json

from sandbox.model.focus import Focus, focus_of
from sandbox.model.history import Conversation
from sandbox.model.types import Call, JsonObject
from sandbox.model.vocabulary import word_set

_RISKS = word_set("risk risks risky danger dangerous dangers safe secure security audit problem problems wrong")


def policy_calls(focus: Focus, conversation: Conversation) -> list[Call]:
    """The call that explains, checks or narrows the policy; empty when there is no policy to speak of."""
    texts = _policies(focus)
    if not texts and _points_at_policy(focus):
        texts = next(
            (found for turn in reversed(conversation.earlier) if (found := _policies(focus_of(turn.text)))), []
        )
    calls: list[Call] = []
    for text in texts:
        if focus.has("optimize"):
            intent = " ".join(token.text for token in focus.tokens if token.kind == "word")
            calls.append(Call("optimize_policy", {"policy_json": text, "intent": intent or "least privilege"}))
        elif focus.has("validate") and not focus.has("explain"):
            calls.append(Call("validate_policy", {"policy_json": text, "kind": _kind(text)}))
        else:
            calls.append(Call("explain_policy_with_claude", {"policy_json": text}))
    return calls


def _policies(focus: Focus) -> list[str]:
    texts = [json.dumps(document) for document in focus.documents if _is_policy(document)]
    return texts or ([focus.broken_document] if focus.broken_document else [])


def _is_policy(document: JsonObject) -> bool:
    return bool({"Statement", "Version", "Effect", "Action"} & set(document)) or "statement" in str(document).lower()


def _points_at_policy(focus: Focus) -> bool:
    asks = focus.has("explain", "validate", "optimize", "describe") or bool(focus.words & _RISKS)
    return focus.has("policy", "it") and asks and not any(each.kind for each in focus.named) and not focus.has("role")


def _kind(text: str) -> str:
    return "trust" if '"Principal"' in text and "sts:AssumeRole" in text else "identity"
