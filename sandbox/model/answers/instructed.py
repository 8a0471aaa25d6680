"""What the instructions themselves say, for requests that offer no function for it."""

from collections.abc import Sequence

from sandbox.model.reading.history import Conversation

IDENTITY = "get_caller_identity"


def instructed(missing: Sequence[str], conversation: Conversation) -> str:
    """Who the person is, where that is asked and the instructions name both account and caller; else empty."""
    if IDENTITY not in missing or not (conversation.account and conversation.caller):
        return ""
    return f"You are {conversation.caller} in the AWS account {conversation.account}."
