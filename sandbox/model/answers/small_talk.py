"""What the model says when it has no result to tell: greetings, what it can do, and what it cannot."""

import re

from sandbox.model.phrasing import join
from sandbox.model.reading.vocabulary import NOUNS
from sandbox.model.tools import CREATED, READ_TOOLS, RESOURCES
from sandbox.model.types import Focus

# The tools come by folder; from the last one on, S3 is named first and the account's own business last.
_TOLD = join([can for tool in reversed(READ_TOOLS.values()) if (can := tool.can or (tool.noun and f"{tool.noun}s"))])
_MADE = join([f"{RESOURCES[kind].noun}s" for kind in CREATED])
CAN = (
    f"I can tell you about {_TOLD}, and propose changes for your approval: create or delete {_MADE}, and attach or "
    "detach policies."
)


def cannot(wanted: str) -> str:
    """An honest no to a change that none of the operations makes."""
    what = f" (“{' '.join(wanted.split())}”)" if wanted.strip() else ""
    return f"I can't do that here{what}: this is the sandbox's small model. {CAN}"


def no_tool(names: list[str]) -> str:
    """An honest no where the request does not offer the function it would take."""
    return f"I can't do that here: it would take {', '.join(names)}, and this request does not offer that."


_HOW = re.compile(
    r"(?i)^\W*(?:so |and |but )?(?:how (?:do|can|would|could|should|to)|what (?:happens|would happen|if)|can (?:i|we)|"
    r"is it (?:possible|safe)|am i able|what does it take)\b.*\b(?:create|make|set up|add|delete|remove|attach|detach|"
    r"drop|destroy|undo|deploy)\b"
)
_ABLE = re.compile(
    r"(?i)^\W*(?:can|could) you (?:also |even )?(?:create|make|delete|remove|attach|detach|manage|deploy) "
    rf"(?:s3 |iam |lambda |aws )*(?:{'|'.join(NOUNS)}|policies|things|stuff)\W*$"
)


def advice(text: str) -> str:
    """An answer to "how do I create…", "what happens if I delete…": such a question orders nothing."""
    if not (_HOW.search(text) or _ABLE.search(text)):
        return ""
    return (
        "You asked about a change and did not order one, so I propose nothing. To make it, say for example “create a "
        "bucket named my-logs in eu-west-1” or “delete the role old-role”: I then propose a plan with every step, and "
        "nothing happens before you approve it. A deleted bucket, role or function cannot be restored."
    )


def small_talk(focus: Focus) -> str:
    """An answer to a greeting, to thanks, or to "what can you do?"; empty for anything else."""
    if focus.has("policy") and focus.has("explain", "validate", "optimize", "describe"):
        return "Please paste the policy's JSON document into your message, then I can have it explained."
    if focus.has("help"):
        return f"I am the sandbox's small model, a stand-in that needs no key. {CAN}"
    if focus.has("polite"):
        return "You're welcome."
    if focus.has("greet") and len(focus.tokens) < 6:
        return f"Hello. {CAN}"
    return ""
