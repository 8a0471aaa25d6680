"""How Cloud Control's failed requests are told, and which of them pass by themselves.

Source of the codes: https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ProgressEvent.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.clients import translate
from shared.errors import AssistantError

# AWS was busy, or somebody else was at work on the resource.
_BUSY = frozenset({"Throttling", "ResourceConflict", "ServiceInternalError", "NetworkFailure", "InternalFailure"})
# So AWS answers too while it does not know everywhere yet what was made moments ago, a role for example.
_NOT_KNOWN_YET = frozenset({"InvalidRequest", "AccessDenied", "NotFound", "GeneralServiceException"})
# How the same is called in answers that come at once.
_NAMES = {"AccessDenied": "AccessDeniedException", "InvalidCredentials": "UnrecognizedClientException"}
# What may be left of a request that failed half-way.
_LEFT = {"CreateResource": "look whether {} is there", "UpdateResource": "look at {}, a part may be changed"}


def failure(operation: str, ended: Mapping[str, Any]) -> AssistantError:
    """The error of a request that AWS began and did not end well."""
    if ended["status"] == "CANCEL_COMPLETE":
        ended = {"code": "Cancelled", "message": "somebody has cancelled the request at AWS"}
    code = str(ended["code"]) or "GeneralServiceException"
    said = {"Error": {"Code": _NAMES.get(code, code), "Message": str(ended["message"])}}
    # AWS refused it, as by a status of the 400s; nothing of HTTP is left by now.
    error = translate(ClientError({**said, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation))
    left = ended.get("identifier")
    if left and operation in _LEFT:
        detail = f"{error.detail.rstrip('.')}. AWS undoes nothing of it: {_LEFT[operation].format(left)}"
        return type(error)(detail, code=error.code, status=error.status)
    return error


def passes(ended: Mapping[str, Any], made_lately: str | None) -> bool:
    """Whether the same request may succeed in a while; `made_lately` is what the failure is about, of what is new."""
    if ended["status"] != "FAILED":
        return False
    return ended["code"] in _BUSY or (ended["code"] in _NOT_KNOWN_YET and made_lately is not None)
