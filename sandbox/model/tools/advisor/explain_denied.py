"""`explain_denied`: why AWS denied a request, from what it said."""

from typing import Any

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import document, paragraphs
from sandbox.model.policies.wording import bullets, reviewed
from sandbox.model.types import Focus, JsonObject


def _answer(result: JsonObject, _focus: Focus) -> str:
    policy, place = result.get("allowing_policy"), result.get("allowing_policy_goes_to")
    return paragraphs(
        " ".join(str(one) for one in result.get("meaning") or []),
        f"This would allow it, in {place}:\n{document(policy)}" if policy else "",
        str(result.get("cannot_change") or ""),
        bullets("What the message does not show", result.get("not_shown")),
        bullets("Where to look", [_look_up(one) for one in result.get("look_up") or []]),
        f"Claude's explanation: {result['explanation']}" if result.get("explanation") else "",
        bullets("Next steps", result.get("next_steps")),
        reviewed(result) if result.get("is_denial") else "",
    )


def _look_up(one: Any) -> str:
    arguments = one.get("arguments") or {}
    what = ":".join(str(arguments[name]) for name in ("service", "operation") if name in arguments)
    return f"{one.get('tool')}{f' {what}' if what else ''}: {one.get('shows')}"


TOOL = ReadTool(
    "explain_denied",
    answer=_answer,
    # What AWS said is found in the message as it stands, before its words could order anything: `questions/denials.py`.
    asked=lambda _clause: [],
    order=4,
    can="why AWS denied something, from its message",
    free_form=True,
)
