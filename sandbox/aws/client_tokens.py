"""Idempotency tokens, which moto ignores: a request that is sent again with its token is answered as the first one was.

A request is known by its caller's account, region, operation and token. Source: "Ensuring idempotency in Amazon EC2 API
requests", https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html; so with the other services whose
models mark a token. They are remembered for as long as the sandbox runs.
"""

from __future__ import annotations

import json
from collections import OrderedDict

from moto.core.utils import get_service_model

from sandbox.aws.protocol.calls import Call
from sandbox.aws.protocol.errors import Answer, AwsError

MAX_ANSWERS = 20_000
# EFS refuses what it has made by the same one, and moto does that too.
_OTHERWISE = frozenset({"CreationToken"})
# Models do not mark every token; AllocateHosts has one that is not.
_NAMES = frozenset({"clienttoken", "clientrequesttoken", "idempotencytoken", "uniquerequesttoken"})
Key = tuple[str, str, str, str, str]


class ClientTokens:
    """The answers to requests with a token. Its callers take turns."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Key, tuple[str, Answer]] = OrderedDict()

    def repeated(self, call: Call, account: str) -> Answer | None:
        """The answer to the request that had this token, None where it is a new one.

        Raises AwsError where that was another request.
        """
        key = _key(call, account)
        found = self._answers.get(key) if key else None
        if found is None:
            return None
        asked, answer = found
        if asked != _asked(call):
            suffix = "" if call.protocol in ("ec2", "query") else "Exception"
            raise AwsError(
                f"IdempotentParameterMismatch{suffix}", "The token was used before, in a request with other parameters."
            )
        return answer

    def keep(self, call: Call, account: str, answer: Answer) -> None:
        """Remember the answer to a request that was carried out."""
        key = _key(call, account)
        if key is None or answer.status >= 300:
            return
        self._answers[key] = (_asked(call), answer)
        if len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)


def _key(call: Call, account: str) -> Key | None:
    if not call.params or call.operation == "UnknownOperation":
        return None
    model = get_service_model(call.service)
    if call.operation not in model.operation_names:
        return None
    marked = model.operation_model(call.operation).idempotent_members
    names = [name for name in call.params if name in marked or name.lower() in _NAMES]
    token = next((str(call.params[name]) for name in names if call.params[name] and name not in _OTHERWISE), None)
    return (account, call.region, call.service, call.operation, token) if token else None


def _asked(call: Call) -> str:
    return json.dumps(call.params, sort_keys=True, default=str)
