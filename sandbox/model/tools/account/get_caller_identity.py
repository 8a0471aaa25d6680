"""`get_caller_identity`: which account the session works in, and as whom."""

from sandbox.model.declaration import ReadTool
from sandbox.model.types import Focus, JsonObject


def _by_name(clause: Focus) -> bool:
    if clause.has("identity") and not clause.has("cost", "summary"):
        return True
    return clause.says("am") and clause.says("i") and (clause.has("role") or clause.says("user", "account"))


def _by_account(clause: Focus) -> bool:
    """ "What is the account?", where it is not the account's usage or anything in it that is asked for."""
    asks = clause.says("what", "which", "whose", "who") or clause.has("list")
    others = clause.topics - {"identity", "policy"} or clause.has("usage", "size", "cost", "total")
    return clause.has("account") and asks and not others


def _answer(result: JsonObject, focus: Focus) -> str:
    """Who the person is, then as whom the agent works, which are two."""
    user = f" (user id {result['user_id']})" if result.get("user_id") else ""
    if focus.caller and focus.caller != result.get("arn"):
        return (
            f"You are {focus.caller} in the AWS account {result.get('account')}. The agent that reads for you works as "
            f"{result.get('arn')}{user}."
        )
    return f"This session works in the AWS account {result.get('account')}, as {result.get('arn')}{user}."


TOOL = ReadTool(
    "get_caller_identity",
    answer=_answer,
    topics=("identity",),
    words={
        "account": "account, accounts, aws account",
        "identity": "whoami, identity, caller, who am i, who i am, am i logged in, am i signed in, logged in as, "
        "signed in as, which account, what account, account id, account number, account am i, whose account, "
        "which user, what user, my identity, what identity, which identity, caller identity, which credentials, "
        "what credentials, whose credentials, authenticated as, running as, acting as, account are we, "
        "which aws account, what aws account, account do i, account is this, my arn, account identifier, "
        "who is logged in, whose keys, which principal, what principal",
    },
    asked=lambda clause: [{}] if _by_name(clause) or _by_account(clause) else [],
    order=10,
    tells=lambda _: "who this session is",
    heeds=("role", "region"),
    can="the account in use",
)
