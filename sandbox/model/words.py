"""What the model says when no tool speaks: greetings, what it can do, and what it cannot."""

from __future__ import annotations

from sandbox.model.focus import Focus

CAN = (
    "I can tell you about S3 storage, buckets and object counts, EC2 instances, Lambda functions, IAM roles, costs and "
    "the account in use, explain an IAM policy you paste, sum up your usage, and propose changes for your approval: "
    "create or delete buckets, roles and Lambda functions, and attach or detach policies."
)


def cannot(wanted: str) -> str:
    """An honest no to a change that none of the operations makes."""
    what = f" (“{' '.join(wanted.split())}”)" if wanted.strip() else ""
    return f"I can't do that here{what}: this is the sandbox's small model. {CAN}"


def no_tool(names: list[str]) -> str:
    """An honest no where the request does not offer the function it would take."""
    return f"I can't do that here: it would take {', '.join(names)}, and this request does not offer that."


def small_talk(focus: Focus) -> str:
    """An answer to a greeting, to thanks, or to "what can you do?"; empty for anything else."""
    if focus.has("help"):
        return f"I am the sandbox's small model, a stand-in that needs no key. {CAN}"
    if focus.has("polite"):
        return "You're welcome."
    if focus.has("greet"):
        return f"Hello. {CAN}"
    return ""
