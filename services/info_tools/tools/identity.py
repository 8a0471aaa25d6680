"""Informational tool about the caller itself."""

from __future__ import annotations

from services.info_tools.parallel import translated
from services.info_tools.toolbox import toolbox
from shared.aws.clients import Aws
from shared.messages import Effect, Message


class CallerIdentity(Message):
    account: str
    arn: str
    user_id: str


@toolbox.tool(effect=Effect.READ, iam_actions=("sts:GetCallerIdentity",), timeout=20)
def get_caller_identity(aws: Aws) -> CallerIdentity:
    """Get the account and the identity (ARN) that reads it.

    That is the one in whose name the informational tools work.
    """
    with translated():
        answer = aws.client("sts").get_caller_identity()
    return CallerIdentity(account=answer["Account"], arn=answer["Arn"], user_id=answer["UserId"])
